// The column at the left: all models by data set, in Explain the classifiers; arrow keys move, Enter or a click opens.

import { arrowKeys, h } from "./dom.js";
import { withClassifier } from "./explain_link.js";
import { same } from "./state.js";

/** What changes when another model with sliders is opened: it starts with its own code and names. */
export const opening = (id) => ({ model: id, card: null, code: null, a: null, b: null, names: {}, compare: null });

function mostCommon(words) {
  return [...new Set(words)].sort((a, b) => words.filter((w) => w === b).length - words.filter((w) => w === a).length)[0];
}

export function modelList(place, { state, api, first, notices }) {
  const list = h("nav", { class: "lx-list" });
  place.replaceChildren(list);
  arrowKeys(list, { selector: ".lx-model" });
  const models = { label: "Models", groups: first.groups, here: () => state.now.model, open: opening,
    none: "No checkpoints were found. Run scripts/train_all.py, or set LATENT_EXPLORER_CHECKPOINTS to a folder that has some." };
  const classifiers = { label: "Classifiers", groups: null, here: () => state.now.explain?.classifiers?.[0],
    open: (id) => ({ explain: withClassifier(state.now.explain, id) }), none: "No classifiers were found. Run scripts/train_all.py." };
  const shelf = () => (state.now.workspace === "Explain" ? classifiers : models);
  let drawn = null;

  function draw() {
    const { label, groups, none } = shelf();
    if (same([label, groups], drawn)) return; // the focus, and a click under way, stay with their entry
    drawn = [label, groups];
    list.setAttribute("aria-label", label);
    list.replaceChildren(...(groups ?? []).flatMap(({ title, models }) => {
      const metrics = models.map(({ metric }) => metric).filter(Boolean), unit = mostCommon(metrics.map(({ name }) => name));
      const legend = unit ? h("span", { class: "lx-unit" }, metrics.some(({ paper }) => paper) ? `${unit} / paper` : unit) : "";
      return [h("h2", { class: "lx-group" }, title, legend), ...models.map((model) => entry(model, unit))];
    }));
    if (!groups?.length) list.replaceChildren(h("p", { class: "lx-empty" }, groups ? none : "Reading the catalogue …"));
    mark();
  }

  function entry({ id, name, title, detail, metric, error, preset }, unit) {
    const open = () => {
      if (error) notices.problem(new Error(error));
      else state.set(shelf().open(id), "list");
    };
    const said = metric && `${metric.name} ${metric.value}${metric.paper ? `, paper ${metric.paper}` : ""}`;
    const value = metric && h("span", { class: "lx-metric", title: `${said}: ${metric.definition}`, "aria-label": said },
      metric.name === unit ? metric.value : `${metric.name} ${metric.value}`,
      metric.paper && h("span", { class: "lx-paper" }, metric.paper));
    return h("button", { type: "button", class: `lx-model${error ? " lx-damaged" : ""}`, "data-id": id, onclick: open,
      title: error || `${title} (${id})`, tabindex: -1 },
      h("span", { class: "lx-model-title" }, title.split(", ")[0]),
      h("span", { class: "lx-model-facts" }, preset === "paper" ? h("span", { class: "lx-tag" }, "paper preset") : "",
        h("span", { class: "lx-detail" }, `${name} · ${error ? "cannot be loaded" : detail}`), value ?? ""));
  }

  function mark() {
    const all = [...list.querySelectorAll(".lx-model")], chosen = shelf().here();
    for (const one of all) {
      const here = one.dataset.id === chosen;
      one.classList.toggle("lx-here", here);
      one.tabIndex = here ? 0 : -1;
      if (here) one.setAttribute("aria-current", "true");
      else one.removeAttribute("aria-current");
      if (here) bring(one);
    }
    if (all.length && !all.some((one) => one.tabIndex === 0)) all[0].tabIndex = 0;
  }

  /** Scrolls the list, and nothing around it, to where an entry can be seen. */
  function bring(one) {
    const view = place.closest("#lx-browser"), box = view.getBoundingClientRect(), at = one.getBoundingClientRect();
    if (at.bottom > box.bottom) view.scrollTop += at.bottom - box.bottom + 8;
    else if (at.top < box.top) view.scrollTop -= box.top - at.top + 8;
  }

  let marked = null;
  state.listen((changed) => {
    if (changed.has("workspace")) draw();
    if (marked !== shelf().here()) mark();
    marked = shelf().here();
  });
  draw();

  return {
    /** Reads the catalogue again; resolves to it. */
    async refresh() {
      const catalogue = await api.catalogue();
      models.groups = catalogue.groups;
      draw();
      return catalogue;
    },
    /** What Explain lists. */
    offer(groups) {
      classifiers.groups = groups;
      draw();
    },
    models: () => (models.groups ?? []).flatMap((group) => group.models.map(({ id }) => id)),
  };
}
