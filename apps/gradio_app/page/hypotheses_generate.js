// Generate: a search over a bank of codes for what moves the readout, as sentences with pictures, strongest first.

import { button, h } from "./dom.js";
import { progressLine } from "./explain_progress.js";
import { BANK, SEEDS, whole } from "./hypotheses_link.js";
import { beforeAfter, signed } from "./hypotheses_words.js";
import { unpack } from "./thumbnails.js";

/** See hypotheses.js. */
export function mount(element, context) {
  const { api, state, notices, session } = context;
  const bank = h("input", { type: "number", class: "lx-hy-number", min: BANK[0], max: BANK[1], step: 8, "aria-label": "Number of codes",
    title: "How many codes every change is tried on; tests use others", onchange: () => keep("bank", bank, BANK) });
  const seed = h("input", { type: "number", class: "lx-hy-number", min: SEEDS[0], max: SEEDS[1], "aria-label": "Seed",
    title: "Another seed searches on other codes", onchange: () => keep("seed", seed, SEEDS) });
  const go = button("Generate", { name: "play", title: "Rank all changes by what they do to the readout", onclick: run });
  go.classList.add("lx-primary");
  const line = progressLine({ oncancel: () => running?.abort(), ongo: run });
  const list = h("ol", { class: "lx-hy-findings", "aria-label": "Hypotheses, strongest first" });
  const empty = h("p", { class: "lx-hy-empty" });
  element.replaceChildren(h("div", { class: "lx-hy-tools" }, h("label", {}, "Codes", bank), h("label", {}, "Seed", seed), go, line.element),
    h("div", { class: "lx-hy-scroll" }, empty, list));
  let running = null, shownFor = null, said = {}, look = "";

  const asked = () => {
    const pair = context.pair(), gauge = context.gauge();
    return pair && gauge && { model: pair.model, classifier: pair.classifier, output: gauge.output };
  };

  function keep(name, input, ends) {
    context.set({ [name]: whole(input.value, ends) ?? context.settings()[name] });
  }

  function show() {
    const settings = context.settings(), now = JSON.stringify(asked());
    if (shownFor !== null && shownFor !== now) {
      running?.abort();
      list.replaceChildren();
      shownFor = null;
      said = {};
    }
    [bank.value, seed.value] = [settings.bank, settings.seed];
    go.disabled = !asked() || Boolean(running);
    line.show({ words: "", ...said });
    empty.hidden = list.childElementCount > 0 || Boolean(running);
    empty.textContent = asked() ? `Every axis, category and slot of ${context.pair().model} is tried on the same codes, alone and in pairs. `
      + `What moves ${context.gauge().name} most comes first, to be tested on other codes.` : context.reason();
  }

  async function run() {
    const about = asked(), { bank: codes, seed: number } = context.settings();
    if (!about || running) return;
    const own = running = new AbortController();
    [shownFor, said] = [JSON.stringify(about), { words: "Searching …", busy: true }];
    look = "";
    list.replaceChildren();
    show();
    try {
      const whole = await api.stream("hypotheses/generate", { ...about, bank: codes, seed: number }, (piece) => take(piece, own), own.signal);
      if (!whole && shownFor === JSON.stringify(about)) {
        said = { words: list.childElementCount ? "Stopped; these are of the first look at a few codes." : "Stopped." };
      }
    } catch (error) {
      if (running === own) said = { words: error.message, bad: true, open: error.away || error.busy };
    } finally {
      if (running === own) running = null;
      show();
    }
  }

  function take(piece, own) {
    if (running !== own || own.signal.aborted) return;
    if (piece.type === "progress") said = { words: `${look}${piece.rows} of ${piece.all} pictures`, busy: true, share: piece.share };
    if (piece.type === "findings") {
      const shots = unpack(piece.pictures);
      list.replaceChildren(...piece.rows.map((row, k) => entry(row, shots[2 * k], shots[2 * k + 1])));
      look = piece.whole ? "" : `First look at ${piece.rows[0]?.count} codes; `;
      said = { words: `${look}searching …`, busy: true };
    }
    if (piece.type === "done") {
      said = { words: [`${list.childElementCount} hypotheses in ${piece.seconds.toFixed(1)} s. They were found, not tested.`, piece.note].filter(Boolean).join(" ") };
    }
    show();
  }

  function entry(row, before, after) {
    const test = button("Test this", { name: "right", title: "Make a card of it, to be tested on other codes", onclick: async () => {
      test.disabled = true;
      if (await session.add(row.hypothesis)) context.open("test");
      test.disabled = false;
    } });
    const walk = row.codes && button("Traverse", { name: "swap", title: "Open the code in Traverse, before as A and after as B", onclick: () => {
      state.set({ workspace: "Traverse", code: row.codes[0], a: row.codes[0], b: row.codes[1] }, "python");
      notices.say("A is the code before the change, B after it: the tab “A → B” walks between them.");
    } });
    const size = Math.min(1, Math.abs(row.mean) / row.scale);
    const bar = h("i", { class: "lx-hy-size", "data-up": row.mean >= 0, style: `--size: ${size}`, "aria-hidden": "true" });
    const meta = `${signed(row.mean, row.unit)} ± ${signed(row.error, row.unit).replace("+", "")} (standard error) · `
      + `${Math.round(100 * row.consistency)} % of ${row.count} codes go this way`;
    return h("li", { class: "lx-hy-finding" }, beforeAfter({ before, after, readings: row.readings, unit: row.unit }),
      h("div", { class: "lx-hy-said" }, h("strong", {}, row.sentence), h("span", { class: "lx-muted" }, meta, row.of === "interaction" ? " · interaction of a pair" : ""), bar),
      h("div", { class: "lx-hy-do" }, test, walk));
  }

  return { show };
}
