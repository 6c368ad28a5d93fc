// One's own pictures, fitted to what the classifier takes.

import { button, h } from "./dom.js";
import { thumbnail, unpack } from "./thumbnails.js";

const LIMIT = 25 * 1024 * 1024;
const FIT = [["pad", "Whole picture"], ["trim", "Trim to content"], ["crop", "Middle square"], ["stretch", "Stretch"]];
const INVERT = [["auto", "Automatic"], ["no", "Keep"], ["yes", "Exchange"]];

/** `given` is what explain_pictures.js shares with its panels; files may be dropped anywhere in `place`. */
export function uploadPanel(given, place) {
  const { api, notices, most, changed, moved } = given;
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
    reveal(files.findLast(({ problem }) => problem)); // pictures that came later may have pushed it out of sight
  }

  function reveal(one) {
    list.children[files.indexOf(one)]?.scrollIntoView({ block: "nearest" });
  }

  const how = () => JSON.stringify([given.facts.model, given.facts.space.shape, fit.select.value, invert.select.value]);

  async function prepare(one) {
    const asked = how();
    if (one.how === asked) return;
    Object.assign(one, { how: asked, ready: null, problem: null });
    draw();
    try {
      if (one.file.size > LIMIT) throw new Error(`The file has ${(one.file.size / 2 ** 20).toFixed(0)} MB; at most 25 MB are read. Choose a smaller file.`);
      const answer = await api.prepare(given.facts.model, one.file, { fit: fit.select.value, invert: invert.select.value });
      if (one.how === asked) one.ready = answer;
    } catch (error) {
      if (one.how === asked) one.problem = error.message;
    }
    draw();
    if (one.problem) reveal(one);
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
      invert.label.hidden = given.facts.space.shape[0] !== 1;
      if (fitted && fitted !== how()) prepareAll();
    },
    rows: () => files.filter(({ ready }) => ready).map((one) => ({ key: `u${one.id} ${one.how}`, label: one.name, notes: one.ready.notes,
      sent: { data: one.ready.data, name: one.name.slice(0, 80) || "picture" },
      thumb: () => thumbnail(unpack(one.ready)[0], { kind: "image" }) })),
  };
}
