// What a participant has begun at a step and not sent yet: kept in the browser, so that a reload or a crash costs nothing.

const keyOf = (session) => `latent-explorer/quiz-draft/${session}`;

/** The draft of one step; a session has one at a time. {read(): what was kept or null, keep(value)}. */
export function draft(session, step) {
  return {
    read() {
      try {
        const [at, value] = JSON.parse(localStorage.getItem(keyOf(session)) ?? "[-1, null]");
        return at === step ? value : null;
      } catch {
        return null;
      }
    },
    keep(value) {
      try {
        localStorage.setItem(keyOf(session), JSON.stringify([step, value]));
      } catch {
        // no storage: it lasts as long as the page
      }
    },
  };
}

/** Forgets what was begun in a session. */
export function dropDraft(session) {
  try {
    localStorage.removeItem(keyOf(session));
  } catch {
    // no storage, no draft
  }
}
