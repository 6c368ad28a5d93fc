// A card by hand: what is changed and by how much, and which way the readout should go.

import { button, h } from "./dom.js";

/** `ondone` is called once the card is there. */
export function cardForm(context, ondone) {
  const { api, notices, session } = context;
  const what = select("What is changed", "An axis, a category or a slot of the model", () => fields());
  const from = select("From", "The option that all codes are given first, or whichever each code has");
  const to = select("To", "The option after the change");
  const style = select("Style", "The style of another code that the slot takes");
  const size = h("input", { type: "number", class: "lx-hy-number", value: 1.5, step: 0.5, min: -100, max: 100, "aria-label": "Amplitude",
    title: "How far, in standard deviations of the axis over plausible codes; below zero it is lowered" });
  const sign = select("Prediction", "Which way the readout goes, on average");
  sign.replaceChildren(h("option", { value: "raises" }, "raises"), h("option", { value: "lowers" }, "lowers"));
  const on = h("strong", {}), about = h("p", { class: "lx-muted" }), lacking = h("p", { class: "lx-hy-empty" });
  const add = button("Add card", { name: "plus", title: "Add the card, to be tested", onclick: save });
  add.classList.add("lx-primary");
  const rows = { from: row("from", from), to: row("to", to), style: row("style", style), size: row("by", h("span", {}, size, " sd")) };
  const grid = h("div", { class: "lx-hy-form" }, row("Changing", what), rows.from, rows.to, rows.style, rows.size,
    row("predicted", h("span", {}, sign, " ", on)), add);
  const element = h("div", { class: "lx-hy-write" }, h("h2", {}, "Write a card"), lacking, about, grid);
  let drawn = null;

  function show() {
    const pair = context.pair(), gauge = context.gauge();
    lacking.textContent = pair ? "" : context.reason();
    lacking.hidden = Boolean(pair);
    grid.hidden = about.hidden = !pair;
    if (!pair || !gauge) return;
    about.textContent = `A hypothesis about ${pair.model} as read by ${pair.classifier}. The readout is the one chosen above. `
      + "A test draws codes that no search has seen; the prediction may turn out wrong.";
    on.textContent = gauge.name;
    if (drawn === pair) return;
    drawn = pair;
    const group = (label, options) => (options.length ? [h("optgroup", { label }, ...options)] : []);
    const axes = (kind) => pair.axes.filter((axis) => (axis.kind === "category") === (kind === "switch"))
      .map((axis) => h("option", { value: `${kind}:${axis.name}` }, axis.kind === "direction" ? `${axis.name} (direction)` : axis.name));
    what.replaceChildren(...group("Axes", axes("shift")), ...group("Categories", axes("switch")),
      ...group("Slots", pair.styles.map(({ slot }) => h("option", { value: `style:${slot}` }, slot))));
    fields();
  }

  const chosen = () => {
    const [, kind, name] = /^(\w+):(.*)$/s.exec(what.value) ?? [];
    return { kind, name };
  };

  function fields() {
    const { kind, name } = chosen(), pair = context.pair();
    rows.size.hidden = kind !== "shift";
    rows.from.hidden = rows.to.hidden = kind !== "switch";
    rows.style.hidden = kind !== "style";
    const option = (value) => h("option", { value }, value);
    if (kind === "switch") {
      const { options } = pair.axes.find((axis) => axis.name === name);
      from.replaceChildren(h("option", { value: "" }, "whichever each code has"), ...options.map(option));
      to.replaceChildren(...options.map(option));
    }
    if (kind === "style") style.replaceChildren(...pair.styles.find(({ slot }) => slot === name).labels.map(option));
  }

  async function save() {
    const { kind, name } = chosen(), pair = context.pair(), gauge = context.gauge();
    if (!pair || !gauge) return;
    const change = { shift: { kind, axis: name, amplitude: Number(size.value) },
      switch: { kind, axis: name, option: to.value, start: from.value || null }, style: { kind, slot: name, label: style.value } }[kind];
    add.disabled = true;
    const made = await notices.attempt(() => api.post("hypotheses/write",
      { model: pair.model, classifier: pair.classifier, output: gauge.output, sign: sign.value, change }));
    if (made && await session.add(made.hypothesis)) ondone();
    add.disabled = false;
  }

  return { element, show, focus: () => what.focus() };
}

function select(label, title, onchange = () => {}) {
  return h("select", { class: "lx-select", "aria-label": label, title, onchange });
}

function row(text, control) {
  return h("label", { class: "lx-hy-row" }, h("span", {}, text), control);
}
