// Small charts of the large view, drawn as SVG in the page's own ink.

import { h } from "./dom.js";

const SVG = "http://www.w3.org/2000/svg";
const WIDTH = 230, HEIGHT = 150, LEFT = 28, BOTTOM = 30, TOP = 8, RIGHT = 8;
const BESIDE = { stroke: "var(--lx-muted)", strokeWidth: "1px" };

function node(name, attributes, ...children) {
  const made = document.createElementNS(SVG, name);
  Object.entries(attributes).forEach(([key, value]) => made.setAttribute(key, value));
  made.append(...children);
  return made;
}

/**
 * Lines over shared positions: series [{name, values, kind}] with kind a class of explain.css, or `beside` for a thin
 * grey line; null values are gaps.
 * `ticks` are [position, text] below.
 */
export function lineChart({ label, x, series, low, high, ticks, xLabel }) {
  const [first, last] = [x[0], x.at(-1)];
  const across = (value) => LEFT + ((value - first) / (last - first || 1)) * (WIDTH - LEFT - RIGHT);
  const down = (value) => TOP + (1 - (value - low) / (high - low || 1)) * (HEIGHT - TOP - BOTTOM);
  const chart = node("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, class: "lx-chart", role: "img", "aria-label": label });
  for (const value of [low, (low + high) / 2, high]) {
    chart.append(node("line", { class: "lx-rule", x1: LEFT, x2: WIDTH - RIGHT, y1: down(value), y2: down(value) }),
      node("text", { x: LEFT - 6, y: down(value) + 3.5, "text-anchor": "end" }, Number(value.toPrecision(2)).toString()));
  }
  ticks.forEach(([place, text]) => chart.append(node("text", { x: across(place), y: HEIGHT - BOTTOM + 14,
    "text-anchor": place === first ? "start" : place === last ? "end" : "middle" }, text)));
  chart.append(node("text", { x: (LEFT + WIDTH - RIGHT) / 2, y: HEIGHT - 3, "text-anchor": "middle", class: "lx-axis" }, xLabel));
  for (const { name, values, kind = "", beside = false } of series) {
    const points = values.flatMap((value, k) => (value === null ? [] : [[across(x[k]), down(Math.min(high, Math.max(low, value)))]]));
    const line = node("polyline", { class: kind, points: points.map((point) => point.join(",")).join(" ") });
    if (beside) Object.assign(line.style, BESIDE);
    line.append(node("title", {}, name));
    chart.append(line);
    if (values.length < 12) chart.append(...points.map(([cx, cy]) => node("circle", { class: kind, cx, cy, r: 2.6 })));
  }
  return chart;
}

/** Deletion and insertion of one map, beside those of pixels in random order: a chart, its legend, how to read it. */
export function pixelCurves({ shares, deletion, insertion, deletion_auc, insertion_auc, random_order, random_order_auc, measure, baseline }) {
  const all = [...deletion, ...insertion, ...random_order.deletion];
  const [low, high] = measure === "probability" ? [0, 1] : [Math.min(...all), Math.max(...all)];
  const [falls, rises, chance] = [deletion_auc, insertion_auc, random_order_auc].map((area) => area.toFixed(3));
  const chart = lineChart({ label: `Deletion, area ${falls}; insertion, area ${rises}; random order, area ${chance}`,
    x: shares.map((share) => 100 * share), low, high, ticks: [[0, "0"], [50, "50"], [100, "100 %"]], xLabel: "pixels taken away, or shown",
    series: [{ name: "random order, pixels shown", values: random_order.insertion, beside: true },
      { name: "random order, pixels taken away", values: random_order.deletion, beside: true },
      { name: "insertion", values: insertion, kind: "lx-rise" }, { name: "deletion", values: deletion, kind: "lx-fall" }] });
  const grey = lineKey("", `random order ${chance}`, "Area below either grey curve: pixels in random order; a map should do better");
  grey.firstChild.style.borderTop = `${BESIDE.strokeWidth} solid ${BESIDE.stroke}`;
  return [chart, h("p", { class: "lx-legend" }, lineKey("lx-rise", `insertion ${rises}`, "Area below the curve; higher is better"),
    lineKey("lx-fall", `deletion ${falls}`, "Area below the curve; lower is better"), grey, h("span", { class: "lx-muted" }, measure)),
  h("p", { class: "lx-muted" }, "The most important pixels go first. Deletion should fall early: a small area below the curve is good. "
    + `Insertion should rise early: a large one is. What is missing here is ${baseline === "blur" ? "blurred" : baseline}, whatever the method's own baseline.`)];
}

function lineKey(kind, text, title) {
  return h("span", { class: "lx-key", title }, h("i", { class: kind }), text);
}

/** Numbers between -1 and 1 of every pair, coloured by `table` and written in; number `here` is in bold. */
export function pairTable(names, matrix, table, here) {
  const made = document.createElement("table");
  made.className = "lx-pairs";
  const head = made.insertRow();
  head.append(document.createElement("th"), ...names.map((_, k) => cell("th", String(k + 1))));
  names.forEach((name, k) => {
    const row = made.insertRow();
    row.classList.toggle("lx-here", k === here);
    row.append(cell("th", `${k + 1} ${name}`), ...matrix[k].map((value, other) => {
      const made = cell("td", value === null ? "–" : value.toFixed(2));
      made.title = value === null ? "One of both maps ranks nothing." : `${name} and ${names[other]}: ${value.toFixed(3)}`;
      if (value !== null) {
        const [r, g, b] = table[Math.round(127 * Math.min(1, Math.max(-1, value))) + 127];
        Object.assign(made.style, { background: `rgb(${r} ${g} ${b})`, color: 0.3 * r + 0.59 * g + 0.11 * b > 130 ? "#000" : "#fff" });
      }
      return made;
    }));
  });
  return made;
}

function cell(tag, text) {
  const made = document.createElement(tag);
  made.textContent = text;
  if (tag === "th") made.title = text;
  return made;
}
