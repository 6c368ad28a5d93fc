// What a hand did to the sliders: every change of dial or direction, and one entry per 100 ms while a dial moves.

const APART_MS = 100;
const IDLE_MS = 3000; // a longer pause is not active time

/** Records one question from now on; `start` is the code that is shown first. */
export function recorder(start, { clock = () => performance.now() } = {}) {
  const began = clock();
  const entries = [{ t_ms: 0, code: start, axis: -1, direction: 0, agreement: null, error: null }];
  let last = { axis: -1, direction: 0, code: start };

  const add = (entry) => entries.push({ t_ms: round(clock() - began), agreement: null, error: null, ...entry });
  return {
    /** A dial has moved; `value` and `before` are its own values. */
    move(code, axis, value, before) {
      const direction = Math.sign(value - before);
      const turned = axis !== last.axis || (direction && last.direction && direction !== last.direction);
      last = { axis, direction: direction || last.direction, code };
      if (turned || clock() - began - entries.at(-1).t_ms >= APART_MS) add(last);
    },
    /** The picture of a code has been drawn. */
    drawn(code, agreement, error) {
      for (const entry of entries.slice(-30)) {
        if (entry.agreement === null && same(entry.code, code)) Object.assign(entry, { agreement, error });
      }
    },
    /** Seconds in which something happened: gaps between entries of less than three seconds. */
    activeSeconds() {
      return entries.reduce((sum, { t_ms }, k) => {
        const gap = k ? t_ms - entries[k - 1].t_ms : 0;
        return sum + (gap < IDLE_MS ? gap : 0);
      }, 0) / 1000;
    },
    /** Ends the record; {duration_ms, history}. What was never drawn has no agreement: the server fills it in. */
    finish(code, agreement, error) {
      add({ axis: -1, direction: 0, code, agreement, error });
      const column = (name) => entries.map((entry) => entry[name]);
      const names = ["t_ms", "code", "axis", "direction", "agreement", "error"];
      return { duration_ms: entries.at(-1).t_ms, history: Object.fromEntries(names.map((name) => [name, column(name)])) };
    },
  };
}

function same(a, b) {
  return a.length === b.length && a.every((value, k) => value === b[k]);
}

function round(ms) {
  return Math.round(10 * ms) / 10;
}
