// Held-out examples of the classifier, to be ticked.

import { arrowKeys, button, h } from "./dom.js";
import { thumbnail, unpack } from "./thumbnails.js";

const PAGE = 60;

/** `given` is what explain_pictures.js shares with its panels. */
export function examplePanel(given) {
  const { api, notices, most, changed } = given;
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
    if (!total) gallery.replaceChildren(h("p", { class: "lx-hint lx-gallery-none" }, "This classifier came without examples: upload a picture."));
    if (!start && gallery.firstChild) gallery.firstChild.tabIndex = 0;
    mark();
  }

  const cell = ({ one, caption, index }) => h("button", { type: "button", class: "lx-cell", title: caption, tabindex: -1, "data-index": index,
    "aria-label": `Example ${caption}`, onclick: () => toggle(index) }, thumbnail(one, { kind: "image" }));

  function toggle(index) {
    const before = given.settings.examples;
    if (comparing()) return changed({ examples: [index, ...before.filter((one) => one !== index)].slice(0, most) });
    const chosen = before.includes(index) ? before.filter((one) => one !== index) : [...before, index];
    if (chosen.length > most) notices.say(`At most ${most} pictures are explained side by side; take one away first.`);
    else changed({ examples: chosen });
    return undefined;
  }

  /** Several classifiers explain one picture, the first that is chosen; the others are kept for one classifier. */
  const comparing = () => given.settings.classifiers.length > 1;

  function mark() {
    const { examples } = given.settings, shown = comparing() ? examples.slice(0, 1) : examples;
    for (const one of gallery.querySelectorAll(".lx-cell")) {
      const here = shown.includes(Number(one.dataset.index));
      one.classList.toggle("lx-here", here);
      one.setAttribute("aria-pressed", here);
    }
  }

  return {
    element,
    show() {
      if (of !== given.facts.model) {
        [of, total, seen] = [given.facts.model, given.facts.examples, []];
        gallery.replaceChildren();
        load();
      } else mark();
    },
    rows: () => given.settings.examples.filter((index) => index < given.facts.examples).slice(0, most).map((index) => {
      const found = seen[index];
      return { key: `e${index} ${of}`, sent: { example: index, of }, label: `example ${found ? found.caption.replace(/^number /, "") : index}`,
        thumb: found && (() => thumbnail(found.one, { kind: "image" })) };
    }),
  };
}
