// Codes as points, with the picture under the pointer: the body of js_on_load, with element, props, trigger, watch and
// server in reach. Value: see apps/gradio_app/scatter_points.py. A click, or Enter, triggers `select` with {model, row}.
const root = element.querySelector(".lx-scatter");
const canvas = root.querySelector("canvas");
const tip = root.querySelector(".tip");
const legend = root.querySelector(".legend");
const message = root.querySelector(".message");
const live = root.querySelector("[role=status]");
const [across, up, paint] = ["x", "y", "color"].map((name) => root.querySelector(`select[name=${name}]`));
const EDGE = { left: 52, right: 14, top: 12, bottom: 40 };
const REACH = 14; // pixels from the pointer to the nearest point
const pictures = new Map(); // of points without a stored one, by row
let state = null, places = [], at = -1, waiting = null;

function fill(select, names, chosen) {
  select.replaceChildren(...names.map((name, k) => new Option(name, k, false, k === chosen)));
  select.closest("label").hidden = !names.length;
}

function load() {
  const next = props.value;
  root.hidden = !next;
  root.classList.toggle("empty", !next?.axes);
  message.hidden = !next?.message;
  message.textContent = next?.message ?? "";
  if (!next?.axes) return;
  const same = state && state.model === next.model;
  const chosen = same ? [across, up, paint].map((select) => Number(select.value)) : [0, Math.min(1, next.axes.length - 1), 0];
  state = next;
  pictures.clear();
  at = -1;
  tip.hidden = true;
  tip.querySelector("i").style.backgroundImage = `url("${state.atlas.uri}")`;
  const names = state.axes.map((axis) => axis.name);
  fill(across, names, chosen[0]);
  fill(up, names, chosen[1]);
  fill(paint, state.colors.map((one) => one.name), chosen[2]);
  draw();
}

const css = (name) => getComputedStyle(root).getPropertyValue(name).trim() || "#888";

function ticks(low, high, count) {
  const raw = (high - low) / count, power = 10 ** Math.floor(Math.log10(raw));
  const step = power * [1, 2, 5, 10].find((factor) => factor * power >= raw);
  const first = Math.ceil(low / step), last = Math.floor(high / step);
  return Array.from({ length: last - first + 1 }, (_, k) => Number(((first + k) * step).toPrecision(12)));
}

function range(values) {
  const low = Math.min(...values), high = Math.max(...values), room = 0.04 * (high - low) || 1;
  return [low - room, high + room];
}

function draw() {
  if (!state || !canvas.clientWidth) return;
  const [width, height, dense] = [canvas.clientWidth, canvas.clientHeight, window.devicePixelRatio || 1];
  canvas.width = Math.round(width * dense);
  canvas.height = Math.round(height * dense);
  const pen = canvas.getContext("2d");
  pen.scale(dense, dense);
  pen.font = "11px system-ui, sans-serif";
  const [x, y] = [state.axes[across.value], state.axes[up.value]];
  const [[left, right], [low, high]] = [range(x.values), range(y.values)];
  const toX = (v) => EDGE.left + ((v - left) / (right - left)) * (width - EDGE.left - EDGE.right);
  const toY = (v) => height - EDGE.bottom - ((v - low) / (high - low)) * (height - EDGE.top - EDGE.bottom);
  pen.strokeStyle = css("--lx-line");
  pen.fillStyle = css("--lx-muted");
  pen.textAlign = "center";
  pen.textBaseline = "top";
  for (const v of ticks(left, right, width / 90)) {
    rule(pen, toX(v), EDGE.top, toX(v), height - EDGE.bottom);
    pen.fillText(minus(v), toX(v), height - EDGE.bottom + 6);
  }
  pen.textAlign = "right";
  pen.textBaseline = "middle";
  for (const v of ticks(low, high, height / 60)) {
    rule(pen, EDGE.left, toY(v), width - EDGE.right, toY(v));
    pen.fillText(minus(v), EDGE.left - 6, toY(v));
  }
  pen.fillStyle = css("--lx-text");
  pen.textAlign = "center";
  pen.textBaseline = "bottom";
  pen.fillText(x.name, (EDGE.left + width - EDGE.right) / 2, height - 4);
  pen.save();
  pen.translate(12, (EDGE.top + height - EDGE.bottom) / 2);
  pen.rotate(-Math.PI / 2);
  pen.fillText(y.name, 0, 0);
  pen.restore();
  const color = state.colors[paint.value];
  places = x.values.map((v, k) => [toX(v), toY(y.values[k])]);
  for (let k = places.length - 1; k >= 0; k--) { // examples with a picture of their own come last, on top
    pen.globalAlpha = k < state.atlas.count ? 0.9 : 0.45;
    pen.fillStyle = color ? color.map[color.values[k]] : css("--lx-accent");
    pen.beginPath();
    pen.arc(places[k][0], places[k][1], k < state.atlas.count ? 3.6 : 2.4, 0, 2 * Math.PI);
    pen.fill();
  }
  pen.globalAlpha = 1;
  if (at >= 0) {
    pen.strokeStyle = css("--lx-text");
    pen.lineWidth = 2;
    pen.beginPath();
    pen.arc(places[at][0], places[at][1], 7, 0, 2 * Math.PI);
    pen.stroke();
    pen.lineWidth = 1;
  }
  explain(color);
}

function rule(pen, x0, y0, x1, y1) {
  pen.beginPath();
  pen.moveTo(Math.round(x0) + 0.5, Math.round(y0) + 0.5);
  pen.lineTo(Math.round(x1) + 0.5, Math.round(y1) + 0.5);
  pen.stroke();
}

const minus = (v) => String(v).replace("-", "−");

function explain(color) {
  legend.replaceChildren();
  if (!color) return;
  if (color.classes) {
    color.classes.forEach((name, k) => {
      const item = document.createElement("span");
      const dot = document.createElement("b");
      dot.style.background = color.map[k];
      item.append(dot, name);
      legend.append(item);
    });
    return;
  }
  const bar = document.createElement("b");
  bar.className = "bar";
  bar.style.background = `linear-gradient(to right, ${color.map.join(", ")})`;
  legend.append(color.low, bar, color.high);
}

function nearest(x, y) {
  let best = -1, least = REACH ** 2;
  places.forEach(([px, py], k) => {
    const distance = (px - x) ** 2 + (py - y) ** 2;
    if (distance < least || (distance === least && k < best)) [best, least] = [k, distance];
  });
  return best;
}

function words(k) {
  const color = state.colors[paint.value];
  const value = color && `${color.name} ${color.classes ? color.classes[color.values[k]] : minus(color.numbers[k])}`;
  const position = [across, up].map((select) => minus(Number(state.axes[select.value].values[k].toFixed(2)))).join(", ");
  return [value, position, k < state.atlas.count ? "" : "as the model draws it"].filter(Boolean);
}

function show(k) {
  if (k === at) return;
  at = k;
  draw();
  canvas.style.cursor = k < 0 ? "default" : "pointer";
  tip.hidden = k < 0;
  if (k < 0) return;
  tip.querySelector("span").replaceChildren(...words(k).flatMap((text) => [text, document.createElement("br")]));
  picture(k);
  const [x, y] = places[k];
  tip.style.left = `${Math.min(Math.max(x + 14, 4), canvas.clientWidth - tip.offsetWidth - 4)}px`;
  tip.style.top = `${y + 14 + tip.offsetHeight > canvas.clientHeight ? y - tip.offsetHeight - 12 : y + 14}px`;
}

function picture(k) {
  const { atlas } = state, cut = tip.querySelector("i"), whole = tip.querySelector("img");
  const scale = 84 / Math.max(atlas.width, atlas.height);
  cut.hidden = k >= atlas.count;
  whole.hidden = k < atlas.count;
  for (const node of [cut, whole]) {
    Object.assign(node.style, { width: `${atlas.width * scale}px`, height: `${atlas.height * scale}px` });
  }
  if (k < atlas.count) {
    const [column, line] = [k % atlas.columns, Math.floor(k / atlas.columns)];
    cut.style.backgroundSize = `${atlas.columns * atlas.width * scale}px auto`;
    cut.style.backgroundPosition = `${-column * atlas.width * scale}px ${-line * atlas.height * scale}px`;
    return;
  }
  whole.src = pictures.get(k) ?? "data:image/gif;base64,R0lGODlhAQABAAAAACH5BAEKAAEALAAAAAABAAEAAAICTAEAOw==";
  if (!pictures.has(k)) ask(k);
}

async function ask(k) { // one question at a time; the point under the pointer comes next
  if (waiting !== null) return;
  waiting = k;
  const model = state.model;
  const answer = await server.picture({ model, row: k }).catch(() => null);
  waiting = null;
  if (answer?.uri && state.model === model) pictures.set(k, answer.uri);
  if (at >= state.atlas.count && at !== k && !pictures.has(at)) ask(at);
  else if (at === k && pictures.has(k)) picture(k);
}

function open() {
  if (at >= 0) trigger("select", { model: state.model, row: at });
}

canvas.addEventListener("pointermove", (event) => show(nearest(event.offsetX, event.offsetY)));
canvas.addEventListener("pointerleave", () => show(-1));
canvas.addEventListener("click", (event) => { show(nearest(event.offsetX, event.offsetY)); open(); });
canvas.addEventListener("keydown", (event) => {
  if (event.key === "Enter" || event.key === " ") { event.preventDefault(); open(); return; }
  if (event.key === "Escape") { show(-1); return; }
  const way = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] }[event.key];
  if (!way || !places.length) return;
  event.preventDefault();
  const [x, y] = at < 0 ? [canvas.clientWidth / 2, canvas.clientHeight / 2] : places[at];
  let best = -1, least = Infinity;
  places.forEach(([px, py], k) => { // the nearest point that lies more in this direction than beside it
    const ahead = (px - x) * way[0] + (py - y) * way[1], beside = Math.abs((px - x) * way[1]) + Math.abs((py - y) * way[0]);
    const cost = ahead + 2 * beside;
    if (k !== at && ahead > 0.5 && beside <= ahead && cost < least) [best, least] = [k, cost];
  });
  if (best < 0) return;
  show(best);
  live.textContent = `Point ${best}: ${words(best).join(", ")}. Enter opens it in Traverse.`;
});
canvas.addEventListener("blur", () => show(-1));
for (const select of [across, up, paint]) select.addEventListener("change", () => { at = -1; tip.hidden = true; draw(); });
new ResizeObserver(draw).observe(canvas);
new MutationObserver(draw).observe(document.body, { attributeFilter: ["class"] });

load();
watch("value", load);
