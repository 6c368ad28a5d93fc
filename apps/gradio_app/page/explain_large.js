// One map, large: its numbers under the pointer, its curves, how it agrees with the other methods.

import { button, h } from "./dom.js";
import { lineChart, pairTable, pixelCurves } from "./explain_charts.js";
import { regionAt, signed } from "./explain_grid.js";
import { paintMap, readRegion } from "./heatmap_paint.js";
import { thumbnail } from "./thumbnails.js";

const CHECKS = ["pixels", "sensitivity_n", "max_sensitivity"];

/** `move(step)` goes to the next map, `onleave` is asked to close, `onclose` is told what was if the
 *  focus was in it; `behind` lies below. */
export function largeView(place, { api, methods, table, move, behind, onleave, onclose }) {
  const judged = new Map();
  let shown = null, control = new AbortController(), shot = null, compared = "";
  place.hidden = true;
  document.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const elsewhere = event.target !== document.body && !place.contains(event.target);
    if (place.offsetParent === null || (step && elsewhere)) return; // closed, behind another workspace, or another's keys
    if (event.key === "Escape") onleave();
    else if (step) move(step);
    else return;
    event.preventDefault();
  });

  /** `given`: {row, column, others, map, about, target, look, busy}; others are the methods to compare, itself included. */
  function open(given) {
    const again = shown && key(shown) === key(given);
    shown = given;
    cover(true);
    if (!again) {
      control.abort();
      control = new AbortController();
      compared = "";
      build();
      judge(CHECKS);
    }
    paint();
    if (!given.busy) compare();
  }

  const key = ({ row, column, target }) => JSON.stringify([row.classifier, row.picture.key, column, target]);

  /** Agreement depends on which other maps are there. */
  function compare() {
    const names = JSON.stringify(shown.others);
    if (names === compared) return;
    compared = names;
    const known = judged.get(key(shown));
    if (known?.others !== names) Object.assign(known, { agreement: null, others: names });
    judge(["agreement"]);
  }

  function close() {
    if (!shown) return;
    const left = shown, focused = place.contains(document.activeElement);
    control.abort();
    cover(false);
    shown = null;
    if (focused) onclose(left);
  }

  function cover(open) {
    place.hidden = !open;
    behind.forEach((one) => { one.inert = open; });
  }

  function build() {
    const { row, column, about, map } = shown, method = methods.get(column.name);
    const [paper, address] = method.paper.split(/, (?=https?:)/);
    const options = method.options.map(({ name, default: start }) => `${name.replaceAll("_", " ")} ${column.options[name] ?? start}`).filter((text) => !text.endsWith(" "));
    const canvas = h("canvas", { class: "lx-thumb", role: "img", "aria-label": `${method.title} of ${row.label}` });
    shot = h("div", { class: `lx-shot lx-large-map${map.zero ? " lx-nothing" : ""}` }, canvas, h("span", { class: "lx-zero" }, "zero everywhere"));
    const value = h("p", { class: "lx-large-value" }, map.zero ? `This map is zero everywhere. ${map.zero}` : "Point at the map to read its values.");
    if (!map.zero) shot.addEventListener("pointermove", (event) => read(event, canvas, value));
    shot.addEventListener("pointerleave", () => shot.parentElement.classList.remove("lx-pointing"));
    place.replaceChildren(
      h("header", { class: "lx-large-head" }, h("h2", {}, method.title), h("span", { class: "lx-detail lx-muted" }, `${row.label} → ${about.target}`),
        h("div", { class: "lx-grow" }), button("", { name: "left", title: "The map before (left arrow)", onclick: () => move(-1) }),
        button("", { name: "right", title: "The next map (right arrow)", onclick: () => move(1) }),
        button("Back", { name: "close", title: "Back to the grid (Escape)", onclick: onleave })),
      h("div", { class: "lx-large-body", style: `--ratio: ${map.width / map.height}` },
        h("div", { class: "lx-large-left" }, shot, h("div", { class: "lx-large-below" },
          h("div", { class: "lx-shot" }, thumbnail(about.picture, { kind: "image" })), h("div", {}, value, h("p", {}, method.about), h("p", { class: "lx-muted" }, address ? h("a", { href: address, target: "_blank", rel: "noopener" }, paper) : paper),
          options.length ? h("p", { class: "lx-muted" }, `Options: ${options.join(", ")}.`) : "",
          h("p", { class: "lx-muted" }, map.cached ? "This map was kept from before." : `Computed in ${map.seconds.toFixed(2)} s.`),
          ...map.notes.map((note) => h("p", { class: "lx-large-note" }, note))))),
        h("div", { class: "lx-large-right" },
          card("pixels", "Deletion and insertion", "How the answer falls as the highest pixels go, and rises as they come"),
          card("randomisation", "Randomisation", "A map that stays as it was while the network forgets does not explain it"),
          card("sensitivity_n", "Sensitivity-n", "Whether what the map says a set of pixels is worth is what the answer loses without them"),
          card("max_sensitivity", "Max-sensitivity", "How much the map changes when the picture hardly does"),
          card("agreement", "Agreement of methods", "Rank correlation of the maps' magnitudes for this picture"))));
    offer();
    place.querySelector(".lx-large-head .lx-button:last-child").focus();
  }

  function offer() {
    waiting("randomisation", h("p", { class: "lx-muted" }, "Do the maps change when the network's layers are drawn anew?"), button("Run the check", { title: "Draws the network's layers anew, from the last to the first, and explains each time",
      onclick: randomise }));
  }

  /** It takes as long as a handful of maps, so it can be stopped for itself. */
  function randomise() {
    const stop = new AbortController();
    control.signal.addEventListener("abort", () => stop.abort());
    const bar = h("progress", { max: 1, value: 0, "aria-label": "Randomisation" });
    const cancel = button("Cancel", { name: "stop", title: "Stop the check", onclick: () => { stop.abort(); offer(); } });
    judge(["randomisation"], { signal: stop.signal, bar,
      wait: () => [h("p", { class: "lx-muted" }, "Running: layer after layer is drawn anew and explained. You can cancel it."), bar, cancel] });
  }

  function card(name, title, about) {
    return h("section", { class: "lx-card", "data-check": name }, h("h3", { title: about }, title), h("div", { class: "lx-card-body" },
      h("p", { class: "lx-muted" }, "measuring …")));
  }

  const body = (check) => place.querySelector(`[data-check="${check}"] .lx-card-body`);
  const waiting = (check, ...content) => body(check).replaceChildren(...content);

  async function judge(checks, { signal = control.signal, bar = null, wait = () => [h("p", { class: "lx-muted" }, "measuring …")] } = {}) {
    const { row, column, others, target } = shown, own = shown, name = key(shown);
    const known = judged.get(name) ?? {};
    judged.set(name, known);
    checks.filter((check) => known[check]).forEach((check) => drawn(known[check]));
    const missing = checks.filter((check) => !known[check]);
    if (!missing.length) return;
    missing.forEach((check) => waiting(check, ...wait()));
    const fail = (text) => missing.filter((check) => !known[check]).forEach((check) => waiting(check, h("p", { class: "lx-large-note" }, text)));
    const fields = { classifier: row.classifier, pictures: [row.picture.sent], methods: others, judged: column.name, target, checks: missing };
    try {
      await api.stream("explain/judge", fields, (piece) => {
        if (piece.type === "judged") known[piece.check] = piece;
        if (own !== shown && key(own) !== (shown && key(shown))) return;
        if (piece.type === "judged") drawn(piece);
        if (piece.type === "progress" && bar) bar.value = piece.share;
        if (piece.type === "failure") fail(piece.reason);
      }, signal);
    } catch (error) {
      if (!place.hidden && shown && key(own) === key(shown)) fail(error.message);
    }
  }

  const drawn = (found) => (found.reason ? waiting(found.check, h("p", { class: "lx-muted" }, found.reason)) : DRAW[found.check](found));
  const number = (value) => (value === null ? "not defined" : signed(value));
  const DRAW = {
    pixels: (found) => waiting("pixels", ...pixelCurves(found)),
    sensitivity_n({ shares, correlation, mean }) {
      waiting("sensitivity_n", h("p", {}, h("strong", { class: "lx-figure" }, number(mean)), " mean correlation, higher is better"),
        h("table", { class: "lx-rows" }, ...shares.map((share, k) => h("tr", {}, h("td", {}, `${+(100 * share).toFixed(1)} % of pixels`), h("td", {}, number(correlation[k]))))));
    },
    max_sensitivity({ change, radius, samples }) {
      waiting("max_sensitivity", h("p", {}, h("strong", { class: "lx-figure" }, `${(100 * change).toFixed(0)} %`), " largest change, lower is steadier"),
        h("p", { class: "lx-muted" }, `${samples} pictures whose pixels differ by at most ${radius}.`));
    },
    agreement({ methods: names, matrix }) {
      waiting("agreement", names.length < 2 ? h("p", { class: "lx-muted" }, "Tick a second method to compare.")
        : h("div", { class: "lx-pairs-place" }, pairTable(names.map((name) => methods.get(name).title), matrix, table, names.indexOf(shown.column.name))));
    },
    randomisation({ layers, correlation }) {
      const x = [0, ...layers.map((_, k) => k + 1)];
      waiting("randomisation", lineChart({ label: "Rank correlation with the trained network's map", x, low: Math.min(0, ...correlation), high: 1,
        ticks: [[0, "trained"], [layers.length, "all layers anew"]], xLabel: "",
        series: [{ name: "rank correlation", values: [1, ...correlation], kind: "lx-rise" }] }),
      h("p", { class: "lx-muted", title: layers.join("\n") }, `Rank correlation; should fall towards zero. Ends at ${number(correlation.at(-1))}.`));
    },
  };

  function read(event, canvas, value) {
    const box = canvas.getBoundingClientRect(), { width, height } = canvas, { map, look } = shown;
    const region = regionAt((event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height, width, height);
    const parts = { "--x": region.x / width, "--y": region.y / height, "--w": region.width / width, "--h": region.height / height };
    Object.entries(parts).forEach(([name, part]) => shot.parentElement.style.setProperty(name, part));
    shot.parentElement.classList.add("lx-pointing");
    const { shown: seen, sum } = readRegion(map, look.sign, region);
    value.textContent = `column ${region.x + 1}, row ${region.y + 1}: ${signed(seen)} of the scale, ${sum.toPrecision(3)} in the method's own unit`;
  }

  function paint() {
    if (shown) paintMap(shot.querySelector("canvas"), shown.map, shown.about.picture, shown.look);
  }

  return { open, close };
}
