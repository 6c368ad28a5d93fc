// Mounts canvas.js as a Streamlit component (v2): data is the state of `describe` plus `canvas`, the routes' path.
// Commits set the state `code`, renames the state `names`; the script reruns once per released slider, never per tick.
const shown = new WeakMap();

export default function ({ parentElement, data, setStateValue }) {
  const place = parentElement.querySelector(".live-canvas");
  const base = new URL(data.canvas, location.origin).href;
  if (!shown.has(place)) {
    const names = {};
    shown.set(place, import(`${base}/canvas.js`).then(({ mirror, httpSource }) => mirror(place, {
      source: httpSource(`${base}/decode`),
      theme: "text",
      echoes: true,
      onCommit: (code) => setStateValue("code", code),
      onRename: (axis, name) => setStateValue("names", { ...Object.assign(names, { [axis]: name }) }),
    })));
  }
  shown.get(place).then((show) => show(data)).catch((error) => {
    console.error(error);
    place.textContent = "The live canvas could not be loaded. Reload the page; if that does not help, restart the app.";
  });
  return () => place.firstChild?.latentCanvas?.destroy();
}
