// Where the pictures come from: examples of the classifier, one's own files, or what Traverse shows.

import { close, httpSource, mount } from "./canvas.js";
import { arrowKeys, button, h } from "./dom.js";
import { same } from "./state.js";
import { thumbnail, unpack } from "./thumbnails.js";

const PAGE = 60, LIMIT = 25 * 1024 * 1024;
const SOURCES = [["examples", "Examples"], ["uploads", "Upload"], ["traverse", "What Traverse shows"]];
const FIT = [["pad", "Whole picture"], ["trim", "Trim to content"], ["crop", "Middle square"], ["stretch", "Stretch"]];
const INVERT = [["auto", "Automatic"], ["no", "Keep"], ["yes", "Exchange"]];

/**
 * `changed(values)` tells what a hand changed of {source, examples}, `moved(live)` that files or code are others.
 * `rows()` are the chosen pictures: {key, sent, label, thumb()}.
 */
export function pictureSource(place, { api, notices, tools, most, changed, moved, choose }) {
  let settings = null, facts = null, code = null;
  const tabs = SOURCES.map(([source, title]) => h("button", { type: "button", role: "tab", class: "lx-tab", id: `lx-source-${source}`,
    onclick: () => changed({ source }) }, title));
  const row = h("div", { class: "lx-tabs", role: "tablist", "aria-label": "Pictures" }, ...tabs);
  arrowKeys(row, { selector: ".lx-tab", horizontal: true, onmove: (tab) => tab.click() });
  const panels = { examples: examplePanel(), uploads: uploadPanel(), traverse: livePanel() };
  place.replaceChildren(row, ...SOURCES.map(([source]) => panels[source].element));

  function show(next, about) {
    [settings, facts] = [next, about];
    place.dataset.source = settings.source;
    SOURCES.forEach(([source], k) => {
      const here = source === settings.source;
      tabs[k].setAttribute("aria-selected", here);
      tabs[k].tabIndex = here ? 0 : -1;
      panels[source].element.hidden = !here;
    });
    if (facts) panels[settings.source].show();
  }

  const rows = () => (facts ? panels[settings.source].rows() : []);

  // ------------------------------------------------------------------------------------------- examples

  function examplePanel() {
    const gallery = h("div", { class: "lx-gallery", role: "group", "aria-label": "Held-out examples" });
    const more = button("More", { title: "Show more examples", onclick: () => load() });
    const element = h("div", { role: "tabpanel", class: "lx-ex-panel", "aria-labelledby": "lx-source-examples" }, gallery);
    arrowKeys(gallery, { selector: ".lx-cell" });
    let of = null, total = 0, asked = 0, seen = [];

    async function load() {
      const ticket = ++asked, name = of, start = seen.length;
      more.disabled = true;
      const answer = await notices.attempt(() => api.get(`explain/examples/${api.escaped(name)}?start=${start}&count=${PAGE}`));
      more.disabled = false;
      if (ticket !== asked || !answer) return;
      total = answer.total;
      more.remove();
      const fresh = unpack(answer).map((one, k) => ({ one, caption: answer.captions[k], index: start + k }));
      gallery.append(...fresh.map(cell));
      seen.push(...fresh);
      if (seen.length < total) gallery.append(more);
      if (!total) gallery.replaceChildren(h("p", { class: "lx-hint" }, "This classifier came without examples: upload a picture."));
      if (!start && gallery.firstChild) gallery.firstChild.tabIndex = 0;
      mark();
    }

    const cell = ({ one, caption, index }) => h("button", { type: "button", class: "lx-cell", title: caption, tabindex: -1, "data-index": index,
      "aria-label": `Example ${caption}`, onclick: () => toggle(index) }, thumbnail(one, { kind: "image" }));

    function toggle(index) {
      const chosen = settings.examples.includes(index) ? settings.examples.filter((one) => one !== index) : [...settings.examples, index];
      if (chosen.length > most) notices.say(`At most ${most} pictures are explained side by side; take one away first.`);
      else changed({ examples: chosen });
    }

    function mark() {
      for (const one of gallery.querySelectorAll(".lx-cell")) {
        const here = settings.examples.includes(Number(one.dataset.index));
        one.classList.toggle("lx-here", here);
        one.setAttribute("aria-pressed", here);
      }
    }

    return {
      element,
      show() {
        if (of !== facts.model) {
          [of, total, seen] = [facts.model, facts.examples, []];
          gallery.replaceChildren();
          load();
        } else mark();
      },
      rows: () => settings.examples.filter((index) => index < facts.examples).slice(0, most).map((index) => {
        const found = seen[index];
        return { key: `e${index}`, sent: { example: index }, label: `example ${found ? found.caption.replace(/^number /, "") : index}`,
          thumb: found && (() => thumbnail(found.one, { kind: "image" })) };
      }),
    };
  }

  // ------------------------------------------------------------------------------------------- uploads

  function uploadPanel() {
    const input = h("input", { type: "file", multiple: true, class: "lx-file", id: "lx-ex-file", "aria-label": "Choose pictures",
      accept: "image/png,image/jpeg,image/webp,image/gif,image/bmp,image/tiff", onchange: () => take([...input.files]) });
    const drop = h("label", { class: "lx-drop", for: "lx-ex-file" }, input, h("strong", {}, "Choose pictures"), h("span", {}, "or drop some here"));
    const choice = (text, list) => {
      const select = h("select", { class: "lx-select lx-small", onchange: () => prepareAll() }, ...list.map(([value, label]) => h("option", { value }, label)));
      return { select, label: h("label", { class: "lx-ex-option" }, h("span", {}, text), select) };
    };
    const fit = choice("Fit", FIT), invert = choice("Light and dark", INVERT);
    const list = h("div", { class: "lx-ex-files" });
    const element = h("div", { role: "tabpanel", class: "lx-ex-panel lx-ex-upload", "aria-labelledby": "lx-source-uploads" },
      drop, h("div", { class: "lx-ex-how" }, fit.label, invert.label,
        h("p", { class: "lx-hint" }, "Uploads stay on this page and its server: a link cannot bring them back.")), list);
    let files = [], next = 0, fitted = null;

    function take(chosen) {
      input.value = "";
      for (const file of chosen) {
        if (files.length >= most) notices.say(`At most ${most} pictures are explained side by side; the others were left out.`);
        else files.push({ id: ++next, file, name: file.name });
      }
      prepareAll();
    }

    async function prepareAll() {
      fitted = how();
      await Promise.all(files.map(prepare));
    }

    const how = () => JSON.stringify([facts.model, facts.space.shape, fit.select.value, invert.select.value]);

    async function prepare(one) {
      const asked = how();
      if (one.how === asked) return;
      Object.assign(one, { how: asked, ready: null, problem: null });
      draw();
      try {
        if (one.file.size > LIMIT) throw new Error(`${one.name} has ${(one.file.size / 2 ** 20).toFixed(0)} MB; at most 25 MB are read. Choose a smaller file.`);
        const answer = await api.prepare(facts.model, one.file, { fit: fit.select.value, invert: invert.select.value });
        if (one.how === asked) one.ready = answer;
      } catch (error) {
        if (one.how === asked) one.problem = error.message;
      }
      draw();
      moved();
    }

    function draw() {
      list.replaceChildren(...files.map((one) => h("figure", { class: one.problem ? "lx-ex-bad" : "", title: [one.name, ...one.ready?.notes ?? []].join("\n") },
        one.ready ? thumbnail(unpack(one.ready)[0], { kind: "image" }) : "",
        h("figcaption", {}, one.problem ? `${one.name}: ${one.problem}` : one.name),
        button("", { name: "close", title: `Take ${one.name} away`, onclick: () => { files = files.filter((other) => other !== one); draw(); moved(); } }))));
    }

    for (const type of ["dragover", "drop"]) {
      place.addEventListener(type, (event) => {
        event.preventDefault();
        drop.classList.toggle("lx-over", type === "dragover");
        if (type !== "drop") return;
        changed({ source: "uploads" });
        take([...event.dataTransfer.files]);
      });
    }
    place.addEventListener("dragleave", () => drop.classList.remove("lx-over"));

    return {
      element,
      show() {
        invert.label.hidden = facts.space.shape[0] !== 1;
        if (fitted && fitted !== how()) prepareAll();
      },
      rows: () => files.filter(({ ready }) => ready).map((one) => ({ key: `u${one.id} ${one.how}`, label: one.name,
        sent: { data: one.ready.data, name: one.name.slice(0, 80) || "picture" },
        thumb: () => thumbnail(unpack(one.ready)[0], { kind: "image" }) })),
    };
  }

  // ------------------------------------------------------------------------------------------- what Traverse shows

  function livePanel() {
    const stage = h("div", { class: "lx-ex-canvas" });
    const note = h("p", { class: "lx-hint" });
    const element = h("div", { role: "tabpanel", class: "lx-ex-panel lx-ex-live", "aria-labelledby": "lx-source-traverse" }, stage, note);
    const http = httpSource(api.canvas);
    let canvas = null, model = null;

    function show() {
      const drawing = tools.facts();
      const fits = drawing && same(drawing.space.shape, facts.space.shape);
      stage.hidden = !fits;
      note.replaceChildren(...(fits ? [] : why(drawing)));
      if (!fits) return;
      if (model !== drawing.model) {
        model = drawing.model;
        code = tools.code();
        const options = { ...drawing, code, frame: same(code, drawing.code) ? drawing.frame : undefined, label: drawing.label.split(", ")[0],
          source: http, theme: "class", showStats: false, storageKey: null, onCommit: (next) => tools.go(next, { commit: true }), onFrame: framed };
        if (canvas) canvas.setModel(options);
        else canvas = mount(stage, options);
      } else if (!close(code, tools.code())) {
        code = tools.code();
        canvas.setCode(code, { record: true });
      }
    }

    /** The hand has moved on: the fast maps follow. */
    function framed() {
      if (settings.source !== "traverse" || close(code, canvas.getCode())) return;
      code = canvas.getCode();
      moved({ live: true });
    }

    function why(drawing) {
      if (!drawing) return ["The model is still loading …"];
      const able = choose(drawing.space.shape);
      const size = ([, height, width]) => (width ? `${width} × ${height} pixels` : "series");
      const said = h("span", {}, `${drawing.model} draws ${size(drawing.space.shape)}; this classifier takes ${size(facts.space.shape)}. `);
      if (!able) return [said, "Choose a model at the left whose pictures it takes."];
      return [said, button(`Use ${able}`, { title: "A classifier that takes these pictures", onclick: () => changed({ classifiers: [able] }) })];
    }

    return {
      element,
      show,
      rows: () => (canvas && !stage.hidden && code ? [{ key: `t ${model} ${JSON.stringify(code)}`, id: "traverse", sent: { model, code }, label: model }] : []),
    };
  }

  return { show, rows, committed: () => { if (settings?.source === "traverse" && facts) panels.traverse.show(); } };
}
