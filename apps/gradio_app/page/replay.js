// Starts page/study_replay.js: the body of js_on_load, with element, props and watch in reach.
const place = element.querySelector(".lx-replay");
const base = new URL(window.gradio_config?.root ?? ".", location.href).pathname.replace(/\/$/, "");
let shown = null;

function draw() {
  const value = props.value;
  const key = value ? JSON.stringify([value.participant, value.step, value.model, value.message]) : null;
  if (key === shown?.key) return;
  shown?.close?.();
  shown = { key };
  place.replaceChildren();
  if (!value) return;
  if (value.message) {
    place.textContent = value.message;
    return;
  }
  import(`${base}/quiz/page/study_replay.js`).then(({ replay }) => {
    if (shown.key === key) shown.close = replay(place, value, { base }).close;
  }).catch((error) => {
    console.error(error);
    place.textContent = "The replay's script could not be loaded. Reload the page.";
  });
}

draw();
watch("value", draw);
