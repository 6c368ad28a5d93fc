// Workspace Hypotheses: which classifier reads the model's pictures, above the part in front: Generate, Test, ...
//
// A part is a module exporting `mount(element, context)`, loaded when its button is pressed first and given a place of its
// own that fills the workspace below the bar. It returns {show, hide}: `show()` is called whenever the part is in front and
// something it shows may have changed (the model, the pair, the settings), `hide()`, which may be left out, when another
// part or workspace comes to the front. To add a part: a row in PARTS and its module. `context` has what all of the page
// has (api, state, notices, status, list; see explorer.js), and
//   tools                   those of Traverse: facts() of the model, its code(), go(code)
//   pair()                  {model, classifier, note, gauges, axes, styles, ...} of the routes' `pair`; null where there is none
//   gauge()                 the readout chosen of it, {output, name, unit, ...}, or null
//   reason()                why there is no pair: one sentence, also while it loads
//   settings(), set(values) {part, reader, readout, bank, seed}: what the address tells, see hypotheses_link.js
//   choices()               {models, classifiers}: what there is
//   session                 the cards, see hypotheses_session.js
//   open(part)              brings another part to the front

import { h } from "./dom.js";
import { segments } from "./explain_controls.js";
import { START } from "./hypotheses_link.js";
import { cardSession } from "./hypotheses_session.js";
import { same } from "./state.js";

const PARTS = [
  { name: "generate", title: "Generate", hint: "Find what moves the readout", load: () => import("./hypotheses_generate.js") },
  { name: "test", title: "Test", hint: "Test hypotheses on codes that no search has seen", load: () => import("./hypotheses_test.js") },
  { name: "matrix", title: "Style matrix", hint: "Mix styles part by part and watch the readout", load: () => import("./style_matrix.js") },
];

/** Fills the workspace; `tools` are those of Traverse, whose model it shares. */
export function hypotheses(place, page, tools) {
  const { api, state, notices } = page;
  let settings = { ...START }, choices = null, pair = null, reason = "Loading …", wanted = 0, front = null, pairKey = null, drawn = null;
  place.replaceChildren(h("p", { class: "lx-waiting", role: "status" }, "Loading …"));

  const visible = () => state.now.workspace === "Hypotheses";
  const context = { ...page, tools, pair: () => pair, reason: () => reason, settings: () => settings, set, open: (part) => set({ part }),
    gauge: () => pair?.gauges.find(({ output }) => output === settings.readout) ?? null, choices: () => choices };
  context.session = cardSession(context);
  const places = new Map(), mounted = new Map();
  const reader = h("select", { class: "lx-select", "aria-label": "Classifier", title: "The classifier that reads the model's pictures",
    onchange: () => set({ reader: reader.value, readout: null }) });
  const readout = h("select", { class: "lx-select", "aria-label": "Readout", title: "The number of the classifier that hypotheses are about",
    onchange: () => set({ readout: readout.value }) });
  const note = h("p", { class: "lx-hy-note", role: "status" });
  const parts = segments("Parts", PARTS.map(({ name, title, hint }) => [name, title, hint]), (part) => set({ part }));
  const model = h("strong", {}), words = h("span", {}, " read by");
  const body = h("div", { class: "lx-hy-body" });

  async function start() {
    if (choices) return;
    choices = "asked";
    try {
      choices = await api.get("hypotheses/choices");
    } catch (error) {
      choices = null;
      if (error.away || error.busy) setTimeout(() => { if (visible()) start(); }, 1000);
      else place.replaceChildren(h("p", { class: "lx-waiting" }, error.message));
      return;
    }
    place.replaceChildren(h("div", { class: "lx-hy-bar" }, parts.element, h("span", { class: "lx-hy-pair" }, model, words), reader, readout), note, body);
    adopt();
    context.session.restore();
  }

  // ------------------------------------------------------------------------------------------- settings

  /** What a link asks for, with what this server has instead of what it lacks. */
  function adopt() {
    const next = { ...START, ...settings, ...state.now.hypotheses };
    if (!PARTS.some(({ name }) => name === next.part)) next.part = START.part;
    if (next.reader && !able().some(({ id }) => id === next.reader)) {
      notices.say(`There is no classifier ${next.reader} here; showing another.`);
      next.reader = next.readout = null;
    }
    set(next);
  }

  function set(values, from = "hypotheses") {
    settings = { ...settings, ...values };
    state.set({ hypotheses: settings }, from);
    react();
  }

  const able = () => choices.classifiers.filter(({ error }) => !error);
  const data = (dataset) => dataset.split(/[:@]/)[0];

  /** One trained on the model's own data set if there is one, a general one before those of a few classes. */
  function fitting(facts) {
    const own = able().filter(({ dataset }) => data(dataset) === data(facts.dataset));
    return (own.find(({ dataset }) => dataset === facts.dataset) ?? own[0] ?? able()[0])?.id ?? null;
  }

  async function react() {
    const facts = tools.facts();
    model.textContent = facts?.model ?? "";
    if (!facts || facts.model !== state.now.model) return lose("Loading …");
    if (drawn && data(drawn) !== data(facts.dataset)) settings = { ...settings, reader: null }; // it was for the other data
    drawn = facts.dataset;
    if (facts.space.kind !== "image") {
      return lose(`${facts.model} draws series, and all classifiers here read pictures: choose a model that draws pictures at the left.`, null);
    }
    const one = settings.reader ?? fitting(facts);
    return one ? meet(facts, one) : lose("There is no classifier to read pictures. Train one with scripts/train_all.py.", null);
  }

  /** The pair of a model and a classifier; asked for once. */
  async function meet(facts, classifier) {
    const key = JSON.stringify([facts.model, classifier]);
    if (pairKey !== key) {
      lose(`Loading ${classifier} …`, facts, classifier);
      const ticket = wanted;
      try {
        const found = await api.post("hypotheses/pair", { model: facts.model, classifier });
        if (ticket !== wanted) return;
        [pair, pairKey, reason] = [found, key, ""];
      } catch (error) {
        if (ticket !== wanted) return;
        lose(error.message, facts, classifier);
        if (error.away || error.busy) setTimeout(() => { if (ticket === wanted - 1 && visible()) react(); }, 2000);
        return;
      }
    }
    const output = pair.gauges.some((gauge) => gauge.output === settings.readout) ? settings.readout : pair.gauges[0].output;
    settings = { ...settings, readout: output };
    state.set({ hypotheses: settings }, "hypotheses");
    draw(facts, classifier);
  }

  function lose(words, ...about) {
    wanted += 1;
    [pair, pairKey, reason] = [null, null, words];
    draw(...about);
  }

  // ------------------------------------------------------------------------------------------- the page

  /** Without `facts` the pair is that of a model that is on its way: what was chosen before stays in sight. */
  function draw(facts, classifier) {
    if (facts !== undefined) offer(facts, classifier);
    readout.disabled = !pair;
    note.textContent = note.title = pair?.note ?? "";
    note.hidden = !pair?.note;
    parts.set(settings.part);
    bring(settings.part);
  }

  /** The classifiers for a model and the readouts of the one chosen; none of them for one that draws series. */
  function offer(facts, classifier) {
    const options = (rows) => rows.map(({ id, title }) => h("option", { value: id, selected: id === classifier }, `${title.split(", ")[0]} (${id})`));
    const own = facts ? able().filter(({ dataset }) => data(dataset) === data(facts.dataset)) : [];
    const others = facts ? able().filter((one) => !own.includes(one)) : [];
    const group = (label, rows) => (rows.length ? [h("optgroup", { label }, ...options(rows))] : []);
    reader.replaceChildren(...group("Trained on the same data", own), ...group("Trained on other data", others));
    readout.replaceChildren(...(pair?.gauges ?? []).map(({ output, name, unit }) =>
      h("option", { value: output, selected: output === settings.readout }, unit ? `${name} (${unit})` : name)));
    reader.hidden = readout.hidden = words.hidden = !facts;
  }

  async function bring(name) {
    if (front !== name) mounted.get(front)?.hide?.();
    front = name;
    if (!places.has(name)) {
      const element = h("section", { class: "lx-hy-part", "data-part": name });
      places.set(name, element);
      body.append(element);
      PARTS.find((part) => part.name === name).load().then(({ mount }) => {
        mounted.set(name, mount(element, context));
        if (front === name) mounted.get(name).show();
      }).catch((error) => {
        console.error(error);
        element.textContent = "This part's script could not be loaded. Reload the page; if that does not help, restart the app.";
      });
    }
    for (const [one, element] of places) element.hidden = one !== name;
    mounted.get(name)?.show();
  }

  state.listen((changed, from) => {
    if (!visible()) {
      if (changed.has("workspace")) mounted.get(front)?.hide?.();
      return;
    }
    if (!choices) start();
    else if (choices === "asked" || from === "hypotheses") return;
    else if (state.now.hypotheses && !same(state.now.hypotheses, settings)) adopt();
    else if (changed.has("workspace") || changed.has("model")) react();
  });
  tools.onFacts.push((_, { renamed = false } = {}) => {
    if (!renamed && visible() && choices && choices !== "asked") react();
  });
  page.status.onRestored(() => { if (visible() && choices && choices !== "asked") react(); });
  page.linkNotes.Hypotheses = () => "Link copied: it opens this model with this readout. Cards are not in it: Save keeps them.";
  if (visible()) start();
}
