/**
 * The live canvas of Latent Explorer: sliders over a code, and the picture or curve that follows the hand.
 *
 *   const canvas = mount(element, { model, layout, axes, space, code, source: httpSource("canvas/decode"), onCommit });
 *
 * A source answers request({model, code, size, seq, signal}) with {seq, shape, bytes, ms}: bytes are uint8 (H, W, C)
 * for images, float32 (T,) for series, and perhaps `where` it was drawn, "page" or "server". One request is in flight,
 * the latest value wins, late answers are dropped.
 * A source throws `Refused` when the answer is a final no and `Busy` when it should be asked again; any other error
 * counts as a lost connection and is retried, too.
 */

const REQUEST_TIMEOUT_MS = 10_000;
const BACKOFF_MS = [400, 800, 1600, 3200, 5000];
const COMMIT_AFTER_KEYS_MS = 300;
const SLOW_FRAME_MS = 50; // above this, dragging asks for the preview size
const HISTORY_LIMIT = 200;
const AWAY = [408, 429, 502, 503, 504]; // statuses of a server that will be back
const LARGEST_VALUE = 1e6; // the server refuses more: apps/plain_numbers.py

const ACCEPTED = "Type a number between -1000000 and 1000000, such as 0.5 or -2; Escape restores the value.";

export class Refused extends Error {}
export class Busy extends Error {}

/**
 * Draws the component into `element` and returns its handle.
 *
 * options: model (opaque name), layout, axes, space, code (optional, else the axes' centres), source;
 *   compare: [{label, model, space, source, live}] further decoders on the same code, with live: false for one that is
 *   too slow to follow the hand and is asked when it lets go; an answer of its source may bring a `label` that says what
 *   this picture is; label; caption (below the own picture, where there are others; else the label);
 *   frame: {shape, bytes|data} drawn before the first request; names: {original: shown}; range: "percentile" | "full"; previewSize; theme: "auto" |
 *   "class" (a .dark ancestor) | "text" (the host's text colour) | "light" | "dark"; showStats; storageKey (null: names
 *   are not kept); plain: only sliders, without names to change, numbers, toolbar and picture, for tasks that draw
 *   themselves; onMove(code, {axis}) at every move of a hand; onPicture({shape, bytes}, code) for every answer;
 *   onCommit(code, {axis}); onRename(axis, name); onRange(mode); onFrame(stats).
 */
export function mount(element, options) {
  return new LiveCanvas(element, options).handle();
}

/**
 * For hosts that hand over whole states ({model, axes, ..., code}) instead of calling the handle: the function it
 * returns mounts the first state and applies what changed in later ones. `compare` entries get the same source.
 *
 * With `echoes`, a state may be an answer to an older commit (Streamlit reruns): a code the user has already left is
 * ignored unless the state carries another `revision`.
 */
export function mirror(element, { echoes = false, ...options }) {
  const drawing = ({ model, label, space, layout, axes, compare, names }) =>
    JSON.stringify([model, label, space, layout, axes, compare, names]);
  let handle = null, given = null, committed = [];
  const onCommit = (code, about) => {
    committed = [...committed.slice(-30), code];
    options.onCommit?.(code, about);
  };
  return (state) => {
    if (!state?.axes) return handle;
    const compare = (state.compare ?? []).map((one) => ({ source: options.source, ...one }));
    const all = { ...options, ...state, compare, onCommit };
    const stale = echoes && given && given.revision === state.revision &&
      [given.code, ...committed].some((code) => close(code, state.code));
    if (!handle) handle = mount(element, all);
    else if (drawing(state) !== drawing(given)) handle.setModel(all);
    else if (!stale && state.code && !close(state.code, handle.getCode())) handle.setCode(state.code, { record: true });
    if (given && state.range && state.range !== given.range) handle.setRange(state.range);
    handle.setDisabled(state.disabled);
    given = state;
    return handle;
  };
}

// ------------------------------------------------------------------------------------------------ sources

/** POSTs JSON to a route that answers application/octet-stream with X-Seq, X-Shape and X-Decode-Ms. */
export function httpSource(url) {
  return {
    async request({ model, code, size, seq, signal }) {
      const body = JSON.stringify({ model, code, size, seq });
      const headers = { "Content-Type": "application/json" };
      const response = await fetch(url, { method: "POST", headers, body, signal, cache: "no-store" });
      if (!response.ok) {
        const { error } = await response.json().catch(() => ({}));
        if (response.status === 503 && error) throw new Busy(error);
        if (AWAY.includes(response.status)) throw new Error(`HTTP ${response.status}`);
        const refusal = new Refused(error ?? `The server could not decode this code (HTTP ${response.status}).`);
        refusal.absent = !error && [404, 405].includes(response.status); // no such route, rather than no such model
        throw refusal;
      }
      const bytes = await response.arrayBuffer();
      const read = (name) => response.headers.get(name) ?? "";
      const shape = read("X-Shape").split(",").map(Number);
      return { seq: Number(read("X-Seq")), shape, bytes, ms: Number(read("X-Decode-Ms")), where: "server" };
    },
  };
}

/** Calls a function of the host (Gradio's server.decode) that answers {seq, shape, data: base64, ms} or {error}. */
export function hostSource(call) {
  return {
    async request({ model, code, size, seq }) {
      const answer = await call({ model, code, size, seq });
      if (!answer) throw new Error("no answer from the host"); // Gradio resolves to undefined when its server is away
      if (answer.error) throw new (answer.busy ? Busy : Refused)(answer.error);
      return { ...answer, bytes: fromBase64(answer.data), where: "server" };
    },
  };
}

/**
 * Decodes in the page, for instance with ONNX Runtime Web: run(code: Float32Array, {model, size}) -> {shape, values},
 * with values (C, H, W) in [0, 1] or (T,).
 */
export function pageSource(run) {
  return {
    async request({ model, code, size, seq }) {
      const started = performance.now();
      const { shape, values } = await run(Float32Array.from(code), { model, size });
      const ms = performance.now() - started;
      if (shape.length === 1) return { seq, shape, bytes: Float32Array.from(values).buffer, ms, where: "page" };
      const [channels, height, width] = shape;
      const bytes = new Uint8Array(values.length);
      for (let c = 0, from = 0; c < channels; c++) {
        for (let p = 0; p < height * width; p++, from++) {
          bytes[p * channels + c] = level(values[from]);
        }
      }
      return { seq, shape: [height, width, channels], bytes: bytes.buffer, ms, where: "page" };
    },
  };
}

/** A value in [0, 1] as one of 256 levels, rounded as torch does on the server: in float32, halves to even. */
function level(value) {
  const scaled = Math.fround(255 * Math.min(1, Math.max(0, value)));
  const below = Math.floor(scaled);
  return scaled - below === 0.5 ? below + (below % 2) : Math.round(scaled);
}

/** The first source that is there: one whose route does not exist is passed over for good. */
export function firstOf(...sources) {
  let at = 0;
  return {
    async request(question) {
      try {
        return await sources[at].request(question);
      } catch (error) {
        if (!error.absent || at + 1 === sources.length) throw error;
        at += 1;
        return this.request(question);
      }
    },
  };
}

// ------------------------------------------------------------------------------------------------ codes

/** Where `axis` stands in `code`: an option's index for categories, else the projection on the axis. */
export function readAxis(axis, code) {
  if (axis.kind === "category") {
    return axis.indices.reduce((best, index, k) => (code[index] > code[axis.indices[best]] ? k : best), 0);
  }
  let dot = 0, norm = 0;
  axis.indices.forEach((index, k) => {
    const weight = weightOf(axis, k);
    dot += code[index] * weight;
    norm += weight * weight;
  });
  return dot / norm;
}

/** A copy of `code` with `axis` moved to `value`; nothing else changes. */
export function writeAxis(axis, code, value) {
  const next = code.slice();
  if (axis.kind === "category") {
    axis.indices.forEach((index, k) => { next[index] = k === value ? 1 : 0; });
  } else if (axis.indices.length === 1 && !axis.direction?.length) {
    next[axis.indices[0]] = value;
  } else {
    const delta = value - readAxis(axis, code);
    axis.indices.forEach((index, k) => { next[index] += delta * weightOf(axis, k); });
  }
  return next;
}

function weightOf(axis, k) {
  return axis.direction?.length ? axis.direction[k] : 1;
}

/** The code with every axis at its centre. */
export function centerCode(layout, axes) {
  const code = new Array(layout.reduce((total, part) => total + part.size, 0)).fill(0);
  return axes.reduce((current, axis) => writeAxis(axis, current, axis.center), code);
}

// ------------------------------------------------------------------------------------------------ component

const NEW_MODEL = { names: undefined, code: undefined, frame: undefined, label: undefined, caption: undefined, compare: [] };

class LiveCanvas {
  constructor(element, options) {
    this.element = element;
    this.listeners = new Set(options.onFrame ? [options.onFrame] : []);
    this.range = options.range === "full" ? "full" : "percentile";
    this.disabled = false;
    this.theme = options.theme ?? "auto";
    this.options = options;
    this.host = h("div", { class: "latent-canvas", style: "height:100%" });
    this.root = this.host.attachShadow({ mode: "open" });
    this.cleanups = [];
    element.replaceChildren(this.host);
    this.#build();
    this.#followTheme();
    this.#load(options);
  }

  handle() {
    const handle = {
      // {record}: can be undone; {commit}: and onCommit is told; {live}: a passing value, as from a hand on a slider
      setCode: (code, how = {}) => this.#setCode(code, how),
      getCode: () => this.code.slice(),
      setCompare: (compare) => this.#setCompare(compare), // other decoders beside the own; undo is kept
      setModel: (options) => this.#load({ ...this.options, ...NEW_MODEL, ...options }),
      setRange: (mode) => this.#setRange(mode, false),
      setDisabled: (disabled) => this.#setDisabled(disabled),
      setTheme: (theme) => { this.theme = theme; this.#applyTheme(); },
      undo: () => this.#travel("past", "future"),
      redo: () => this.#travel("future", "past"),
      reset: () => this.#resetAll(),
      rename: (axis, name) => this.#rename(this.axes.findIndex((one) => one.name === axis), name),
      onFrame: (callback) => { this.listeners.add(callback); return () => this.listeners.delete(callback); },
      stats: () => this.views[0].stats(),
      snapshot: (options) => this.#snapshot(options),
      redraw: () => this.#ask([], false),
      settled: () => this.views.every((view) => view.settled), // the pictures show the code, in full size
      destroy: () => this.#destroy(),
    };
    this.host.latentCanvas = handle; // for benchmarks and browser tests
    return handle;
  }

  // -------------------------------------------------------------------------------- structure

  #build() {
    this.stage = h("div", { class: "stage" });
    this.banner = h("div", { class: "banner", role: "alert", hidden: true });
    this.statsLine = h("div", { class: "stats", "aria-hidden": "true" });
    this.rows = h("div", { class: "rows" });
    this.live = h("div", { class: "sr-only", role: "status" });
    this.title = h("span", { class: "title" });
    this.rangeGroup = h("div", { class: "segments", role: "group", "aria-label": "Slider range" },
      this.#rangeButton("percentile", "99 %", "Sliders span the middle 99 % of encoded data"),
      this.#rangeButton("full", "Full", "Sliders span everything between the smallest and largest encoded value"));
    this.undoButton = iconButton("undo", "Undo (Ctrl+Z)", () => this.#travel("past", "future"));
    this.redoButton = iconButton("redo", "Redo (Ctrl+Shift+Z)", () => this.#travel("future", "past"));
    this.resetButton = iconButton("center", "Move all sliders to their centre", () => this.#resetAll());
    this.helpButton = iconButton("help", "Keyboard help", () => this.#toggleHelp());
    this.helpButton.setAttribute("aria-expanded", "false");
    this.help = h("div", { class: "help", role: "region", "aria-label": "Keyboard help", hidden: true }, ...HELP.map(
      ([keys, meaning]) => h("div", {}, h("kbd", {}, keys), h("span", {}, meaning))));
    const toolbar = h("div", { class: "toolbar" }, this.title, this.rangeGroup,
      h("div", { class: "icons" }, this.undoButton, this.redoButton, this.resetButton, this.helpButton));
    const panel = h("div", { class: "panel" }, toolbar, this.help, this.rows);
    const picture = h("div", { class: "picture" }, this.banner, this.stage, this.statsLine);
    this.frame = h("div", { class: "frame" }, picture, panel, this.live);
    this.frame.classList.toggle("plain", Boolean(this.options.plain));
    this.root.append(h("style", {}, STYLE), h("div", { class: "box" }, this.frame));
    this.frame.addEventListener("keydown", (event) => this.#shortcut(event));
    const observer = new ResizeObserver(() => this.views?.forEach((view) => view.fit()));
    observer.observe(this.stage);
    this.cleanups.push(() => observer.disconnect());
  }

  #rangeButton(mode, text, title) {
    return h("button", { type: "button", "data-range": mode, title, onclick: () => this.#setRange(mode, true) }, text);
  }

  #load(options) {
    this.options = options;
    Object.assign(this, { model: options.model, layout: options.layout, axes: options.axes });
    this.views?.forEach((view) => view.close());
    clearTimeout(this.commitTimer);
    this.code = Array.from(options.code ?? centerCode(this.layout, this.axes));
    const size = this.layout.reduce((total, part) => total + part.size, 0);
    if (this.code.length !== size) throw new Error(`code should have ${size} entries; got ${this.code.length}.`);
    this.storageKey = options.storageKey === undefined ? namesKey(this.model) : options.storageKey;
    this.names = { ...keptNames(this.storageKey), ...options.names };
    this.past = [];
    this.future = [];
    this.committed = this.#step(null);
    this.title.textContent = options.label ?? options.model;
    this.title.title = options.label ?? options.model;
    this.#buildViews(options);
    this.#buildRows();
    this.#refresh();
    if (options.frame) this.views[0].show(options.frame);
    this.views.forEach((view, k) => { if (k || !options.frame) view.ask(this.code, [], null); });
  }

  #buildViews(options) {
    const own = options.caption ?? options.label ?? options.model;
    const first = { label: options.compare?.length ? own : null, model: options.model,
      space: options.space, source: options.source };
    this.views = [first, ...(options.compare ?? [])].map((one) => new View({ ...first, ...one }, {
      previewSize: options.previewSize ?? 256,
      problem: (view, text) => this.#problem(view, text),
      frame: (view) => this.#frameDrawn(view),
      drawn: (view, code) => { if (view === this.views[0]) this.options.onPicture?.(view.drawn, code); },
    }));
    this.stage.replaceChildren(...this.views.map((view) => view.figure));
    this.stage.style.setProperty("--views", this.views.length);
    this.stage.classList.toggle("series", options.space.kind === "series");
    this.views.forEach((view) => view.fit());
    this.banner.hidden = true; // these decoders have had no trouble yet
    this.host.dataset.frames = "0";
  }

  #setCompare(compare) {
    this.options = { ...this.options, compare };
    const drawn = this.views[0].drawn;
    this.views.forEach((view) => view.close());
    this.#buildViews(this.options);
    if (drawn) this.views[0].show(drawn); // no flash while the answer is on its way
    this.#ask([], false);
  }

  #buildRows() {
    const strongest = Math.max(...this.axes.map((axis) => axis.effect || 0), 1e-12);
    this.controls = this.axes.map((axis, index) => {
      const row = axis.kind === "category" ? new CategoryRow(axis, index) : new SliderRow(axis, index);
      row.named = Boolean(this.options.plain); // for good
      row.influence((axis.effect || 0) / strongest, axis.effect);
      row.onmove = (value, event) => this.#moved(index, value, event);
      row.oncommit = () => this.#commit(index);
      row.oncommitsoon = () => this.#commitSoon(index);
      row.onpress = () => { this.pressedAt = this.past.length; };
      row.onreset = () => this.#resetAxis(index);
      row.ondoubleclick = () => this.#resetAxis(index, this.pressedAt);
      row.onrename = (name) => this.#rename(index, name);
      row.setName(this.#nameOf(axis));
      row.setRange(this.range);
      return row;
    });
    this.rows.replaceChildren(...this.controls.map((row) => row.element));
    this.rows.scrollTop = 0;
    this.rangeGroup.hidden = this.axes.every((axis) => axis.kind === "category");
    this.#setRange(this.range, false);
    this.#setDisabled(this.disabled);
  }

  // -------------------------------------------------------------------------------- moving and committing

  #moved(index, value, event) {
    if (!Number.isFinite(value) || Math.abs(value) > LARGEST_VALUE) return;
    this.code = writeAxis(this.axes[index], this.code, value);
    this.#refresh();
    this.options.onMove?.(this.code.slice(), { axis: index });
    this.#ask([event?.timeStamp ?? performance.now()], true);
  }

  #ask(stamps, live) {
    this.views.forEach((view) => view.ask(this.code, stamps, live ? "live" : null));
  }

  #commitSoon(index) {
    clearTimeout(this.commitTimer);
    this.commitTimer = setTimeout(() => this.#commit(index), COMMIT_AFTER_KEYS_MS);
  }

  #commit(index, tell = true) {
    clearTimeout(this.commitTimer);
    this.views.forEach((view) => view.sharpen(this.code));
    if (same(this.code, this.committed.code)) return;
    this.#record(index);
    if (tell) this.options.onCommit?.(this.code.slice(), { axis: index });
  }

  /** What undo goes back to. */
  #step(axis) {
    return { code: this.code, axis, names: { ...this.names } };
  }

  #record(axis) {
    this.past.push(this.committed);
    if (this.past.length > HISTORY_LIMIT) this.past.shift();
    this.future = [];
    this.committed = this.#step(axis);
    this.#refreshHistory();
  }

  /** `depth`: a double click has moved the slider twice before it is one; those steps leave the history again. */
  #resetAxis(index, depth = Infinity) {
    while (this.past.length > depth) this.committed = this.past.pop();
    const axis = this.axes[index];
    this.#moved(index, axis.center);
    this.#commit(index);
    this.#say(`${this.#nameOf(axis)} at its centre`);
  }

  #resetAll() {
    this.code = this.axes.reduce(
      (code, axis) => (axis.kind === "category" ? code : writeAxis(axis, code, axis.center)), this.code);
    this.#refresh();
    this.#ask([performance.now()], false);
    this.#commit(null);
    this.#say("All sliders at their centre");
  }

  #setCode(code, { commit = false, record = false, live = false }) {
    const next = Array.from(code, Number);
    if (next.length !== this.code.length || !next.every(Number.isFinite)) {
      throw new Error(`setCode needs ${this.code.length} finite numbers; got ${next.length}.`);
    }
    this.code = next;
    this.#refresh();
    this.#ask([], live);
    if (live) return;
    if (commit || record) this.#commit(null, commit);
    else this.committed = this.#step(null);
    this.#refreshHistory();
  }

  #travel(from, to) {
    if (this.disabled || this.options.plain) return;
    this.#commit(null); // a key press that still waits to be committed is the step to undo
    const step = this[from].pop();
    if (!step) return;
    const moves = !same(step.code, this.code);
    this[to].push(this.committed);
    this.committed = step;
    this.code = step.code;
    this.axes.forEach((axis, index) => this.#giveName(index, step.names[axis.name] ?? axis.name));
    this.#refresh();
    this.#say(from === "past" ? "Undone" : "Redone");
    if (!moves) return; // it was a name
    this.#ask([performance.now()], false);
    this.options.onCommit?.(this.code.slice(), { axis: null });
  }

  // -------------------------------------------------------------------------------- state on the page

  #refresh() {
    for (const row of this.controls) { // on every move of a hand: rows that stay cost the page nothing
      const value = readAxis(row.axis, this.code);
      if (value !== row.value) row.show(value);
    }
    this.#refreshHistory();
  }

  #refreshHistory() {
    this.undoButton.disabled = this.disabled || !(this.past.length || !same(this.code, this.committed.code));
    this.redoButton.disabled = this.disabled || !this.future.length;
  }

  #setRange(mode, tell) {
    if (!["percentile", "full"].includes(mode)) throw new Error(`range is "percentile" or "full"; got "${mode}".`);
    this.range = mode;
    this.controls.forEach((row) => { row.setRange(mode); row.show(readAxis(row.axis, this.code)); });
    for (const button of this.rangeGroup.children) button.setAttribute("aria-pressed", button.dataset.range === mode);
    if (tell) this.options.onRange?.(mode);
  }

  #setDisabled(disabled) {
    this.disabled = Boolean(disabled);
    this.frame.classList.toggle("disabled", this.disabled);
    for (const input of this.frame.querySelectorAll("input, button")) input.disabled = this.disabled;
    this.#refreshHistory();
  }

  #nameOf(axis) {
    return this.names[axis.name] ?? axis.name;
  }

  #rename(index, name) {
    const text = (name ?? "").trim().slice(0, 60) || this.axes[index].name;
    if (text === this.#nameOf(this.axes[index])) return;
    this.#commit(null); // a key press that still waits to be committed is a step of its own
    this.#giveName(index, text);
    this.#record(index);
  }

  #giveName(index, name) {
    const axis = this.axes[index];
    if (name === this.#nameOf(axis)) return;
    if (name === axis.name) delete this.names[axis.name];
    else this.names[axis.name] = name;
    this.controls[index].setName(name);
    try {
      if (this.storageKey) localStorage.setItem(this.storageKey, JSON.stringify(this.names));
    } catch (error) {
      console.warn("Axis names are not kept: this browser gives the page no storage.", error);
    }
    this.options.onRename?.(axis.name, name);
  }

  #shortcut(event) {
    const typing = event.target.matches("input[type=text]") && event.target.dataset.dirty === "true";
    if (event.key === "Escape" && !this.help.hidden) this.#toggleHelp();
    if (!(event.ctrlKey || event.metaKey) || event.altKey || typing) return;
    const key = event.key.toLowerCase();
    if (key === "z" && !event.shiftKey) this.#travel("past", "future");
    else if ((key === "z" && event.shiftKey) || key === "y") this.#travel("future", "past");
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  #toggleHelp() {
    this.help.hidden = !this.help.hidden;
    this.helpButton.setAttribute("aria-expanded", String(!this.help.hidden));
  }

  #problem(view, text) {
    view.trouble = text;
    this.#showBanner(this.views.map((one) => one.trouble).find(Boolean) ?? null);
  }

  #showBanner(text) {
    if (!text && !this.banner.hidden) this.#say("Connected again");
    this.banner.hidden = !text;
    this.banner.textContent = text ?? "";
  }

  #say(text) {
    this.live.textContent = "";
    this.live.textContent = text;
  }

  #frameDrawn(view) {
    this.host.dataset.frames = String(Number(this.host.dataset.frames) + 1);
    if (view !== this.views[0]) return;
    const stats = view.last;
    this.listeners.forEach((callback) => callback(stats));
    const now = performance.now();
    if (this.options.showStats === false || now - (this.statsAt ?? 0) < 150) return;
    this.statsAt = now;
    const parts = [`decode ${stats.decodeMs.toFixed(1)} ms`];
    if (stats.handMs !== null) parts.push(`hand to pixel ${stats.handMs.toFixed(0)} ms`);
    this.statsLine.textContent = parts.join("  ·  ");
  }

  #snapshot({ view = 0, longest = 512 } = {}) {
    return new Promise((resolve, reject) => this.views[view].picture(longest).toBlob(
      (blob) => (blob ? resolve(blob) : reject(new Error("the picture could not be encoded as PNG"))), "image/png"));
  }

  // -------------------------------------------------------------------------------- theme and end

  #followTheme() {
    this.#applyTheme();
    const apply = () => { this.#applyTheme(); this.views?.forEach((view) => view.repaint()); };
    const observer = new MutationObserver(apply);
    for (const node of [document.documentElement, document.body]) {
      observer.observe(node, { attributes: true, attributeFilter: ["class", "style", "data-theme"] });
    }
    const media = matchMedia("(prefers-color-scheme: dark)");
    media.addEventListener("change", apply);
    this.cleanups.push(() => { observer.disconnect(); media.removeEventListener("change", apply); });
  }

  #applyTheme() {
    const system = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
    const choice = {
      auto: () => (this.host.closest(".dark") ? "dark" : system),
      class: () => (this.host.closest(".dark") ? "dark" : "light"),
      text: () => (luminance(getComputedStyle(this.element).color) > 0.5 ? "dark" : "light"),
    }[this.theme];
    this.host.dataset.theme = choice ? choice() : this.theme;
  }

  #destroy() {
    clearTimeout(this.commitTimer);
    this.views.forEach((view) => view.close());
    this.cleanups.forEach((cleanup) => cleanup());
    this.listeners.clear();
    this.host.remove();
  }
}

// ------------------------------------------------------------------------------------------------ one picture

/** One decoder's picture or curve: asks its source, draws the answers, measures. */
class View {
  constructor({ label, model, space, source, live = true }, { previewSize, problem, frame, drawn }) {
    Object.assign(this, { model, space, source, live, previewSize, problem, framed: frame, told: drawn });
    this.canvas = h("canvas", { role: "img", "aria-label": `Output of ${label ?? model}`, width: 1, height: 1 });
    this.caption = label ? h("figcaption", { title: label }, label) : null;
    this.figure = h("figure", {}, this.canvas, this.caption);
    this.seq = 0;
    this.failures = 0;
    this.latencies = [];
    this.decodes = [];
    this.trouble = null;
  }

  /** Wants `code` drawn; stamps are the times of the input events it answers. */
  ask(code, stamps, mode) {
    this.behind = mode === "live" && !this.live;
    if (this.behind) return;
    const waiting = this.wanted?.stamps ?? [];
    this.wanted = { code, stamps: [...waiting, ...stamps], mode };
    if (!this.flight && !this.retry) this.#send();
  }

  /** Draws in full size what the drag left as a preview or did not draw at all. */
  sharpen(code) {
    if (this.behind || this.preview || this.wanted?.mode || this.flight?.size) this.ask(code, [], null);
  }

  async #send() {
    const job = { ...this.wanted, seq: ++this.seq };
    job.size = job.mode === "live" && this.#isSlow() ? this.previewSize : null;
    this.wanted = null;
    this.flight = job;
    const abort = new AbortController();
    job.abort = abort;
    const timer = setTimeout(() => abort.abort(), REQUEST_TIMEOUT_MS);
    let answer = null, failure = null;
    try {
      const question = { model: this.model, code: job.code, size: job.size, seq: job.seq, signal: abort.signal };
      answer = await Promise.race([this.source.request(question), rejectOn(abort.signal)]);
      if (answer.seq !== job.seq) failure = new Error(`asked for frame ${job.seq}, got ${answer.seq}`);
    } catch (error) {
      failure = error;
    }
    clearTimeout(timer);
    if (this.flight !== job) return; // late: the canvas is closed or shows another model by now
    this.flight = null;
    if (failure) this.#failed(job, failure);
    else this.#answered(job, answer);
    if (this.wanted && !this.retry) this.#send();
  }

  #answered(job, answer) {
    this.preview = job.size !== null;
    this.show(answer);
    this.told(this, job.code);
    if (answer.label) this.#name(answer.label);
    const now = performance.now();
    for (const stamp of job.stamps) {
      performance.measure("hand-to-pixel", { start: stamp, end: now });
      remember(this.latencies, now - stamp);
    }
    if (this.latencies.length && job.seq % 256 === 0) performance.clearMeasures("hand-to-pixel");
    const handMs = job.stamps.length ? now - job.stamps.at(-1) : null;
    if (!this.preview && handMs !== null) this.usualMs = 0.7 * (this.usualMs ?? handMs) + 0.3 * handMs;
    remember(this.decodes, answer.ms ?? 0);
    this.last = { seq: job.seq, decodeMs: answer.ms ?? 0, handMs, size: job.size, where: answer.where ?? null };
    this.failures = 0;
    if (this.trouble) this.problem(this, null);
    this.framed(this);
  }

  #failed(job, error) {
    if (error instanceof Refused) {
      this.problem(this, error.message);
      return;
    }
    const stamps = []; // an outage is no measure of the hand's latency
    this.wanted = { code: job.code, mode: null, ...this.wanted, stamps };
    const what = error instanceof Busy ? "The server is busy" : "Connection lost";
    this.problem(this, `${what} – your sliders are kept; retrying …`);
    const wait = BACKOFF_MS[Math.min(this.failures, BACKOFF_MS.length - 1)];
    this.failures += 1;
    this.retry = setTimeout(() => { this.retry = null; this.#send(); }, wait);
  }

  #isSlow() {
    const longest = this.space.kind === "image" ? Math.max(this.space.shape[1], this.space.shape[2]) : 0;
    return longest > this.previewSize && (this.usualMs ?? 0) > SLOW_FRAME_MS;
  }

  get settled() {
    return Boolean(this.drawn) && !this.wanted && !this.flight && !this.retry && !this.preview && !this.behind;
  }

  stats() {
    const where = this.last?.where ?? null; // the last one was drawn
    return { frames: this.decodes.length, handMs: summary(this.latencies), decodeMs: summary(this.decodes), where };
  }

  close() {
    clearTimeout(this.retry);
    this.flight?.abort?.abort();
    this.flight = this.wanted = this.retry = null;
  }

  // -------------------------------------------------------------------------------- drawing

  show({ shape, bytes, data }) {
    this.drawn = { shape, bytes: bytes ?? fromBase64(data) };
    this.repaint();
  }

  #name(label) {
    this.canvas.setAttribute("aria-label", `Output of ${label}`);
    if (this.caption) [this.caption.textContent, this.caption.title] = [label, label];
  }

  repaint() {
    if (!this.drawn) return;
    if (this.drawn.shape.length === 1) this.#drawCurve();
    else this.#drawImage();
  }

  #drawImage() {
    const { shape, bytes } = this.drawn;
    if (drawPixels(this.canvas, shape, new Uint8Array(bytes))) this.fit();
  }

  /** Sizes the canvas to its place; small pictures by whole factors, so that every pixel is a square. */
  fit() {
    const image = this.space.kind === "image";
    const caption = this.caption?.offsetHeight ?? 0;
    const width = this.figure.clientWidth, height = this.figure.clientHeight - caption;
    if (width <= 0 || height <= 0) return;
    const ratio = devicePixelRatio || 1;
    if (!image) {
      Object.assign(this.canvas.style, { width: `${width}px`, height: `${height}px` });
      this.canvas.width = Math.round(width * ratio);
      this.canvas.height = Math.round(height * ratio);
      this.repaint();
      return;
    }
    const [, rows, columns] = this.space.shape;
    let scale = Math.min(width / columns, height / rows);
    if (scale * ratio >= 2) scale = Math.floor(scale * ratio) / ratio;
    this.canvas.style.width = `${columns * scale}px`;
    this.canvas.style.height = `${rows * scale}px`;
    this.canvas.classList.toggle("pixels", scale * ratio >= 2);
  }

  #drawCurve() {
    const values = new Float32Array(this.drawn.bytes);
    const context = this.canvas.getContext("2d");
    const ratio = devicePixelRatio || 1;
    const style = getComputedStyle(this.canvas);
    const colour = (name) => style.getPropertyValue(name).trim();
    const grid = this.space.grid ?? [0, values.length - 1];
    const limits = this.space.limits ?? this.#ownLimits(values);
    const box = { left: 44, right: this.canvas.width / ratio - 12, top: 12, bottom: this.canvas.height / ratio - 28 };
    const x = (t) => box.left + ((t - grid[0]) / (grid[1] - grid[0])) * (box.right - box.left);
    const y = (v) => box.bottom - ((v - limits[0]) / (limits[1] - limits[0])) * (box.bottom - box.top);
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, this.canvas.width, this.canvas.height);
    context.font = `11px ${style.fontFamily}`;
    drawAxes(context, { x, y, box, grid, limits }, { line: colour("--lx-line"), text: colour("--lx-muted") });
    context.save();
    context.beginPath();
    context.rect(box.left, box.top, box.right - box.left, box.bottom - box.top);
    context.clip();
    context.beginPath();
    values.forEach((value, k) => {
      const t = grid[0] + ((grid[1] - grid[0]) * k) / (values.length - 1);
      if (k) context.lineTo(x(t), y(value));
      else context.moveTo(x(t), y(value));
    });
    Object.assign(context, { lineWidth: 2, lineJoin: "round", strokeStyle: colour("--lx-accent") });
    context.stroke();
    context.restore();
  }

  #ownLimits(values) {
    // Limits only widen, so that the axis does not breathe with the curve.
    const low = Math.min(...values), high = Math.max(...values), room = 0.05 * (high - low || 1);
    const [before, after] = this.limits ?? [low - room, high + room];
    this.limits = [Math.min(before, low - room), Math.max(after, high + room)];
    return this.limits;
  }

  /** The picture on a canvas of its own, enlarged by a whole factor to at most `longest` pixels. */
  picture(longest) {
    const { width, height } = this.canvas;
    const factor = this.space.kind === "series" ? 1 : Math.max(1, Math.floor(longest / Math.max(width, height)));
    const copy = h("canvas", { width: width * factor, height: height * factor });
    const context = copy.getContext("2d");
    context.imageSmoothingEnabled = false;
    if (this.space.kind === "series") {
      context.fillStyle = getComputedStyle(this.canvas).getPropertyValue("--lx-panel");
      context.fillRect(0, 0, copy.width, copy.height);
    }
    context.drawImage(this.canvas, 0, 0, copy.width, copy.height);
    return copy;
  }
}

/** Puts uint8 (H, W, C) pixels on a canvas; returns whether that gave it another size. */
export function drawPixels(canvas, [height, width, channels], bytes) {
  const resized = canvas.width !== width || canvas.height !== height;
  if (resized) Object.assign(canvas, { width, height });
  const context = canvas.getContext("2d");
  const pixels = context.createImageData(width, height);
  const to = pixels.data;
  for (let p = 0, i = 0, j = 0; p < width * height; p++, i += channels, j += 4) {
    to[j] = bytes[i];
    to[j + 1] = bytes[channels === 1 ? i : i + 1];
    to[j + 2] = bytes[channels === 1 ? i : i + 2];
    to[j + 3] = 255;
  }
  context.putImageData(pixels, 0, 0);
  return resized;
}

function drawAxes(context, { x, y, box, grid, limits }, { line, text }) {
  Object.assign(context, { lineWidth: 1, strokeStyle: line, fillStyle: text });
  context.beginPath();
  Object.assign(context, { textAlign: "right", textBaseline: "middle" });
  for (const value of ticks(limits, Math.max(2, (box.bottom - box.top) / 44))) {
    context.moveTo(box.left, crisp(y(value)));
    context.lineTo(box.right, crisp(y(value)));
    context.fillText(tidy(value), box.left - 7, y(value));
  }
  Object.assign(context, { textAlign: "center", textBaseline: "top" });
  for (const value of ticks(grid, Math.max(2, (box.right - box.left) / 70))) {
    context.moveTo(crisp(x(value)), box.bottom);
    context.lineTo(crisp(x(value)), box.bottom + 4);
    context.fillText(tidy(value), x(value), box.bottom + 8);
  }
  context.stroke();
}

/** Round numbers inside [low, high], about `count` of them. */
export function ticks([low, high], count) {
  const raw = (high - low) / Math.max(1, count);
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((candidate) => candidate >= raw * 0.999);
  const first = Math.ceil(low / step - 1e-9), last = Math.floor(high / step + 1e-9);
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, k) => (first + k) * step);
}

// ------------------------------------------------------------------------------------------------ rows

/** The name of an axis, editable in place, and the bar that tells its influence. */
class Row {
  constructor(axis, index) {
    Object.assign(this, { axis, index });
    this.bar = h("i", {});
    this.name = h("button", { type: "button", class: "name", tabindex: -1, "aria-keyshortcuts": "F2" });
    this.name.addEventListener("click", () => this.editName());
    const bar = h("span", { class: "bar", "aria-hidden": "true" }, this.bar);
    this.element = h("div", { class: `row ${axis.kind}` }, h("div", { class: "namecell" }, this.name, bar));
    this.element.classList.toggle("collapsed", Boolean(axis.collapsed));
    this.element.addEventListener("keydown", (event) => {
      if (event.key === "F2") { this.editName(); event.preventDefault(); }
    });
  }

  influence(share, effect) {
    this.bar.style.width = `${Math.round(100 * share)}%`;
    const size = Number(effect ?? 0).toPrecision(2);
    if (this.axis.collapsed) this.hint = "Collapsed: the model ignores this latent; moving it changes next to nothing";
    else this.hint = effect ? `Influence: changes each output value by ${size} on average over its range` : "";
  }

  setName(name) {
    this.label = name;
    this.name.textContent = name;
    this.relabel();
    if (this.named) return;
    const original = name === this.axis.name ? "" : ` (${this.axis.name})`;
    this.name.title = `${name}${original}\n${this.hint}\nClick or press F2 to rename`;
    this.name.setAttribute("aria-label", `Rename ${name}`);
  }

  editName() {
    if (this.named) return;
    const back = this.element.getRootNode().activeElement;
    const box = h("input", { type: "text", class: "rename", value: this.label, maxlength: 60, spellcheck: "false",
      "aria-label": `New name for ${this.label}; empty restores ${this.axis.name}` });
    box.dataset.dirty = "true";
    let done = false;
    const finish = (keep, refocus) => {
      if (done) return;
      done = true;
      box.replaceWith(this.name);
      if (keep) this.onrename(box.value);
      if (refocus && back && back !== this.name) back.focus();
    };
    box.addEventListener("keydown", (event) => {
      if (event.key === "Enter") finish(true, true);
      if (event.key === "Escape") finish(false, true);
      event.stopPropagation();
    });
    box.addEventListener("blur", () => finish(true, false));
    this.name.replaceWith(box);
    box.focus();
    box.select();
  }
}

class SliderRow extends Row {
  constructor(axis, index) {
    super(axis, index);
    this.slider = h("input", { type: "range", step: "any" });
    this.box = h("input", { type: "text", class: "value", inputmode: "decimal", autocomplete: "off", maxlength: 24 });
    this.tick = h("span", { class: "tick", "aria-hidden": "true" });
    const track = h("div", { class: "track" }, this.tick, this.slider);
    this.element.append(track, this.box);
    this.slider.addEventListener("input", (event) => this.onmove(Number(this.slider.value), event));
    this.slider.addEventListener("change", () => this.oncommit());
    this.slider.addEventListener("keydown", (event) => this.#key(event));
    track.addEventListener("mousedown", (event) => { if (event.detail === 1) this.onpress(); });
    track.addEventListener("dblclick", () => { if (!this.slider.disabled) this.ondoubleclick(); });
    this.box.addEventListener("focus", () => this.box.select());
    this.box.addEventListener("input", () => { this.box.dataset.dirty = "true"; this.#invalid(false); });
    this.box.addEventListener("keydown", (event) => this.#boxKey(event));
    this.box.addEventListener("blur", () => this.#leaveBox());
  }

  relabel() {
    this.slider.setAttribute("aria-label", this.axis.collapsed ? `${this.label}, collapsed` : this.label);
    this.box.setAttribute("aria-label", `${this.label}, value`);
    if (this.hint) this.slider.title = this.axis.collapsed ? this.hint : "";
  }

  setRange(mode) {
    const { low, high, minimum, maximum } = this.axis;
    let [from, to] = mode === "full" ? [minimum, maximum] : [low, high];
    if (!(to > from)) [from, to] = [from - 0.5, from + 0.5]; // a constant latent still needs a slider
    Object.assign(this, { from, to, digits: Math.min(6, Math.max(0, 2 - Math.floor(Math.log10(to - from)))) });
    this.slider.min = from;
    this.slider.max = to;
    this.element.style.setProperty("--center", this.#share(this.axis.center));
  }

  show(value) {
    this.value = value;
    this.slider.value = value;
    const text = fixed(value, this.digits);
    const beyond = value < this.from - 1e-6 || value > this.to + 1e-6;
    this.element.style.setProperty("--at", this.#share(value));
    this.slider.setAttribute("aria-valuetext", beyond ? `${text}, beyond the slider` : text);
    this.box.classList.toggle("beyond", beyond);
    this.hintOfBox = `${beyond ? "Beyond the slider: " : "From "}${fixed(this.from, this.digits)} to ` +
      `${fixed(this.to, this.digits)}; type any number`;
    if (!this.box.hasAttribute("aria-invalid")) this.box.title = this.hintOfBox;
    if (this.box.dataset.dirty !== "true") this.box.value = text;
  }

  #step(event) {
    return ((this.to - this.from) / 200) * (event.shiftKey ? 10 : 1);
  }

  #share(value) {
    return Math.min(1, Math.max(0, (value - this.from) / (this.to - this.from)));
  }

  #key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const step = this.#step(event), page = (this.to - this.from) / 10;
    const up = { ArrowRight: step, ArrowUp: step, PageUp: page };
    const moves = { ...up, ArrowLeft: -step, ArrowDown: -step, PageDown: -page };
    let value = null;
    if (event.key in moves) value = Math.min(this.to, Math.max(this.from, this.value + moves[event.key]));
    else if (event.key === "Home") value = this.from;
    else if (event.key === "End") value = this.to;
    else if (event.key === "Delete" || event.key === "Backspace") this.onreset();
    else if (event.key === "Enter") this.box.focus();
    else return;
    event.preventDefault();
    if (value === null) return;
    this.onmove(value, event);
    this.oncommitsoon();
  }

  #boxKey(event) {
    if (event.key === "Enter") {
      if (this.#take()) { this.slider.focus(); this.oncommit(); }
    } else if (event.key === "Escape") {
      this.#discard();
      this.slider.focus();
    } else if (event.key === "ArrowUp" || event.key === "ArrowDown") {
      this.#discard();
      this.onmove(this.value + this.#step(event) * (event.key === "ArrowUp" ? 1 : -1), event);
      this.oncommitsoon();
      event.preventDefault();
    }
  }

  #leaveBox() {
    if (this.box.dataset.dirty !== "true") return;
    if (this.#take()) this.oncommit();
    else this.#discard();
  }

  /** Reads the typed number; false, and marked, when it is none. */
  #take() {
    if (this.box.dataset.dirty !== "true") return true;
    const value = Number(this.box.value.trim().replace("−", "-").replace(",", ".") || NaN);
    const good = Number.isFinite(value) && Math.abs(value) <= LARGEST_VALUE;
    this.#invalid(!good);
    if (!good) return false;
    this.box.dataset.dirty = "false";
    this.onmove(value);
    return true;
  }

  #discard() {
    this.box.dataset.dirty = "false";
    this.#invalid(false);
    this.show(this.value);
  }

  #invalid(bad) {
    const set = (name, value) => (bad ? this.box.setAttribute(name, value) : this.box.removeAttribute(name));
    set("aria-invalid", "true");
    set("aria-description", ACCEPTED);
    this.box.title = bad ? ACCEPTED : this.hintOfBox;
  }
}

let groups = 0;

class CategoryRow extends Row {
  constructor(axis, index) {
    super(axis, index);
    const group = `lx-category-${(groups += 1)}`;
    const options = axis.options?.length ? axis.options : axis.indices.map((_, k) => String(k));
    this.inputs = options.map((_, k) => h("input", { type: "radio", name: group, value: k }));
    this.choices = h("div", { class: "choices", role: "radiogroup" }, ...this.inputs.map(
      (input, k) => h("label", {}, input, h("span", {}, options[k]))));
    this.element.append(this.choices);
    this.choices.addEventListener("change", (event) => {
      this.onmove(Number(event.target.value), event);
      this.oncommit();
    });
  }

  relabel() {
    this.choices.setAttribute("aria-label", this.label);
  }

  setRange() {}

  show(value) {
    this.value = value;
    this.inputs[value].checked = true;
  }
}

// ------------------------------------------------------------------------------------------------ small things

/** An element with attributes, `on...` listeners and children. */
export function h(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (typeof value === "boolean") node.toggleAttribute(name, value);
    else if (value !== null && value !== undefined) node.setAttribute(name, value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined && child !== ""));
  return node;
}

function iconButton(icon, title, onclick) {
  const button = h("button", { type: "button", class: "icon", title, "aria-label": title, onclick });
  const picture = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  for (const [name, value] of Object.entries({ viewBox: "0 0 16 16", "aria-hidden": "true" })) {
    picture.setAttribute(name, value);
  }
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("d", ICONS[icon]);
  picture.append(path);
  button.append(picture);
  return button;
}

export function fromBase64(text) {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0)).buffer;
}

/** Where the names that a user gave a model's axes are kept. */
export function namesKey(model) {
  return `latent-explorer/names/${model}`;
}

/** The kept names, {original: given}; none for a key of null. */
export function keptNames(key) {
  try {
    const kept = key && JSON.parse(localStorage.getItem(key) ?? "{}");
    return Object.fromEntries(Object.entries(kept || {}).filter(([, name]) => typeof name === "string"));
  } catch {
    return {}; // storage blocked or written by somebody else: original names
  }
}

function same(a, b) {
  return a.length === b.length && a.every((value, k) => value === b[k]);
}

/** Whether two codes are the same but for rounding. */
export function close(a, b) {
  return a?.length === b?.length && a.every((value, k) => Math.abs(value - b[k]) <= 1e-6 * (1 + Math.abs(value)));
}

function rejectOn(signal) {
  return new Promise((_, reject) => {
    signal.addEventListener("abort", () => reject(new Error("no answer in time")), { once: true });
  });
}

function remember(list, value) {
  list.push(value);
  if (list.length > 1024) list.shift();
}

function summary(values) {
  if (!values.length) return null;
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
  return { count: sorted.length, last: values.at(-1), p50: at(0.5), p95: at(0.95), max: sorted.at(-1) };
}

function luminance(colour) {
  const [red, green, blue] = (colour.match(/[\d.]+/g) ?? [0, 0, 0]).map(Number);
  return (0.2126 * red + 0.7152 * green + 0.0722 * blue) / 255;
}

/** A number with so many decimals; what rounds to zero has no sign. */
function fixed(value, digits) {
  const text = value.toFixed(digits);
  return Number(text) === 0 ? text.replace("-", "") : text;
}

function crisp(value) {
  return Math.round(value) + 0.5;
}

function tidy(value) {
  return String(Number(value.toPrecision(6))).replace("-", "−");
}

const HELP = [
  ["← → ↑ ↓", "move by 1/200 of the range; with Shift ten times as far"],
  ["PgUp PgDn", "move by a tenth of the range"],
  ["Home End", "to the ends of the slider"],
  ["Del", "back to the centre (also: double click)"],
  ["Enter", "type a number"],
  ["F2", "rename the axis"],
  ["Ctrl+Z  Ctrl+Y", "undo, redo"],
];

const ICONS = {
  undo: "M6.5 3 2.5 7l4 4M3 7h6.5a4 4 0 0 1 0 8H7",
  redo: "M9.5 3l4 4-4 4M13 7H6.5a4 4 0 0 0 0 8H9",
  center: "M8 1.5v13M1.5 5.5 5 8l-3.5 2.5M14.5 5.5 11 8l3.5 2.5",
  help: "M5.5 6a2.5 2.5 0 1 1 3.6 2.2c-.7.4-1.1.9-1.1 1.8M8 12.6v.6",
};

const STYLE = `
:host { all: initial; display: block; color-scheme: light;
  --lx-panel: #ffffff; --lx-stage: #f3f4f6; --lx-text: #1b1f24; --lx-muted: #5b6470; --lx-line: #d9dde3;
  --lx-track: #d3d8df; --lx-accent: #0067b1; --lx-on-accent: #ffffff; --lx-hover: #eef1f4; --lx-warn: #8a4b00;
  --lx-warn-back: #fff3df; }
:host([data-theme="dark"]) { color-scheme: dark;
  --lx-panel: #16191e; --lx-stage: #0e1013; --lx-text: #e6e9ed; --lx-muted: #99a2ae; --lx-line: #2d333b;
  --lx-track: #3a424d; --lx-accent: #56b4e9; --lx-on-accent: #0b1116; --lx-hover: #22272e; --lx-warn: #ffc36b;
  --lx-warn-back: #33260f; }
*, *::before, *::after { box-sizing: border-box; }
[hidden] { display: none !important; }
.box { container-type: inline-size; font: 13px/1.4 var(--lx-font, system-ui), sans-serif; text-align: left;
  height: var(--lx-height, min(560px, 85vh)); }
.frame { position: relative; height: 100%; display: grid; gap: 1px; overflow: hidden; color: var(--lx-text);
  grid-template: minmax(0, 1fr) / minmax(0, var(--lx-picture, 1fr)) minmax(0, 1.05fr); background: var(--lx-line);
  border: 1px solid var(--lx-line); border-radius: 8px; }
.picture { position: relative; display: flex; flex-direction: column; min-height: 0; background: var(--lx-stage); }
.stage { flex: 1; min-height: 0; display: grid; gap: 12px; padding: 14px;
  grid-template: minmax(0, 1fr) / repeat(var(--views, 1), minmax(0, 1fr)); }
.stage.series { padding: 6px 4px 0; }
figure { margin: 0; min-width: 0; min-height: 0; display: flex; flex-direction: column; align-items: center;
  justify-content: center; }
figcaption { display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: 2; flex: none; max-width: 100%;
  min-height: calc(6px + 2.8em); padding-top: 6px; overflow: hidden; overflow-wrap: anywhere; text-align: center;
  color: var(--lx-muted); } /* room for two lines below each picture: they stay level */
canvas { display: block; flex: none; }
canvas.pixels { image-rendering: pixelated; }
.stats { height: 26px; padding: 0 12px 6px; color: var(--lx-muted); font-size: 11px; font-variant-numeric: tabular-nums;
  white-space: nowrap; overflow: hidden; text-align: center; line-height: 20px; }
.banner { position: absolute; inset: 10px 10px auto; z-index: 2; padding: 8px 12px; border-radius: 6px;
  border: 1px solid var(--lx-warn); background: var(--lx-warn-back); color: var(--lx-warn); font-weight: 500; }
.panel { display: flex; flex-direction: column; min-height: 0; background: var(--lx-panel); }
.toolbar { display: flex; align-items: center; gap: 10px; padding: 8px 10px 8px 14px;
  border-bottom: 1px solid var(--lx-line); }
.title { flex: 1; min-width: 0; font-weight: 600; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.icons { display: flex; gap: 2px; }
button { font: inherit; color: inherit; background: none; border: 0; margin: 0; padding: 0; cursor: pointer; }
button:disabled { cursor: default; opacity: .35; }
.icon { width: 28px; height: 28px; border-radius: 5px; display: grid; place-items: center; }
.icon:hover:enabled, .icon[aria-expanded="true"] { background: var(--lx-hover); }
.icon svg { width: 16px; height: 16px; fill: none; stroke: currentColor; stroke-width: 1.5; stroke-linecap: round;
  stroke-linejoin: round; }
.segments { display: flex; border: 1px solid var(--lx-line); border-radius: 6px; overflow: hidden; }
.segments button { padding: 3px 9px; font-size: 12px; color: var(--lx-muted); }
.segments button:hover:enabled { background: var(--lx-hover); }
.segments button[aria-pressed="true"] { background: var(--lx-hover); color: var(--lx-text); font-weight: 600;
  box-shadow: inset 0 -2px var(--lx-accent); }
.help { padding: 8px 14px; border-bottom: 1px solid var(--lx-line); color: var(--lx-muted); font-size: 12px; }
.help div { display: grid; grid-template-columns: 110px 1fr; gap: 8px; padding: 1px 0; }
kbd { font: inherit; color: var(--lx-text); }
.rows { flex: 1; min-height: 0; overflow-y: auto; padding: 6px 12px 8px 14px; overscroll-behavior: contain;
  scrollbar-width: thin; }
.row { display: grid; grid-template-columns: var(--lx-name, minmax(64px, 27%)) minmax(0, 1fr) 84px; gap: 10px;
  align-items: center; min-height: 40px; }
.namecell { min-width: 0; }
.name { display: block; max-width: 100%; overflow: hidden; text-overflow: ellipsis; white-space: nowrap;
  text-align: left; border-radius: 3px; cursor: text; line-height: 1.3; }
.name:hover { background: var(--lx-hover); }
.bar { display: block; height: 2px; margin-top: 3px; border-radius: 1px; background: var(--lx-line); }
.bar i { display: block; height: 100%; border-radius: 1px; background: var(--lx-muted); }
.rename, .value { font: inherit; color: inherit; background: var(--lx-panel); border: 1px solid transparent;
  border-radius: 4px; padding: 2px 6px; width: 100%; min-width: 0; }
.rename { border-color: var(--lx-accent); padding: 0 3px; height: 19px; }
.value { text-align: right; font-variant-numeric: tabular-nums; }
.value:hover:enabled { border-color: var(--lx-line); }
.value.beyond { color: var(--lx-warn); font-weight: 600; }
.value[aria-invalid="true"] { border-color: var(--lx-warn); background: var(--lx-warn-back); }
.track { position: relative; height: 24px; display: flex; align-items: center; }
.tick { position: absolute; width: 1px; height: 12px; background: var(--lx-muted); opacity: .7;
  left: calc(8px + (100% - 16px) * var(--center)); pointer-events: none; }
input[type="range"] { appearance: none; -webkit-appearance: none; position: relative; width: 100%; height: 24px;
  margin: 0; background: none; cursor: pointer; touch-action: pan-y; }
input[type="range"]::-webkit-slider-runnable-track { height: 4px; border-radius: 2px;
  background: linear-gradient(to right, var(--lx-track) calc(8px + (100% - 16px) * min(var(--at), var(--center))),
    var(--lx-accent) 0 calc(8px + (100% - 16px) * max(var(--at), var(--center))), var(--lx-track) 0); }
input[type="range"]::-moz-range-track { height: 4px; border-radius: 2px;
  background: linear-gradient(to right, var(--lx-track) calc(8px + (100% - 16px) * min(var(--at), var(--center))),
    var(--lx-accent) 0 calc(8px + (100% - 16px) * max(var(--at), var(--center))), var(--lx-track) 0); }
input[type="range"]::-webkit-slider-thumb { -webkit-appearance: none; width: 16px; height: 16px; margin-top: -6px;
  border-radius: 50%; background: var(--lx-panel); border: 2px solid var(--lx-accent); }
input[type="range"]::-moz-range-thumb { width: 12px; height: 12px; border-radius: 50%; background: var(--lx-panel);
  border: 2px solid var(--lx-accent); }
input[type="range"]:active:enabled::-webkit-slider-thumb { background: var(--lx-accent); }
input[type="range"]:active:enabled::-moz-range-thumb { background: var(--lx-accent); }
.row.category { grid-template-columns: var(--lx-name, minmax(64px, 27%)) minmax(0, 1fr); }
.choices { display: flex; flex-wrap: wrap; gap: 4px; padding: 4px 0; }
.choices label { position: relative; }
.choices input { position: absolute; inset: 0; margin: 0; opacity: 0; cursor: pointer; }
.choices span { display: block; min-width: 26px; padding: 2px 8px; border: 1px solid var(--lx-line); border-radius: 5px;
  text-align: center; }
.choices label:hover span { background: var(--lx-hover); }
.choices input:checked + span { background: var(--lx-accent); border-color: var(--lx-accent); font-weight: 600;
  color: var(--lx-on-accent); }
.collapsed .name, .collapsed .value { color: var(--lx-muted); font-style: italic; }
.collapsed .track { opacity: .5; }
.disabled input, .disabled .choices { opacity: .5; cursor: default; pointer-events: none; }
:is(button, input):focus-visible, .choices input:focus-visible + span { outline: 2px solid var(--lx-accent);
  outline-offset: 2px; }
input[type="range"]:focus-visible { outline-offset: 0; border-radius: 6px; }
.plain { grid-template: minmax(0, 1fr) / minmax(0, 1fr); }
.plain :is(.picture, .toolbar, .bar, .tick, .value) { display: none; }
.plain .row { grid-template-columns: var(--lx-name, 64px) minmax(0, 1fr); min-height: 46px; }
.plain .name { pointer-events: none; }
.sr-only { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
@container (max-width: 560px) {
  .frame:not(.plain) { grid-template: minmax(0, 4fr) minmax(0, 5fr) / minmax(0, 1fr); }
  .rows { --lx-name: minmax(56px, 24%); }
  .toolbar { padding-left: 10px; gap: 6px; }
}
@media (forced-colors: active) {
  .choices input:checked + span { outline: 2px solid Highlight; }
  .bar i { background: Highlight; }
}
`;
