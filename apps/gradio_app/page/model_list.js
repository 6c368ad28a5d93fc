// The model browser: all models by data set; arrow keys move, Enter or a click opens.

import { arrowKeys, h } from "./dom.js";
import { same } from "./state.js";

function mostCommon(words) {
  return [...new Set(words)].sort((a, b) => words.filter((w) => w === b).length - words.filter((w) => w === a).length)[0];
}

export function modelList(place, { state, api, first, notices }) {
  const list = h("nav", { class: "lx-list", "aria-label": "Models" });
  place.replaceChildren(list);
  arrowKeys(list, { selector: ".lx-model" });
  let drawn = null;

  function draw(groups) {
    if (same(groups, drawn)) return; // the focus, and a click under way, stay with their entry
    drawn = groups;
    list.replaceChildren(...groups.flatMap(({ title, models }) => {
      const unit = mostCommon(models.map(({ metric }) => metric?.name).filter(Boolean));
      const legend = unit ? h("span", { class: "lx-unit" }, `${unit} / paper`) : "";
      return [h("h2", { class: "lx-group" }, title, legend), ...models.map((model) => entry(model, unit))];
    }));
    if (!groups.length) list.replaceChildren(h("p", { class: "lx-empty" },
      "No checkpoints were found. Run scripts/train_all.py, or set LATENT_EXPLORER_CHECKPOINTS to a folder that has some."));
    mark();
  }

  function entry({ id, name, title, detail, metric, error, preset }, unit) {
    const open = () => {
      if (error) notices.problem(new Error(error));
      else state.set({ model: id, card: null, code: null, a: null, b: null, names: {}, compare: null }, "list");
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
    const all = [...list.querySelectorAll(".lx-model")];
    for (const one of all) {
      const here = one.dataset.id === state.now.model;
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

  state.listen((changed) => { if (changed.has("model")) mark(); });
  if (first.groups) draw(first.groups);
  else list.replaceChildren(h("p", { class: "lx-empty" }, "Reading the catalogue …"));

  return {
    /** Reads the catalogue again; resolves to it. */
    async refresh() {
      const catalogue = await api.catalogue();
      draw(catalogue.groups);
      return catalogue;
    },
    models: () => [...list.querySelectorAll(".lx-model")].map((one) => one.dataset.id),
  };
}
