// Small things for building the page: elements, icons, keys, patience.

import { h } from "./canvas.js";

export { h };

/** A line icon of 16 x 16. */
export function icon(name) {
  const picture = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  picture.setAttribute("viewBox", "0 0 16 16");
  picture.setAttribute("aria-hidden", "true");
  picture.classList.add("lx-icon");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("d", ICONS[name]);
  picture.append(path);
  return picture;
}

/** A button with an icon and, unless `text` is empty, a word; `title` tells more. */
export function button(text, { name = null, title = text, onclick, ...more } = {}) {
  const label = text ? {} : { "aria-label": title };
  return h("button", { type: "button", class: "lx-button", title, onclick, ...label, ...more },
    name ? icon(name) : "", text ? h("span", {}, text) : "");
}

/** The list's elements as one stop of the Tab key: arrow keys move inside, Home and End to its ends. */
export function arrowKeys(container, { selector, horizontal = false, onmove = () => {} }) {
  container.addEventListener("keydown", (event) => {
    const forward = horizontal ? ["ArrowRight"] : ["ArrowDown", "ArrowRight"];
    const backward = horizontal ? ["ArrowLeft"] : ["ArrowUp", "ArrowLeft"];
    const all = [...container.querySelectorAll(selector)].filter((one) => !one.disabled);
    const at = all.indexOf(event.target.closest(selector));
    if (at < 0) return;
    let next = null;
    if (forward.includes(event.key)) next = all[at + 1];
    else if (backward.includes(event.key)) next = all[at - 1];
    else if (event.key === "Home") next = all[0];
    else if (event.key === "End") next = all.at(-1);
    else return;
    event.preventDefault();
    if (!next) return;
    all.forEach((one) => { one.tabIndex = one === next ? 0 : -1; });
    next.focus();
    onmove(next);
  });
}

/** Hands a file to the browser, which asks where to or keeps it with its downloads. */
export function saveFile({ name, blob }) {
  const link = h("a", { href: URL.createObjectURL(blob), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

export function debounced(wait, call) {
  let timer = null;
  return (...args) => {
    clearTimeout(timer);
    timer = setTimeout(() => call(...args), wait);
  };
}

const ICONS = {
  dice: "M3 3h10v10H3zM5.8 5.8v.01M10.2 10.2v.01M8 8v.01M10.2 5.8v.01M5.8 10.2v.01",
  middle: "M8 1.5v4M8 10.5v4M1.5 8h4M10.5 8h4M8 8v.01",
  near: "M8 14s4.5-4.2 4.5-7.5a4.5 4.5 0 0 0-9 0C3.5 9.800 8 14 8 14zM8 6.500v.01",
  link: "M6.500 9.500l3-3M7 4.500l1.200-1.200a2.800 2.800 0 0 1 4 4L11 8.500M9 11.500l-1.200 1.200a2.800 2.800 0 0 1-4-4L5 7.500",
  sun: "M8 5a3 3 0 1 0 0 6 3 3 0 0 0 0-6zM8 1v1.500M8 13.500V15M1 8h1.500M13.500 8H15M3 3l1 1M12 12l1 1M13 3l-1 1M4 12l-1 1",
  moon: "M13 9.500A5.500 5.500 0 0 1 6.500 3a5.500 5.500 0 1 0 6.500 6.500z",
  close: "M4 4l8 8M12 4l-8 8",
  play: "M5 3l8 5-8 5z",
  pause: "M5 3v10M11 3v10",
  swap: "M2 5.500h11L10 2.500M14 10.500H3l3 3",
  down: "M8 2v8M4.500 7 8 10.500 11.500 7M3 13.500h10",
  file: "M4 1.500h5l3 3v10H4zM9 1.500v3h3",
  map: "M2.500 2.500h11v11h-11zM2.500 8h11M8 2.500v11",
  stop: "M4 4h8v8H4z",
  left: "M10 3 5 8l5 5",
  right: "M6 3l5 5-5 5",
  fold: "M3.500 6 8 10.500 12.500 6",
  plus: "M8 3v10M3 8h10",
  up: "M8 10.500v-8M4.500 6 8 2.500 11.500 6M3 13.500h10",
  yes: "M3 8.500l3.500 3.500L13 4.500",
  ring: "M8 3a5 5 0 1 0 0 10A5 5 0 0 0 8 3z",
  unsure: "M5.500 6a2.500 2.500 0 1 1 3.600 2.200C8.300 8.700 8 9.200 8 10M8 12.800v.01",
};
