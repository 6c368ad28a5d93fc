// A participant's way through a study: one step after the other, each confirmed by the server before the next.

import { asking, Problem } from "./api.js";
import { h, httpSource } from "./canvas.js";
import { choice } from "./choice.js";
import { draft, dropDraft } from "./draft.js";
import { match } from "./match.js";
import { pageDecoders, pageFirst } from "./onnx_source.js";
import { outbox } from "./outbox.js";
import { practice } from "./practice.js";
import { questionnaire } from "./questionnaire.js";

const NARROWEST = 760; // pixels: below this a dial is too short to hit a value
const WAITS_MS = [500, 1000, 2000, 4000, 8000];

/** Runs `study` in `place`; `base` is where the quiz is served. */
export async function quiz(place, { base, study }) {
  const ask = asking(`${base}/api`);
  const server = httpSource(`${base}/canvas/decode`);
  let names = {}; // of the files of decoders, by the decoders' own; null for one that the server draws
  const decoders = pageDecoders(`${base}/canvas`, async (decoder) => names[decoder] ?? null);
  const body = h("main", { class: "qz-body" });
  const head = header();
  const foot = h("span", { role: "status" });
  const other = h("button", { type: "button", class: "qz-link", hidden: true, onclick: () => {
    if (!confirm("Leave this session and begin a new one? What is answered so far stays with the study.")) return;
    dropDraft(token);
    forget(study);
    location.reload();
  } }, "I am somebody else");
  place.replaceChildren(head.element, body, h("footer", { class: "qz-foot" }, foot, other));
  const box = await outbox();
  let token = remembered(study), open = null, ahead = 0;

  // ------------------------------------------------------------------------------------------------ steps

  async function begin() {
    for (const response of token ? await box.of(token) : []) {
      try {
        await deliver(response);
      } catch (error) {
        if (!(error instanceof Problem)) throw error;
        await box.put({ ...response, refused: error.message }); // sent again it would be refused again: the question is asked anew
      }
    }
    let state = token ? await patiently(() => ask.post("sessions/resume", { session: token })).catch(forgotten) : null;
    if (!state) {
      const welcome = await patiently(() => ask.get(`studies/${encodeURIComponent(study)}`));
      state = await new Promise((resolve) => welcomePage(welcome, resolve));
    }
    show(state);
  }

  /** A session that the server does not know any more: withdrawn, or of another server. */
  function forgotten(error) {
    if (error.status !== 404) throw error;
    dropDraft(token);
    token = null;
    forget(study);
    return null;
  }

  function welcomePage({ title, parts, questions, most }, begun) {
    head.title(title);
    const key = uuid(); // asked twice for want of an answer, the server begins one session
    const go = h("button", { type: "button", class: "qz-button qz-primary", onclick: () => step(async () => {
      go.disabled = true;
      go.textContent = "Preparing …";
      const state = await patiently(() => ask.post("sessions", { study, key, clock_ms: Date.now() }));
      token = state.token;
      remember(study, token);
      begun(state);
    }) }, "Begin");
    body.replaceChildren(h("div", { class: "qz-page" }, h("h1", {}, title),
      h("p", {}, `After a short practice there ${questions === 1 ? "is one question" : `are ${most ? "up to " : ""}${questions} questions`}${parts > 1 ? ` in ${parts} parts` : ""}, with pictures to look at and dials to move.`),
      h("p", {}, "You can close this page at any time and come back to the same question in this browser."),
      h("div", { class: "qz-go" }, go)));
    go.focus();
  }

  function show(state) {
    open?.close?.();
    open = null;
    head.title(state.title);
    head.progress(state);
    other.hidden = false;
    scrollTo(0, 0);
    if (state.done) return finish(state);
    names = state.decoders;
    decoders.want(Object.keys(names)); // those of all parts: they are made while the instructions are read
    const view = state.view, shown = { shown_ms: Date.now(), resumed: visits(token, state.step) };
    const begun = draft(token, state.step);
    let left = false;
    const leave = (done) => left || step(async () => {
      left = true;
      const response = { id: uuid(), session: token, step: state.step, left_ms: Date.now(), history: null,
        decoder: "none", answer: {}, ...shown, ...done };
      await box.put(response).catch((error) => console.warn("The answer is kept in this page alone.", error));
      const answer = await deliver(response);
      if (answer.feedback) await told(answer.feedback);
      show(answer);
    });
    open = PAGES[view.kind]({ ...view, step: state.step }, leave, begun);
    return open;
  }

  const PAGES = {
    consent(view, leave) {
      const began = performance.now();
      const go = h("button", { type: "button", class: "qz-button qz-primary", onclick: () => { go.disabled = true;
        leave({ outcome: "agreed", duration_ms: performance.now() - began }); } }, "I agree");
      const text = h("div", { class: "qz-text" });
      text.innerHTML = view.html; // from the server's Markdown reader, which lets no HTML through
      const no = h("button", { type: "button", class: "qz-button", onclick: () => say("Then this is all",
        "Thank you for having looked at it. Nothing was asked of you and nothing was answered; you can close this page.") }, "I do not agree");
      body.replaceChildren(h("div", { class: "qz-page" }, text, h("div", { class: "qz-go" }, no, go)));
    },
    practice: (view, leave, begun) => practice(body, view, { begun, onleave: leave }),
    reconstruction(view, leave) {
      // Page or server for the whole question: the hand must not feel a change in the middle of a measurement.
      const { source, drawnIn } = counting(decoders.has(view.decoder) ? pageFirst(decoders, server) : server);
      return match(body, view, { source, onleave: (done) => leave({ ...done, decoder: drawnIn() }) });
    },
    choice: (view, leave, begun) => choice(body, view, { begun, onleave: (done) => leave({ ...done, decoder: "server" }),
      more: (number) => patiently(() => ask.post("panel", { session: token, step: view.step, number })) }),
    questionnaire(view, leave, begun) {
      const began = performance.now();
      const page = h("div", { class: "qz-page" });
      body.replaceChildren(page);
      questionnaire(page, view, { begun, onleave: ({ answer }) => leave({ outcome: "answered", duration_ms: performance.now() - began, answer }) });
    },
  };

  function told({ right, answer }) {
    return new Promise((resolve) => {
      const go = h("button", { type: "button", class: "qz-button qz-primary", onclick: resolve }, "Next");
      body.querySelector(".qz-form")?.append(h("div", { class: `qz-feedback ${right ? "qz-right" : "qz-wrong"}`, role: "status" },
        h("p", {}, right ? "✓ Correct." : `✗ Not quite: the right answer is ${answer}.`), go));
      go.focus();
    });
  }

  function finish({ code, title }) {
    const copy = h("button", { type: "button", class: "qz-button", onclick: async () => {
      try {
        await navigator.clipboard.writeText(code);
        copy.textContent = "Copied";
      } catch {
        prompt("This browser does not let the page copy. The code:", code); // no clipboard on plain http
      }
    } }, "Copy");
    body.replaceChildren(h("div", { class: "qz-page" }, h("h1", {}, "Thank you"),
      h("p", {}, `You have finished “${title}”. All your answers are saved.`), h("p", {}, "Your completion code:"),
      h("p", { class: "qz-code" }, h("code", {}, code), " ", copy)));
  }

  // ------------------------------------------------------------------------------------------------ talking

  /** Sends a kept answer until the server has confirmed it; resolves to what comes next. */
  async function deliver(response) {
    ahead += 1;
    foot.textContent = "Saving …";
    let answer;
    try {
      answer = await patiently(() => ask.post("responses", { ...response, clock_ms: Date.now() }));
    } finally {
      ahead -= 1;
    }
    await box.drop(response.id);
    dropDraft(response.session);
    foot.textContent = answer.saved === "taken" ? "This question was answered in another tab; that answer counts." : "Saved";
    return answer;
  }

  /** Asks again while the server is away or busy; any other failure is thrown. */
  async function patiently(request) {
    for (let failures = 0; ; failures++) {
      try {
        const answer = await request();
        if (failures) foot.textContent = "Connected again";
        return answer;
      } catch (error) {
        if (!error.away && !error.busy) throw error;
        foot.textContent = `No connection – ${ahead ? "your answer is kept in this browser; " : ""}trying again …`;
        await new Promise((resolve) => setTimeout(resolve, WAITS_MS[Math.min(failures, WAITS_MS.length - 1)]));
      }
    }
  }

  /** Does a piece of work; what goes wrong is said, and reloading goes on where it was. */
  async function step(work) {
    try {
      await work();
    } catch (error) {
      if (!(error instanceof Problem)) console.error(error);
      say("This did not work", error instanceof Problem ? error.message
        : "The page met an error it does not know. Reload it: your answers are kept.");
    }
  }

  function say(title, text) {
    open?.close?.();
    open = null;
    body.replaceChildren(h("div", { class: "qz-page", role: "alert" }, h("h1", {}, title), h("p", {}, text),
      h("div", { class: "qz-go" }, h("button", { type: "button", class: "qz-button", onclick: () => location.reload() }, "Reload"))));
  }

  /** Waits, with a word, until the window is wide enough for dials. */
  async function wideEnough() {
    while (innerWidth < NARROWEST) {
      body.replaceChildren(h("div", { class: "qz-page", role: "alert" }, h("h1", {}, "This window is too small"),
        h("p", {}, "The dials of this study need a computer or a tablet held sideways. Make the window wider, or open the link there.")));
      await new Promise((resolve) => addEventListener("resize", resolve, { once: true }));
    }
  }

  if (!(await alone(study))) {
    say("This study is open in another tab", "Go on there, or close that tab and reload this page.");
    return;
  }
  await wideEnough();
  await step(begin);
}

/** A source that remembers where most of its pictures were drawn. */
function counting(inner) {
  const drawn = { page: 0, server: 0 };
  return {
    source: { async request(question) {
      const answer = await inner.request(question);
      drawn[answer.where] += 1;
      return answer;
    } },
    drawnIn: () => (drawn.page + drawn.server === 0 ? "none" : drawn.page >= drawn.server ? "page" : "server"),
  };
}

function header() {
  const title = h("span", { class: "qz-title" });
  const where = h("span", { class: "qz-where" });
  const fill = h("i", {});
  const track = h("div", { class: "qz-progress", role: "progressbar", "aria-label": "Progress", "aria-valuemin": 0, "aria-valuemax": 100 }, fill);
  return {
    element: h("header", { class: "qz-head" }, title, where, track),
    title(text) { title.textContent = text; document.title = text; },
    progress({ progress, stage, stages, question, questions }) {
      fill.style.width = `${100 * progress}%`;
      track.setAttribute("aria-valuenow", Math.round(100 * progress));
      const part = stages > 1 ? `Part ${stage + 1} of ${stages}` : "";
      const number = question === null || question === undefined ? "" : `question ${question + 1} of ${questions}`;
      where.textContent = stage === null || stage === undefined ? "" : [part, number].filter(Boolean).join(", ");
    },
  };
}

/** Whether no other tab of this browser has the study open. Where the browser has no locks, the server decides. */
function alone(study) {
  if (!navigator.locks) return Promise.resolve(true);
  return new Promise((resolve) => {
    navigator.locks.request(`latent-explorer-quiz/${study}`, { ifAvailable: true }, (lock) => {
      resolve(Boolean(lock));
      return lock && new Promise(() => {}); // held as long as this page lives
    });
  });
}

const keyOf = (study) => `latent-explorer/quiz/${study}`;

function remembered(study) {
  try {
    return localStorage.getItem(keyOf(study));
  } catch {
    return location.hash.length > 8 ? location.hash.slice(1) : null; // no storage: the address keeps it
  }
}

function remember(study, token) {
  try {
    localStorage.setItem(keyOf(study), token);
  } catch {
    history.replaceState(history.state, "", `#${token}`); // no storage: the address keeps it
  }
}

function forget(study) {
  try {
    localStorage.removeItem(keyOf(study));
  } catch {
    history.replaceState(history.state, "", location.pathname);
  }
}

/** How often this step was shown before. */
function visits(token, step) {
  try {
    const name = `latent-explorer/quiz-visits/${token}`, [at, times] = JSON.parse(localStorage.getItem(name) ?? "[-1, 0]");
    const before = at === step ? times : 0;
    localStorage.setItem(name, JSON.stringify([step, before + 1]));
    return before;
  } catch {
    return 0;
  }
}

/** A random UUID; the browser's own is only there over https. */
function uuid() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 15) | 64;
  bytes[8] = (bytes[8] & 63) | 128;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return [8, 12, 16, 20].reduceRight((text, at) => `${text.slice(0, at)}-${text.slice(at)}`, hex);
}
