// While a hand drags a column: one request in flight, the latest place wins, late answers are dropped.

const SLOW_MS = 60; // where reading a picture takes longer, the picture comes without, and its rating when the hand rests

/** {ask(fields), end()}; `seen({shape, bytes, rating, ms})` is called with each answer that is still wanted. */
export function livePreview({ api, notices, seen }) {
  const never = new AbortController().signal;
  let wanted = null, flying = false, drag = 0, slow = null; // slow: the classifier that is

  async function fly() {
    if (flying || !wanted) return;
    const { rest = false, ...fields } = wanted, mine = drag, unread = fields.classifier !== null && fields.classifier === slow && !rest;
    [wanted, flying] = [null, true];
    const started = performance.now();
    try {
      await api.stream("matrix/live", unread ? { ...fields, classifier: null, output: null } : fields, ({ type, shape, rating, data }) => {
        const ms = performance.now() - started;
        if (type === "picture" && mine === drag) seen({ shape, rating, bytes: data, ms });
        if (fields.classifier !== null && !unread) slow = ms > SLOW_MS ? fields.classifier : null;
      }, never);
      if (unread && mine === drag) wanted ??= { ...fields, rest: true };
    } catch (error) {
      if (mine === drag && !error.busy) notices.problem(error);
    }
    flying = false;
    fly();
  }

  return {
    ask(fields) {
      wanted = fields;
      fly();
    },
    /** The hand let go: what is still under way is not wanted any more. */
    end() {
      wanted = null;
      drag += 1;
    },
  };
}
