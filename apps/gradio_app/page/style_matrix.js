// Style matrix: what a picture is made of, slot by slot, mixed by hand, with what a classifier says of every change.

import { button, debounced, h, saveFile } from "./dom.js";
import { segments } from "./explain_controls.js";
import { opening } from "./model_list.js";
import { columns, paintTile } from "./style_matrix_columns.js";
import { exportDialog, gridDialog, randomSeed, stylesDialog } from "./style_matrix_dialogs.js";
import { matrixFromText, matrixToText } from "./style_matrix_link.js";
import { livePreview } from "./style_matrix_live.js";
import { columnOrder } from "./style_matrix_order.js";
import { pictureStore } from "./style_matrix_pictures.js";
import { referenceStrip } from "./style_matrix_references.js";
import { colorOf, lettering, spoken } from "./style_matrix_scale.js";
import { thumbnail } from "./thumbnails.js";

const SMALL = 128; // pixels of a tile's side at most, and of what is drawn while a hand moves
const LARGE = 1024;
const MOST_STEPS = 200; // to undo
const KEY = "latent-explorer/style-matrix";
const MOST_MARKS = 100;
const MOST_BYTES = 16 * 2 ** 20; // of a session's file

/** See hypotheses.js for `context`. */
export function mount(element, context) {
  const { api, state, notices, tools } = context;
  const sessions = new Map(); // of each model, while the page lasts: {view, past, future, marks}
  let session = null, model = null, scale = null, scaleKey = null, beginning = null, turn = Promise.resolve();

  const store = pictureStore({ api, notices, changed: debounced(16, () => paint()) });
  const live = livePreview({ api, notices, seen: previewed });
  const matrix = columns({ paint: (one, key) => paintTile(one, { key, space: session.view.space, ...look(key) }), drag, drop,
    apply: (slot, style) => run("apply", { slot, style }), move: (slot, source, target) => run("move", { slot, source, target }),
    copy: (slot) => run("copy", { slot }) });
  const strip = referenceStrip({ select: (number) => run("select", { number }) });
  const newStyles = stylesDialog({ make: restyle, prepare: (file) => api.prepare(model, file, { fit: "pad", invert: "auto" }) }), grid = gridDialog({ api }), taken = exportDialog({ api, notices });

  // ------------------------------------------------------------------------------------------- the page

  const waiting = h("p", { class: "lx-waiting", role: "status" }, "Loading …");
  const views = segments("View", [["style", "Styles", "Every tile is a style alone"],
    ["result", "Results", "Every tile is the picture with this one style in this one column: what that change alone would do"]], (view) => run("show", { view }));
  const undo = button("Undo", { title: "Undo (Ctrl+Z)", onclick: () => travel("past", "future") });
  const redo = button("Redo", { title: "Redo (Ctrl+Shift+Z)", onclick: () => travel("future", "past") });
  const order = columnOrder({ api, notices, chosen: () => draw(), changed: () => paint() });
  const large = h("div", { class: "lx-sm-large" });
  const reading = h("p", { class: "lx-sm-reading", role: "status" });
  const legend = h("div", { class: "lx-sm-legend" });
  const note = h("p", { class: "lx-hy-note", role: "status" });
  const paste = button("Paste", { title: "Give this picture what was copied", onclick: () => run("paste", { number: session.view.state.selected }) });
  const remove = button("Delete", { title: "Take this picture away", onclick: () => run("delete", { number: session.view.state.selected }) });
  const marks = h("select", { class: "lx-select lx-wide", "aria-label": "Bookmarks", title: "Go to a bookmark", onchange: () => goTo(Number(marks.value)) });
  const file = h("input", { type: "file", accept: ".json,application/json", hidden: true, onchange: () => { load(file.files[0]); file.value = ""; } });
  const group = (title, ...children) => h("section", {}, h("h2", { class: "lx-group" }, title), h("div", { class: "lx-sm-buttons" }, ...children));
  const bar = h("div", { class: "lx-hy-tools" }, views.element, undo, redo, h("label", {}, "Columns ", order.element), h("span", { class: "lx-grow" }),
    button("New pictures", { name: "dice", title: "Other random mixes of the same styles", onclick: () => run("pictures", { seed: randomSeed(), count: 8 }) }),
    button("New styles …", { title: "Draw other styles: how many, in how many columns, from which seed", onclick: () => newStyles.open(session.view.state.settings, scale?.name ?? null, model, session.view.space) }),
    button("Style-mix grid …", { title: "Pictures by seeds, each row's with parts of each column's", onclick: () => grid.open(model, session.view.space) }));
  const side = h("aside", { class: "lx-sm-side" }, large, reading, legend, note,
    group("This picture", button("Copy", { title: "Copy its mixes in all columns", onclick: () => run("copy") }), paste,
      button("Add", { title: "Another picture like this one", onclick: () => run("add") }), remove),
    group("Bookmarks", marks, button("Add bookmark", { title: "Mark what stands here now, to come back to it", onclick: mark })),
    group("Session", button("Save", { name: "down", title: "Save matrix, pictures and bookmarks as a file", onclick: save }),
      button("Load", { name: "file", title: "Go on with a saved session", onclick: () => file.click() }), file,
      button("Export …", { title: "Plain files that show this matrix without this program",
        onclick: () => taken.open({ ...asked(), state: session.view.state }) })));
  const page = h("div", { class: "lx-sm", hidden: true }, bar, h("div", { class: "lx-sm-main" }, side,
    h("div", { class: "lx-sm-right" }, matrix.element, strip.element)), newStyles.element, grid.element, taken.element);
  element.replaceChildren(waiting, page);

  // ------------------------------------------------------------------------------------------- which matrix

  async function show() {
    const facts = tools.facts();
    if (!facts || facts.model !== state.now.model) return wait("Loading …");
    if (model !== facts.model) {
      model = facts.model;
      session = sessions.get(model) ?? null;
    }
    rescale();
    if (!session && (beginning === model || !(await begin(model)))) return;
    draw();
  }

  function wait(words) {
    waiting.textContent = words;
    waiting.hidden = false;
    page.hidden = true;
  }

  /** A matrix as the address asks for, or as a new one is. */
  async function begin(name) {
    wait("Drawing styles …");
    const asked = matrixFromText(context.settings().matrix);
    beginning = name;
    try {
      const kept = await recalled(name, asked);
      if (name !== model) return false;
      if (kept) {
        adopt({ past: [], future: [], ...kept });
        return true;
      }
      const view = await api.post("matrix/start", { model: name, ...asked }).catch((error) => {
        if (error.away || error.busy) throw error;
        return api.post("matrix/start", { model: name, ...asked, columns: null }); // columns of another model
      });
      if (name !== model) return false;
      adopt({ view, past: [], future: [], marks: [] });
      return true;
    } catch (error) {
      if (name !== model) return false;
      wait(error.message);
      if (error.away || error.busy) setTimeout(() => { if (name === model && !session) show(); }, 2000);
      return false;
    } finally {
      if (beginning === name) beginning = null;
    }
  }

  function adopt(next) {
    session = next;
    sessions.set(next.view.model, next);
    tell();
  }

  /** What this tab kept of the model before it was loaded anew, if the address asks for the same; null for nothing. */
  async function recalled(name, wished) {
    try {
      const { view, marks: kept } = JSON.parse(sessionStorage.getItem(KEY));
      if (view.model !== name || matrixToText(wished) !== matrixToText({ view: view.state.view, ...view.state.settings })) return null;
      return { view: await api.post("matrix/do", { model: name, state: view.state, command: "look" }), marks: kept };
    } catch (error) {
      if (error.away || error.busy) throw error;
      return null; // no storage, or nothing that can be read
    }
  }

  /** The address follows. */
  function tell() {
    const { view, settings } = session.view.state;
    const matrix = matrixToText({ view, ...settings });
    if ((context.settings().matrix ?? null) !== matrix) context.set({ matrix });
  }

  // ------------------------------------------------------------------------------------------- commands

  /** One after the other: each command is about the state the one before left. */
  function run(command, fields = {}) {
    const mine = session;
    turn = turn.then(() => notices.attempt(async () => {
      const next = await api.post("matrix/do", { model: mine.view.model, state: mine.view.state, command, ...fields });
      step(mine, next);
      if (command === "copy") notices.say(`Copied ${fields.slot === undefined ? "all columns" : next.slots[fields.slot].name}: choose another picture and paste.`);
      return true;
    }));
    return turn;
  }

  function step(one, next) {
    if (JSON.stringify(next.state) === JSON.stringify(one.view.state)) return session === one && draw();
    if (next.bank === one.view.bank) next.state.settings = one.view.state.settings; // which may be long
    one.past = [...one.past, one.view].slice(-MOST_STEPS);
    one.future = [];
    one.view = next;
    return session === one && draw();
  }

  function travel(from, to) {
    turn = turn.then(() => {
      if (!session[from].length) return;
      session[to].push(session.view);
      session.view = session[from].pop();
      draw();
    });
  }

  /** A sentence where these settings cannot be. */
  async function restyle({ toward, pictures, ...settings }, tell, signal) {
    const mine = session, fields = { model: mine.view.model, state: mine.view.state, ...settings };
    try {
      if (!toward && !pictures.length) step(mine, await api.post("matrix/do", { ...fields, command: "styles" }));
      else {
        await api.stream("matrix/styles", { ...fields, ...asked(), toward, pictures }, (piece) => {
          if (piece.type === "progress") tell(piece.share);
          if (piece.type !== "view") return;
          step(mine, piece.view);
          notices.say(piece.note);
        }, signal);
      }
      return null;
    } catch (error) {
      return error.message;
    }
  }

  document.addEventListener("keydown", (event) => {
    const shown = element.offsetParent !== null && session && !document.querySelector("dialog[open]");
    if (!shown || !(event.ctrlKey || event.metaKey) || event.target.closest("input, textarea, select")) return;
    const key = event.key.toLowerCase();
    if (key !== "z" && key !== "y") return;
    event.preventDefault();
    event.stopImmediatePropagation(); // Traverse undoes its sliders by the same keys
    if (key === "y" || event.shiftKey) travel("future", "past");
    else travel("past", "future");
  }, true);

  // ------------------------------------------------------------------------------------------- by hand

  function asked() {
    const gauge = scale && context.gauge();
    return { model, classifier: gauge ? context.pair().classifier : null, output: gauge?.output ?? null };
  }

  function drag(slot, place) {
    live.ask({ ...asked(), state: session.view.state, slot, place, size: SMALL });
  }

  async function drop(slot, place) {
    const mine = session;
    await run("mix", { slot, place });
    live.end();
    if (session === mine) draw();
  }

  function previewed({ shape, bytes, rating, ms }) {
    large.replaceChildren(thumbnail({ shape, bytes }, session.view.space, SMALL * 2));
    large.dataset.live = Number(large.dataset.live ?? 0) + 1;
    say(rating);
    context.status.picture({ decodeMs: ms, where: "server" });
  }

  // ------------------------------------------------------------------------------------------- ratings

  /** Range and colours of the readout; none where nothing rates. */
  async function rescale() {
    const gauge = context.gauge(), pair = context.pair();
    const key = gauge && pair.model === model ? JSON.stringify([pair.classifier, gauge.output]) : null;
    if (key === scaleKey) return;
    [scaleKey, scale] = [key, null];
    if (!key) return;
    const found = await notices.attempt(() => api.post("matrix/scale", { model, classifier: pair.classifier, output: gauge.output }));
    if (scaleKey !== key || !found) return;
    scale = found;
    draw();
  }

  const dark = () => state.now.theme === "dark";

  /** How a picture looks: {picture, rating, color, ink, text}. */
  function look(key) {
    const rating = scale ? store.rating(key) : null;
    const color = rating === null ? null : colorOf(rating, scale, dark());
    return { picture: store.picture(key, SMALL), rating, color, ink: color && lettering(color), text: rating === null ? "" : spoken(rating, scale) };
  }

  function say(rating) {
    if (!scale) {
      reading.textContent = session.view.space.kind === "image" ? context.reason() : "";
      return;
    }
    const unit = scale.unit ? ` ${scale.unit}` : "";
    reading.replaceChildren(h("strong", {}, rating === null ? `${scale.name} …` : `${scale.name} = ${spoken(rating, scale)}${unit}`));
    if (rating !== null) reading.style.setProperty("--at", colorOf(rating, scale, dark()));
  }

  function drawLegend() {
    legend.hidden = !scale;
    if (!scale) return;
    const ends = [scale.low, ...(scale.center === null ? [] : [scale.center]), scale.high];
    legend.replaceChildren(h("i", { style: `background: linear-gradient(to right, ${scale.colors[dark() ? "dark" : "light"].filter((_, k) => k % 4 === 0).join(", ")})` }),
      h("span", {}, ...ends.map((value) => h("b", {}, spoken(value, scale)))));
  }

  // ------------------------------------------------------------------------------------------- drawing

  function draw() {
    if (!session || session.view.model !== model) return;
    waiting.hidden = true;
    page.hidden = false;
    tell();
    const { view, past, future } = session, gauge = asked();
    store.read(gauge.classifier, gauge.output);
    views.set(view.state.view);
    undo.disabled = !past.length;
    redo.disabled = !future.length;
    paste.disabled = !view.copied.length;
    paste.title = view.copied.length ? `Give this picture the copied mix of ${view.copied.join(", ")}` : "Copy a picture's mixes, or those of one column, first";
    remove.disabled = view.references.length < 2;
    note.textContent = [view.note, view.state.settings.given && "Pushed styles and those of own pictures are kept in a saved session, not in the link."].filter(Boolean).join(" ");
    note.hidden = !note.textContent;
    keep(session);
    order.draw(scale);
    drawMarks();
    drawLegend();
    order.measure(gauge, view);
    paint();
    const { settings, step: unit } = view.state;
    const common = { model, settings, step: unit, classifier: gauge.classifier, output: gauge.output };
    const every = [view.picture, ...view.references, ...view.tiles.flat()];
    store.want({ ...common, keys: every, size: SMALL }).then(() => {
      if (session?.view === view && Math.max(...view.space.shape.slice(1), 0) > SMALL) store.want({ ...common, keys: [view.picture], size: LARGE });
    });
  }

  function paint() {
    if (!session || page.hidden) return;
    const { view } = session;
    matrix.draw(view, order.placed(view), order.bars(), Boolean(scale));
    strip.draw(view, look);
    const picture = store.picture(view.picture, LARGE) ?? store.picture(view.picture, SMALL);
    if (picture) {
      large.replaceChildren(thumbnail(picture, view.space, SMALL * 2));
      large.dataset.key = view.picture;
    }
    say(scale ? store.rating(view.picture) : null);
  }

  // ------------------------------------------------------------------------------------------- bookmarks, files

  function drawMarks() {
    marks.disabled = !session.marks.length;
    marks.replaceChildren(h("option", { value: "" }, session.marks.length ? `Go to one of ${session.marks.length} …` : "None yet"),
      ...session.marks.map(({ name }, k) => h("option", { value: k }, name)));
    marks.value = "";
  }

  function mark() {
    const taken = new Set(session.marks.map(({ name }) => name));
    if (taken.size >= MOST_MARKS) return notices.say(`There are ${MOST_MARKS} bookmarks already.`);
    const rating = scale ? store.rating(session.view.picture) : null;
    let number = session.marks.length + 1, name = "";
    do {
      name = `${number++}${rating === null ? "" : `: ${scale.name} = ${spoken(rating, scale)}`}`;
    } while (taken.has(name));
    session.marks = [...session.marks, { name, view: session.view }];
    keep(session);
    drawMarks();
    return notices.say(`Bookmark ${name} added.`);
  }

  function goTo(number) {
    const found = session.marks[number];
    if (found) turn = turn.then(() => step(session, found.view));
  }

  function save() {
    const { view, marks: kept } = session, gauge = asked();
    return notices.attempt(async () => {
      const { name, text } = await api.post("matrix/save", { model, state: view.state, rating: gauge.classifier ? `${gauge.classifier} ${gauge.output}` : "",
        bookmarks: kept.map((one) => ({ name: one.name, state: one.view.state })) });
      saveFile({ name, blob: new Blob([text], { type: "application/json" }) });
      notices.say(`Saved ${name}.`);
    });
  }

  function load(chosen) {
    if (!chosen) return undefined;
    return notices.attempt(async () => {
      if (chosen.size > MOST_BYTES) throw new Error(`${chosen.name} has ${(chosen.size / 2 ** 20).toFixed(0)} MB; a session has at most 16 MB.`);
      const { view, bookmarks, rating, note: said } = await api.post("matrix/load", { text: await chosen.text() });
      const [reader, ...output] = rating.split(" ");
      const able = context.choices().classifiers.some(({ id, error }) => id === reader && !error);
      adopt({ view, past: session && session.view.model === view.model ? [...session.past, session.view] : [], future: [], marks: bookmarks });
      if (view.model !== model) state.set(opening(view.model), "list");
      if (able) context.set({ reader, readout: output.join(" ") });
      else if (rating) notices.say(`There is no classifier ${reader} here; ratings are by another.`);
      if (said) notices.say(said);
      if (view.model === model) draw();
    });
  }

  state.listen((changed) => { if (changed.has("theme") && session && element.offsetParent !== null) draw(); });
  context.status.onRestored(() => { if (element.offsetParent !== null) show(); });
  return { show };
}

/** Over a reload of the tab. */
function keep({ view, marks }) {
  try {
    sessionStorage.setItem(KEY, JSON.stringify({ view, marks }));
  } catch {
    // no storage, or no room: it lasts as long as the page, and Save keeps it
  }
}
