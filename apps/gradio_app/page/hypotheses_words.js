// Numbers, pictures and verdicts of Hypotheses as elements that its parts share.

import { h, icon } from "./dom.js";
import { thumbnail } from "./thumbnails.js";

const ICONS = { supported: "yes", contradicted: "close", "no effect found": "ring", "too uncertain": "unsure" };

/** A reading: two decimals of a probability, one and the unit of others. */
export const amount = (value, unit) => (unit ? `${value.toFixed(1)} ${unit}` : value.toFixed(2));

/** A change of a reading with its sign: three decimals of a probability, two and the unit of others. */
export const signed = (value, unit) => {
  const size = unit ? Math.abs(value).toFixed(2) : Math.abs(value).toFixed(3);
  return `${Number(size) ? (value < 0 ? "−" : "+") : ""}${size}${unit ? ` ${unit}` : ""}`;
};

export const pValue = (value) => (value < 0.001 ? "< 0.001" : value.toFixed(3));

/** Two pictures with what the classifier says of them below. */
export function beforeAfter({ before, after, readings, unit, title = null }) {
  const shot = (picture, value, name) => h("figure", {}, thumbnail(picture, { kind: "image" }),
    h("figcaption", { title: `The readout ${name} the change` }, amount(value, unit)));
  return h("div", { class: "lx-hy-shots", title, role: "img", "aria-label": `Before ${amount(readings[0], unit)}, after ${amount(readings[1], unit)}` },
    shot(before, readings[0], "before"), icon("right"), shot(after, readings[1], "after"));
}

/** An outcome as icon and word; the colour says nothing that these do not. */
export function outcome(name) {
  return h("span", { class: "lx-hy-outcome", "data-outcome": name }, icon(ICONS[name]), name[0].toUpperCase() + name.slice(1));
}
