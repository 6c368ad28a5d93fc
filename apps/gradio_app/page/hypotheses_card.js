// One card large: what is predicted, the test, and what it found.

import { button, h } from "./dom.js";
import { progressLine } from "./explain_progress.js";
import { doseChart, sideBars } from "./hypotheses_charts.js";
import { CODES, whole } from "./hypotheses_link.js";
import { amount, beforeAfter, outcome, pValue, signed } from "./hypotheses_words.js";
import { thumbnail, unpack } from "./thumbnails.js";

const KEPT = 20; // cards whose pictures stay

/** `show(number, running, busy)` draws a card; `running` is {number, share, words} of the test at work, or null. */
export function cardView(context, { ontest, oncancel, onpicture }) {
  const { api, notices, session, choices } = context;
  const element = h("article", { class: "lx-hy-large" });
  const codes = h("input", { type: "number", class: "lx-hy-number", value: 128, min: CODES[0], max: CODES[1], step: 32, "aria-label": "Number of fresh codes",
    title: "More codes make the test more certain; none of them was in a search" });
  const test = button("Test", { name: "play", title: "Test it once on fresh codes; every test counts in the correction", onclick: () =>
    ontest(shown, whole(codes.value, CODES) ?? 128) });
  test.classList.add("lx-primary");
  const line = progressLine({ oncancel, ongo: () => {} });
  const other = h("select", { class: "lx-select", "aria-label": "Another model", title: "A model that has an axis, category or slot of the same name" });
  const again = button("Add card for it", { name: "plus", title: "One more card: the same change by name on that model", onclick: async () => {
    again.disabled = true;
    const made = await notices.attempt(() => api.post("hypotheses/again", { hypothesis: session.now.cards[shown].hypothesis, model: other.value }));
    if (made) await session.add(made.hypothesis);
    again.disabled = false;
  } });
  const png = button("PNG", { name: "down", title: "This card as a picture", onclick: () => onpicture(shown) });
  const scenes = new Map();
  let shown = 0, drawn = null;

  function show(number, running, busy) {
    shown = number;
    const view = session.views[number], own = running?.number === number;
    const key = JSON.stringify([number, session.now.seed, view]);
    if (key !== drawn) {
      drawn = key;
      draw(view, number);
    }
    test.disabled = Boolean(running);
    codes.disabled = own;
    png.disabled = busy;
    line.show(own ? { words: running.words, busy: true, share: running.share }
      : { words: running ? `Card ${running.number + 1} is being tested.` : "" });
  }

  function draw(view, number) {
    const { tested } = view;
    other.replaceChildren(...choices().models.map(({ id }) => h("option", { value: id, selected: id === view.model }, id)));
    const head = [h("h2", {}, `${number + 1}. ${view.sentence}`), h("p", { class: "lx-muted" },
      `Predicted: ${view.name} ${view.of === "interaction" ? (view.rises ? "ends higher" : "ends lower") : (view.rises ? "rises" : "falls")} · ${view.model} read by ${view.classifier}`)];
    const more = h("div", { class: "lx-hy-again" }, h("span", { class: "lx-muted" }, "Test again on"), other, again, h("span", { class: "lx-grow" }), tested ? png : "");
    if (!tested) {
      element.replaceChildren(...head, h("div", { class: "lx-hy-tools" }, h("label", {}, "Fresh codes", codes), test, line.element), more);
      return;
    }
    const pictures = h("div", { class: "lx-hy-scenes", "aria-live": "polite" }, h("p", { class: "lx-muted" }, "Drawing …"));
    element.replaceChildren(...head, verdict(tested), ...tested.notes.map((note) => h("p", { class: "lx-hy-note" }, note)),
      h("div", { class: "lx-hy-figures" }, numbers(view, tested), doses(view, tested), sides(tested)), pictures, more);
    fill(pictures, view, number);
  }

  async function fill(place, view, number) {
    const { result } = session.now.cards[number], key = JSON.stringify([result.hypothesis, result.seed, result.asked]);
    if (!scenes.has(key)) {
      try {
        scenes.set(key, await api.post("hypotheses/drawn", { result }));
        while (scenes.size > KEPT) scenes.delete(scenes.keys().next().value);
      } catch (error) {
        place.replaceChildren(h("p", { class: "lx-hy-note" }, error.message));
        return;
      }
    }
    place.replaceChildren(...drawing(scenes.get(key), view));
  }

  return { element, show };
}

function verdict({ outcome: name, words, warning }) {
  const far = warning && h("span", { class: "lx-tag lx-hy-far", title: warning }, "Off-manifold");
  return h("div", { class: "lx-hy-verdict", "data-outcome": name, role: "status" }, outcome(name), far, h("p", {}, words.replace(/^[^:]*: ?/, (start) =>
    (start.toLowerCase().startsWith(name) ? "" : start)).replace(/^./, (letter) => letter.toUpperCase())));
}

function numbers(view, { mean, low, high, unit, consistency, p, raw, count, against, distance }) {
  const rows = [["mean effect", signed(mean, unit), "After minus before, on average over the codes"],
    ["95 % interval", low === null ? "none" : `${signed(low, unit)} to ${signed(high, unit)}`, "BCa bootstrap over codes"],
    ["sign consistency", `${Math.round(100 * consistency)} % of ${count}`, "Codes that go the predicted way"],
    ["p, corrected", pValue(p), "Two-sided permutation test, corrected for all tests of this session (Holm)"],
    ["p, alone", pValue(raw), "Before the correction"],
    ["counterexamples", `${against} codes`, "Codes that go the other way"],
    ["distance", `${Math.round(distance)}th percentile`, "How far out the changed codes lie among plausible ones"]];
  return h("dl", { class: "lx-hy-numbers" }, ...rows.map(([name, value, title]) => h("div", { title }, h("dt", {}, name), h("dd", {}, value))));
}

function doses(view, { doses: points, unit, monotone }) {
  return h("figure", { class: "lx-hy-figure" }, h("figcaption", { title: `Mean effect on ${view.name} for less and more of the change; bars are 95 %` },
    `Dose and response: ${monotone ? "goes one way" : "turns back"}`), doseChart(points, unit));
}

function sides({ sides: rows }) {
  return h("figure", { class: "lx-hy-figure" }, h("figcaption", { title: "What the change does to other readouts of the same classifier" }, "Largest side effects"),
    rows.length ? sideBars(rows) : h("p", { class: "lx-muted" }, "The classifier has no other readout."));
}

function drawing({ examples, counterexamples, samples, pictures }, { name, tested }) {
  const shots = unpack(pictures), { unit } = tested;
  const row = (pairs, start) => h("div", { class: "lx-hy-row-of" }, ...pairs.map(({ before, after, effect }, k) =>
    beforeAfter({ title: `Effect ${signed(effect, unit)}`, before: shots[start + k], after: shots[start + pairs.length + k], readings: [before, after], unit })));
  const against = 2 * examples.length, plain = against + 2 * counterexamples.length;
  return [h("h3", {}, "As predicted, clearest first"), examples.length ? row(examples, 0) : h("p", { class: "lx-muted" }, "None of the codes."),
    h("h3", {}, "Counterexamples, clearest first"), counterexamples.length ? row(counterexamples, against) : h("p", { class: "lx-muted" }, "None of the codes."),
    h("h3", { title: "The usual way to look at a classifier, without any change or explanation, for comparison" }, `Sorted grid: unchanged samples, lowest ${name} first`),
    h("div", { class: "lx-hy-grid" }, ...samples.map((value, k) => h("figure", { title: amount(value, unit) }, thumbnail(shots[plain + k], { kind: "image" }),
      h("figcaption", {}, amount(value, unit)))))];
}
