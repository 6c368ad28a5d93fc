// What Traverse shows: the shared model and code on a live canvas, so that maps follow its sliders.

import { close, httpSource, mount } from "./canvas.js";
import { button, h } from "./dom.js";
import { opening } from "./model_list.js";
import { same } from "./state.js";

/** `given` is what explain_pictures.js shares with its panels. */
export function livePanel(given) {
  const { api, tools, changed, moved, choose, models } = given;
  const stage = h("div", { class: "lx-ex-canvas" });
  const note = h("p", { class: "lx-hint" });
  const select = h("select", { class: "lx-select lx-small", "aria-label": "Drawn by", onchange: () => tools.state.set(opening(select.value), "list") });
  const choice = h("label", { class: "lx-ex-drawn", title: "The model with sliders; Traverse shows the same" }, h("span", {}, "Drawn by "), select);
  const element = h("div", { role: "tabpanel", class: "lx-ex-panel lx-ex-live", "aria-labelledby": "lx-source-traverse" }, stage, note);
  const http = httpSource(api.canvas);
  let canvas = null, model = null, code = null;

  function show() {
    const drawing = tools.facts();
    offer(drawing);
    const fits = drawing && same(drawing.space.shape, given.facts.space.shape);
    stage.hidden = !fits;
    note.replaceChildren(...(fits ? [] : why(drawing)));
    if (!fits) return;
    if (model !== drawing.model) {
      model = drawing.model;
      code = tools.code();
      const options = { ...drawing, code, frame: same(code, drawing.code) ? drawing.frame : undefined, label: drawing.label.split(", ")[0],
        names: tools.state.now.names, source: http, theme: "class", showStats: false, storageKey: null, onCommit: (next) => tools.go(next, { commit: true }), onFrame: framed };
      if (canvas) canvas.setModel(options);
      else canvas = mount(stage, options);
    } else if (!close(code, tools.code())) {
      code = tools.code();
      canvas.setCode(code, { record: true });
    }
  }

  /** The hand has moved on: the fast maps follow. */
  function framed() {
    if (given.settings.source !== "traverse" || close(code, canvas.getCode())) return;
    code = canvas.getCode();
    moved({ live: true });
  }

  function why(drawing) {
    if (!drawing) return ["The model is still loading …"];
    const able = choose(drawing.space.shape);
    const size = ([, height, width]) => (width ? `${width} × ${height} pixels` : "series");
    const said = h("span", {}, `${drawing.model} draws ${size(drawing.space.shape)}; this classifier takes ${size(given.facts.space.shape)}. `);
    if (!able) return [said, fitting().length ? "No classifier here takes its pictures: choose another model above." : "No classifier here takes its pictures, and no model draws pictures for this one."];
    return [said, button(`Use ${able}`, { title: "A classifier that takes these pictures", onclick: () => changed({ classifiers: [able] }) })];
  }

  const fitting = () => models.filter(({ error, shape }) => !error && same(shape, given.facts.space.shape)).map(({ id }) => id);

  function offer(drawing) {
    const fit = fitting(), now = drawing?.model ?? tools.state.now.model;
    const ids = fit.includes(now) ? fit : [now, ...fit], shown = [...select.options].map(({ value }) => value);
    if (!same(ids, shown)) select.replaceChildren(...ids.map((id) => h("option", { value: id }, id)));
    select.value = now;
  }

  return {
    element,
    choice,
    show,
    rows: () => (canvas && !stage.hidden && code ? [{ key: `t ${model} ${JSON.stringify(code)}`, id: "traverse", sent: { model, code }, label: model }] : []),
  };
}
