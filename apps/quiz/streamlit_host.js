// Mounts quiz_home.js as a Streamlit component (v2): data is {base, model}, the path of the app and the model to play.
const shown = new WeakMap();

export default function ({ parentElement, data }) {
  const place = parentElement.querySelector(".quiz-place");
  if (!shown.has(place)) {
    const listeners = new Set();
    const state = { now: { model: data.model }, listen: (listener) => listeners.add(listener) };
    shown.set(place, { state, listeners });
    const said = place.querySelector(".quiz-said");
    const notices = {
      say: (text) => { said.textContent = text; },
      async attempt(work) {
        try {
          return await work();
        } catch (error) {
          console.error(error);
          said.textContent = error.message;
          return undefined;
        }
      },
    };
    import(new URL(`${data.base}/quiz/page/quiz_home.js`, location.origin).href)
      .then(({ quizHome }) => quizHome(place.querySelector(".quiz-home"), { state, notices, base: data.base, results: "Page Study results" }))
      .catch((error) => {
        console.error(error);
        said.textContent = "The quiz could not be loaded. Reload the page; if that does not help, restart the app.";
      });
  }
  const dark = () => {
    const parts = (getComputedStyle(parentElement.host ?? parentElement).color.match(/[\d.]+/g) ?? [0, 0, 0]).map(Number);
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2] > 127; // light letters
  };
  place.classList.toggle("dark", dark());
  const { state, listeners } = shown.get(place);
  if (state.now.model !== data.model) {
    state.now.model = data.model;
    listeners.forEach((listener) => listener(new Set(["model"])));
  }
}
