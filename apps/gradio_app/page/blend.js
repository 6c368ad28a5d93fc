// The walk from code A to code B: a scrubber, an animation, and files to take away.

import { button, debounced, h, icon, saveFile } from "./dom.js";
import { thumbnail, unpack } from "./thumbnails.js";

const FRAMES = 61;
const FRAME_MS = 50;

export function blend(panel, tools) {
  const { api, state, notices } = tools;
  const set = (which) => button(`Set ${which.toUpperCase()}`, { title: `Make what the sliders show ${which.toUpperCase()}`,
    onclick: () => state.set({ [which]: tools.code() }, "blend") });
  const swap = button("", { name: "swap", title: "Exchange A and B", onclick: () => state.set({ a: state.now.b, b: state.now.a }, "blend") });
  const scrub = h("input", { type: "range", class: "lx-scrub", min: 0, max: FRAMES - 1, step: 1, value: 0, "aria-label": "From A to B",
    oninput: () => { stop(); show(Number(scrub.value)); }, onchange: () => commit() });
  const play = button("Play", { name: "play", title: "Walk from A to B and back", onclick: () => (timer ? stop() : begin()) });
  const film = h("div", { class: "lx-film", "aria-hidden": "true" });
  const hint = h("p", { class: "lx-hint" });
  const files = [["gif", "GIF", "Animated film"], ["png", "PNG", "Strip of pictures"], ["csv", "CSV", "Table of the codes"]].map(([as, text, title]) =>
    button(text, { name: "down", title: `Download: ${title}`, onclick: () => save(as) }));
  const walk = h("div", { class: "lx-walk" }, film, scrub);
  panel.append(h("div", { class: "lx-blend" }, h("div", { class: "lx-buttons" }, set("a"), set("b"), swap, play,
    h("div", { class: "lx-grow" }), h("span", { class: "lx-muted" }, "Download"), ...files), hint, walk));
  let codes = null, timer = null, asked = 0;

  /** Nothing can be walked until the walk is here. */
  function forget() {
    codes = null;
    stop();
    for (const one of [scrub, play]) one.disabled = true;
    soon();
  }

  async function load() {
    const ticket = ++asked;
    const facts = tools.facts();
    if (panel.hidden || !facts) return;
    const { a, b } = state.now;
    const ready = a?.length === facts.code.length && b?.length === facts.code.length;
    for (const one of [swap, ...files]) one.disabled = !ready;
    walk.hidden = !ready;
    hint.hidden = ready;
    const both = "Move the sliders and set A, move them again and set B; the walk between them appears here.";
    hint.textContent = a && !b ? "A is set. Move the sliders and set B." : b && !a ? "B is set. Move the sliders and set A." : both;
    if (!ready || codes) return;
    const answer = await notices.attempt(() => api.post("line", { model: facts.model, a, b, count: FRAMES, thumbnails: 11 }));
    if (!answer || ticket !== asked) return;
    codes = answer.codes;
    for (const one of [scrub, play]) one.disabled = false;
    film.replaceChildren(...unpack(answer).map((one) => thumbnail(one, facts.space)));
    notices.say(answer.note);
  }

  function show(at) {
    if (!codes) return;
    scrub.value = at;
    tools.go(codes[at], { live: true });
  }

  function commit() {
    if (codes) tools.go(codes[Number(scrub.value)], { commit: true });
  }

  function begin() {
    let at = Number(scrub.value), step = at < FRAMES - 1 ? 1 : -1;
    label("pause", "Pause");
    timer = setInterval(() => {
      if (at + step < 0 || at + step >= FRAMES) step = -step;
      show(at += step);
    }, FRAME_MS);
  }

  function stop() {
    if (!timer) return;
    clearInterval(timer);
    timer = null;
    label("play", "Play");
    commit();
  }

  function label(name, text) {
    play.replaceChildren(icon(name), h("span", {}, text));
  }

  function save(as) {
    notices.attempt(async () => {
      saveFile(await api.file("download", { model: tools.facts().model, a: state.now.a, b: state.now.b, as, count: as === "png" ? 11 : 31 }));
    });
  }

  const soon = debounced(50, load);
  panel.addEventListener("open", soon);
  tools.onFacts.push((facts, { renamed = false } = {}) => { if (!renamed) forget(); });
  state.listen((changed) => {
    const has = (...names) => names.some((one) => changed.has(one));
    if (has("a", "b", "workspace") && !has("model")) stop(); // where it stands is no code of another model
    if (has("a", "b", "model")) forget();
  });
  forget();
}
