// A page of questions: scales, choices, free text. What is required is asked for before the page goes on.

import { h } from "./canvas.js";

/** Puts `items` down in `place`; `begun` is a draft; onleave({answer}) with item name to answer (null: not answered). */
export function questionnaire(place, { title, items }, { next = "Next", begun, onleave }) {
  const fields = items.map(field);
  const said = h("p", { class: "qz-said", role: "alert" });
  const form = h("form", { class: "qz-form", novalidate: true, onsubmit: (event) => {
    event.preventDefault();
    const missing = fields.filter(({ item, read }) => item.required && isEmpty(read()));
    fields.forEach(({ element }) => element.classList.remove("qz-missing"));
    if (missing.length) {
      missing.forEach(({ element }) => element.classList.add("qz-missing"));
      said.textContent = missing.length === 1 ? "One question is not answered yet." : `${missing.length} questions are not answered yet.`;
      for (const { element } of missing) element.querySelector("legend").dataset.missing = "please answer";
      missing[0].element.querySelector("input, textarea").focus();
      return;
    }
    form.querySelectorAll("input, textarea, button").forEach((one) => { one.disabled = true; });
    onleave({ answer: Object.fromEntries(fields.map(({ item, read }) => [item.name, isEmpty(read()) ? null : read()])) });
  } }, title ? h("h2", {}, title) : "", ...fields.map(({ element }) => element), said,
  h("div", { class: "qz-go" }, h("button", { type: "submit", class: "qz-button qz-primary" }, next)));
  drafted(form, fields, begun);
  place.replaceChildren(form);
}

/** Fills in what a draft holds of the fields of a form, and keeps in it what is answered from now on. */
export function drafted(form, fields, begun) {
  const kept = begun.read() ?? {};
  for (const { item, write } of fields) if (!isEmpty(kept[item.name] ?? null)) write(kept[item.name]);
  const keep = () => begun.keep(Object.fromEntries(fields.map(({ item, read }) => [item.name, read()])));
  for (const event of ["input", "change", "pointerup", "keyup"]) form.addEventListener(event, keep); // a touched slider may not have moved
}

/** One item with functions that read and write its answer. */
export function field(item) {
  return FIELDS[item.kind === "scale" && item.start !== null ? "slider" : item.kind](item);
}

function group(item, ...content) {
  const mark = item.required ? "" : h("span", { class: "qz-optional" }, " (optional)");
  return h("fieldset", { class: `qz-item qz-${item.kind}` }, h("legend", {}, item.text, mark), ...content);
}

const FIELDS = {
  scale(item) {
    const numbers = Array.from({ length: item.high - item.low + 1 }, (_, k) => item.low + k);
    const name = unique(item.name);
    const inputs = numbers.map((value) => h("input", { type: "radio", name, value, "aria-label":
      value === item.low ? `${value}, ${item.ends[0]}` : value === item.high ? `${value}, ${item.ends[1]}` : String(value) }));
    const row = h("div", { class: "qz-steps" }, h("span", { class: "qz-end" }, item.ends[0]),
      ...inputs.map((input, k) => h("label", {}, input, h("span", {}, String(numbers[k])))), h("span", { class: "qz-end" }, item.ends[1]));
    return { item, element: group(item, row), write: tick(inputs),
      read: () => { const one = inputs.find((input) => input.checked); return one ? Number(one.value) : null; } };
  },
  slider(item) {
    const input = h("input", { type: "range", min: item.low, max: item.high, step: 1, value: item.start, "aria-label": item.text,
      class: "qz-untouched", title: "Not answered yet: move it, or press it where it stands" });
    let touched = false;
    const touch = () => {
      touched = true;
      input.classList.remove("qz-untouched");
      input.title = "";
    };
    for (const event of ["input", "pointerdown"]) input.addEventListener(event, touch);
    input.addEventListener("keydown", ({ key }) => { if (key !== "Tab") touch(); });
    const row = h("div", { class: "qz-steps" }, h("span", { class: "qz-end" }, item.ends[0]), input, h("span", { class: "qz-end" }, item.ends[1]));
    return { item, element: group(item, row), read: () => (touched ? Number(input.value) : null),
      write: (answer) => { input.value = answer; touch(); } };
  },
  choice(item) {
    const name = unique(item.name);
    const inputs = item.options.map((value) => h("input", { type: "radio", name, value }));
    const rows = inputs.map((input, k) => h("label", { class: "qz-option" }, input, h("span", {}, item.options[k])));
    return { item, element: group(item, ...rows), write: tick(inputs), read: () => inputs.find((input) => input.checked)?.value ?? null };
  },
  several(item) {
    const inputs = item.options.map((value) => h("input", { type: "checkbox", value }));
    const rows = inputs.map((input, k) => h("label", { class: "qz-option" }, input, h("span", {}, item.options[k])));
    return { item, element: group(item, ...rows), write: tick(inputs), read: () => inputs.filter((input) => input.checked).map((input) => input.value) };
  },
  text(item) {
    const input = h("textarea", { rows: 3, maxlength: 4000, "aria-label": item.text });
    return { item, element: group(item, input), read: () => input.value.trim(), write: (answer) => { input.value = answer; } };
  },
};

/** Ticks those of `inputs` that an answer, or a list of answers, names. */
function tick(inputs) {
  return (answer) => inputs.forEach((input) => { input.checked = [answer].flat().map(String).includes(input.value); });
}

function isEmpty(answer) {
  return answer === null || answer === "" || (Array.isArray(answer) && !answer.length);
}

let names = 0;

function unique(name) {
  return `${name}-${(names += 1)}`;
}
