// Test: cards at the left, one of them large; every test counts in the correction of all others.

import { arrowKeys, button, h, saveFile } from "./dom.js";
import { exporter } from "./explain_export.js";
import { cardView } from "./hypotheses_card.js";
import { outcome, pValue } from "./hypotheses_words.js";
import { cardForm } from "./hypotheses_write.js";

/** See hypotheses.js. */
export function mount(element, context) {
  const { api, notices, session } = context;
  const list = h("div", { class: "lx-hy-cards", role: "group", "aria-label": "Cards" });
  const count = h("p", { class: "lx-hy-count" });
  const input = h("input", { type: "file", class: "lx-file", id: "lx-hy-file", accept: ".json,application/json", hidden: true,
    "aria-label": "Session file", onchange: () => load() });
  const add = button("Write a card", { name: "plus", title: "Say yourself what moves the readout", onclick: () => write(true) });
  const open = button("Load", { name: "up", title: "Load a session that was saved; it takes the place of these cards", onclick: () => input.click() });
  const save = button("Save", { name: "down", title: "Save all cards as a JSON file", onclick: () => saveFile({ name: "hypotheses.json",
    blob: new Blob([JSON.stringify(session.now, null, 1)], { type: "application/json" }) }) });
  const report = button("Report", { name: "file", title: "One HTML file with all cards, figures and pictures", onclick: () =>
    files.save([{ as: "html", session: session.now }]) });
  const fresh = button("New", { name: "close", title: "Begin a new session without cards", onclick: () => {
    if (!session.now.cards.length || confirm("Begin a new session? Save keeps these cards as a file.")) session.clear();
  } });
  const main = h("div", { class: "lx-hy-scroll", tabindex: -1 });
  element.replaceChildren(h("div", { class: "lx-hy-test" },
    h("aside", { class: "lx-hy-side", "aria-label": "Cards of this session" }, add, count, list,
      h("div", { class: "lx-hy-files" }, open, save, report, fresh, input)), main));
  arrowKeys(list, { selector: ".lx-hy-card" });
  const files = exporter({ api, notices, path: "hypotheses/export", onchange: show });
  const form = cardForm(context, () => write(false));
  const card = cardView(context, { ontest: test, oncancel: () => running?.control.abort(), onpicture: (number) =>
    files.save([{ as: "png", session: session.now, card: number }]) });
  let running = null, writing = false, drawn = null;

  function write(now) {
    writing = now;
    show();
    if (now) form.focus();
  }

  async function load() {
    const [file] = input.files;
    input.value = "";
    if (file && await session.load(file)) {
      writing = false;
      notices.say(`${session.now.cards.length} cards of ${file.name} were loaded.`);
      show();
    }
  }

  async function test(number, codes) {
    if (running) return;
    const own = running = { number, control: new AbortController(), share: 0, words: "Testing …" };
    show();
    const of = session.now.seed;
    let result = null;
    await notices.attempt(() => api.stream("hypotheses/test", { session: session.now, card: number, count: codes }, (piece) => {
      if (piece.type === "progress") Object.assign(own, { share: piece.share, words: `${piece.rows} of ${piece.all} pictures` });
      if (piece.type === "tested") result = piece.result;
      show();
    }, own.control.signal));
    if (result && session.now.seed === of) await session.merge(number, result); // of another session by now: it is lost
    running = null;
    show();
  }

  /** One entry a card; drawn anew only where something changed, so that the focus stays. */
  function show() {
    const { views, chosen } = session, busy = files.status.busy;
    const key = JSON.stringify([views, chosen, writing]);
    if (key !== drawn) {
      drawn = key;
      const focused = list.contains(document.activeElement);
      list.replaceChildren(...views.map(entry));
      if (focused) list.querySelector("[aria-current]")?.focus();
      const tested = views.filter((view) => view.tested).length;
      count.textContent = views.length ? `${views.length} ${views.length === 1 ? "card" : "cards"}, ${tested} tested` : "No cards yet";
      count.title = "p is corrected for all cards tested in this session (Holm)";
    }
    save.disabled = !views.length;
    report.disabled = fresh.disabled = !views.length || busy;
    report.querySelector("span").textContent = busy ? "Making …" : "Report";
    const here = writing || !views.length ? form : card;
    if (main.firstChild !== here.element) main.replaceChildren(here.element);
    if (here === form) form.show();
    else card.show(Math.min(chosen, views.length - 1), running, busy);
  }

  function entry(view, number) {
    const here = !writing && number === session.chosen;
    const said = view.tested ? [outcome(view.tested.outcome), h("span", { class: "lx-number" }, `p ${pValue(view.tested.p)}`)] : ["not tested"];
    return h("button", { type: "button", class: `lx-hy-card${here ? " lx-here" : ""}`, "aria-current": here ? "true" : null, tabindex: here || (writing && !number) ? 0 : -1,
      title: `${view.model} read by ${view.classifier}`, onclick: () => {
        writing = false;
        session.choose(number);
      } }, h("span", { class: "lx-hy-card-said" }, `${number + 1}. ${view.sentence}`), h("span", { class: "lx-hy-card-found" }, ...said));
  }

  session.listen(() => {
    if (context.settings().part === "test") show();
  });
  return { show };
}
