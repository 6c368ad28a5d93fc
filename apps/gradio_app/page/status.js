// The status line: connection, device, model, and how long the last picture took. A restarted server is noticed here.

import { h } from "./dom.js";

const EVERY_MS = 4000;
const PLACES = { page: "in the page", server: "on the server" };
const SPEED_EVERY_MS = 150; // the eye reads no faster, and each new text lays out the line anew

export function statusLine(place, context) {
  const { api, state, notices } = context;
  const dot = h("i", { class: "lx-dot" });
  const connection = h("span", { role: "status" }, "Starting …");
  const model = h("span", { class: "lx-number" });
  const speed = h("span", { class: "lx-number" });
  const device = h("select", { class: "lx-select lx-small", "aria-label": "Device that computes the pictures", disabled: true });
  const using = h("span", { class: "lx-muted" });
  const restored = new Set(), listed = new Set();
  let run = null, away = false, toldAt = -Infinity, toldWhere = null;

  place.replaceChildren(h("span", { class: "lx-state" }, dot, connection), h("label", { class: "lx-device" }, "Device ", device), using,
    notices.news, model, speed);

  function show(text, kind) {
    connection.textContent = text;
    dot.className = `lx-dot lx-${kind}`;
  }

  function showDevice({ choice, choices, in_use }) {
    const names = { auto: "automatic", cpu: "CPU", cuda: "CUDA" };
    device.replaceChildren(...choices.map((one) => h("option", { value: one, selected: one === choice }, names[one] ?? one)));
    device.disabled = false;
    using.textContent = choice === "auto" ? `using ${in_use.replace("cpu", "CPU")}` : in_use.includes("(") ? in_use : "";
  }

  device.addEventListener("change", () => notices.attempt(async () => {
    showDevice(await api.post("device", { device: device.value }));
    notices.say(`Models are on ${using.textContent.replace("using ", "") || device.selectedOptions[0].textContent} now.`);
  }));

  async function check() {
    try {
      const health = await api.health();
      if (run && health.run !== run) {
        notices.say("The server was restarted; your model, code and names are kept.");
        restored.forEach((call) => call());
        await describe();
      } else if (away) restored.forEach((call) => call());
      run = health.run;
      away = false;
      if (health.ready) show("Connected", "good");
      else show("Loading models …", "busy");
      return health.ready;
    } catch {
      if (run) {
        away = true;
        show("The server does not answer – your model and code are kept, trying again …", "bad");
      }
      return false;
    }
  }

  async function describe() {
    const catalogue = await context.list.refresh();
    showDevice(catalogue.device);
    listed.forEach((call) => call());
    if (!state.now.model) state.set({ model: catalogue.default }, "start");
  }

  async function watch() {
    const ready = document.visibilityState === "hidden" ? true : await check();
    setTimeout(watch, ready || away ? EVERY_MS / (away ? 3 : 1) : 500);
  }
  /** The first look at the catalogue: while others keep a starting server busy, it comes later. */
  async function begin() {
    try {
      await describe();
    } catch (error) {
      if (error.away || error.busy) setTimeout(begin, 2000);
      else notices.problem(error);
    }
  }
  begin();
  watch();
  /** What is at work: the model with sliders, in Explain the classifier. */
  state.listen(() => { model.textContent = (state.now.workspace === "Explain" ? state.now.explain?.classifiers?.[0] : null) ?? state.now.model ?? ""; });

  return {
    picture: ({ decodeMs, where }) => {
      const now = performance.now();
      if (now - toldAt < SPEED_EVERY_MS && where === toldWhere) return;
      [toldAt, toldWhere] = [now, where];
      speed.textContent = [`decode ${decodeMs.toFixed(1)} ms`, PLACES[where]].filter(Boolean).join(" ");
    },
    onRestored: (call) => restored.add(call),
    onListed: (call) => listed.add(call),
  };
}
