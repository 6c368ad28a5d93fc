// Small pictures along every axis through the current code; a click jumps there.

import { readAxis, writeAxis } from "./canvas.js";
import { arrowKeys, debounced, h } from "./dom.js";
import { thumbnail, unpack } from "./thumbnails.js";

export function strips(panel, tools) {
  const { api, state, notices } = tools;
  const grid = h("div", { class: "lx-strips" });
  panel.append(grid);
  let asked = 0, drawn = null;

  async function draw() {
    const ticket = ++asked; // first of all: what is on the screen already must not be painted over by a late answer
    const facts = tools.facts(), code = tools.code();
    if (panel.hidden || !facts || !code) return;
    const key = JSON.stringify([facts.model, code, state.now.range]);
    if (key === drawn) return;
    try {
      const answer = await api.post("strips", { model: facts.model, code, range: state.now.range,
        count: facts.axes.length > 6 ? 11 : 9 });
      if (ticket !== asked) return;
      drawn = key;
      fill(facts, code, answer);
      notices.say(answer.note);
    } catch (error) {
      if (!error.away && ticket === asked) notices.problem(error); // the status line tells of a lost server
    }
  }

  function fill(facts, code, answer) {
    const pictures = unpack(answer);
    let at = 0;
    const focus = grid.contains(document.activeElement) ? document.activeElement.dataset.place : null;
    grid.style.setProperty("--cells", Math.max(...answer.strips.map(({ values }) => values.length)));
    const rows = Math.ceil(answer.strips.length / 2), room = panel.clientHeight - 22;
    grid.style.setProperty("--cell", `${Math.max(26, Math.min(64, Math.floor(room / rows) - 4))}px`);
    grid.replaceChildren(...answer.strips.map(({ axis: index, values }) => {
      const axis = facts.axes[index], name = state.now.names?.[axis.name] ?? axis.name;
      const stands = readAxis(axis, code);
      const nearest = values.reduce((best, value, k) => (Math.abs(value - stands) < Math.abs(values[best] - stands) ? k : best), 0);
      const cells = values.map((value, k) => {
        const text = axis.kind === "category" ? axis.options[value] ?? String(value) : Number(value).toFixed(2);
        const cell = h("button", { type: "button", class: `lx-cell${k === nearest ? " lx-here" : ""}`, title: `${name} = ${text}`,
          "aria-label": `${name} to ${text}`, tabindex: k === nearest ? 0 : -1, "data-place": `${index} ${k}`,
          onclick: () => tools.go(writeAxis(axis, tools.code(), value)) }, thumbnail(pictures[at++], facts.space));
        return cell;
      });
      const row = h("div", { class: "lx-strip", role: "group", "aria-label": name },
        h("span", { class: `lx-strip-name${axis.collapsed ? " lx-collapsed" : ""}`,
          title: axis.collapsed ? `${name}: collapsed, the model ignores it` : name }, name), h("div", { class: "lx-cells" }, ...cells));
      arrowKeys(row, { selector: ".lx-cell", horizontal: true });
      return row;
    }));
    if (focus) grid.querySelector(`[data-place="${focus}"]`)?.focus();
  }

  const soon = debounced(120, draw);
  panel.addEventListener("open", soon);
  tools.onCode.push(soon);
  tools.onFacts.push((facts, { renamed = false } = {}) => { if (renamed) drawn = null; soon(); });
  state.listen((changed) => { if (changed.has("range")) soon(); });
}
