// Mounts canvas.js on a bare page: ?model=NAME names the model, ?range=full the sliders' range; nothing else is needed.
import { httpSource, mount } from "./canvas.js";

const query = new URLSearchParams(location.search);
const place = document.querySelector("#canvas");
const name = query.get("model") ?? "";

const response = await fetch(`describe/${name.split("/").map(encodeURIComponent).join("/")}`).catch(() => null);
const state = await response?.json().catch(() => null);
if (response?.ok && state) {
  document.title = `${state.model} – Latent Explorer`;
  mount(place, {
    ...state,
    source: httpSource("decode"),
    range: query.get("range") ?? "percentile",
    onCommit: (code, { axis }) => place.dispatchEvent(new CustomEvent("commit", { detail: { code, axis } })),
  });
} else {
  const lost = response ? `The server could not describe this model (HTTP ${response.status}); its log tells more.`
    : "The server does not answer. Start it again and reload this page.";
  place.textContent = state?.error ?? lost;
}
