// The cards of this page: sent to the server as they are, which checks and judges them, and kept over a reload of the tab.

const KEY = "latent-explorer/hypotheses";
const MOST_BYTES = 16 * 2 ** 20;

/**
 * {now, views, chosen, add, merge, load, clear, restore, listen}: `now` is the session as engine.explain.hypotheses writes
 * it, `views` what the server says of its cards, `chosen` the number of the card in sight. Both change together.
 */
export function cardSession({ api, notices }) {
  const listeners = new Set();
  let turn = Promise.resolve();
  const session = {
    now: fresh(), views: [], chosen: 0,
    listen: (listener) => { listeners.add(listener); },
    choose(number) {
      session.chosen = number;
      tell();
    },
    /** One more card, in sight from now on; false if it could not be made. */
    add: (hypothesis) => change((now) => ({ ...now, cards: [...now.cards, { hypothesis, result: null }] }), (now) => now.cards.length - 1),
    /** The result of a card. */
    merge: (number, result) => change((now) => ({ ...now, cards: now.cards.map((card, k) => (k === number ? { ...card, result } : card)) })),
    /** Instead of these cards those of a file. */
    async load(file) {
      if (file.size > MOST_BYTES) {
        notices.problem(new Error(`${file.name} has ${(file.size / 2 ** 20).toFixed(0)} MB; a session of at most 16 MB is read.`));
        return false;
      }
      const found = await notices.attempt(async () => {
        try {
          return JSON.parse(await file.text());
        } catch {
          throw new Error(`${file.name} is no session of hypotheses: it is not JSON.`);
        }
      });
      return found !== undefined && change(() => found, () => 0);
    },
    clear: () => change(fresh, () => 0),
    /** What the tab kept. */
    async restore() {
      try {
        const kept = JSON.parse(sessionStorage.getItem(KEY));
        if (kept?.cards?.length && !session.now.cards.length && !await change(() => kept, () => 0)) sessionStorage.removeItem(KEY);
      } catch {
        // no storage, or nothing that can be read: an empty session
      }
    },
  };

  /** One after the other: `next` makes a session of the one before, which holds once the server has read it. */
  function change(next, chosen = () => session.chosen) {
    const made = turn.then(() => notices.attempt(async () => {
      const now = next(session.now);
      const { cards } = await api.post("hypotheses/cards", { session: now });
      Object.assign(session, { now, views: cards, chosen: Math.max(0, chosen(now)) });
      keep(now);
      tell();
      return true;
    }));
    turn = made;
    return made.then(Boolean);
  }

  function tell() {
    listeners.forEach((listener) => listener());
  }
  return session;
}

function fresh() {
  return { format: 1, seed: crypto.getRandomValues(new Uint32Array(1))[0], cards: [] };
}

function keep(session) {
  try {
    sessionStorage.setItem(KEY, JSON.stringify(session));
  } catch {
    // no storage, or no room: the cards last as long as the page, and Save keeps them
  }
}
