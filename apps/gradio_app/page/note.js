// One line of text and, before it, a warning: the body of js_on_load. Value: {text, warning, tone}.
const place = element.querySelector(".lx-note");

function draw() {
  const { text = "", warning = "", tone = "" } = props.value || {};
  const line = (className, words) => Object.assign(document.createElement("p"), { className, textContent: words });
  place.replaceChildren(...(warning ? [line("warn", warning)] : []), ...(text ? [line(tone, text)] : []));
}

draw();
watch("value", draw);
