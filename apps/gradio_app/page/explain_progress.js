// The line above the maps: what is being computed and how far it is, what can be done next, buttons to stop and go on.

import { button, h } from "./dom.js";

/** `oncancel` and `ongo` are called by its buttons. */
export function progressLine({ oncancel, ongo }) {
  const text = h("span", { class: "lx-ex-status", role: "status" }), bar = h("progress", { max: 1, hidden: true, "aria-label": "Progress" });
  const cancel = button("Cancel", { name: "stop", title: "Stop computing; what is there stays", hidden: true, onclick: oncancel });
  const again = button("Go on", { name: "play", title: "Compute what is missing", hidden: true, onclick: ongo });

  /** `share` of null is not known. */
  function show({ words, bad = false, busy = false, share = null, open = false }) {
    text.textContent = words;
    text.classList.toggle("lx-bad", bad);
    bar.hidden = cancel.hidden = !busy;
    if (share === null) bar.removeAttribute("value");
    else bar.value = share;
    again.hidden = busy || !open;
  }

  return { element: h("div", { class: "lx-ex-work" }, text, bar, cancel, again), show };
}

/** What to do where there is no map yet. */
export function nextStep({ source, methods }, { examples }, pictures) {
  if (!pictures && source === "traverse") return "";
  if (!pictures && source === "uploads") return "Upload a picture above.";
  if (!pictures) return examples ? "Choose a picture above." : "Upload a picture, or take what Traverse shows.";
  return methods.length ? null : "Tick a method at the left.";
}
