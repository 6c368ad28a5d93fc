// The studies to choose from: the body of js_on_load, with element, props, trigger and watch in reach.
// Value: {rows: [{id, title, detail, count, problem, busy}], selected}. A choice triggers `select` with {id}.
const place = element.querySelector(".lx-study_list");

function line(className, text) {
  return Object.assign(document.createElement("span"), { className, textContent: text });
}

function draw() {
  const { rows = [], selected = "" } = props.value || {};
  place.setAttribute("role", "listbox");
  place.setAttribute("aria-label", "Studies");
  place.replaceChildren(...rows.map((row) => {
    const button = document.createElement("button");
    Object.assign(button, { type: "button", className: `lx-model lx-study-row${row.busy ? " lx-busy" : ""}`, title: row.problem ?? "" });
    button.setAttribute("role", "option");
    button.setAttribute("aria-selected", String(row.id === selected));
    button.dataset.id = row.id;
    button.append(line("lx-study-title", row.title), line("lx-study-detail", row.detail),
      line(row.problem ? "lx-study-count lx-study-bad" : "lx-study-count", row.problem ? "its file has problems" : row.count));
    button.onclick = () => {
      for (const one of place.children) one.setAttribute("aria-selected", String(one === button));
      trigger("select", { id: row.id });
    };
    return button;
  }));
}

draw();
watch("value", draw);
