// Workspace Explain: pictures by methods, maps that arrive one by one, and one of them large with its judgement.

import { button, debounced, h, saveFile } from "./dom.js";
import { controls, segments } from "./explain_controls.js";
import { mapGrid } from "./explain_grid.js";
import { largeView } from "./explain_large.js";
import { START, knownMethods } from "./explain_link.js";
import { mapStore } from "./explain_maps.js";
import { pictureSource } from "./explain_pictures.js";
import { colorTable } from "./heatmap_paint.js";
import { same } from "./state.js";

const FAST_S = 0.15; // a method that has made a map in less follows the hand
const TRIAL_MS = 1000; // the patience with one of which that is not known
const SIGNS = [["all", "Signed", "Red speaks for the target, blue against it"], ["absolute", "Absolute", "How much, whichever way"],
  ["positive", "Positive", "Only what speaks for the target"], ["negative", "Negative", "Only what speaks against the target"]];

/** Fills the workspace; `tools` are those of Traverse, whose model and code it shares. */
export function explain(place, context, tools) {
  const { api, state, notices } = context;
  let settings = { ...START }, choices = null, facts = null, parts = null, wanted = 0;
  const pace = new Map(), tried = new Set(); // seconds of a method's fastest map: the first one also pays for what is set up
  place.replaceChildren(h("p", { class: "lx-waiting", role: "status" }, "Loading …"));

  const store = mapStore(api, (what) => {
    if (what === "map" && ready()) measure(rows());
    draw();
  });
  const visible = () => state.now.workspace === "Explain";
  const fillSoon = debounced(120, () => { if (visible()) fill(); });

  // ------------------------------------------------------------------------------------------- settings

  async function start() {
    if (choices) return;
    choices = "asked";
    try {
      choices = await api.get("explain/choices");
    } catch (error) {
      choices = null;
      if (error.away || error.busy) setTimeout(() => { if (visible()) start(); }, 1000);
      else place.replaceChildren(h("p", { class: "lx-waiting" }, error.message));
      return;
    }
    if (!choices.classifiers.some(({ error }) => !error)) {
      place.replaceChildren(h("p", { class: "lx-waiting" }, "There is no classifier to explain. Train one with scripts/train_all.py."));
      return;
    }
    parts = build();
    adopt(state.now.explain ?? {});
  }

  /** Settings from a link or from Traverse, with what this server has instead of what it lacks. */
  function adopt(given) {
    const next = { ...START, ...given };
    const able = choices.classifiers.filter(({ error }) => !error).map(({ id }) => id);
    const strange = next.classifiers.filter((id) => !able.includes(id));
    if (strange.length) notices.say(`There is no classifier ${strange[0]} here; showing another.`);
    next.classifiers = [...new Set(next.classifiers)].filter((id) => able.includes(id));
    const drawing = tools.facts();
    const shape = choices.classifiers.find(({ id }) => id === next.classifiers[0])?.shape;
    const lost = next.source === "traverse" && drawing && !same(shape, drawing.space.shape);
    if (lost || !next.classifiers.length) next.classifiers = [(drawing && fitting(drawing.space.shape)) ?? next.classifiers[0] ?? able[0]];
    next.methods = knownMethods(next.methods ?? choices.defaults.map((name) => ({ name, options: {} })), choices.methods);
    set(next);
  }

  /** A classifier that takes such pictures, of the model's own data set if there is one. */
  function fitting(shape) {
    const able = choices.classifiers.filter((one) => !one.error && same(one.shape, shape));
    return (able.find(({ dataset }) => dataset === tools.facts()?.dataset) ?? able[0])?.id;
  }

  function set(values) {
    settings = { ...settings, ...values };
    state.set({ explain: settings }, "explain");
    react();
  }

  async function react() {
    const [name] = settings.classifiers;
    if (facts?.model !== name) {
      const ticket = ++wanted;
      parts.controls.show(settings, null);
      parts.loading(name);
      place.setAttribute("aria-busy", "true");
      const found = await notices.attempt(() => api.get(`explain/classifier/${api.escaped(name)}`));
      if (ticket !== wanted) return;
      place.removeAttribute("aria-busy");
      if (!found) {
        parts.loaded();
        if (facts) set({ classifiers: [facts.model] });
        else parts.controls.show(settings, null, "It could not be loaded; choose another.");
        return;
      }
      facts = found;
      settle();
    }
    parts.controls.show(settings, facts);
    parts.pictures.show(settings, facts);
    parts.refresh();
    draw();
    fillSoon();
  }

  /** Another classifier has other outputs and layers. */
  function settle() {
    const { target, classifiers } = settings;
    const lacks = (name) => name !== null && !facts.classes.includes(name);
    if (lacks(target.of) || lacks(target.minus)) settings = { ...settings, target: { ...START.target, negated: target.negated } };
    if (!facts.examples && settings.source === "examples") settings = { ...settings, source: "uploads" };
    const shapes = new Map(choices.classifiers.map(({ id, shape }) => [id, shape]));
    settings = { ...settings, classifiers: classifiers.filter((id) => same(shapes.get(id), facts.space.shape)),
      methods: settings.methods.map(({ name, options }) => ({ name, options: Object.fromEntries(Object.entries(options)
        .filter(([option, value]) => option !== "layer" || facts.layers.includes(value))) })) };
    state.set({ explain: settings }, "explain");
  }

  // ------------------------------------------------------------------------------------------- maps

  function rows() {
    const pictures = parts.pictures.rows();
    const [first] = pictures;
    if (settings.classifiers.length < 2) return pictures.map((picture) => ({ id: picture.id ?? picture.key, classifier: facts.model, picture, label: picture.label }));
    return first ? settings.classifiers.map((classifier) => ({ id: classifier, classifier, picture: first, label: classifier })) : [];
  }

  const ready = () => parts && facts && facts.model === settings.classifiers[0];
  const look = () => ({ sign: settings.sign, opacity: settings.opacity / 100, table: parts.table });

  function draw(shown = ready() ? rows() : []) {
    if (!ready()) return;
    const { target, methods: columns } = settings;
    parts.grid.draw({ rows: shown, columns, methods: parts.methods, look: look(), busy: store.busy(), stopped: store.status.stopped,
      about: (row) => store.about(row, target), map: (row, column) => store.map(row, column, target) });
    parts.progress(shown);
    const large = parts.large.shown();
    if (large) enlarge(large.row, large.column);
  }

  function fill() {
    if (ready()) store.fill(rows(), settings.methods, settings.target);
  }

  const paceKey = (row, column) => JSON.stringify([row.classifier, column]);

  /** Notes how long maps took that were not kept from before. */
  function measure(shown) {
    for (const row of shown) {
      for (const column of settings.methods) {
        const map = store.map(row, column, settings.target), key = paceKey(row, column);
        if (map?.all && !map.cached) pace.set(key, Math.min(map.seconds, pace.get(key) ?? Infinity));
      }
    }
  }

  /** While a hand moves a slider the fast methods follow; the others wait until it lets go. */
  function follow() {
    store.stop();
    store.follow(() => {
      const [row] = rows(), { methods, target } = settings;
      if (!row) return null;
      const fast = methods.filter((column) => pace.get(paceKey(row, column)) < FAST_S);
      const trial = methods.find((column) => !fast.includes(column) && !tried.has(paceKey(row, column)));
      if (trial) tried.add(paceKey(row, trial));
      return { row, columns: trial ? [...fast, trial] : fast, target, patience_ms: trial ? TRIAL_MS : null };
    }, (row) => { measure([row]); draw([row]); });
  }

  function enlarge(row, column) {
    const { target, methods } = settings, map = store.map(row, column, target), about = store.about(row, target);
    if (!map?.all || !about) return;
    const others = methods.filter((one) => store.map(row, one, target)?.all); // to be compared with, itself included
    parts.large.open({ row, column, others, map, about, target, look: look(), busy: store.busy() });
  }

  /** The next map in reading order that is there. */
  function move(step) {
    const { row, column } = parts.large.shown(), all = rows().flatMap((one) => settings.methods.map((other) => [one, other]));
    const at = all.findIndex(([one, other]) => one.id === row.id && other.name === column.name);
    for (let next = at + step; all[next]; next += step) {
      if (store.map(...all[next], settings.target)?.all) return enlarge(...all[next]);
    }
    return undefined;
  }

  // ------------------------------------------------------------------------------------------- the page

  function build() {
    const methods = new Map(choices.methods.map((method) => [method.name, method])), table = colorTable(choices.colors);
    const side = h("aside", { class: "lx-ex-side", "aria-label": "What is explained, and how" });
    const source = h("div", { class: "lx-ex-source" }), scroll = h("div", { class: "lx-ex-scroll" });
    const large = h("section", { class: "lx-large", "aria-label": "One map, large" });
    const sign = segments("Which part of the maps", SIGNS, (value) => set({ sign: value }));
    const opacity = h("input", { type: "range", min: 0, max: 100, step: 5, "aria-label": "Opacity of the maps over their pictures",
      oninput: () => set({ opacity: Number(opacity.value) }) });
    const legend = h("span", { class: "lx-ex-legend", title: "The same scale for every method: 98 % of a map's mass lies within it" },
      "against ", h("i", { style: `background: linear-gradient(to right, ${choices.colors.filter((_, k) => k % 32 === 15 || k === 127).join(", ")})` }), " for");
    const png = button("PNG", { name: "down", title: "A sheet of what the grid shows, for print", onclick: () => save("png") });
    const npz = button("NPZ", { name: "down", title: "The numbers behind the maps, with what made them", onclick: () => save("npz") });
    const text = h("span", { class: "lx-ex-status", role: "status" }), bar = h("progress", { max: 1, hidden: true, "aria-label": "Maps" });
    const cancel = button("Cancel", { name: "stop", title: "Stop computing; what is there stays", hidden: true, onclick: () => store.stop({ byHand: true }) });
    const again = button("Go on", { name: "play", title: "Compute what is missing", hidden: true, onclick: fill });
    const display = h("div", { class: "lx-ex-bar", role: "toolbar", "aria-label": "Display" }, sign.element,
      h("label", { class: "lx-ex-opacity", title: "100 % shows the map alone, less lets the picture through" }, "Opacity", opacity, h("output")),
      legend, h("div", { class: "lx-grow" }), png, npz);
    const main = h("div", { class: "lx-ex-main" }, source, display, h("div", { class: "lx-ex-work" }, text, bar, cancel, again), scroll, large);
    place.replaceChildren(h("div", { class: "lx-ex" }, side, main));

    const grid = mapGrid(scroll, { onopen: enlarge });
    const shared = { api, notices, tools, most: choices.most, changed: set, choose: fitting, models: choices.models,
      moved: ({ live = false } = {}) => { if (live) follow(); else { draw(); fillSoon(); } } };
    return {
      methods, table, grid,
      controls: controls(side, { choices, changed: set }),
      pictures: pictureSource(source, shared),
      large: largeView(large, { api, methods, table, move, onclose: () => scroll.querySelector(".lx-map[tabindex='0']")?.focus() }),
      refresh() {
        sign.set(settings.sign);
        opacity.value = settings.opacity;
        opacity.nextSibling.textContent = `${settings.opacity} %`;
      },
      /** While a classifier loads nothing can be taken away. */
      loading(name) {
        png.disabled = npz.disabled = true;
        text.textContent = `Loading ${name} …`;
      },
      loaded() {
        text.textContent = "";
      },
      progress(shown) {
        const { share, method, problem, stopped } = store.status, busy = store.busy();
        const cells = shown.flatMap((row) => settings.methods.map((column) => store.map(row, column, settings.target)));
        const there = cells.filter(Boolean).length;
        const state = problem ? problem.message : busy ? `${methods.get(method)?.title ?? "Reading the pictures"} …` : stopped ? `Stopped: ${there} of ${cells.length} maps are there.`
          : !shown.length ? (settings.source === "traverse" ? "" : "Choose a picture above.") : !settings.methods.length ? "Tick a method at the left." : `${there} maps; point at one to compare a region, click for its curves.`;
        text.textContent = state;
        text.classList.toggle("lx-bad", Boolean(problem));
        bar.hidden = cancel.hidden = !busy;
        if (share === null) bar.removeAttribute("value");
        else bar.value = share;
        again.hidden = busy || !(stopped || problem?.away || problem?.busy);
        png.disabled = npz.disabled = busy || !there;
      },
    };
  }

  async function save(as) {
    const given = rows(), pictures = [...new Map(given.map(({ picture }) => [picture.key, picture.sent])).values()];
    const fields = { as, pictures, methods: settings.methods, target: settings.target, sign: settings.sign, opacity: settings.opacity };
    const names = [...new Set(given.map(({ classifier }) => classifier))];
    for (const classifiers of as === "png" ? [names] : names.map((name) => [name])) {
      const file = await notices.attempt(() => api.file("explain/export", { ...fields, classifiers }));
      if (file) saveFile(file);
    }
  }

  // ------------------------------------------------------------------------------------------- following the page

  state.listen((changed, from) => {
    if (!visible()) {
      if (changed.has("workspace")) store.stop();
      return;
    }
    if (!parts) start();
    else if (from !== "explain" && state.now.explain && !same(state.now.explain, settings)) adopt(state.now.explain);
    else if (changed.has("workspace")) react();
  });
  const shared = () => { if (visible() && ready() && settings.source === "traverse") react(); };
  tools.onFacts.push(shared);
  tools.onCode.push(shared);
  context.status.onRestored(() => { if (visible()) fillSoon(); });
  context.linkNote = () => (!visible() ? null : settings.source === "uploads"
    ? "Link copied: it opens this classifier with these methods. Uploaded pictures are not in it."
    : "Link copied: it opens these maps.");
  if (visible()) start();
}
