// Workspace Explain: pictures by methods, maps that arrive one by one, and one of them large with its judgement.

import { button, debounced, h } from "./dom.js";
import { controls, segments } from "./explain_controls.js";
import { exporter } from "./explain_export.js";
import { mapGrid } from "./explain_grid.js";
import { largeView } from "./explain_large.js";
import { mapLegend } from "./explain_legend.js";
import { START, knownMethods } from "./explain_link.js";
import { mapStore } from "./explain_maps.js";
import { pictureSource } from "./explain_pictures.js";
import { nextStep, progressLine } from "./explain_progress.js";
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
  const files = exporter({ api, notices, onchange: () => draw() });
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
    context.list.offer(choices.groups);
    parts = build();
    adopt(state.now.explain ?? {});
  }

  /** Settings from a link, from Traverse or the column at the left, with what this server has instead of what it lacks. */
  function adopt(given, from = null) {
    const next = { ...START, ...given };
    const able = choices.classifiers.filter(({ error }) => !error).map(({ id }) => id);
    const strange = next.classifiers.filter((id) => !able.includes(id));
    if (strange.length) notices.say(`There is no classifier ${strange[0]} here; showing another.`);
    next.classifiers = [...new Set(next.classifiers)].filter((id) => able.includes(id));
    const drawing = tools.facts();
    const shape = choices.classifiers.find(({ id }) => id === next.classifiers[0])?.shape;
    const lost = next.source === "traverse" && drawing && !same(shape, drawing.space.shape);
    if (lost && from === "list") next.source = "examples"; // the classifier was chosen, so its own pictures come with it
    else if (lost || !next.classifiers.length) next.classifiers = [(drawing && fitting(drawing.space.shape)) ?? next.classifiers[0] ?? able[0]];
    next.methods = knownMethods(next.methods ?? choices.defaults.map((name) => ({ name, options: {} })), choices.methods);
    set(next);
  }

  /** A classifier that takes such pictures, of the model's own data set if there is one. */
  function fitting(shape) {
    const able = choices.classifiers.filter((one) => !one.error && same(one.shape, shape));
    return (able.find(({ dataset }) => dataset === tools.facts()?.dataset) ?? able[0])?.id;
  }

  function set(values, from = "explain") {
    settings = { ...settings, ...values };
    state.set({ explain: settings }, from);
    react();
  }

  async function react() {
    const [name] = settings.classifiers, ticket = ++wanted;
    if (facts?.model !== name) {
      parts.controls.show(settings, null);
      parts.loading(name);
      place.setAttribute("aria-busy", "true");
      const found = await notices.attempt(() => api.get(`explain/classifier/${api.escaped(name)}`));
      if (ticket !== wanted) return;
      if (!found) {
        place.removeAttribute("aria-busy");
        parts.loaded();
        if (facts) set({ classifiers: [facts.model] });
        else parts.controls.show(settings, null, "It could not be loaded; choose another.");
        return;
      }
      facts = found;
      settle();
    }
    place.removeAttribute("aria-busy");
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
    const maps = shown.flatMap((row) => columns.map((column) => store.map(row, column, target))).filter((map) => map?.all);
    parts.legend.show(settings.sign, maps.map(({ signed }) => signed));
    parts.progress(shown);
    showLarge(shown);
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

  /** Follows the settings: a link may ask for a map that is not there yet, or cannot be. */
  function showLarge(shown) {
    const { large, methods, target } = settings, row = shown[large?.row], column = methods.find(({ name }) => name === large?.method);
    const map = row && column && store.map(row, column, target), about = row && store.about(row, target);
    const never = large && (!column || (shown.length && !row) || map?.failure);
    if (never) set({ large: null });
    else if (!large) parts.large.close();
    else if (map && about) {
      const others = methods.filter((one) => store.map(row, one, target)?.all); // to be compared with, itself included
      parts.large.open({ row, column, others, map, about, target, look: look(), busy: store.busy() });
    }
  }

  const enlarge = (large) => set({ large }, "map");

  /** The next map in reading order that is there. */
  function move(step) {
    const { large, methods, target } = settings, shown = rows();
    const all = shown.flatMap((_, row) => methods.map(({ name }) => ({ row, method: name })));
    const there = ({ row, method }) => store.map(shown[row], methods.find(({ name }) => name === method), target)?.all;
    for (let next = all.findIndex((one) => same(one, large)) + step; all[next]; next += step) {
      if (there(all[next])) return set({ large: all[next] });
    }
    return undefined;
  }

  /** From the large view back to where its map stands in the grid. */
  function closed({ row, column }) {
    parts.grid.focus(rows().findIndex(({ id }) => id === row.id), settings.methods.findIndex(({ name }) => name === column.name));
  }

  // ------------------------------------------------------------------------------------------- the page

  function build() {
    const methods = new Map(choices.methods.map((method) => [method.name, method])), table = colorTable(choices.colors);
    const side = h("aside", { class: "lx-ex-side", "aria-label": "What is explained, and how" });
    const source = h("div", { class: "lx-ex-source" }), scroll = h("div", { class: "lx-ex-scroll" });
    const large = h("section", { class: "lx-large", "aria-label": "One map, large" });
    const line = progressLine({ ongo: fill, oncancel: () => (store.busy() ? store.stop({ byHand: true }) : files.cancel()) });
    const sign = segments("Which part of the maps", SIGNS, (value) => set({ sign: value }));
    const opacity = h("input", { type: "range", min: 0, max: 100, step: 5, "aria-label": "Opacity of the maps over their pictures",
      oninput: () => set({ opacity: Number(opacity.value) }) });
    const legend = mapLegend(choices.colors);
    const png = button("PNG", { name: "down", title: "A sheet of what the grid shows, for print", onclick: () => save("png") });
    const npz = button("NPZ", { name: "down", title: "The numbers behind the maps, with what made them", onclick: () => save("npz") });
    const display = h("div", { class: "lx-ex-bar", role: "toolbar", "aria-label": "Display" }, sign.element,
      h("label", { class: "lx-ex-opacity", title: "100 % shows the map alone, less lets the picture through" }, "Opacity", opacity, h("output")),
      legend.element, h("div", { class: "lx-grow" }), png, npz);
    const main = h("div", { class: "lx-ex-main" }, source, display, line.element, scroll);
    place.replaceChildren(h("div", { class: "lx-ex" }, side, main, large));

    const grid = mapGrid(scroll, { onopen: enlarge });
    const shared = { api, notices, tools, most: choices.most, changed: set, choose: fitting, models: choices.models,
      moved: ({ live = false } = {}) => { if (live) follow(); else { draw(); fillSoon(); } } };
    return {
      methods, table, grid, legend,
      controls: controls(side, { choices, changed: set }),
      pictures: pictureSource(source, shared),
      large: largeView(large, { api, methods, table, move, behind: [side, main], onleave: () => enlarge(null), onclose: closed }),
      refresh() {
        sign.set(settings.sign);
        opacity.value = settings.opacity;
        opacity.nextSibling.textContent = `${settings.opacity} %`;
      },
      /** While a classifier loads nothing can be taken away. */
      loading(name) {
        png.disabled = npz.disabled = true;
        line.show({ words: `Loading ${name} …` });
        this.large.close();
      },
      loaded() {
        line.show({ words: "" });
      },
      progress(shown) {
        const { share, method, problem, stopped } = store.status, busy = store.busy(), { status } = files;
        const cells = shown.flatMap((row) => settings.methods.map((column) => store.map(row, column, settings.target)));
        const there = cells.filter(Boolean).length;
        const words = problem?.message ?? (busy ? `${methods.get(method)?.title ?? "Reading the pictures"} …`
          : stopped ? `Stopped: ${there} of ${cells.length} maps are there.`
          : status.late ? "Making the file …"
          : nextStep(settings, facts, shown.length) ?? `${there} maps; point at one to compare a region, click for its curves.`);
        line.show({ words, bad: Boolean(problem), busy: busy || status.late, share: busy ? share : status.share,
          open: stopped || problem?.away || problem?.busy });
        png.disabled = npz.disabled = busy || status.busy || !there;
      },
    };
  }

  function save(as) {
    const given = rows(), pictures = [...new Map(given.map(({ picture }) => [picture.key, picture.sent])).values()];
    const fields = { as, pictures, methods: settings.methods, target: settings.target, sign: settings.sign, opacity: settings.opacity };
    const names = [...new Set(given.map(({ classifier }) => classifier))];
    files.save((as === "png" ? [names] : names.map((name) => [name])).map((classifiers) => ({ ...fields, classifiers })));
  }

  // ------------------------------------------------------------------------------------------- following the page

  state.listen((changed, from) => {
    if (!visible()) {
      if (changed.has("workspace")) store.stop();
      return;
    }
    if (!parts) start();
    else if (state.now.explain && !same(state.now.explain, settings)) adopt(state.now.explain, from);
    else if (changed.has("workspace")) react();
  });
  const shared = () => { if (visible() && ready() && settings.source === "traverse") react(); };
  tools.onFacts.push(shared);
  tools.onCode.push(shared);
  context.status.onRestored(() => { if (visible()) fillSoon(); });
  context.linkNotes.Explain = () => (settings.source === "uploads"
    ? "Link copied: it opens this classifier with these methods. Uploaded pictures are not in it."
    : "Link copied: it opens these maps.");
  if (visible()) start();
}
