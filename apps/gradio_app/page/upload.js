// One's own picture, or numbers for a series: what the model would see of it, then its code.

import { button, h } from "./dom.js";
import { thumbnail, unpack } from "./thumbnails.js";

const LIMIT = 25 * 1024 * 1024;
const PICTURE = { fit: [["pad", "Whole picture"], ["trim", "Trim to content"], ["crop", "Middle square"], ["stretch", "Stretch"]],
  invert: [["auto", "Automatic"], ["no", "Keep"], ["yes", "Exchange"]] };

export function upload(panel, tools) {
  const { api, notices } = tools;
  const input = h("input", { type: "file", class: "lx-file", id: "lx-file", "aria-label": "Choose a file", onchange: () => take(input.files[0]) });
  const drop = h("label", { class: "lx-drop", for: "lx-file" }, input);
  const paste = h("textarea", { class: "lx-paste", rows: 3, spellcheck: "false", "aria-label": "Numbers of the series",
    oninput: () => take(new Blob([paste.value]), "pasted numbers") });
  const fit = choice("Fit", PICTURE.fit), invert = choice("Light and dark", PICTURE.invert);
  const preview = h("div", { class: "lx-preview" });
  const notes = h("ul", { class: "lx-notes", role: "status" });
  const encode = button("Encode", { title: "Move the sliders to this input's code", onclick: run });
  encode.classList.add("lx-primary");
  panel.append(h("div", { class: "lx-upload" }, h("div", { class: "lx-upload-from" }, drop, paste),
    h("div", { class: "lx-upload-how" }, fit.label, invert.label), preview, h("div", { class: "lx-upload-what" }, notes, encode)));
  let file = null, name = "", prepared = null, asked = 0;

  function choice(text, options) {
    const select = h("select", { class: "lx-select", onchange: () => prepare() }, ...options.map(([value, label]) => h("option", { value }, label)));
    return { select, label: h("label", { class: "lx-field" }, h("span", {}, text), select) };
  }

  function take(chosen, called = chosen?.name) {
    if (!chosen) return;
    input.value = "";
    if (chosen.size > LIMIT) {
      refuse(`${called} has ${(chosen.size / 2 ** 20).toFixed(0)} MB; at most 25 MB are read. Choose a smaller file.`);
      return;
    }
    [file, name] = [chosen, called];
    prepare();
  }

  async function prepare() {
    const facts = tools.facts();
    if (!file || !facts) return;
    const ticket = ++asked;
    encode.disabled = true; // until what would be encoded is what can be seen
    try {
      const answer = await api.prepare(facts.model, file, { fit: fit.select.value, invert: invert.select.value });
      if (ticket !== asked) return;
      prepared = { model: facts.model, answer };
      preview.replaceChildren(h("figure", {}, thumbnail(unpack(answer)[0], facts.space, 200),
        h("figcaption", {}, "What the model sees")));
      notes.replaceChildren(...[name, ...answer.notes].map((note) => h("li", {}, note)));
      notes.classList.remove("lx-bad");
      encode.disabled = false;
    } catch (error) {
      if (ticket === asked) refuse(error.away ? error.message : `${name}: ${error.message}`);
    }
  }

  function refuse(text) {
    prepared = null;
    encode.disabled = true;
    preview.replaceChildren();
    notes.replaceChildren(h("li", {}, text));
    notes.classList.add("lx-bad");
  }

  function run() {
    if (!prepared) return;
    const { answer, model } = prepared;
    const sent = answer.series ? { series: answer.series } : { shape: answer.shape.slice(1), data: answer.data };
    notices.attempt(async () => {
      const { codes, note } = await api.post("encode", { models: [model], ...sent });
      if (tools.facts().model !== model) return;
      tools.go(codes[model]);
      tools.setInput(answer, name, codes[model]);
      notices.say(note);
    });
  }

  for (const type of ["dragover", "drop"]) {
    panel.addEventListener(type, (event) => {
      event.preventDefault();
      drop.classList.toggle("lx-over", type === "dragover");
      if (type === "drop") take(event.dataTransfer.files[0]);
    });
  }
  panel.addEventListener("dragleave", () => drop.classList.remove("lx-over"));

  tools.onFacts.push((facts, { renamed = false } = {}) => {
    if (renamed) return;
    const series = facts.space.kind === "series", length = facts.space.shape[0];
    input.accept = series ? ".csv,.txt,text/csv,text/plain" : "image/png,image/jpeg,image/webp,image/gif,image/bmp,image/tiff";
    drop.replaceChildren(input, h("strong", {}, series ? "Choose a CSV file" : "Choose a picture"), h("span", {}, "or drop one here"));
    paste.hidden = !series;
    paste.placeholder = `or paste ${length} numbers`;
    fit.label.hidden = invert.label.hidden = series;
    invert.label.hidden = series || facts.space.shape[0] !== 1;
    prepared = null;
    encode.disabled = true;
    preview.replaceChildren();
    notes.replaceChildren();
    if (file && name !== "pasted numbers" && !series) prepare();
    else file = null;
  });
}
