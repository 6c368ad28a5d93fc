// The page's one state, shared by all workspaces and kept in the address: a copied link or a reload restores it.

import { explainFromFields, explainToFields } from "./explain_link.js";
import { hypothesesFromFields, hypothesesToFields } from "./hypotheses_link.js";

const CODE_DIGITS = 5;

/**
 * {model, card, code, range, compare, a, b, names, explain, hypotheses, workspace, theme}; `set` changes some of them and tells
 * listeners which. A code of null means the model's own start; a card other than null is the classifier that Models
 * shows; `explain` and `hypotheses` are what these workspaces show, see explain_link.js and hypotheses_link.js.
 */
export function createState(initial) {
  const listeners = new Set();
  const state = {
    get: () => ({ ...state.now }),
    now: { model: null, card: null, code: null, range: "percentile", compare: null, a: null, b: null, names: {}, explain: null, hypotheses: null, ...initial },
    set(changes, from = null) {
      const changed = Object.keys(changes).filter((name) => !same(changes[name], state.now[name]));
      if (!changed.length) return;
      state.now = { ...state.now, ...pick(changes, changed) };
      listeners.forEach((listener) => listener(new Set(changed), from));
    },
    listen: (listener) => { listeners.add(listener); return () => listeners.delete(listener); },
  };
  return state;
}

/** The state as the part of an address after #; what is at its default is left out. */
export function toHash(state) {
  const fields = new URLSearchParams();
  if (state.workspace && state.workspace !== state.home) fields.set("workspace", state.workspace);
  if (state.model) fields.set("model", state.model);
  if (state.card) fields.set("card", state.card);
  for (const name of ["code", "a", "b"]) {
    const own = name === "code" && same(state.code, state.start); // the model's start need not be told
    if (state[name] && !own) fields.set(name, state[name].map(short).join(","));
  }
  if (state.workspace === "Explain") explainToFields(state.explain, fields);
  if (state.workspace === "Hypotheses") hypothesesToFields(state.hypotheses, fields);
  if (state.range === "full") fields.set("range", "full");
  if (state.compare) fields.set("compare", state.compare);
  if (Object.keys(state.names ?? {}).length) fields.set("names", JSON.stringify(state.names));
  return `#${fields.toString().replaceAll("%2F", "/").replaceAll("%2C", ",").replaceAll("%3A", ":")}`;
}

/** What an address asks for; anything malformed is ignored. */
export function fromHash(hash) {
  const fields = new URLSearchParams(hash.replace(/^#/, ""));
  const found = {};
  for (const name of ["workspace", "model", "card", "compare"]) {
    const value = fields.get(name);
    if (value && value.length <= 200) found[name] = value;
  }
  for (const name of ["code", "a", "b"]) {
    const numbers = (fields.get(name) ?? "").split(",").filter(Boolean).map(Number);
    if (numbers.length && numbers.every(Number.isFinite)) found[name] = numbers;
  }
  const explain = explainFromFields(fields);
  if (explain) found.explain = explain;
  const hypotheses = hypothesesFromFields(fields);
  if (hypotheses) found.hypotheses = hypotheses;
  if (["full", "percentile"].includes(fields.get("range"))) found.range = fields.get("range");
  try {
    const names = Object.entries(JSON.parse(fields.get("names") ?? "{}")).filter(([, name]) => typeof name === "string");
    if (names.length) found.names = Object.fromEntries(names.map(([axis, name]) => [axis, name.slice(0, 60)]));
  } catch {
    // a mangled link: the rest of it still holds
  }
  return found;
}

export function same(one, other) {
  return one === other || JSON.stringify(one) === JSON.stringify(other);
}

function short(value) {
  return String(Number(value.toPrecision(CODE_DIGITS)));
}

function pick(source, names) {
  return Object.fromEntries(names.map((name) => [name, source[name]]));
}
