// Held-out examples of the model's data set; a click encodes one.

import { arrowKeys, button, h } from "./dom.js";
import { thumbnail, unpack } from "./thumbnails.js";

const PAGE = 60;

export function examples(panel, tools) {
  const { api, notices } = tools;
  const gallery = h("div", { class: "lx-gallery", role: "group", "aria-label": "Held-out examples" });
  const more = button("More", { title: "Show more examples", onclick: () => load() });
  const hint = h("p", { class: "lx-hint" });
  panel.append(hint, gallery);
  arrowKeys(gallery, { selector: ".lx-cell" });
  let model = null, total = null, asked = 0;

  async function load() {
    const facts = tools.facts();
    const start = gallery.querySelectorAll(".lx-cell").length;
    if (!facts || (total !== null && start >= total)) return;
    const ticket = ++asked;
    more.disabled = true;
    const answer = await notices.attempt(() => api.examples(facts.model, start, PAGE));
    if (ticket !== asked) return;
    more.disabled = false;
    if (!answer) return;
    total = answer.total;
    more.remove();
    gallery.append(...unpack(answer).map((one, k) => cell(facts, one, start + k, answer.captions[k])));
    if (start + answer.captions.length < total) gallery.append(more);
    hint.textContent = `${total} examples the model has not seen in training. ` +
      (facts.encodes ? "Choose one to encode it." : "Choose one to jump to its code.");
    if (!start && gallery.firstChild) gallery.firstChild.tabIndex = 0;
  }

  function cell(facts, one, index, caption) {
    return h("button", { type: "button", class: "lx-cell", title: caption, "aria-label": `Example ${caption}`, tabindex: -1,
      onclick: () => notices.attempt(async () => {
        const answer = await api.post("jump", { model: facts.model, to: "example", index });
        if (tools.facts().model !== facts.model) return;
        tools.go(answer.code);
        tools.setInput(answer.input, `example ${caption.replace(/^number /, "")}`, answer.code);
      }) }, thumbnail(one, facts.space));
  }

  function open() {
    const facts = tools.facts();
    if (panel.hidden || !facts || facts.model === model) return;
    [model, total] = [facts.model, null];
    gallery.replaceChildren();
    load();
  }
  panel.addEventListener("open", open);
  tools.onFacts.push(open);
}
