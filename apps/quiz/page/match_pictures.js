// Drawing what is to be compared: a target and the participant's own picture, side by side or one over the other.

import { drawPixels, h, ticks } from "./canvas.js";

/**
 * Two pictures in `place`; `display` = {overlay, rounded, width (of the band of tolerance, or null), pixels (a side),
 * words (for the own picture alone and over the target, where it is not the reader's)}.
 * Returns {target(drawn), own(drawn), overlay(on)} with drawn = {shape, values}.
 */
export function pair(place, space, display) {
  const drawn = { target: null, own: null };
  const [alone, over] = display.words ?? ["Yours", "Yours and the target, one over the other"];
  let overlaid = display.overlay;
  const make = space.kind === "series" ? chart : image;
  const own = make(space, display, "Your picture"), target = make(space, display, "The target");
  place.replaceChildren(target.figure, own.figure);

  const refresh = () => {
    target.figure.hidden = overlaid;
    own.caption.textContent = overlaid ? over : alone;
    target.caption.textContent = "Target";
    if (drawn.target) target.draw(null, drawn.target);
    if (drawn.own) own.draw(drawn.own, overlaid ? drawn.target : null);
  };
  refresh();
  return {
    target: (picture) => { drawn.target = picture; refresh(); },
    own: (picture) => { drawn.own = picture; refresh(); },
    overlay: (on) => { overlaid = on; refresh(); },
  };
}

/** One picture alone, as in a question about it. */
export function single(space, label, picture, pixels) {
  const view = (space.kind === "series" ? chart : image)(space, { pixels }, label);
  view.caption.hidden = true;
  view.draw(picture, null);
  return view.figure;
}

function frame(canvas) {
  const caption = h("figcaption", {});
  return { figure: h("figure", { class: "qz-picture" }, canvas, caption), caption };
}

function image({ shape: [, rows, columns] }, { rounded = false, pixels }, label) {
  const side = Math.max(1, Math.floor(pixels / Math.max(rows, columns)));
  const canvas = h("canvas", { role: "img", "aria-label": label, class: "qz-pixels",
    style: `width:${columns * side}px;height:${rows * side}px` });
  const level = (value) => (rounded ? (value >= 0.5 ? 255 : 0) : Math.round(255 * value));
  return { ...frame(canvas), draw(own, target) {
    const { shape, values } = own ?? target;
    const bytes = new Uint8Array(values.length);
    for (let k = 0; k < bytes.length; k++) {
      // Half of each: what both have is bright, what one has alone is grey.
      bytes[k] = own && target ? (level(own.values[k]) + level(target.values[k])) >> 1 : level(values[k]);
    }
    drawPixels(canvas, shape, bytes);
  } };
}

const ROOM = { left: 34, right: 8, top: 8, bottom: 22 };

function chart(space, { width = null, pixels }, label) {
  const ratio = devicePixelRatio || 1, wide = Math.round(1.6 * pixels), high = pixels;
  const canvas = h("canvas", { role: "img", "aria-label": label, width: wide * ratio, height: high * ratio,
    style: `width:${wide}px;height:${high}px` });
  const [first, last] = space.grid ?? [0, space.shape[0] - 1], [low, high_] = space.limits ?? [-1, 1];
  const x = (t) => ROOM.left + ((t - first) / (last - first)) * (wide - ROOM.left - ROOM.right);
  const y = (v) => high - ROOM.bottom - ((v - low) / (high_ - low)) * (high - ROOM.top - ROOM.bottom);
  return { ...frame(canvas), draw(own, target) {
    const context = canvas.getContext("2d"), style = getComputedStyle(canvas);
    const colour = (name) => style.getPropertyValue(name).trim();
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, wide, high);
    Object.assign(context, { lineWidth: 1, font: `11px ${style.fontFamily}`, fillStyle: colour("--qz-muted"),
      strokeStyle: colour("--qz-line"), textAlign: "right", textBaseline: "middle" });
    for (const value of ticks([low, high_], high / 50)) {
      line(context, [[first, value], [last, value]], x, y, value === 0 ? [4, 3] : []);
      context.fillText(String(value).replace("-", "−"), ROOM.left - 6, y(value));
    }
    context.save();
    context.beginPath();
    context.rect(ROOM.left, ROOM.top, wide - ROOM.left - ROOM.right, high - ROOM.top - ROOM.bottom);
    context.clip();
    const points = (values, shift = 0) => Array.from(values, (value, k) => [first + ((last - first) * k) / (values.length - 1), value + shift]);
    if (target) {
      Object.assign(context, { strokeStyle: colour("--qz-target"), lineWidth: 2 });
      line(context, points(target.values), x, y);
      context.lineWidth = 1;
      if (width) for (const shift of [-width, width]) line(context, points(target.values, shift), x, y, [3, 3]);
    }
    if (own) {
      Object.assign(context, { strokeStyle: colour("--qz-own"), lineWidth: 2 });
      line(context, points(own.values), x, y);
    }
    context.restore();
  } };
}

function line(context, points, x, y, dash = []) {
  context.setLineDash(dash);
  context.beginPath();
  points.forEach(([t, v], k) => context[k ? "lineTo" : "moveTo"](x(t), y(v)));
  context.stroke();
}
