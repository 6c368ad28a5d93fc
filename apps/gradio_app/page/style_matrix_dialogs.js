// Settings of a new bank of styles, the style-mix grid by seeds, and the export as plain files.

import { button, h } from "./dom.js";
import { exporter } from "./explain_export.js";
import { thumbnail, unpack } from "./thumbnails.js";

const LIMIT = 25 * 1024 * 1024;

export const randomSeed = () => crypto.getRandomValues(new Uint32Array(1))[0] % 1_000_000;

/**
 * {open(now, readout, model, space)}: asks for {styles, columns, shared, seed, toward, pictures}; `toward` is null, or the end of
 * the readout that styles are pushed to, `pictures` are own ones, fitted by `prepare(file)`. `make(settings, tell, signal)` tells how far it is and answers a sentence if they cannot be, else null.
 */
export function stylesDialog({ make, prepare }) {
  const styles = number({ min: 2, max: 64 }), columns = number({ min: 1, max: 64, placeholder: "auto" }), seed = number({ min: 0, max: 999_999_999 });
  const shared = h("input", { type: "checkbox" });
  const wrong = h("p", { class: "lx-sm-wrong", role: "alert" });
  const toward = h("select", { class: "lx-select", onchange: () => { shared.disabled = Boolean(toward.value); } });
  const pushing = row("Push styles", toward, "Move every style along a direction learned from the classifier, to where it is rated most or least; all columns then share the styles");
  const bar = h("progress", { max: 1, hidden: true, "aria-label": "Progress" });
  const input = h("input", { type: "file", multiple: true, class: "lx-file", "aria-label": "Choose pictures", accept: "image/png,image/jpeg,image/webp,image/gif,image/bmp,image/tiff",
    onchange: () => take([...input.files]) });
  const choose = h("span", { class: "lx-button lx-sm-choose" }, h("span", {}, "Choose …"), input);
  const list = h("div", { class: "lx-sm-own" });
  const owning = h("div", { class: "lx-sm-row", title: "Pictures become the first styles; their codes come from the model's encoder, or from a search" },
    h("span", {}, "Own pictures"), choose, list);
  let control = null, own = [], fitted = null, drawn = null;

  async function take(files) {
    input.value = "";
    wrong.textContent = "";
    for (const file of files) {
      try {
        if (file.size > LIMIT) throw new Error(`it has ${(file.size / 2 ** 20).toFixed(0)} MB; at most 25 MB are read`);
        own.push({ name: file.name, answer: await prepare(file) });
      } catch (error) {
        wrong.textContent = `${file.name}: ${error.message}`;
      }
    }
    if (own.length > Number(styles.value)) styles.value = Math.min(64, own.length);
    drawOwn();
  }

  function drawOwn() {
    list.replaceChildren(...own.map((one) => h("button", { type: "button", title: `Take ${one.name} away`, onclick: () => {
      own = own.filter((other) => other !== one);
      drawOwn();
    } }, thumbnail(unpack(one.answer)[0], drawn))));
  }
  const dialog = shell("New styles", [
    row("Styles a column", styles, "How many rows"),
    row("Columns", columns, "How many parts the code is cut into; empty for the model's own number"),
    h("label", { class: "lx-check", title: "Otherwise every column draws styles of its own" }, shared, h("span", {}, "All columns share the same styles")),
    row("Seed", seed, "The same seed makes the same styles and pictures",
      button("", { name: "dice", title: "Another seed", onclick: () => { seed.value = randomSeed(); } })),
    pushing, owning, bar, wrong,
  ], async () => {
    wrong.textContent = "";
    control = new AbortController();
    bar.hidden = !toward.value && !own.length;
    bar.value = 0;
    const said = await make({ styles: whole(styles), columns: columns.value === "" ? null : whole(columns), shared: shared.checked || Boolean(toward.value),
      seed: whole(seed), toward: toward.value || null, pictures: own.map(({ answer }) => answer.data) }, (share) => { bar.value = share; }, control.signal);
    bar.hidden = true;
    wrong.textContent = said ?? "";
    return !said;
  });
  dialog.addEventListener("close", () => control?.abort());
  return {
    element: dialog,
    open(now, readout, model, space) {
      if (fitted !== model) own = []; // they fit another model
      [fitted, drawn] = [model, space];
      owning.hidden = space.kind !== "image";
      drawOwn();
      pushing.hidden = !readout;
      toward.replaceChildren(...[["", "as they are drawn"], ["high", `to the highest ${readout}`], ["low", `to the lowest ${readout}`]]
        .map(([value, text]) => h("option", { value }, text)));
      shared.disabled = false;
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

/** {open(asked)}: an archive of plain files that shows all of this matrix; `asked` is {model, state, classifier, output}. */
export function exportDialog({ api, notices }) {
  const step = h("select", { class: "lx-select" });
  const said = h("p", { class: "lx-hint", role: "status" });
  const bar = h("progress", { max: 1, hidden: true, "aria-label": "Progress" });
  const cancel = button("Cancel", { name: "stop", title: "Stop drawing", hidden: true, onclick: () => files.cancel() });
  const files = exporter({ api, notices, path: "matrix/export", onchange: () => {
    const { busy, share } = files.status;
    bar.hidden = cancel.hidden = !busy;
    go.disabled = step.disabled = busy;
    if (share === null) bar.removeAttribute("value");
    else bar.value = share;
  } });
  const go = button("Export", { name: "down", title: "Draw and rate every picture, and save them with a page that shows them", disabled: true,
    onclick: () => files.save([{ ...asked, step: Number(step.value) }]) });
  const dialog = shell("Export as plain files", [row("Steps of mixes", step, "Finer steps are more pictures"), said,
    h("div", { class: "lx-sm-confirm" }, bar, cancel, go)]);
  dialog.addEventListener("close", () => files.cancel());
  let asked = null;

  function show({ limit, steps }) {
    const words = (one) => `${one.step === 1 ? "styles alone" : one.step}: ${one.count >= 1e15 ? "far too many" : one.count.toLocaleString("en")} pictures`;
    const able = steps.filter((one) => one.able), most = `at most ${limit.toLocaleString("en")} are made`;
    step.parentElement.hidden = !able.length;
    step.replaceChildren(...steps.map((one) => h("option", { value: one.step, disabled: !one.able, selected: one === able.at(-1) }, words(one))));
    go.disabled = step.disabled = !able.length;
    said.textContent = able.length ? `A page with every picture it can show, ${most}; any file server will do.`
      : `Even of styles alone, unmixed, there are ${words(steps[0]).split(": ")[1]}, and ${most}. Draw new styles: fewer of them, or fewer columns.`;
  }

  return {
    element: dialog,
    async open(now) {
      asked = now;
      const found = await notices.attempt(() => api.post("matrix/exports", { model: now.model, state: now.state }));
      if (!found) return;
      show(found);
      dialog.showModal();
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
