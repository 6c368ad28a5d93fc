// Charts of a tested card, drawn as SVG in the page's own ink: the dose-response curve and the side effects.

import { h } from "./dom.js";
import { signed } from "./hypotheses_words.js";

const SVG = "http://www.w3.org/2000/svg";
const WIDTH = 250, HEIGHT = 158, LEFT = 46, RIGHT = 12, TOP = 8, BOTTOM = 36;
const SURE = 1.96; // standard errors on either side of a mean: 95 %

function node(name, attributes, ...children) {
  const made = document.createElementNS(SVG, name);
  Object.entries(attributes).forEach(([key, value]) => made.setAttribute(key, value));
  made.append(...children);
  return made;
}

/** Mean effects [[share, mean, error], ...] with bars of 95 %. */
export function doseChart(doses, unit) {
  const ends = doses.flatMap(([, mean, error]) => [mean - SURE * error, mean + SURE * error]);
  const least = Math.min(0, ...ends), most = Math.max(0, ...ends), room = 0.04 * (most - least) || 1;
  const [low, high] = [least - room, most + room], [first, last] = [doses[0][0], doses.at(-1)[0]];
  const across = (share) => LEFT + 8 + ((share - first) / (last - first || 1)) * (WIDTH - LEFT - RIGHT - 16);
  const down = (value) => TOP + ((high - value) / (high - low)) * (HEIGHT - TOP - BOTTOM);
  const kind = doses.at(-1)[1] >= 0 ? "lx-up" : "lx-down";
  const label = doses.map(([share, mean]) => `${share} of the change: ${signed(mean, unit)}`).join("; ");
  const chart = node("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, class: "lx-hy-chart", role: "img", "aria-label": `Mean effect by share of the change. ${label}` });
  const levels = [least, 0, most].filter((value, k, all) => all.findIndex((other) => Math.abs(down(value) - down(other)) < 13) === k);
  for (const value of levels) {
    chart.append(node("line", { class: value ? "" : "lx-zero-line", x1: LEFT, x2: WIDTH - RIGHT, y1: down(value), y2: down(value) }),
      node("text", { x: LEFT - 6, y: down(value) + 3.5, "text-anchor": "end" }, value ? shortly(value) : "0"));
  }
  chart.append(node("polyline", { class: kind, points: doses.map(([share, mean]) => `${across(share)},${down(mean)}`).join(" ") }));
  for (const [share, mean, error] of doses) {
    const [x, words] = [across(share), `${share} of the change: ${signed(mean, unit)}, 95 % ${signed(mean - SURE * error, unit)} to ${signed(mean + SURE * error, unit)}`];
    chart.append(node("line", { class: "lx-sure", x1: x, x2: x, y1: down(mean - SURE * error), y2: down(mean + SURE * error) }),
      node("circle", { class: kind, cx: x, cy: down(mean), r: 3.2 }, node("title", {}, words)),
      node("text", { x, y: HEIGHT - BOTTOM + 15, "text-anchor": "middle" }, String(share).replace("-", "−")));
  }
  chart.append(node("text", { x: (LEFT + WIDTH - RIGHT) / 2, y: HEIGHT - 4, "text-anchor": "middle" }, "share of the change"));
  return chart;
}

/** Other readouts [[name, mean, error], ...] as bars to either side of zero. */
export function sideBars(rows) {
  const most = Math.max(1e-9, ...rows.map(([, mean]) => Math.abs(mean)));
  return h("ul", { class: "lx-hy-sides" }, ...rows.map(([name, mean, error]) =>
    h("li", { title: `${name}: ${signed(mean, "")} ± ${error.toFixed(3)} (standard error)` }, h("span", {}, name),
      h("i", { "data-up": mean >= 0, style: `--size: ${Math.abs(mean) / most}`, "aria-hidden": "true" }), h("b", {}, signed(mean, "")))));
}

function shortly(value) {
  return Number(value.toPrecision(2)).toString().replace("-", "−");
}
