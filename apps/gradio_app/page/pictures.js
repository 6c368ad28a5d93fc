// A page of pictures cut from one sheet: the body of js_on_load, with element, props, trigger and watch in reach.
// Value: {label, atlas: {uri, columns, width, height}, items: [{row, caption, title}]}; a picture triggers `select` {row}.
const place = element.querySelector(".lx-pictures");

function draw() {
  const { atlas, items = [], label = "" } = props.value || {};
  place.setAttribute("aria-label", label);
  if (!atlas) {
    place.replaceChildren(Object.assign(document.createElement("p"), { textContent: props.value ? "No example fits." : "" }));
    return;
  }
  const shown = 64; // pixels on the page
  const scale = shown / Math.max(atlas.width, atlas.height);
  place.replaceChildren(...items.map((item, k) => {
    const button = document.createElement("button");
    button.type = "button";
    button.title = item.title;
    button.dataset.row = item.row;
    button.setAttribute("aria-label", item.title);
    const picture = document.createElement("i");
    const [column, line] = [k % atlas.columns, Math.floor(k / atlas.columns)];
    Object.assign(picture.style, {
      width: `${atlas.width * scale}px`,
      height: `${atlas.height * scale}px`,
      backgroundImage: `url("${atlas.uri}")`,
      backgroundSize: `${atlas.columns * atlas.width * scale}px auto`,
      backgroundPosition: `${-column * atlas.width * scale}px ${-line * atlas.height * scale}px`,
    });
    const caption = document.createElement("span");
    caption.textContent = item.caption;
    button.append(picture, caption);
    button.onclick = () => trigger("select", { row: item.row });
    return button;
  }));
  place.scrollTop = 0;
}

place.addEventListener("keydown", (event) => {
  const buttons = [...place.querySelectorAll("button")];
  const at = buttons.indexOf(document.activeElement);
  if (at < 0) return;
  const across = buttons.filter((button) => button.offsetTop === buttons[0].offsetTop).length;
  const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: across, ArrowUp: -across }[event.key];
  if (!step) return;
  event.preventDefault();
  buttons[at + step]?.focus();
});

draw();
watch("value", draw);
