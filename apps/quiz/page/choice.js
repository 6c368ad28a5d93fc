// One question about one dial: what explains it above, a picture, and where its dial stands.

import { h } from "./canvas.js";
import { valuesOf } from "./agreement.js";
import { unpacked } from "./match.js";
import { single } from "./match_pictures.js";
import { drafted, field } from "./questionnaire.js";

/**
 * question: {space, dial, options, items, picture: {shape, data}, panel: {columns, titles, rows: [[picture]]} | null, pixels}.
 * `more(number)` resolves to another panel; `begun`, a draft, may hold answers; onleave({outcome, duration_ms, answer}).
 */
export function choice(place, question, { more, begun = null, clock = () => performance.now(), onleave }) {
  const began = clock();
  const { space, pixels } = question;
  let shown = 0;
  const panel = h("div", { class: "qz-panel" });
  const another = h("button", { type: "button", class: "qz-button", onclick: async () => {
    another.disabled = true;
    try {
      const answer = await more(shown + 1);
      shown += 1;
      draw(answer);
      said.textContent = "";
    } catch (error) {
      said.textContent = error.message;
    } finally {
      another.disabled = false;
    }
  } }, "Show more");
  const where = field({ name: "option", text: `Where does ${question.dial} stand in this picture?`, kind: "choice",
    options: question.options, required: true });
  where.element.classList.add("qz-inline");
  const rated = question.items.map(field);
  const said = h("p", { class: "qz-said", role: "alert" });
  const form = h("form", { class: "qz-form", novalidate: true, onsubmit: (event) => {
    event.preventDefault();
    const missing = [where, ...rated].filter(({ item, read }) => item.required && read() === null);
    if (missing.length) {
      said.textContent = missing.length === 1 ? "One question is not answered yet." : `${missing.length} questions are not answered yet.`;
      missing[0].element.querySelector("input").focus();
      return;
    }
    form.querySelectorAll("input, button").forEach((one) => { one.disabled = true; });
    const answers = Object.fromEntries(rated.map(({ item, read }) => [item.name, read()]));
    onleave({ outcome: "answered", duration_ms: clock() - began,
      answer: { option: question.options.indexOf(where.read()), more: shown, ...answers } });
  } },
  h("div", { class: "qz-ask" }, single(space, "The picture asked about", read(question.picture), 2 * pixels), where.element),
  ...rated.map(({ element }) => element), said,
  h("div", { class: "qz-go" }, h("button", { type: "submit", class: "qz-button qz-primary" }, "Answer")));

  if (begun) drafted(form, [where, ...rated], begun);

  function draw({ columns, titles, rows }) {
    const heads = columns.map((title) => h("th", { scope: "col" }, title));
    const lines = rows.map((row, k) => h("tr", {}, titles.length ? h("th", { scope: "row" }, titles[k]) : "",
      ...row.map((one) => h("td", {}, single(space, "", read(one), pixels)))));
    panel.replaceChildren(h("table", {}, heads.length ? h("thead", {}, h("tr", {}, ...heads)) : "", h("tbody", {}, ...lines)));
  }

  const explained = question.panel && h("section", { class: "qz-explained", "aria-label": `What ${question.dial} does` },
    h("h2", {}, `What ${question.dial} does`), panel, another);
  if (question.panel) draw(question.panel);
  place.replaceChildren(h("div", { class: "qz-choice" }, explained ?? "", form));
}

function read(picture) {
  const whole = unpacked(picture);
  return { shape: whole.shape, values: valuesOf(whole) };
}
