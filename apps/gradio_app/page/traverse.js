// Workspace Traverse: the live canvas, the buttons that jump to codes, and the dock below.

import { Refused, close, httpSource, keptNames, mount, namesKey } from "./canvas.js";
import { button, h } from "./dom.js";
import { catalogueNames, pageDecoders, pageFirst } from "./onnx_source.js";
import { blend } from "./blend.js";
import { examples } from "./examples.js";
import { same } from "./state.js";
import { strips } from "./strips.js";
import { unpack } from "./thumbnails.js";
import { upload } from "./upload.js";

const DOCK = [["Strips", strips], ["Examples", examples], ["Upload", upload], ["A → B", blend]];

/** Fills the workspace; everything it shows follows `state`, and everything a hand changes goes back there. */
export function traverse(place, context) {
  const { api, state, notices, first } = context;
  const decoders = pageDecoders(api.live, catalogueNames(api.live));
  const source = pageFirst(decoders, httpSource(api.canvas));
  const shown = { facts: null, input: null, other: null }; // what is on the screen now
  let canvas = null, wanted = 0, compared = 0, idle = 0;

  const stage = h("div", { class: "lx-canvas" });
  const bar = actionBar();
  const dock = h("section", { class: "lx-dock", "aria-label": "Tools" });
  const waiting = h("p", { class: "lx-waiting", role: "status" }, "Loading …"); // until the first picture takes its place
  stage.append(waiting);
  bar.element.inert = true; // as long as there is nothing to jump in
  place.replaceChildren(bar.element, stage, dock);
  const tools = {
    ...context,
    facts: () => shown.facts,
    code: () => canvas?.getCode(),
    go: (code, how = { commit: true }) => canvas?.setCode(code, how),
    setInput,
    onFacts: [], // called with another model's facts
    onCode: [], // called with another code
  };
  fillDock();

  // ------------------------------------------------------------------------------------------- models

  async function open(model) {
    const ticket = ++wanted;
    place.setAttribute("aria-busy", "true");
    waiting.textContent = "Loading …";
    try {
      const facts = first.facts?.model === model ? first.facts : await api.facts(model);
      if (facts.kind === "classifier") {
        if (ticket === wanted) stay(model, { card: model, workspace: "Models" }); // it has no sliders, but a card
        return;
      }
      const code = await codeFor(facts);
      const { compare } = state.now;
      const other = (await notices.attempt(() => otherFor(facts))) ?? null; // a bad one must not keep the model away
      if (ticket !== wanted) return;
      if (!other && state.now.compare === compare) state.set({ compare: null }, "traverse");
      show(facts, code, other);
    } catch (error) {
      if (ticket !== wanted) return;
      if ((error.away || error.busy) && !shown.facts) {
        setTimeout(() => { if (ticket === wanted) open(model); }, 1000);
        return;
      }
      notices.problem(error);
      stay(model);
    } finally {
      if (ticket === wanted) place.removeAttribute("aria-busy");
    }
  }

  /** Instead of `model` the one on the screen, or one to begin with; none, and the catalogue will name one. */
  function stay(model, changes = {}) {
    const back = shown.facts?.model ?? first.facts?.model ?? context.list.models()[0] ?? null;
    const own = { model: back === model && !shown.facts ? null : back, code: tools.code() ?? null, names: shown.names ?? {} };
    state.set({ ...own, ...changes }, shown.facts ? "traverse" : "start");
    if (shown.facts) context.tell("switched"); // back to the model before
    else if (!own.model) waiting.textContent = "Choose a model at the left.";
  }

  /** The code of the address, else that of the picture on the screen, else the model's own start. */
  async function codeFor(facts) {
    if (shown.input && shown.facts.dataset !== facts.dataset) shown.input = null;
    if (state.now.code?.length === facts.code.length) {
      if (shown.input) shown.input = shown.input.passing ? null : { ...shown.input, code: null };
      return state.now.code;
    }
    if (state.now.code) notices.say(`The link's code has ${state.now.code.length} numbers and ${facts.model} takes ${facts.code.length}; showing its start.`);
    if (!shown.input) return facts.code;
    const { codes } = await api.post("encode", { models: [facts.model], ...shown.input.sent });
    shown.input.code = codes[facts.model];
    return shown.input.code;
  }

  async function otherFor(facts) {
    if (!state.now.compare) return null;
    const other = await api.facts(state.now.compare);
    if (other.kind === "classifier") throw new Error(`${other.model} is a classifier and draws nothing: compare models with sliders.`);
    if (same(other.space.shape, facts.space.shape)) return other;
    throw new Error(`${other.model} draws something else than ${facts.model}: compare models of one data set.`);
  }

  function show(facts, code, other) {
    const again = shown.facts?.model === facts.model;
    Object.assign(shown, { facts, other });
    shown.names = { ...keptNames(namesKey(facts.model)), ...(again ? {} : state.now.names) };
    const frame = same(code, facts.code) ? facts.frame : undefined;
    const options = { ...facts, code, frame, names: shown.names, label: labelOf(facts), caption: facts.model, compare: views(), source,
      range: state.now.range, theme: "class", showStats: false, onCommit: committed, onRename: renamed,
      onRange: (range) => state.set({ range }, "traverse"), onFrame: framed };
    stage.classList.toggle("lx-several", options.compare.length > 0);
    if (canvas) canvas.setModel(options);
    else canvas = mount(stage, options);
    canvas.setRange(state.now.range);
    bar.element.inert = false;
    bar.refresh();
    drawHere();
    state.set({ model: facts.model, code, start: facts.code, names: shown.names }, "traverse");
    tools.onFacts.forEach((call) => call(facts));
    tools.onCode.forEach((call) => call(code));
    context.tell("switched");
    if ((other?.model ?? null) !== state.now.compare) compareWith(state.now.compare); // chosen while this was loading
    else if (other) encodeInput();
  }

  function committed(code) {
    state.set({ code }, "traverse");
    moved(code);
  }

  /** Another code is there to stay; what was shown for the one before goes. */
  function moved(code) {
    if (shown.input?.passing && !close(code, shown.input.code)) setInput(null);
    tools.onCode.forEach((call) => call(code));
  }

  function renamed(axis, name) {
    shown.names = { ...shown.names, [axis]: name };
    if (name === axis) delete shown.names[axis];
    state.set({ names: shown.names }, "traverse");
    tools.onFacts.forEach((call) => call(shown.facts, { renamed: true }));
  }

  function framed(stats) {
    context.status.picture(stats);
  }

  /** Has the page draw by itself from now on, where it can; the first picture goes before. */
  function drawHere() {
    clearTimeout(idle);
    idle = setTimeout(() => {
      if (!canvas.settled()) drawHere();
      else decoders.want([shown.facts.model, shown.other?.model].filter(Boolean));
    }, 300);
  }

  // ------------------------------------------------------------------------------------------- comparing

  /** The pictures beside the model's own: another model on the same input, and the input itself. */
  function views() {
    const { other, input, facts } = shown;
    const list = [];
    // Without an encoder every picture is a search of a second or more: too slow to follow the hand.
    if (other) list.push({ label: other.model, model: other.model, space: other.space, source: redrawn, live: other.encodes });
    if (input) list.push({ label: input.label, model: "input", space: facts.space, source: { request: async ({ seq }) => ({ ...input.picture, seq, ms: 0 }) } });
    return list;
  }

  /**
   * The other model encodes the chosen input while the code is still that input's, else what this model draws. Which
   * of the two a picture is comes with it as its caption.
   */
  const redrawn = {
    async request(question) {
      const { input, facts, other } = shown;
      if (!other) throw new Refused("no model to compare with");
      const own = close(question.code, input?.code) ? input.codes?.[other.model] : null;
      const asked = own ? { model: other.model, code: own } : { model: `${facts.model} > ${other.model}` };
      const label = `${other.model} on ${own ? "the same input" : "this picture"}`;
      return { ...await source.request({ ...question, ...asked }), label };
    },
  };

  async function encodeInput() {
    const { input, other } = shown;
    if (!input || !other || input.codes?.[other.model]) return;
    const answer = await notices.attempt(() => api.post("encode", { models: [other.model], ...input.sent }));
    if (!answer || shown.input !== input) return;
    input.codes = { ...input.codes, ...answer.codes };
    canvas.redraw();
  }

  /**
   * Shows an input beside the picture; `answer` is {shape, data, series?} of one example. A `passing` one is about its
   * code and goes when the code has changed.
   */
  function setInput(answer, label, code, { passing = false } = {}) {
    if (!answer && !shown.input) return;
    const sent = answer && (answer.series ? { series: answer.series } : { shape: answer.shape, data: answer.data });
    shown.input = answer ? { label, code, sent, passing, picture: asFrame(unpack(answer)[0]) } : null;
    beside();
  }

  function beside() {
    stage.classList.toggle("lx-several", views().length > 0);
    canvas.setCompare(views());
    bar.refresh();
    drawHere();
    encodeInput();
  }

  async function compareWith(model) {
    const ticket = ++compared, { facts } = shown;
    state.set({ compare: model || null }, "traverse");
    const other = (await notices.attempt(() => otherFor(facts))) ?? null;
    if (ticket !== compared || facts !== shown.facts) return; // another one was chosen meanwhile
    shown.other = other;
    if (!other) state.set({ compare: null }, "traverse");
    beside();
  }

  // ------------------------------------------------------------------------------------------- buttons

  function actionBar() {
    const jump = (to, fields = {}) => notices.attempt(async () => {
      const { facts } = shown;
      const answer = await api.post("jump", { model: facts.model, to, ...fields });
      if (facts !== shown.facts) return;
      canvas.setCode(answer.code, { commit: true });
      if (answer.input) setInput(answer.input, "nearest example", answer.code, { passing: true });
      notices.say(answer.note);
    });
    const select = h("select", { class: "lx-select", "aria-label": "Compare with another model",
      onchange: () => compareWith(select.value) });
    const chip = h("span", { class: "lx-chip", hidden: true });
    const maps = button("Explain", { name: "map", title: "Heatmaps of what you see: which pixels a classifier's answer rests on",
      onclick: () => state.set({ workspace: "Explain", explain: { ...state.now.explain, source: "traverse" } }) });
    const element = h("div", { class: "lx-actions", role: "toolbar", "aria-label": "Codes" },
      button("Random", { name: "dice", title: "A random code, drawn as the model's data are distributed",
        onclick: () => jump("random", { seed: Math.floor(Math.random() * 2 ** 53) }) }),
      button("Median", { name: "middle", title: "The middle of the data: the median of every axis", onclick: () => jump("median") }),
      button("Nearest example", { name: "near", title: "The held-out example whose code is nearest to the sliders",
        onclick: () => jump("nearest", { code: canvas.getCode() }) }),
      h("label", { class: "lx-compare" }, "Compare with ", select), h("div", { class: "lx-grow" }), chip, maps);
    const refresh = () => {
      const { facts, input } = shown;
      if (!facts) return;
      const others = context.list.models().filter((id) => id !== facts.model && id.split("/")[0] === facts.dataset);
      select.replaceChildren(h("option", { value: "" }, "nothing"), ...others.map((id) =>
        h("option", { value: id, selected: id === state.now.compare }, id)));
      select.value = state.now.compare ?? "";
      maps.hidden = facts.space.kind !== "image"; // classifiers look at pictures
      chip.hidden = !input;
      chip.replaceChildren(input ? h("span", {}, `Input: ${input.label}`) : "", button("", { name: "close",
        title: "Hide the input", onclick: () => setInput(null) }));
    };
    return { element, refresh };
  }

  function fillDock() {
    const tabs = [], panels = [];
    const choose = (at) => {
      const open = at !== null;
      dock.classList.toggle("lx-folded", !open);
      tabs.forEach((tab, k) => { tab.setAttribute("aria-selected", k === at); tab.tabIndex = k === (at ?? 0) ? 0 : -1; });
      panels.forEach((panel, k) => { panel.hidden = k !== at; if (k === at) panel.dispatchEvent(new Event("open")); });
    };
    DOCK.forEach(([title, build], k) => {
      const tab = h("button", { type: "button", role: "tab", class: "lx-tab", id: `lx-tool-${k}`, onclick: () =>
        choose(tab.getAttribute("aria-selected") === "true" ? null : k) }, title);
      const panel = h("div", { role: "tabpanel", class: "lx-panel", "aria-labelledby": `lx-tool-${k}`, hidden: true });
      tabs.push(tab);
      panels.push(panel);
      build(panel, tools);
    });
    const row = h("div", { class: "lx-tabs", role: "tablist", "aria-label": "Tools" }, ...tabs);
    row.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      const at = tabs.indexOf(event.target);
      if (!step || at < 0) return;
      const next = (at + step + tabs.length) % tabs.length;
      tabs[next].focus();
      choose(next);
      event.preventDefault();
    });
    dock.replaceChildren(row, ...panels);
    choose(0);
  }

  // ------------------------------------------------------------------------------------------- following the state

  state.listen((changed, from) => {
    if (from === "traverse") return;
    const { model, code, range, compare } = state.now;
    if (changed.has("model") && model) open(model);
    else if (shown.facts) {
      if (changed.has("code") && code?.length === shown.facts.code.length) canvas.setCode(code, { record: true });
      else if (changed.has("code") && code) notices.say(`${model} takes codes of ${shown.facts.code.length} numbers; got ${code.length}.`);
      if (changed.has("code")) moved(canvas.getCode());
      if (changed.has("range")) canvas.setRange(range);
      if (changed.has("compare")) compareWith(compare);
    }
  });
  document.addEventListener("keydown", (event) => {
    // Undo works wherever the focus is; the canvas itself has already handled its own.
    const typing = event.target.closest?.("input, textarea, [contenteditable]");
    if (!canvas || typing || event.defaultPrevented || !(event.ctrlKey || event.metaKey) || event.altKey) return;
    if (state.now.workspace !== state.now.home) return;
    const key = event.key.toLowerCase();
    if (key === "z" && !event.shiftKey) canvas.undo();
    else if (key === "y" || (key === "z" && event.shiftKey)) canvas.redo();
    else return;
    event.preventDefault();
  });
  context.status.onRestored(() => {
    canvas?.redraw();
    if (canvas) drawHere(); // the checkpoint may be another one now
  });
  context.status.onListed(() => {
    if (!context.list.models().length) waiting.textContent = "There is no model to show.";
    bar.refresh();
  });
  if (state.now.model) open(state.now.model);
  return tools;
}

function labelOf(facts) {
  return facts.label.split(", ")[0]; // "Autoencoder" of "Autoencoder, 5 latents": the sliders tell the rest
}

function asFrame({ shape, bytes }) {
  return { shape, bytes: bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) };
}
