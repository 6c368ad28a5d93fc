// Settings of a new bank of styles, and the style-mix grid by seeds.

import { button, h } from "./dom.js";
import { thumbnail, unpack } from "./thumbnails.js";

export const randomSeed = () => crypto.getRandomValues(new Uint32Array(1))[0] % 1_000_000;

/** {open(now)}: asks for {styles, columns, shared, seed}; `make(settings)` answers a sentence if they cannot be, else null. */
export function stylesDialog({ make }) {
  const styles = number({ min: 2, max: 64 }), columns = number({ min: 1, max: 64, placeholder: "auto" }), seed = number({ min: 0, max: 999_999_999 });
  const shared = h("input", { type: "checkbox" });
  const wrong = h("p", { class: "lx-sm-wrong", role: "alert" });
  const dialog = shell("New styles", [
    row("Styles a column", styles, "How many rows"),
    row("Columns", columns, "How many parts the code is cut into; empty for the model's own number"),
    h("label", { class: "lx-check", title: "Otherwise every column draws styles of its own" }, shared, h("span", {}, "All columns share the same styles")),
    row("Seed", seed, "The same seed makes the same styles and pictures",
      button("", { name: "dice", title: "Another seed", onclick: () => { seed.value = randomSeed(); } })),
    wrong,
  ], async () => {
    wrong.textContent = "";
    const said = await make({ styles: whole(styles), columns: columns.value === "" ? null : whole(columns), shared: shared.checked, seed: whole(seed) });
    wrong.textContent = said ?? "";
    return !said;
  });
  return {
    element: dialog,
    open(now) {
      wrong.textContent = "";
      Object.assign(styles, { value: now.styles });
      Object.assign(columns, { value: now.columns ?? "" });
      shared.checked = now.shared;
      seed.value = randomSeed();
      dialog.showModal();
    },
  };
}

/** {open(model, space)}: pictures by seeds, each row's with some parts of each column's. */
export function gridDialog({ api }) {
  const rows = number({ min: 1, max: 12, value: 4 }), columns = number({ min: 1, max: 12, value: 4 }), seed = number({ min: 0, max: 999_999_999, value: 0 });
  const first = h("select", { class: "lx-select" }), last = h("select", { class: "lx-select" });
  const said = h("p", { class: "lx-hint", role: "status" });
  const place = h("div", { class: "lx-sm-mixes" });
  const dialog = shell("Style-mix grid", [
    h("div", { class: "lx-sm-fields" }, row("Rows", rows), row("Columns", columns), row("First seed", seed), row("Take from", first), row("to", last)),
    said, place,
  ]);
  let model = null, space = null, ticket = 0;

  async function draw() {
    const mine = ++ticket;
    const range = first.value === "" ? {} : { first: Math.min(first.value, last.value), last: Math.max(first.value, last.value) };
    try {
      const made = await api.post("matrix/grid", { model, rows: whole(rows), columns: whole(columns), seed: whole(seed), ...range });
      if (mine !== ticket) return;
      show(made);
    } catch (error) {
      if (mine === ticket) said.textContent = error.message;
    }
  }

  function show(made) {
    for (const [select, chosen] of [[first, made.first], [last, made.last]]) {
      select.replaceChildren(...made.slots.map((name, k) => h("option", { value: k, selected: k === chosen }, name)));
    }
    const taken = made.slots.slice(made.first, made.last + 1).join(", ");
    said.textContent = `Each picture is that of its row, with ${taken} of that of its column.`;
    const pictures = unpack(made).map((one) => thumbnail(one, space));
    const seeded = (k) => h("figure", { title: `Seed ${made.seeds[k]}` }, pictures[k], h("figcaption", {}, String(made.seeds[k])));
    const line = (r) => [seeded(r), ...Array.from({ length: made.columns }, (_, c) => h("figure", {}, pictures[made.rows + made.columns + r * made.columns + c]))];
    place.style.setProperty("--across", made.columns + 1);
    place.replaceChildren(h("span", {}), ...Array.from({ length: made.columns }, (_, c) => seeded(made.rows + c)), ...Array.from({ length: made.rows }, (_, r) => line(r)).flat());
  }

  dialog.addEventListener("change", draw);
  return {
    element: dialog,
    open(id, drawn) {
      if (model !== id) [first, last, place].forEach((one) => one.replaceChildren());
      [model, space] = [id, drawn];
      said.textContent = "Drawing …";
      dialog.showModal();
      draw();
    },
  };
}

function shell(title, children, confirm = null) {
  const close = button("", { name: "close", title: "Close", onclick: () => dialog.close() });
  const form = h("form", { method: "dialog" }, h("header", {}, h("h2", {}, title), close), ...children);
  if (confirm) {
    const go = button("Make them", { title: "Draw these styles and new pictures", onclick: () => form.requestSubmit() });
    go.classList.add("lx-primary");
    form.append(h("div", { class: "lx-sm-confirm" }, go));
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      go.disabled = true;
      if (await confirm()) dialog.close();
      go.disabled = false;
    });
  } else form.addEventListener("submit", (event) => event.preventDefault()); // Enter in a field is no wish to leave
  const dialog = h("dialog", { class: "lx-sm-dialog", "aria-label": title, onclick: (event) => { if (event.target === dialog) dialog.close(); } }, form);
  return dialog;
}

function number(attributes) {
  return h("input", { type: "number", class: "lx-hy-number", step: 1, ...attributes });
}

function row(text, control, title = null, ...more) {
  return h("label", { class: "lx-sm-row", title }, h("span", {}, text), control, ...more);
}

function whole(input) {
  return input.value === "" ? null : Number(input.value);
}
