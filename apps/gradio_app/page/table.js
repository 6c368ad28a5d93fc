// A table that sorts: the body of js_on_load, with element, props, trigger and watch in reach.
// Value: {label, key (a line below), columns: [{key, title, tip, numeric}], rows: [{id, selected, error, cells: [{text, sort, note, tip, tone}]}]}.
// A row that is clicked, or opened with Enter, triggers `select` with {id}.
const place = element.querySelector(".lx-table");
let sorted = { column: -1, up: true }, drawn = null, brought = null;

function make(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) node[name] = value;
    else if (value !== false && value != null) node.setAttribute(name, value);
  }
  node.append(...children.filter((child) => child != null));
  return node;
}

function ordered(rows) {
  if (sorted.column < 0) return rows;
  const value = (row) => row.cells[sorted.column]?.sort ?? null;
  const words = new Intl.Collator(undefined, { numeric: true });
  return rows.slice().sort((a, b) => {
    const [x, y] = [value(a), value(b)];
    if (x === null || y === null) return (x === null) - (y === null); // what is missing stays at the end
    return (sorted.up ? 1 : -1) * (typeof x === "number" && typeof y === "number" ? x - y : words.compare(x, y));
  });
}

function header(column, index) {
  const state = sorted.column !== index ? "none" : sorted.up ? "ascending" : "descending";
  const sort = () => {
    sorted = { column: index, up: sorted.column === index ? !sorted.up : true };
    draw();
    place.querySelectorAll("th button")[index].focus();
  };
  const button = make("button", { type: "button", title: column.tip, onclick: sort }, column.title,
    make("span", { class: "arrow", "aria-hidden": "true" }, { none: "", ascending: "▲", descending: "▼" }[state]));
  return make("th", { scope: "col", class: column.numeric && "number", "aria-sort": state }, button);
}

function line(row, columns) {
  const open = () => {
    if (row.error) return;
    mark(row.id);
    trigger("select", { id: row.id });
  };
  const onkeydown = (event) => {
    if (event.key === "Enter" || event.key === " ") { event.preventDefault(); open(); }
    const step = { ArrowDown: "nextElementSibling", ArrowUp: "previousElementSibling" }[event.key];
    if (step) { event.preventDefault(); event.currentTarget[step]?.focus(); }
  };
  const cells = row.cells.map((cell, k) => make("td", { class: columns[k].numeric && "number", title: cell.tip },
    make("span", { class: `text ${cell.tone ?? ""}` }, cell.text),
    cell.note == null ? null : make("span", { class: "note" }, cell.note)));
  if (row.error) cells.splice(1, cells.length - 1,
    make("td", { class: "problem", colspan: columns.length - 1, title: row.error }, row.error));
  return make("tr", { tabindex: "0", "data-id": row.id, "aria-selected": String(Boolean(row.selected)),
    "aria-disabled": row.error ? "true" : null, onclick: open, onkeydown }, ...cells);
}

function draw() {
  const { columns = [], rows = [], label = "", key = "" } = props.value || {};
  element.querySelector(".lx-key").textContent = key;
  const head = make("thead", {}, make("tr", {}, ...columns.map(header)));
  const body = make("tbody", {}, ...ordered(rows).map((row) => line(row, columns)));
  const scroll = place.scrollTop;
  place.replaceChildren(make("table", { "aria-label": label }, head, body));
  place.scrollTop = scroll;
}

function mark(id) {
  for (const one of place.querySelectorAll("tbody tr")) one.setAttribute("aria-selected", String(one.dataset.id === id));
}

/** Scrolls the table, and nothing around it, to where a row can be seen below the header. */
function bring(id) {
  const row = [...place.querySelectorAll("tbody tr")].find((one) => one.dataset.id === id);
  if (!row) return;
  const head = place.querySelector("thead").offsetHeight;
  const above = row.offsetTop - head, below = row.offsetTop + row.offsetHeight - place.clientHeight;
  if (place.scrollTop > above) place.scrollTop = above;
  else if (place.scrollTop < below) place.scrollTop = below;
}

/** Where only another row is selected the rows stay: the focus, and a click under way, keep theirs. */
function update() {
  const { rows = [], ...rest } = props.value || {};
  const content = JSON.stringify([rest, rows.map((row) => ({ ...row, selected: null }))]);
  const selected = rows.find((row) => row.selected)?.id;
  if (content === drawn) mark(selected);
  else draw();
  drawn = content;
  if (selected !== brought) bring(selected);
  brought = selected;
}

update();
watch("value", update);
