// What the colours of the maps mean: for and against the target, or how much where a method knows no sign.

import { h } from "./dom.js";

const STOPS = 8; // of a gradient's half

/** `colors` from the lowest value to the highest; show(sign, signed) with `signed`: whether each map shown has signs. */
export function mapLegend(colors) {
  const middle = (colors.length - 1) / 2;
  const half = (step) => Array.from({ length: STOPS + 1 }, (_, k) => colors[middle + Math.round((step * k * middle) / STOPS)]);
  const red = half(1), blue = half(-1), both = [...blue.slice(1).reverse(), ...red];
  const bar = (low, stops, high, about) => h("span", { title: about }, low, h("i", { style: `background: linear-gradient(to right, ${stops.join(", ")})` }), high);
  const element = h("span", { class: "lx-ex-legend", title: "The same scale for every method: 98 % of a map's mass lies within it" });
  const bars = {
    signed: () => bar("against", both, "for", "Of methods with signs: what speaks against the target, and for it"),
    unsigned: () => bar("little", red, "much", "Of methods without signs: how much a pixel matters, whichever way"),
    negative: () => bar("little", blue, "much", "How much speaks against the target"),
    positive: () => bar("little", red, "much", "How much speaks for the target"),
    absolute: () => bar("little", red, "much", "How much a pixel matters, whichever way"),
  };
  return {
    element,
    show(sign, signed) {
      const kinds = sign !== "all" ? [sign] : [...(signed.includes(false) && !signed.includes(true) ? [] : ["signed"]), ...(signed.includes(false) ? ["unsigned"] : [])];
      element.replaceChildren(...kinds.map((kind) => bars[kind]()));
    },
  };
}
