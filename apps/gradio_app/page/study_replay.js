// One answer of a study played again: output beside target, drawn as the participant saw them, and how well they agreed.

import { h, httpSource } from "./canvas.js";
import { unpacked } from "./match.js";
import { pair } from "./match_pictures.js";
import { valuesOf } from "./agreement.js";

const SPEEDS = [1, 4, 16], WIDE = 640, HIGH = 120, ROOM = { left: 40, right: 8, top: 8, bottom: 22 };

/**
 * Plays `value` in `place`: {model, outcome, space, display, drawn (the target's picture), t_ms, code, axis, agreement,
 * threshold, dials}; `base` is the server's path, below which /canvas/decode draws codes. Returns {close()}.
 */
export function replay(place, value, { base }) {
  const source = httpSource(`${base}/canvas/decode`);
  const now = { at: 0, playing: false, speed: 4, asked: -1, shown: -1, closed: false };
  const count = value.t_ms.length, end = value.t_ms[count - 1];

  const stage = h("div", { class: "qz-pictures" });
  const play = h("button", { type: "button", class: "qz-button qz-primary lx-play", onclick: () => run(!now.playing) }, "Play");
  const speed = h("button", { type: "button", class: "qz-button", title: "How many times faster than it was",
    onclick: () => {
      now.speed = SPEEDS[(SPEEDS.indexOf(now.speed) + 1) % SPEEDS.length];
      speed.textContent = `${now.speed}×`;
    } }, "4×");
  const scrub = h("input", { type: "range", min: 0, max: count - 1, step: 1, value: 0, "aria-label": "Moment of the answer",
    class: "lx-scrub", oninput: () => { run(false); go(Number(scrub.value)); } });
  const said = h("p", { class: "lx-replay-said" });
  const curve = chart(value, (share) => { run(false); go(Math.round(share * (count - 1))); });
  place.replaceChildren(h("div", { class: "qz lx-replay-body" }, stage,
    h("div", { class: "lx-replay-side" }, curve.element, scrub, h("div", { class: "lx-replay-tools" }, play, speed, said))));
  const pictures = pair(stage, value.space, { ...value.display });
  const target = unpacked(value.drawn);
  pictures.target({ shape: target.shape, values: valuesOf(target) });
  go(0);

  function go(at) {
    now.at = Math.max(0, Math.min(count - 1, at));
    scrub.value = now.at;
    curve.at(now.at);
    const dial = value.dials[value.axis[now.at]];
    said.textContent = `${(value.t_ms[now.at] / 1000).toFixed(1)} of ${(end / 1000).toFixed(1)} s · ` +
      `agreement ${(100 * value.agreement[now.at]).toFixed(1)} %${dial ? ` · ${dial}` : ""}` +
      `${now.at === count - 1 ? ` · ${value.outcome}` : ""}`;
    draw();
  }

  /** One request at a time; the moment that is wanted when it comes back is asked for next. */
  async function draw() {
    if (now.asked >= 0 || now.shown === now.at) return;
    const at = now.asked = now.at;
    try {
      const answer = await source.request({ model: value.model, code: value.code[at], size: null, seq: at });
      if (now.closed) return;
      const picture = { shape: answer.shape, bytes: answer.bytes };
      pictures.own({ shape: answer.shape, values: valuesOf(picture) });
    } catch (error) {
      said.textContent = error.message;
      run(false);
    }
    now.shown = at;
    now.asked = -1;
    if (!now.closed && now.at !== at) draw();
  }

  function run(on) {
    now.playing = on;
    play.textContent = on ? "Pause" : "Play";
    if (!on) return;
    if (now.at >= count - 1) go(0);
    let last = performance.now(), t = value.t_ms[now.at];
    const step = (time) => {
      if (!now.playing || now.closed) return;
      t += (time - last) * now.speed;
      last = time;
      let at = now.at;
      while (at < count - 1 && value.t_ms[at + 1] <= t) at++;
      if (at !== now.at) go(at);
      if (at >= count - 1) run(false);
      else requestAnimationFrame(step);
    };
    requestAnimationFrame(step);
  }

  return { close() { now.closed = true; now.playing = false; } };
}

/** Agreement over time, the threshold, and a mark that moves; a click goes there. */
function chart({ t_ms, agreement, threshold }, onpick) {
  const end = t_ms[t_ms.length - 1] || 1;
  const x = (t) => ROOM.left + (t / end) * (WIDE - ROOM.left - ROOM.right);
  const y = (a) => HIGH - ROOM.bottom - a * (HIGH - ROOM.top - ROOM.bottom);
  const line = svg("polyline", { class: "lx-agree", points: t_ms.map((t, k) => `${x(t).toFixed(1)},${y(agreement[k]).toFixed(1)}`).join(" ") });
  const mark = svg("line", { class: "lx-now", y1: ROOM.top, y2: HIGH - ROOM.bottom });
  const goal = threshold === null ? [] : [svg("line", { class: "lx-goal", x1: ROOM.left, x2: WIDE - ROOM.right, y1: y(threshold), y2: y(threshold) })];
  const label = (text, at) => Object.assign(svg("text", at), { textContent: text });
  const element = svg("svg", { viewBox: `0 0 ${WIDE} ${HIGH}`, class: "lx-curve", role: "img", "aria-label": "Agreement with the target over time" },
    svg("line", { class: "lx-axis", x1: ROOM.left, x2: WIDE - ROOM.right, y1: y(0), y2: y(0) }), ...goal, line, mark,
    label("100 %", { x: ROOM.left - 6, y: y(1) + 4, "text-anchor": "end" }), label("0 %", { x: ROOM.left - 6, y: y(0) + 4, "text-anchor": "end" }),
    label("0 s", { x: ROOM.left, y: HIGH - 6 }), label(`${(end / 1000).toFixed(0)} s`, { x: WIDE - ROOM.right, y: HIGH - 6, "text-anchor": "end" }));
  element.addEventListener("click", (event) => {
    const box = element.getBoundingClientRect();
    const at = ((event.clientX - box.left) / box.width) * WIDE;
    onpick(Math.max(0, Math.min(1, (at - ROOM.left) / (WIDE - ROOM.left - ROOM.right))));
  });
  return { element, at(k) {
    mark.setAttribute("x1", x(t_ms[k]));
    mark.setAttribute("x2", x(t_ms[k]));
  } };
}

function svg(tag, attributes, ...children) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}
