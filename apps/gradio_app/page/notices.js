// Short messages: news in the status line, problems as cards in a corner that stay until they are read.

import { button, h } from "./dom.js";

const NEWS_MS = 8000;

export function notices() {
  const news = h("span", { class: "lx-news", role: "status" });
  const problems = h("div", { class: "lx-notices", role: "alert" });
  document.body.append(h("div", { class: "lx-corner" }, problems));
  let timer = null;

  function add(text, seconds) {
    if (problems.lastChild?.dataset.text === text) problems.lastChild.remove();
    const card = h("div", { class: "lx-notice lx-bad", "data-text": text }, h("span", {}, text),
      button("", { name: "close", title: "Close", onclick: () => card.remove() }));
    problems.append(card);
    while (problems.children.length > 3) problems.firstChild.remove();
    setTimeout(() => card.remove(), 1000 * seconds);
  }
  return {
    news,
    say: (text) => {
      if (!text) return;
      [news.textContent, news.title] = [text, text];
      clearTimeout(timer);
      timer = setTimeout(() => { news.textContent = ""; }, NEWS_MS);
    },
    problem: (error) => {
      add(error.message, error.away ? 8 : 20);
      if (!("away" in error)) console.error(error);
    },
    /** Runs something that may fail; a failure becomes a message, and the answer is undefined. */
    async attempt(work) {
      try {
        return await work();
      } catch (error) {
        this.problem(error);
        return undefined;
      }
    },
  };
}
