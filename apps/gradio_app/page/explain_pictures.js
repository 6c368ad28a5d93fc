// Where the pictures come from: examples of the classifier, one's own files, or what Traverse shows.

import { arrowKeys, h } from "./dom.js";
import { examplePanel } from "./explain_examples.js";
import { livePanel } from "./explain_live.js";
import { uploadPanel } from "./explain_uploads.js";

const SOURCES = [["examples", "Examples"], ["uploads", "Upload"], ["traverse", "What Traverse shows"]];

/**
 * `changed(values)` tells what a hand changed of {source, examples, classifiers}, `moved({live})` that files or code are
 * others; `choose(shape)` names a classifier for such pictures. `rows()` are the chosen ones: {key, sent, label, thumb()}.
 */
export function pictureSource(place, shared) {
  const given = { ...shared, settings: null, facts: null }; // the panels read what holds now
  const tabs = SOURCES.map(([source, title]) => h("button", { type: "button", role: "tab", class: "lx-tab", id: `lx-source-${source}`,
    onclick: () => given.changed({ source }) }, title));
  const row = h("div", { class: "lx-tabs", role: "tablist", "aria-label": "Pictures" }, ...tabs);
  arrowKeys(row, { selector: ".lx-tab", horizontal: true, onmove: (tab) => tab.click() });
  const panels = { examples: examplePanel(given), uploads: uploadPanel(given, place), traverse: livePanel(given) };
  place.replaceChildren(h("div", { class: "lx-ex-sources" }, row, panels.traverse.choice), ...SOURCES.map(([source]) => panels[source].element));

  function show(settings, facts) {
    Object.assign(given, { settings, facts });
    SOURCES.forEach(([source], k) => {
      const here = source === settings.source;
      tabs[k].setAttribute("aria-selected", here);
      tabs[k].tabIndex = here ? 0 : -1;
      panels[source].element.hidden = !here;
    });
    panels.traverse.choice.hidden = settings.source !== "traverse";
    if (facts) panels[settings.source].show();
  }

  return { show, rows: () => (given.facts ? panels[given.settings.source].rows() : []) };
}
