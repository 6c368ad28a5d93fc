// Workspace Quiz: play with any model against the simulated participant, and the studies of this server.

import { asking } from "./api.js";
import { h, httpSource } from "./canvas.js";
import { choice } from "./choice.js";
import { match } from "./match.js";
import { catalogueNames, pageDecoders, pageFirst } from "./onnx_source.js";

const SCORES_KEPT = 8;
const TASKS = {
  reconstruction: ["Match the picture", "Move the dials until your picture is the target."],
  exemplars: ["Examples", "Pictures with a dial low, medium and high; then say where it stands in a new one."],
  traversals: ["Traversals", "Rows of pictures along one dial; then say where it stands in a new one."],
  samples: ["Sorted samples", "Random pictures sorted by a dial; then say where it stands in a new one."],
  none: ["No explanation", "Nothing but the picture: what guessing alone achieves."],
};

/**
 * Fills `place`. The model is the one of the host's `state` {now, listen}, its words go to `notices` {say, attempt}, and
 * below `base` the server has its routes: quiz and canvas. `results` is what the host calls its place for results.
 */
export function quizHome(place, { state, notices, base, results = "Workspace Study" }) {
  const ask = asking(`${base}/quiz/api`);
  const decoders = pageDecoders(`${base}/canvas`, catalogueNames(`${base}/canvas`));
  const source = pageFirst(decoders, httpSource(`${base}/canvas/decode`));
  let round = null; // what runs now
  let chosen = 0; // counts choices of model and task: the questions of an earlier one come too late
  const body = h("div", { class: "qz qz-home" });
  place.replaceChildren(body);
  home();
  state.listen((changed) => {
    if (!changed.has("model")) return;
    if (round) notices.say(`The round with ${round.model} has ended: another model was chosen.`);
    home();
  });

  // ------------------------------------------------------------------------------------------------ home

  function home() {
    round?.open?.close?.();
    round = null;
    chosen += 1;
    const { model } = state.now;
    const task = h("select", { class: "qz-select", "aria-label": "Task" }, ...Object.entries(TASKS).map(
      ([name, [title]]) => h("option", { value: name }, title)));
    const about = h("p", { class: "qz-about" }, TASKS.reconstruction[1]);
    task.addEventListener("change", () => {
      chosen += 1;
      offer(go);
      about.textContent = TASKS[task.value][1];
      refresh();
    });
    const go = h("button", { type: "button", class: "qz-button qz-primary", disabled: !model,
      onclick: () => notices.attempt(() => play(model, task.value, go)) }, "Play");
    const best = h("div", { class: "qz-best" });
    const studies = h("div", { class: "qz-studies" }, h("p", { class: "qz-about" }, "Reading the studies …"));
    const refresh = () => best.replaceChildren(table(model, task.value));
    refresh();
    body.replaceChildren(
      h("section", { class: "qz-card" }, h("h2", {}, "Play"),
        h("p", {}, model ? h("span", {}, "Five questions with ", h("b", {}, model), ". Choose another model at the left.") : "Choose a model at the left."),
        h("div", { class: "qz-row" }, task, go), about, best),
      h("section", { class: "qz-card" }, h("h2", {}, "Studies"),
        h("p", { class: "qz-about" }, `A link to a study is all a participant needs; answers are kept on this server. ${results} analyses them.`), studies));
    notices.attempt(async () => studies.replaceChildren(...(await ask.get("studies")).studies.map(card)));
  }

  function card({ name, title, models, tasks, participants, questions, own, problem }) {
    const link = new URL(`${base}/quiz/${encodeURIComponent(name)}`, location.href).href;
    if (problem) return h("div", { class: "qz-study" }, h("b", {}, name), h("p", { class: "qz-problem" }, problem));
    const copy = h("button", { type: "button", class: "qz-button", title: link, onclick: async () => {
      try {
        await navigator.clipboard.writeText(link);
        notices.say(`Copied: ${link}`);
      } catch {
        prompt("This browser does not let the page copy. The link:", link); // no clipboard on plain http
      }
    } }, "Copy link");
    const facts = [tasks.map((task) => TASKS[task][0]).join(" or "), `${models} model${models > 1 ? "s" : ""}`,
      questions && `${questions} questions`, participants ? `${participants} took part` : "nobody took part yet", own ? "your file" : "ready-made"];
    return h("div", { class: "qz-study" }, h("div", {}, h("b", {}, title), " ", h("code", {}, name)),
      h("p", { class: "qz-about" }, facts.filter(Boolean).join(" · ")),
      h("div", { class: "qz-row" }, h("a", { class: "qz-button", href: link, target: "_blank", rel: "noopener" }, "Take part"), copy));
  }

  /** The best rounds of this browser with a model and a task, and the simulated participant's last one. */
  function table(model, task) {
    const kept = scores(model, task);
    if (!kept.length) return h("p", { class: "qz-about" }, "Nobody has played this here yet.");
    const rows = kept.slice(0, 5).map(({ solved, count, seconds, when }, k) => h("tr", {}, h("td", {}, `${k + 1}.`),
      h("td", {}, `${solved} of ${count}`), h("td", {}, `${seconds.toFixed(0)} s`), h("td", {}, new Date(when).toLocaleDateString())));
    return h("table", { class: "qz-scores" }, h("caption", {}, "Best rounds in this browser"), h("tbody", {}, ...rows));
  }

  // ------------------------------------------------------------------------------------------------ a round

  function offer(button) {
    button.disabled = !state.now.model;
    button.textContent = "Play";
  }

  async function play(model, task, button) {
    button.disabled = true;
    button.textContent = "Drawing questions …";
    const seed = Math.floor(Math.random() * 2 ** 31), mine = ++chosen;
    try {
      const { questions } = await ask.post("play", { model, task, seed });
      if (mine !== chosen) return;
      round = { model, task, seed, questions, at: 0, solved: 0, seconds: 0, open: null };
      decoders.want([model]);
      // Found while the round is played; a failure only leaves the comparison out.
      round.bot = task === "reconstruction" ? ask.post("play/bot", { model, seed }).catch(() => null) : Promise.resolve(null);
      question();
    } catch (error) {
      if (mine === chosen) throw error; // of what nobody wants any more nothing is said
    } finally {
      if (mine === chosen) offer(button);
    }
  }

  function question() {
    const { questions, at, task, model } = round;
    const view = questions[at], here = round;
    const stage = h("div", { class: "qz-stage" });
    body.replaceChildren(h("div", { class: "qz-roundhead" }, h("b", {}, model), h("span", {}, `question ${at + 1} of ${questions.length}`),
      h("span", { class: "qz-grow" }), h("button", { type: "button", class: "qz-button", onclick: home }, "Stop")), stage);
    const done = (solved, seconds) => {
      round.solved += solved;
      round.seconds += seconds;
      round.open?.close?.();
      round.at += 1;
      if (round.at < questions.length) question();
      else end();
    };
    if (task === "reconstruction") {
      round.open = match(stage, view, { source, next: at + 1 < questions.length ? "Next" : "See the score",
        onleave: ({ outcome, duration_ms }) => done(outcome === "solved", duration_ms / 1000) });
      return;
    }
    round.open = null;
    choice(stage, view, { more: (number) => ask.post("play/panel", { model, task, seed: round.seed, question: at, number }),
      onleave: ({ answer, duration_ms }) => {
        const right = answer.option === view.correct;
        const go = h("button", { type: "button", class: "qz-button qz-primary", onclick: () => { if (round === here) done(right, duration_ms / 1000); } }, "Next");
        stage.append(h("div", { class: `qz-feedback ${right ? "qz-right" : "qz-wrong"}`, role: "status" },
          h("p", {}, right ? "✓ Correct." : `✗ Not quite: the right answer is ${view.options[view.correct]}.`), go));
        go.focus();
      } });
  }

  async function end() {
    const { model, task, solved, seconds, questions, bot } = round;
    const kept = keep(model, task, { solved, count: questions.length, seconds, when: Date.now() });
    const place = kept.findIndex((one) => one.mine) + 1;
    const other = h("p", { class: "qz-about", role: "status" }, task === "reconstruction" ? "The simulated participant is still at it …" : "");
    body.replaceChildren(h("section", { class: "qz-card" }, h("h2", {}, `You solved ${solved} of ${questions.length} in ${seconds.toFixed(0)} s`),
      h("p", {}, !solved ? "" : place === 1 && kept.length > 1 ? "The best round in this browser so far." : place ? `Place ${place} in this browser.` : ""), other, table(model, task),
      h("div", { class: "qz-row" }, h("button", { type: "button", class: "qz-button qz-primary", onclick: home }, "Again"))));
    const answer = await bot;
    if (answer) {
      other.textContent = `The simulated participant, who tries one dial after the other, solved ${answer.solved} of ${questions.length} of the same ` +
        `questions${answer.moves === null ? "" : ` with ${answer.moves.toFixed(1)} moves each`}.`;
    } else other.textContent = "";
    round = null;
  }
}

const keyOf = (model, task) => `latent-explorer/play/${task}/${model}`;

function scores(model, task) {
  try {
    return JSON.parse(localStorage.getItem(keyOf(model, task)) ?? "[]");
  } catch {
    return [];
  }
}

/** Adds a round to those kept, best first; the new one is marked in what is returned. */
function keep(model, task, score) {
  const all = [...scores(model, task), { ...score, mine: true }].sort((a, b) => b.solved - a.solved || a.seconds - b.seconds).slice(0, SCORES_KEPT);
  try {
    localStorage.setItem(keyOf(model, task), JSON.stringify(all.map(({ mine, ...one }) => one)));
  } catch {
    // no storage: the score is shown once
  }
  return all;
}
