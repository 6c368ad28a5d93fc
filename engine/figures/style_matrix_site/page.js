// The page of an exported style matrix: MATRIX, of data.js, says what there is; every picture is a file.
"use strict";

const { slots, styles, parts, rating, ratings, kind } = MATRIX;
const read = (text) => { const [a, b = a, k = parts] = text.split("_").map(Number); return [a, b, k]; };
// One picture is a mix a slot, [a, b, k]: k parts of style a, the rest of b.
const pictures = MATRIX.references.map((texts) => texts.map(read));
const order = MATRIX.order.map((column) => [...column]);
let selected = MATRIX.selected, view = MATRIX.view;

/** The one way to write a mix, as in engine/explain/style_matrix/configuration.py. */
function written([a, b, k]) {
  if (a === b || k === parts) return `${a}`;
  if (k === 0) return `${b}`;
  return a > b ? `${a}_${b}_${k}` : `${b}_${a}_${parts - k}`;
}
const named = (mixes) => `a-${mixes.map(written).join("-")}`;
const file = (name) => `pictures/${name}.${kind}`;

/** Both styles of every mix become neighbours: the lower moves up beside the other. */
function arrange() {
  pictures[selected].forEach((mix, slot) => {
    const two = written(mix).split("_").slice(0, 2).map(Number), column = order[slot];
    if (two.length < 2) return;
    const [stays, moves] = two.sort((one, other) => column.indexOf(one) - column.indexOf(other));
    column.splice(column.indexOf(moves), 1);
    column.splice(column.indexOf(stays) + 1, 0, moves);
  });
}

/** Where a mix stands in its column, in parts from the top. */
function placeOf(slot, mix) {
  const [a, b, k] = read(written(mix)), column = order[slot];
  const [one, other] = [column.indexOf(a), column.indexOf(b)];
  if (one === other) return one * parts;
  return Math.min(one, other) * parts + (one > other ? k : parts - k);
}

function mixAt(slot, place) {
  const above = Math.min(Math.floor(place / parts), styles - 2);
  return [order[slot][above + 1], order[slot][above], place - above * parts];
}

function colour(value) {
  const { low, high, center, colors } = rating;
  const share = center === null ? (value - low) / (high - low) : 0.5 + (0.5 * (value - center)) / (value < center ? center - low : high - center);
  return colors[Math.round(Math.min(1, Math.max(0, share)) * (colors.length - 1))];
}

function ink(color) {
  const [r, g, b] = [1, 3, 5].map((k) => (parseInt(color.slice(k, k + 2), 16) / 255) ** 2.2);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b > 0.18 ? "#000" : "#fff";
}

const spoken = (value) => value.toFixed(rating.high - rating.low > 5 ? 1 : 2);

function number(name) {
  const output = document.createElement("output");
  if (rating) {
    output.textContent = spoken(ratings[name]);
    output.style.background = colour(ratings[name]);
    output.style.color = ink(output.style.background && colour(ratings[name]));
  }
  return output;
}

function pictured(name, kindOf, onclick, title) {
  const button = document.createElement("button");
  const image = new Image();
  Object.assign(image, { src: file(name), alt: title });
  Object.assign(button, { className: kindOf, type: "button", title, onclick });
  button.append(image, number(name));
  return button;
}

function show() {
  const mixes = pictures[selected], name = named(mixes);
  const large = document.getElementById("large");
  large.querySelector("img").src = file(name);
  large.querySelector("strong").textContent = rating ? `${rating.name} = ${spoken(ratings[name])} ${rating.unit}` : "";
  for (const one of ["style", "result"]) document.getElementById(one).setAttribute("aria-pressed", one === view);
  const sorted = pictures.map((_, k) => k);
  if (rating) sorted.sort((a, b) => ratings[named(pictures[a])] - ratings[named(pictures[b])]);
  document.getElementById("references").replaceChildren(...sorted.map((k) => {
    const button = pictured(named(pictures[k]), "reference", () => { selected = k; arrange(); draw(); }, `Picture ${k + 1}`);
    button.setAttribute("aria-pressed", k === selected);
    return button;
  }));
  slots.forEach((_, slot) => drawTiles(slot));
}

function drawTiles(slot) {
  const mixes = pictures[selected];
  document.getElementById(`tiles-${slot}`).replaceChildren(...order[slot].map((style) => {
    const replaced = mixes.map((mix, k) => (k === slot ? [style, style, parts] : mix));
    const name = view === "style" ? `s-${style}-${slot}` : named(replaced);
    return pictured(name, "tile", () => { pictures[selected] = replaced; arrange(); draw(); }, `${slots[slot]}, style ${style + 1}`);
  }));
}

function draw() {
  document.getElementById("columns").replaceChildren(...slots.map((name, slot) => {
    const section = document.createElement("section"), title = document.createElement("h2"), body = document.createElement("div");
    const slider = document.createElement("input"), tiles = document.createElement("div");
    Object.assign(title, { textContent: name, title: name });
    Object.assign(slider, { type: "range", min: 0, max: (styles - 1) * parts, step: 1, title: `${name}: mix of neighbouring styles` });
    slider.value = placeOf(slot, pictures[selected][slot]);
    slider.style.height = `calc(var(--pitch) * ${styles - 1} + 16px)`;
    slider.oninput = () => { pictures[selected] = pictures[selected].map((mix, k) => (k === slot ? mixAt(slot, Number(slider.value)) : mix)); show(); };
    tiles.id = `tiles-${slot}`;
    body.append(slider, tiles);
    section.append(title, body);
    return section;
  }));
  show();
}

for (const one of ["style", "result"]) document.getElementById(one).onclick = () => { view = one; show(); };
document.getElementById("title").textContent = document.title = `Style matrix of ${MATRIX.model}`;
document.getElementById("note").textContent = [rating && `Rated by ${rating.classifier}: ${rating.name}.`, MATRIX.note].filter(Boolean).join(" ");
arrange();
draw();
