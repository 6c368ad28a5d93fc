// The grid: pictures (or classifiers) down, methods across; a region under the pointer is outlined in every map.

import { h } from "./dom.js";
import { thumbnail } from "./thumbnails.js";
import { paintMap, readRegion } from "./heatmap_paint.js";

const LARGEST = 250, SMALLEST = 92, GAP = 10, TITLE = 52, CAPTION = 50;
const REGIONS = 14; // along a side

/** `onopen({row, method})` is called for a map that was clicked: the number of its row, the name of its method. */
export function mapGrid(place, { onopen }) {
  const grid = h("div", { class: "lx-maps", role: "group", "aria-label": "Heatmaps: pictures by methods" });
  place.append(grid);
  let shown = { rows: [], columns: [] }, built = "", cells = [];

  /** `given`: rows, columns, about(row), map(row, column), methods (by name), look {sign, opacity, table}, busy, stopped. */
  function draw(given) {
    shown = given;
    const key = JSON.stringify([given.rows.map(({ id }) => id), given.columns.map(({ name }) => name)]);
    if (key !== built) build();
    built = key;
    grid.hidden = !given.rows.length;
    fit();
    const heads = grid.querySelectorAll(".lx-map-head");
    given.columns.forEach((column, k) => head(heads[k], column));
    given.rows.forEach((row, k) => first(cells[k].first, row));
    given.rows.forEach((row, r) => given.columns.forEach((column, c) => fill(cells[r].maps[c], row, column)));
  }

  function build() {
    const { rows, columns, methods } = shown;
    cells = rows.map((row, r) => ({ first: h("div", { class: "lx-map-row" }), maps: columns.map((column, c) =>
      h("button", { type: "button", class: "lx-map", "data-at": `${r} ${c}`, tabindex: r || c ? -1 : 0,
        onclick: () => shown.map(shown.rows[r], shown.columns[c])?.all && onopen({ row: r, method: shown.columns[c].name }) })) }));
    grid.style.setProperty("--methods", columns.length);
    grid.replaceChildren(h("div", { class: "lx-map-corner" }), ...columns.map(({ name }) =>
      h("div", { class: "lx-map-head", title: methods.get(name).about }, h("strong", {}, methods.get(name).title), h("span"))),
      ...cells.flatMap(({ first, maps }) => [first, ...maps]));
  }

  function fit() {
    const { rows, columns } = shown;
    const across = (place.clientWidth - 28 - GAP * columns.length) / (columns.length + 1);
    const down = (place.clientHeight - TITLE - 24) / Math.max(1, rows.length) - CAPTION;
    const size = Math.max(SMALLEST, Math.min(LARGEST, across, Math.max(down, 150)));
    grid.style.setProperty("--cell", `${Math.floor(size)}px`);
  }

  function head(element, column) {
    const found = shown.rows.map((row) => shown.map(row, column)).filter((map) => map?.all);
    const fresh = found.filter(({ cached }) => !cached);
    const seconds = fresh.reduce((sum, map) => sum + map.seconds, 0);
    const text = !found.length ? " " : fresh.length ? `${seconds < 10 ? seconds.toFixed(2) : seconds.toFixed(0)} s` : "from cache";
    element.lastChild.textContent = text;
    element.lastChild.title = fresh.length ? `Computed in ${text}` : found.length ? "These maps were computed before and kept" : "";
  }

  function first(element, row) {
    const about = shown.about(row);
    const drawn = about ? about.picture : null;
    if (element.drawn !== drawn || !element.firstChild) {
      const picture = h("div", { class: "lx-shot" }, drawn ? thumbnail(drawn, { kind: "image" }) : row.picture.thumb?.() ?? "");
      element.replaceChildren(picture, h("div", { class: "lx-map-said" }));
      element.drawn = drawn;
    }
    element.lastChild.replaceChildren(...saidOf(row, about));
  }

  function saidOf(row, about) {
    const notes = row.picture.notes ?? [];
    const name = [h("span", { class: "lx-detail", title: row.label }, row.label),
      notes.length ? h("span", { class: "lx-map-notes", title: notes.join("\n") }, notes.join(" ")) : ""];
    if (!about) return name;
    const [[best, value]] = about.top;
    const number = about.unit === "%" ? `${(100 * value).toFixed(value > 0.995 || value < 0.1 ? 1 : 0)} %` : `${value.toFixed(1)} ${about.unit}`;
    const all = about.top.map(([one, p]) => `${one}: ${about.unit === "%" ? `${(100 * p).toFixed(1)} %` : `${p.toFixed(2)} ${about.unit}`}`).join("\n");
    return [h("span", { class: "lx-map-best", title: all }, h("strong", {}, best), ` ${number}`), ...name,
      h("span", { class: "lx-map-target", title: `The maps explain: ${about.target}` }, `→ ${about.target}`)];
  }

  function fill(cell, row, column) {
    const map = shown.map(row, column), title = shown.methods.get(column.name).title;
    const old = cell.querySelector("canvas");
    cell.setAttribute("aria-label", `${title} of ${row.label}${map?.zero ? ", zero everywhere" : ""}`);
    cell.classList.toggle("lx-stale", !map?.all && Boolean(old));
    if (map?.failure) {
      cell.replaceChildren(h("span", { class: "lx-map-no" }, map.failure));
      return;
    }
    if (!map) {
      const text = shown.busy ? "…" : shown.stopped ? "stopped" : "";
      if (!old) cell.replaceChildren(h("span", { class: "lx-map-wait" }, text));
      return;
    }
    const shot = old?.parentElement ?? h("div", { class: "lx-shot" }, h("canvas", { class: "lx-thumb" }), h("output"), h("span", { class: "lx-zero" }, "zero everywhere"));
    if (!old) cell.replaceChildren(shot);
    paintMap(shot.querySelector("canvas"), map, shown.about(row)?.picture, shown.look);
    shot.classList.toggle("lx-nothing", Boolean(map.zero));
    cell.title = [map.zero ? `${title} is zero everywhere. ${map.zero}` : `${title}: click for its curves`, map.notes.join(" ")].join("\n").trim();
  }

  // ------------------------------------------------------------------------------------------- one region, everywhere

  function point(event) {
    const shot = event.target.closest?.(".lx-shot"), canvas = shot?.querySelector("canvas");
    if (!canvas) {
      leave();
      return;
    }
    const box = canvas.getBoundingClientRect(), { width, height } = canvas;
    outline(regionAt((event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height, width, height), width, height);
  }

  function outline(region, width, height) {
    Object.entries({ "--x": region.x / width, "--y": region.y / height, "--w": region.width / width, "--h": region.height / height })
      .forEach(([name, value]) => grid.style.setProperty(name, value));
    grid.classList.add("lx-pointing");
    shown.rows.forEach((row, r) => shown.columns.forEach((column, c) => {
      const map = shown.map(row, column), output = cells[r].maps[c].querySelector("output");
      if (output && map?.all) output.textContent = signed(readRegion(map, shown.look.sign, region).shown);
    }));
  }

  const leave = () => grid.classList.remove("lx-pointing");
  let due = null;
  grid.addEventListener("pointermove", (event) => {
    cancelAnimationFrame(due);
    due = requestAnimationFrame(() => point(event));
  });
  grid.addEventListener("pointerleave", () => { cancelAnimationFrame(due); leave(); });

  grid.addEventListener("keydown", (event) => {
    const cell = event.target.closest(".lx-map");
    const step = { ArrowRight: [0, 1], ArrowLeft: [0, -1], ArrowDown: [1, 0], ArrowUp: [-1, 0] }[event.key];
    if (!cell || !step) return;
    event.preventDefault();
    const [r, c] = cell.dataset.at.split(" ").map(Number);
    focus(r + step[0], c + step[1]);
  });

  function focus(r, c) {
    const next = cells[r]?.maps[c];
    if (!next) return;
    cells.forEach(({ maps }) => maps.forEach((one) => { one.tabIndex = one === next ? 0 : -1; }));
    next.focus();
  }

  new ResizeObserver(() => { if (shown.rows.length) fit(); }).observe(place);
  return { draw, focus };
}

/** The region around a point given as shares of the sides: pixels of a small picture, blocks of a large one. */
export function regionAt(x, y, width, height) {
  const side = Math.max(1, Math.round(Math.min(width, height) / REGIONS));
  const start = (share, length) => Math.max(0, Math.min(length - side, Math.floor((share * length) / side) * side));
  return { x: start(x, width), y: start(y, height), width: side, height: side };
}

export function signed(value) {
  return `${value > 0 ? "+" : value < 0 ? "−" : ""}${Math.abs(value).toFixed(2)}`;
}
