// The pictures in hand, sorted by their ratings: a click shows one in the matrix.

import { arrowKeys, h } from "./dom.js";
import { thumbnail } from "./thumbnails.js";

/** {element, draw(view, look)}: `look(key)` tells {picture, rating, color, ink, text}. */
export function referenceStrip({ select }) {
  const element = h("div", { class: "lx-sm-references", role: "group", "aria-label": "Pictures, the lowest rating first" });
  arrowKeys(element, { selector: "button", horizontal: true });
  const cells = [];

  function draw({ references, state, space }, look) {
    while (cells.length > references.length) cells.pop().remove();
    while (cells.length < references.length) cells.push(cell(cells.length));
    const ratings = references.map((key) => look(key).rating);
    references.forEach((key, k) => fill(cells[k], key, k, k === state.selected, space, look(key)));
    const order = references.map((_, k) => k);
    if (ratings.every((rating) => rating !== null)) order.sort((a, b) => ratings[a] - ratings[b]);
    const now = order.map((k) => cells[k]);
    if (now.some((one, k) => element.children[k] !== one)) {
      const focus = element.contains(document.activeElement) ? document.activeElement : null;
      element.replaceChildren(...now);
      focus?.focus({ preventScroll: true });
    }
  }

  function cell(number) {
    return h("button", { type: "button", class: "lx-sm-reference", onclick: () => select(number) },
      h("span", { class: "lx-sm-shot" }), h("output", {}));
  }

  function fill(one, key, number, chosen, space, { picture, color, ink, text }) {
    const [shot, output] = one.children;
    one.setAttribute("aria-pressed", chosen);
    one.tabIndex = chosen ? 0 : -1;
    one.title = `Picture ${number + 1}${chosen ? ", shown in the matrix" : ": click to show it in the matrix"}`;
    if (picture && one.dataset.drawn !== key) {
      one.dataset.drawn = key;
      shot.replaceChildren(thumbnail(picture, space));
    }
    output.textContent = text;
    output.hidden = !text;
    Object.assign(output.style, { background: color ?? "", color: ink ?? "" });
  }

  return { element, draw };
}
