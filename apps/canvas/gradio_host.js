// Mounts canvas.js inside gr.HTML: the body of js_on_load, with element, props, trigger, watch and server in reach.
// Gradio's value is the whole state of `describe`; commits write its code back and trigger `release`, renames `edit`.
const base = new URL(window.gradio_config?.root ?? ".", location.href).pathname.replace(/\/$/, "") + props.canvas;
const place = element.querySelector(".live-canvas");
let storage = null;
try { storage = sessionStorage; } catch { /* blocked in a page within another site's page */ }

import(`${base}/canvas.js`).then(({ mirror, firstOf, httpSource, hostSource }) => {
  const show = mirror(place, {
    source: firstOf(httpSource(`${base}/decode`), hostSource((question) => server.decode(question))),
    theme: "class",
    onCommit: (code, { axis }) => {
      props.value = { ...props.value, code };
      storage?.setItem("latent-explorer/canvas", JSON.stringify({ model: props.value.model, code }));
      trigger("release", { code, axis });
    },
    onRename: (axis, name) => trigger("edit", { axis, name }),
    onRange: (range) => { props.value = { ...props.value, range }; },
    onFrame: (stats) => place.dispatchEvent(new CustomEvent("canvas-frame", { bubbles: true, detail: stats })),
  });
  // Gradio reloads its page after the server was restarted: the sliders come back as the hand left them.
  const reloaded = performance.getEntriesByType("navigation")[0]?.type === "reload";
  const kept = JSON.parse((reloaded && storage?.getItem("latent-explorer/canvas")) || "null");
  if (kept && kept.model === props.value?.model) props.value = { ...props.value, ...kept, frame: undefined };
  show(props.value);
  watch("value", () => show(props.value));
}).catch((error) => {
  console.error(error);
  place.textContent = "The live canvas could not be loaded. Reload the page; if that does not help, restart the app.";
});
