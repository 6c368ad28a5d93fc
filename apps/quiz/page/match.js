// One reconstruction: dials, the two pictures, how well they agree, and the record of what the hand did.

import { h, mount, readAxis } from "./canvas.js";
import { agreementOf, errorBetween, valuesOf } from "./agreement.js";
import { pair } from "./match_pictures.js";
import { recorder } from "./recorder.js";

let chosen = null; // side by side or not, once a participant has chosen: for all further questions

/**
 * Puts a question down in `place`.
 *
 * question: {decoder, axes as the canvas takes them, each with its `number` in records, space, layout, range, start, start_frame, target: {shape, data|bytes}, display,
 *   goal: {agreement: {name, ...}, threshold, reached_at, skip_after_s (null: never)}}; `source` draws codes.
 * onleave({outcome, duration_ms, history, answer}) is called once, when the participant goes on.
 * Returns {close()}.
 */
export function match(place, question, { source, next = "Next", onleave }) {
  const { goal } = question, display = { ...question.display, overlay: chosen ?? question.display.overlay };
  const axes = question.axes.map((axis) => ({ ...axis, center: readAxis(axis, question.start) })); // a reset goes back there
  const measure = agreementOf(goal.agreement);
  const target = { shape: question.target.shape, values: valuesOf(unpacked(question.target)) };
  const now = { code: question.start.slice(), drawn: question.start.slice(), agreement: null, error: null, solved: false };
  let record = null, moved = question.start.slice();

  const stage = h("div", { class: `qz-pictures ${question.space.kind === "series" ? "qz-curves" : ""}` });
  const meter = bar(goal);
  const overlay = h("button", { type: "button", class: "qz-button", title: "Show the two pictures one over the other or side by side",
    onclick: () => {
      chosen = display.overlay = !display.overlay;
      overlay.textContent = display.overlay ? "Side by side" : "One over the other";
      pictures.overlay(display.overlay);
    } }, display.overlay ? "Side by side" : "One over the other");
  const go = h("button", { type: "button", class: "qz-button qz-primary", hidden: true, onclick: () => leave("solved") }, next);
  const skip = h("button", { type: "button", class: "qz-button", hidden: true, title: "Go on without having matched it",
    onclick: () => leave("skipped") }, "Skip (no penalty)");
  const said = h("p", { class: "qz-said", role: "status" });
  const dials = h("div", { class: "qz-dials" });
  place.replaceChildren(h("div", { class: "qz-match" },
    h("div", { class: "qz-look" }, stage, meter.element, h("div", { class: "qz-tools" }, overlay, skip, go), said), dials));
  const pictures = pair(stage, question.space, display);
  pictures.target(target);

  const canvas = mount(dials, { model: question.decoder, layout: question.layout, axes, space: question.space,
    code: question.start, frame: question.start_frame && unpacked(question.start_frame), range: question.range, source,
    plain: true, previewSize: Infinity, theme: "class", showStats: false, storageKey: null,
    onMove: (code, { axis }) => {
      record?.move(code, axes[axis].number, readAxis(axes[axis], code), readAxis(axes[axis], moved));
      moved = code;
    },
    onPicture: (picture, code) => seen(picture, code) });
  if (question.start_frame) seen(unpacked(question.start_frame), question.start);
  const patience = setInterval(() => {
    if (!now.solved && goal.skip_after_s !== null && record?.activeSeconds() >= goal.skip_after_s) skip.hidden = false;
  }, 200);

  function seen(picture, code) {
    if (now.solved) return;
    const own = { shape: picture.shape, values: valuesOf(picture) };
    record ??= recorder(question.start, { dials: question.axes }); // the question is there when its first picture is
    pictures.own(own);
    Object.assign(now, { drawn: Array.from(code), agreement: measure(own.values, target.values),
      error: errorBetween(own.values, target.values) });
    const solved = now.agreement >= goal.reached_at;
    record.drawn(now.drawn, now.agreement, now.error, solved);
    meter.show(now.agreement);
    if (solved) solve();
  }

  function solve() {
    now.solved = true;
    canvas.setCode(now.drawn); // a hand may have been on its way to somewhere else
    canvas.setDisabled(true);
    skip.hidden = true;
    go.hidden = false;
    said.textContent = "Matched.";
    go.focus();
    go.scrollIntoView({ block: "nearest" });
  }

  function leave(outcome) {
    if (!record) return;
    // Skipped while the newest picture was on its way: the hand counts, and the server judges what it left.
    const behind = outcome === "skipped" && moved.some((value, k) => value !== now.drawn[k]);
    const answer = behind ? { code: moved, agreement: null, error: null }
      : { code: now.drawn, agreement: now.agreement, error: now.error };
    const { duration_ms, history } = record.finish(answer.code, answer.agreement, answer.error);
    const done = { outcome, duration_ms, history, answer };
    record = null;
    canvas.setDisabled(true);
    go.disabled = skip.disabled = true;
    onleave(done);
  }

  return { close() { clearInterval(patience); canvas.destroy(); } };
}

/** How well they agree, with a mark where it is enough. */
function bar({ threshold, reached_at }) {
  const fill = h("i", {}), mark = h("b", { style: `left:${100 * threshold}%` });
  const text = h("span", { class: "qz-percent" });
  const track = h("div", { class: "qz-track", role: "meter", "aria-label": "Agreement with the target",
    "aria-valuemin": 0, "aria-valuemax": 100 }, fill, mark);
  const element = h("div", { class: "qz-meter" }, h("span", {}, "Agreement"), track, text);
  return { element, show(agreement) {
    const percent = 100 * Math.max(0, agreement);
    fill.style.width = `${percent}%`;
    const there = agreement >= reached_at;
    element.classList.toggle("qz-there", there);
    track.setAttribute("aria-valuenow", percent.toFixed(1));
    text.textContent = `${percent.toFixed(1)} / ${Number((100 * threshold).toFixed(1))} %${there ? " ✓" : ""}`;
  } };
}

/** A picture that came as base64 or as bytes. */
export function unpacked({ shape, bytes, data }) {
  return { shape, bytes: bytes ?? Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0)).buffer };
}
