// The matrix: a column a slot, in it the styles from the top down, and beside them a slider that mixes neighbours.

import { h } from "./dom.js";
import { thumbnail } from "./thumbnails.js";

const SNAP = 0.04; // so near to a style the hand means the style
const KEYS_MS = 350; // after the last key, the place counts
const RAIL = 26, NUMBER = 36, APART = 12; // pixels of a column beside its tiles, and between columns

/**
 * {element, draw(view, order, bars, rated)}; `paint(canvas holder, key)` fills a tile. Calls: drag(slot, place)
 * while a hand moves, drop(slot, place) when it let go, apply(slot, style), move(slot, source, target), copy(slot).
 */
export function columns({ paint, drag, drop, apply, move, copy }) {
  const element = h("div", { class: "lx-sm-columns" });
  let shown = [], built = "", view = null;

  /** Draws a view, its columns in `order`; `bars` says of each how much it matters, between 0 and 1, or is null.
   * Where pictures are `rated`, there is room for a number beside each. */
  function draw(next, order, bars, rated) {
    view = next;
    element.classList.toggle("lx-sm-rated", rated);
    const styles = next.tiles[0].length, key = JSON.stringify([next.bank, styles, order]);
    if (key !== built) {
      built = key;
      shown = order.map((slot) => column(slot, next.slots[slot].name, styles));
      element.replaceChildren(...shown.map(({ root }) => root));
    }
    shown.forEach((one) => one.show(bars));
    fit();
  }

  function column(slot, name, styles) {
    const words = h("span", { class: "lx-sm-words" });
    const bar = h("i", { class: "lx-sm-matters" });
    const copied = h("button", { type: "button", class: "lx-sm-copy", title: `Copy the mix of ${name}, to paste into another picture`,
      "aria-label": `Copy the mix of ${name}`, onclick: () => copy(slot) }, "Copy");
    const thumb = h("i", { class: "lx-sm-thumb" });
    const rail = h("div", { class: "lx-sm-rail", role: "slider", tabindex: 0, "aria-orientation": "vertical", "aria-label": `${name}: mix of neighbouring styles`,
      "aria-valuemin": 0, "aria-valuemax": styles - 1, title: "Drag to mix neighbouring styles; arrow keys move in steps of 0.05" }, thumb);
    const frame = h("i", { class: "lx-sm-frame" });
    const tiles = Array.from({ length: styles }, (_, place) => tile(slot, place, styles));
    const body = h("div", { class: "lx-sm-body" }, rail, h("div", { class: "lx-sm-tiles" }, ...tiles, frame));
    const root = h("section", { class: "lx-sm-column", "data-slot": slot, "aria-label": name },
      h("header", {}, h("strong", { title: name }, name), copied, words, bar), body);
    let place = 0, timer = null, hand = false;

    function go(next) {
      place = Math.min(styles - 1, Math.max(0, Math.round(100 * next) / 100));
      body.style.setProperty("--place", place);
      rail.setAttribute("aria-valuenow", place);
    }

    function at(event) {
      const box = rail.getBoundingClientRect(), found = ((event.clientY - box.top) / box.height) * styles - 0.5;
      const whole = Math.round(found);
      return Math.abs(found - whole) < SNAP ? whole : found;
    }

    function settle() {
      clearTimeout(timer);
      timer = null;
      drop(slot, place);
    }

    rail.addEventListener("pointerdown", (event) => {
      if (event.button) return;
      event.preventDefault();
      rail.focus();
      rail.setPointerCapture(event.pointerId);
      hand = true;
      go(at(event));
      drag(slot, place);
    });
    rail.addEventListener("pointermove", (event) => {
      if (!hand) return;
      go(at(event));
      drag(slot, place);
    });
    for (const end of ["pointerup", "pointercancel"]) {
      rail.addEventListener(end, () => {
        if (hand) settle();
        hand = false;
      });
    }
    rail.addEventListener("keydown", (event) => {
      const step = { ArrowUp: -0.05, ArrowLeft: -0.05, ArrowDown: 0.05, ArrowRight: 0.05, PageUp: -1, PageDown: 1 }[event.key];
      const end = { Home: 0, End: styles - 1 }[event.key];
      if ((step === undefined && end === undefined) || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      go(end ?? place + step);
      drag(slot, place);
      clearTimeout(timer);
      timer = setTimeout(settle, KEYS_MS);
    });
    rail.addEventListener("blur", () => { if (timer) settle(); });

    return {
      root,
      show(bars) {
        tiles.forEach((one, k) => paint(one, view.tiles[slot][k]));
        tiles.forEach((one, k) => {
          const style = view.state.order[slot][k] + 1;
          one.title = `Style ${style}: click to give it to the picture in ${name}. Drag, or Alt and an arrow key, moves the tile.`;
          one.setAttribute("aria-label", `${name}, style ${style}`);
        });
        words.textContent = view.words[slot];
        words.title = view.words[slot];
        bar.style.setProperty("--size", bars ? bars[slot] : 0);
        bar.hidden = !bars;
        if (!hand && !timer) go(view.positions[slot]);
      },
    };
  }

  function tile(slot, place, styles) {
    const one = h("button", { type: "button", class: "lx-sm-tile", draggable: "true", "data-place": place,
      onclick: () => apply(slot, view.state.order[slot][place]) }, h("span", { class: "lx-sm-shot" }), h("output", {}));
    one.addEventListener("dragstart", (event) => {
      event.dataTransfer.setData("text/x-style-tile", `${slot} ${place}`);
      event.dataTransfer.effectAllowed = "move";
      element.dataset.moving = slot;
    });
    one.addEventListener("dragend", () => { delete element.dataset.moving; });
    one.addEventListener("dragover", (event) => {
      if (element.dataset.moving !== String(slot)) return;
      event.preventDefault();
      one.classList.add("lx-over");
    });
    one.addEventListener("dragleave", () => one.classList.remove("lx-over"));
    one.addEventListener("drop", (event) => {
      one.classList.remove("lx-over");
      const [from, source] = event.dataTransfer.getData("text/x-style-tile").split(" ").map(Number);
      event.preventDefault();
      if (from === slot && source !== place) move(slot, source, place);
    });
    one.addEventListener("keydown", (event) => {
      const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
      if (!step) return;
      event.preventDefault();
      const next = place + step;
      if (next < 0 || next >= styles) return;
      if (event.altKey) move(slot, place, next);
      one.parentElement.children[next].focus();
    });
    return one;
  }

  /** As large as there is room for, from 40 to 128 pixels a picture. */
  function fit() {
    if (!view || !element.clientWidth) return;
    const styles = view.tiles[0].length, count = shown.length;
    const beside = RAIL + (element.classList.contains("lx-sm-rated") ? NUMBER : 0);
    const high = (element.clientHeight - 52) / styles - 6, wide = (element.clientWidth - 24) / count - beside - APART;
    element.style.setProperty("--tile", `${Math.floor(Math.min(128, Math.max(40, Math.min(high, wide))))}px`);
  }
  new ResizeObserver(fit).observe(element);
  return { element, draw };
}

/** Fills a button's place for a picture, if it shows another now, and its number on the colour of its rating. */
export function paintTile(one, { key, picture, space, color, ink, text }) {
  const [shot, output] = one.children;
  if (picture && one.dataset.drawn !== key) {
    one.dataset.drawn = key;
    shot.replaceChildren(thumbnail(picture, space));
  }
  one.classList.toggle("lx-sm-waiting", !picture);
  output.textContent = text;
  output.hidden = !text;
  Object.assign(output.style, { background: color ?? "", color: ink ?? "" });
}
