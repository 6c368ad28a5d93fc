// The explorer's page: top bar, model browser, status line, and the state they share with all workspaces.

import { connect } from "./api.js";
import { arrowKeys, button, debounced, h, icon } from "./dom.js";
import { modelList } from "./model_list.js";
import { createState, fromHash, same, toHash } from "./state.js";
import { statusLine } from "./status.js";
import { notices } from "./notices.js";
import { traverse } from "./traverse.js";

const SHARED = ["model", "card", "code", "range", "compare", "a", "b", "workspace", "theme"]; // what Python sees, session.py
// Another place is a step that the browser's Back takes back, if it came from a tab, from the column at the left, from a
// workspace of Python's, or from a map that was opened or closed.
const BY_HAND = [null, "list", "python", "map"];
const THEME_KEY = "latent-explorer/theme";

/** Builds the page; the host keeps the state for Python (`keep`) and passes events on (`tell`). */
export function start({ base, first, workspaces, keep, tell }) {
  const api = connect(base);
  const state = createState({ workspace: workspaces[0], home: workspaces[0], theme: storedTheme() });
  const context = { api, state, tell, first, notices: notices(), linkNotes: {} }; // by workspace: what a copied link opens
  let kept = null;

  const share = () => {
    const shared = Object.fromEntries(SHARED.map((name) => [name, state.now[name] ?? null]));
    if (same(shared, kept)) return;
    kept = shared;
    keep(shared);
  };
  const write = (how, hash) => {
    if (how === "replaceState" && hash === location.hash) return; // while a step of Forward is under way it would undo that
    history[how](history.state, "", hash);
    // A Space shows this page in a frame; its own address bar follows this message.
    if (parent !== window) parent.postMessage({ hash }, "https://huggingface.co");
  };
  const writeAddress = debounced(200, () => write("replaceState", toHash(state.now)));
  let address = null, place = placeOf(state.now); // of the state before a change
  state.listen((changed, from) => {
    if (changed.has("theme")) applyTheme(state.now.theme);
    if (changed.has("workspace")) showWorkspace(state.now.workspace);
    share();
    if (BY_HAND.includes(from) && place !== placeOf(state.now)) {
      write("replaceState", address); // what the patient writer still keeps belongs to the entry that is left
      write("pushState", toHash(state.now));
    }
    [address, place] = [toHash(state.now), placeOf(state.now)];
    writeAddress();
    if (changed.has("workspace")) tell("opened");
    if (changed.has("theme")) tell("themed");
    if (changed.has("card") && !changed.has("model")) tell("switched"); // another model tells when it is on the screen
  });
  // Not hashchange, which comes later: an address that is written in between would undo the step.
  addEventListener("popstate", () => state.set(asked(whole(fromHash(location.hash), state.now), state.now, workspaces), "address"));

  applyTheme(state.now.theme);
  whenThere(["lx-top-content", "lx-browser-content", "lx-status-content", "lx-traverse", "lx-explain", "lx-hypotheses", "lx-quiz"],
    (top, side, foot, stage, maps, cards, quiz) => {
    topBar(top, context, workspaces);
    context.list = modelList(side, context);
    context.status = statusLine(foot, context);
    const link = asked(fromHash(location.hash), state.now, workspaces);
    state.set({ model: first.facts?.model ?? null, ...link }, "start");
    showWorkspace(state.now.workspace);
    const tools = traverse(stage, context);
    whenOpened("Explain", maps, context, async () => (await import("./explain.js")).explain(maps, context, tools));
    whenOpened("Hypotheses", cards, context, async () => (await import("./hypotheses.js")).hypotheses(cards, context, tools));
    whenOpened("Quiz", quiz, context, async () => (await import("./quiz_home.js")).quizHome(quiz, { ...context, base }));
    share();
    tell("opened");
  });

  return {
    /** A value from Python: only the fields it gives change. */
    receive(value) {
      if (!value || same(value, kept)) return;
      kept = null;
      state.set(asked(value, state.now, workspaces), "python");
      share();
    },
  };
}

/** Where the page is: model, card and workspace; in Explain also the classifier, and whether a map is large. */
function placeOf({ model, card, workspace, explain }) {
  return JSON.stringify([model, card, workspace, workspace === "Explain" && [explain?.classifiers?.[0], Boolean(explain?.large)]]);
}

/** An address tells a whole state: what it leaves out is at its default. */
function whole(link, now) {
  const here = !link.model || link.model === now.model;
  return { workspace: now.home, card: null, range: "percentile", compare: null, a: null, b: null,
    code: here ? now.start ?? now.code : null, ...link };
}

/** Makes another model start with its own code and walk unless they are given, too. */
function asked(value, now, workspaces) {
  const changes = Object.fromEntries(Object.entries(value).filter(([name, one]) => one !== null || name !== "model"));
  if (changes.workspace && !workspaces.includes(changes.workspace)) delete changes.workspace;
  if (!changes.model || changes.model === now.model) return changes;
  return { card: null, code: null, a: null, b: null, names: {}, compare: null, ...changes };
}

function topBar(place, context, workspaces) {
  const { state, notices } = context;
  const tabs = workspaces.map((title) => h("button", { type: "button", role: "tab", class: "lx-tab", "data-title": title,
    "aria-controls": `lx-workspace-${title.toLowerCase()}`, onclick: () => state.set({ workspace: title }) }, title));
  const group = h("div", { class: "lx-tabs", role: "tablist", "aria-label": "Workspaces" }, ...tabs);
  arrowKeys(group, { selector: ".lx-tab", horizontal: true, onmove: (tab) => tab.click() });
  const copy = button("Copy link", { name: "link", title: "Copy a link to what this page shows", onclick: async () => {
    const address = location.href.replace(/#.*$/, "") + toHash(state.now);
    try {
      await navigator.clipboard.writeText(address);
      notices.say(context.linkNotes[state.now.workspace]?.() ?? "Link copied: it opens this model with this code.");
    } catch {
      prompt("This browser does not let the page copy. The link:", address); // no clipboard on plain http
    }
  } });
  const theme = button("", { name: "moon", title: "Dark", onclick: () =>
    state.set({ theme: state.now.theme === "dark" ? "light" : "dark" }) });
  const refresh = () => {
    tabs.forEach((tab) => {
      const here = tab.dataset.title === state.now.workspace;
      tab.setAttribute("aria-selected", here);
      tab.tabIndex = here ? 0 : -1;
    });
    const dark = state.now.theme === "dark";
    theme.replaceChildren(icon(dark ? "sun" : "moon"));
    theme.title = dark ? "Change to light" : "Change to dark";
    theme.setAttribute("aria-label", theme.title);
  };
  place.replaceChildren(h("h1", { class: "lx-brand" }, "Latent Explorer"), group, h("div", { class: "lx-grow" }), copy, theme);
  state.listen(refresh);
  refresh();
}

/** A workspace's scripts come when it is opened first: the first picture does not wait for them. */
function whenOpened(title, place, context, load) {
  const open = () => {
    if (context.state.now.workspace !== title) return;
    stop();
    load().catch((error) => {
      console.error(error);
      place.textContent = "The workspace's script could not be loaded. Reload the page; if that does not help, restart the app.";
    });
  };
  const stop = context.state.listen(open);
  open();
}

function showWorkspace(title) {
  for (const place of document.querySelectorAll(".lx-workspace")) {
    const here = place.id === `lx-workspace-${title.toLowerCase()}`;
    place.classList.toggle("lx-behind", !here);
  }
  dispatchEvent(new Event("resize")); // figures that were drawn behind take their size now
}

function storedTheme() {
  const asked = new URLSearchParams(location.search).get("__theme");
  try {
    const stored = asked ?? localStorage.getItem(THEME_KEY);
    if (["light", "dark"].includes(stored)) return stored;
  } catch {
    // no storage: follow the system
  }
  return matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
}

function applyTheme(theme) {
  document.body.classList.toggle("dark", theme === "dark");
  try {
    localStorage.setItem(THEME_KEY, theme);
  } catch {
    // no storage: the choice lasts as long as the page
  }
}

/** Gradio puts its components down one after the other; calls back once all of these are there. */
function whenThere(ids, callback) {
  const found = ids.map((id) => document.getElementById(id));
  if (found.every(Boolean)) callback(...found);
  else requestAnimationFrame(() => whenThere(ids, callback));
}
