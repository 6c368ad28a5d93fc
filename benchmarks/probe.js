// What happened on a page, in milliseconds of its clock; `seen.since()` starts anew.
(() => {
  const seen = window.seen = { since() { Object.assign(seen, { down: null, up: null, inputs: [], measures: [],
    joins: {}, done: {}, loads: [] }); } };
  seen.since();
  addEventListener("pointerdown", () => { seen.down = performance.now(); }, true);
  addEventListener("pointerup", () => { seen.up = performance.now(); }, true);
  addEventListener("input", (event) => seen.inputs.push(event.timeStamp), true);
  const loaded = ({ target }) => { if (target.src) seen.loads.push([target.src, performance.now()]); };
  document.addEventListener("load", loaded, true); // the window is not told of images
  new PerformanceObserver((list) => {
    for (const one of list.getEntriesByName("hand-to-pixel")) seen.measures.push([one.startTime, one.duration]);
  }).observe({ type: "measure" });
})();
