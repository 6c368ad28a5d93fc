// A study's address for participants: the body of js_on_load, with element, props and watch in reach. Value: {name} or null.
const place = element.querySelector(".lx-study_link");
const base = new URL(window.gradio_config?.root ?? ".", location.href).pathname.replace(/\/$/, "");

function draw() {
  const name = props.value?.name;
  place.replaceChildren();
  if (!name) return;
  const href = new URL(`${base}/quiz/${encodeURIComponent(name)}`, location.href).href;
  const link = Object.assign(document.createElement("a"), { href, textContent: href, target: "_blank", rel: "noopener" });
  const copy = Object.assign(document.createElement("button"), { type: "button", className: "lx-button", onclick: async () => {
    try {
      await navigator.clipboard.writeText(href);
      copy.firstChild.textContent = "Copied";
    } catch {
      prompt("This browser does not let the page copy. The link:", href); // no clipboard on plain http
    }
  } });
  copy.append(Object.assign(document.createElement("span"), { textContent: "Copy link" }));
  place.append(link, copy);
}

draw();
watch("value", draw);
