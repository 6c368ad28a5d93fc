// Which column stands first: as the model has them, or by how much a swap of its style changes.

import { h } from "./dom.js";

/** {element, draw(scale), bars(), placed(view), measure(asked, view)}; `chosen()` is called by a hand, `changed()` by news. */
export function columnOrder({ api, notices, chosen, changed }) {
  let order = "model", matters = null, about = null;
  const element = h("select", { class: "lx-select", "aria-label": "Order of columns", title: "Which column stands first", onchange: () => {
    order = element.value;
    chosen();
  } });

  function draw(scale) {
    const choices = [["model", "in the model's order"], ["pixels", "by change of the picture"], ...(scale ? [["ratings", `by change of ${scale.name}`]] : [])];
    if (!choices.some(([name]) => name === order)) order = "model";
    element.replaceChildren(...choices.map(([value, text]) => h("option", { value, selected: value === order }, text)));
  }

  /** How much each column matters, between 0 and 1; null where it is not known or not asked. */
  function bars() {
    const found = order === "model" ? null : matters?.[order];
    if (!found) return null;
    const most = Math.max(...found) || 1;
    return found.map((value) => value / most);
  }

  function placed({ slots }) {
    const every = slots.map((_, k) => k), sizes = bars();
    return sizes ? every.sort((a, b) => sizes[b] - sizes[a]) : every;
  }

  /** Once a bank and readout; `asked` is {model, classifier, output}. */
  async function measure(asked, view) {
    const key = JSON.stringify([view.bank, asked]);
    if (about !== key) [about, matters] = [null, null];
    if (order === "model" || about === key) return;
    about = key;
    const found = await notices.attempt(async () => {
      let answer = null;
      await api.stream("matrix/sensitivity", { ...asked, settings: view.state.settings }, (piece) => {
        if (piece.type === "sensitivity") answer = piece;
      }, new AbortController().signal);
      return answer;
    });
    if (about !== key) return;
    if (found) matters = found;
    else about = null;
    changed();
  }

  return { element, draw, bars, placed, measure };
}
