// Instructions and the toy with two dials, which teaches the page without showing the model.

import { drawPixels, h, mount } from "./canvas.js";
import { choice } from "./choice.js";
import { match } from "./match.js";
import { LAYOUT, SOURCE, SPACE, dials, disc } from "./toy.js";

/**
 * question: {html, task, goal, required, items, options, bins, demonstrations, matches, choices};
 * `begun`, a draft, keeps the tries that are done. onleave({outcome, duration_ms, answer}) is called once. Returns {close()}.
 */
export function practice(place, question, { begun, clock = () => performance.now(), onleave }) {
  const began = clock(), answers = begun.read() ?? [], open = [];
  const toys = h("div", { class: "qz-toys" });
  const text = h("div", { class: "qz-text" });
  text.innerHTML = question.html; // made by the server's Markdown reader, which lets no HTML of the study file through
  const stage = h("div", { class: "qz-practice" });
  const count = (question.task === "reconstruction" ? question.matches : question.choices).length;
  const step = h("h2", {}, `Practice: 1 of ${count}`);
  place.replaceChildren(h("div", { class: "qz-lesson" }, text, h("h2", {}, "Play with it first"), toys, step, stage,
    question.required ? "" : h("div", { class: "qz-go" },
      h("button", { type: "button", class: "qz-button", onclick: () => leave("skipped") }, "Skip the practice"))));
  for (const code of question.demonstrations) {
    const { element, canvas } = toy(code);
    toys.append(element);
    open.push({ close: () => canvas.destroy() });
  }
  const next = question.task === "reconstruction" ? reconstruct : ask;
  next(answers.length);
  return { close: () => open.forEach((one) => one.close()) };

  function leave(outcome = "passed") {
    onleave({ outcome, duration_ms: clock() - began, answer: { answers } });
  }

  function tried(answer) {
    answers.push(answer);
    begun.keep(answers);
    next(answers.length);
  }

  function reconstruct(k) {
    if (k === count) return leave();
    const [start, target] = question.matches[k];
    step.textContent = `Practice: ${k + 1} of ${count}`;
    if (k) step.scrollIntoView({ block: "start" });
    open.push(match(stage, { decoder: "toy", space: SPACE, layout: LAYOUT, axes: dials(start), range: "full", start, start_frame: disc(start),
      target: disc(target), goal: question.goal,
      display: { overlay: true, rounded: false, width: null, pixels: 192 } }, { source: SOURCE,
      next: k + 1 < count ? "Next" : "Start", onleave: ({ duration_ms }) => {
        open.pop().close();
        tried({ seconds: Math.round(duration_ms / 100) / 10 });
      } }));
    return null;
  }

  function ask(k) {
    if (k === count) return leave();
    const [code, right] = question.choices[k];
    step.textContent = `Practice: ${k + 1} of ${count}`;
    choice(stage, { space: SPACE, dial: "Dial 1", options: question.options, items: question.items, picture: disc(code), pixels: 54,
      panel: question.task === "none" ? null : examples(question) }, { more: async () => examples(question), onleave: ({ answer }) => {
      tried({ ...answer, right: answer.option === right });
    } });
    return null;
  }
}

/** A toy to play with, without a task: {element, canvas}. */
function toy(code) {
  const place = h("div", { class: "qz-toy" });
  const picture = h("canvas", { class: "qz-pixels", width: 1, height: 1, style: "width:96px;height:96px", role: "img", "aria-label": "Toy" });
  const sliders = h("div", { class: "qz-dials" });
  place.append(picture, sliders);
  const draw = ({ shape, bytes }) => drawPixels(picture, shape, new Uint8Array(bytes));
  draw(disc(code));
  const canvas = mount(sliders, { model: "toy", layout: LAYOUT, axes: dials(code), space: SPACE, code, frame: disc(code), range: "full",
    source: SOURCE, plain: true, theme: "class", showStats: false, storageKey: null, onPicture: draw });
  return { element: place, canvas };
}

/** A panel of the toy about dial 1: pictures drawn anew each time. */
function examples({ task, options, bins }) {
  const between = ([low, high]) => low + Math.random() * (high - low);
  if (task === "exemplars") {
    return { columns: [], titles: options, rows: bins.map((bin) => Array.from({ length: 8 }, () => disc([between(bin), Math.random()]))) };
  }
  const sorted = task === "samples" ? () => Array.from({ length: 7 }, Math.random).sort((a, b) => a - b) : () => Array.from({ length: 7 }, (_, k) => 0.03 + (0.94 * k) / 6);
  return { columns: ["Low", "", "", "Medium", "", "", "High"], titles: [],
    rows: Array.from({ length: 5 }, () => { const shade = Math.random(); return sorted().map((value) => disc([value, task === "samples" ? Math.random() : shade])); }) };
}
