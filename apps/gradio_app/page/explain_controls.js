// The column of controls: classifier, target, methods with their options.

import { h } from "./dom.js";

/** `changed(values)` is called with what a hand changed; `show(settings, facts)` draws what holds now. */
export function controls(place, { choices, changed }) {
  const name = h("p", { class: "lx-ex-name" });
  const facts = h("p", { class: "lx-ex-facts" });
  const beside = h("div", { class: "lx-ex-beside", role: "group", "aria-label": "Compare with" });
  const of = h("select", { class: "lx-select lx-wide", "aria-label": "Explain", title: "Which output of the classifier the maps explain", onchange: retarget });
  const minus = h("select", { class: "lx-select lx-wide", "aria-label": "Rather than", title: "Explain how far the first is ahead of this one", onchange: retarget });
  const side = segments("Evidence", [["for", "for it", "Red is what speaks for the target"], ["against", "against it", "Turned round: red is what speaks against the target"]], retarget);
  const methods = h("div", { class: "lx-ex-methods" });
  const count = h("span", { class: "lx-unit" });
  place.replaceChildren(
    section("Classifier", name, facts, beside),
    section("Target", field("Explain", of), field("rather than", minus), field("evidence", side.element)),
    section(h("span", {}, "Methods"), methods));
  place.querySelector("section:last-child h2").append(count);
  let settings = null, known = null, built = null;

  const options = (list, now) => list.map(([value, text]) => h("option", { value, selected: value === now }, text));

  function show(next, about, wait = "Loading …") {
    [settings, known] = [next, about];
    const [id] = settings.classifiers;
    name.textContent = choices.classifiers.find((one) => one.id === id)?.title ?? id;
    name.title = `${id}: choose another in the column at the left`;
    for (const select of [of, minus]) select.disabled = !about;
    if (!about) {
      facts.textContent = wait;
      [of, minus].forEach((select) => select.replaceChildren(h("option", {}, "…")));
      return;
    }
    const [channels, height, width] = about.space.shape;
    const kinds = about.exclusive ? "classes" : "attributes";
    facts.textContent = `${about.classes.length} ${kinds} · ${width} × ${height} pixels, ${channels === 1 ? "grey" : "colour"}`;
    facts.title = `${about.model}: ${about.names.join(", ")}`;
    showBeside(about);
    const names = about.classes.map((name, k) => [name, about.names[k]]);
    of.replaceChildren(...options([["", about.exclusive ? "predicted class" : "strongest attribute"], ...names], settings.target.of ?? ""));
    minus.replaceChildren(...options([["", "nothing"], ...names.filter(([name]) => name !== settings.target.of)], settings.target.minus ?? ""));
    for (const select of [of, minus]) select.closest(".lx-field").hidden = about.classes.length < 2; // a single number
    side.set(settings.target.negated ? "against" : "for");
    showMethods();
  }

  function showBeside(about) {
    const others = choices.classifiers.filter(({ id, shape, error }) => !error && id !== settings.classifiers[0] && String(shape) === String(about.space.shape));
    const data = (id) => (choices.classifiers.find((one) => one.id === id)?.dataset ?? "").split(/[:@]/)[0];
    const own = others.filter(({ id }) => data(id) === data(settings.classifiers[0])), foreign = others.filter((one) => !own.includes(one));
    const heading = (text) => h("span", { class: "lx-muted" }, text);
    beside.hidden = !others.length;
    beside.replaceChildren(heading("Compare on one picture with"), ...own.map(tickBeside),
      ...(foreign.length ? [heading("trained on other data"), ...foreign.map(tickBeside)] : []));
  }

  function tickBeside({ id, title }) {
    return h("label", { class: "lx-check", title: `Rows become classifiers: ${title} explains the first chosen picture, too` }, h("input", { type: "checkbox",
      checked: settings.classifiers.includes(id), onchange: (event) => {
        const rest = settings.classifiers.filter((one) => one !== id);
        changed({ classifiers: event.target.checked ? [...rest, id] : rest });
      } }), h("span", {}, id));
  }

  function retarget() {
    const first = of.value || null, second = minus.value || null;
    changed({ target: { of: first, minus: second === first ? null : second, negated: side.value() === "against" } });
  }

  // ------------------------------------------------------------------------------------------- methods

  function showMethods() {
    const key = JSON.stringify([settings.methods, known.layers]);
    if (key === built) return; // the focus stays where it is
    const open = new Set([...methods.querySelectorAll(".lx-ex-method[data-open]")].map((one) => one.dataset.name));
    const focus = methods.contains(document.activeElement) ? document.activeElement.id : null;
    built = key;
    count.textContent = `${settings.methods.length} chosen`;
    methods.replaceChildren(...choices.methods.map((method) => entry(method, open.has(method.name))));
    if (focus) document.getElementById(focus)?.focus();
  }

  function entry(method, open) {
    const chosen = settings.methods.find(({ name }) => name === method.name);
    const tick = h("input", { type: "checkbox", checked: Boolean(chosen), id: `lx-method-${method.name}`, onchange: () => toggle(method) });
    const row = h("div", { class: "lx-ex-method", "data-name": method.name, "data-open": open && Boolean(chosen) },
      h("label", { class: "lx-check", title: `${method.about}\n${method.paper}` }, tick, h("span", {}, method.title),
        method.experimental ? h("span", { class: "lx-tag", title: "Read its maps with care" }, "experimental") : ""));
    if (!chosen || !method.options.length) return row;
    const own = Object.keys(chosen.options).length;
    const fold = h("button", { type: "button", class: "lx-ex-fold", "aria-expanded": open, id: `lx-fold-${method.name}`,
      title: `Options of ${method.title}`, onclick: () => {
        row.toggleAttribute("data-open");
        fold.setAttribute("aria-expanded", row.hasAttribute("data-open"));
      } }, own ? `options (${own})` : "options");
    row.append(fold, h("div", { class: "lx-ex-options" }, ...method.options.map((option) => control(method, option, chosen))));
    return row;
  }

  function toggle(method) {
    const names = settings.methods.map(({ name }) => name);
    const kept = names.includes(method.name) ? settings.methods.filter(({ name }) => name !== method.name)
      : [...settings.methods, { name: method.name, options: {} }];
    changed({ methods: kept });
  }

  function control(method, option, chosen) {
    const value = chosen.options[option.name] ?? option.default, id = `lx-option-${method.name}-${option.name}`;
    const keep = (next) => changed({ methods: settings.methods.map((one) => {
      if (one.name !== method.name) return one;
      const { [option.name]: _, ...rest } = one.options;
      return { ...one, options: next === option.default ? rest : { ...rest, [option.name]: next } };
    }) });
    const name = option.name.replaceAll("_", " ");
    if (option.kind === "bool") {
      return h("label", { class: "lx-check", title: option.help }, h("input", { id, type: "checkbox", checked: value,
        onchange: (event) => keep(event.target.checked) }), h("span", {}, name));
    }
    if (option.kind === "choice" || option.kind === "layer") {
      const list = option.kind === "layer" ? [["", "last"], ...known.layers.map((layer) => [layer, layer])] : option.choices.map((one) => [one, one]);
      const select = h("select", { id, class: "lx-select lx-small", onchange: () => keep(select.value) }, ...options(list, value));
      return h("label", { class: "lx-ex-option", title: option.help }, h("span", {}, name), select);
    }
    const output = h("output", {}, String(value));
    const slider = h("input", { id, type: "range", min: option.low, max: option.high, step: option.step ?? "any", value,
      oninput: () => { output.textContent = slider.value; }, onchange: () => keep(Number(slider.value)) });
    return h("label", { class: "lx-ex-option", title: option.help }, h("span", {}, name), slider, output);
  }

  return { show };
}

/** A row of buttons of which one is pressed: [[value, text, title], ...]. */
export function segments(label, list, onchange) {
  const buttons = list.map(([value, text, title]) => h("button", { type: "button", title, "data-value": value,
    onclick: () => { set(value); onchange(value); } }, text));
  const element = h("div", { class: "lx-segments", role: "group", "aria-label": label }, ...buttons);
  const set = (value) => buttons.forEach((one) => one.setAttribute("aria-pressed", one.dataset.value === value));
  set(list[0][0]);
  return { element, set, value: () => buttons.find((one) => one.getAttribute("aria-pressed") === "true").dataset.value };
}

function section(title, ...children) {
  return h("section", {}, h("h2", { class: "lx-group" }, title), ...children);
}

function field(text, control) {
  return h("div", { class: "lx-field lx-ex-field" }, h("span", {}, text), control);
}
