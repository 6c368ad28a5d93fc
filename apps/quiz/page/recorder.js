// What a hand did to the sliders: every change of dial or direction, where it came to rest, and one entry per 100 ms
// while a dial moves.

import { writeAxis } from "./canvas.js";

const APART_MS = 100;
const IDLE_MS = 3000; // a longer pause is not active time
const DIGITS = 9; // all that a float32 holds
const LONG = 32; // numbers of a code that are too many for every entry

/** Records one question from now on; `start` is the code that is shown first, `dials` are axes with their `number`. */
export function recorder(start, { dials, clock = () => performance.now(), after = setTimeout, cancel = clearTimeout } = {}) {
  const began = clock();
  const entries = [{ t_ms: 0, code: start, axis: -1, direction: 0, agreement: null, error: null }];
  let waiting = null; // the newest move since the last entry: becomes one when the hand turns or rests
  let unseen = []; // moves since the one whose picture came last
  let last = { axis: -1, direction: 0 }, timer = null;

  const now = () => Math.round(10 * (clock() - began)) / 10;
  const keep = (entry) => {
    cancel(timer);
    waiting = null;
    if (entry) entries.push(entry);
  };
  return {
    /** A dial has moved; `value` and `before` are its own values. */
    move(code, axis, value, before) {
      const direction = Math.sign(value - before) || (axis === last.axis ? last.direction : 0);
      const turned = axis !== last.axis || direction * last.direction < 0;
      last = { axis, direction };
      if (turned) keep(waiting); // the turning point itself
      const entry = { t_ms: now(), code, axis, value, direction, agreement: null, error: null };
      unseen.push(entry);
      if (turned || entry.t_ms - entries.at(-1).t_ms >= APART_MS) {
        keep(entry);
      } else {
        cancel(timer);
        waiting = entry;
        timer = after(() => keep(waiting), APART_MS);
      }
    },
    /** The picture of a code has been drawn; `solved` makes an entry of it, at the time of its move. */
    drawn(code, agreement, error, solved = false) {
      const at = unseen.findIndex((entry) => same(entry.code, code)), move = unseen[at] ?? entries[0];
      if (at < 0 && !same(move.code, code)) return; // of no move: a reset, or the canvas's own
      Object.assign(move, { agreement, error });
      unseen = unseen.slice(at + 1); // pictures come in the order of their moves
      if (!solved) return;
      keep(null); // the page takes back what was moved since
      if (!entries.includes(move)) entries.splice(1 + entries.findLastIndex(({ t_ms }) => t_ms <= move.t_ms), 0, move);
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
      keep(waiting);
      entries.push({ t_ms: now(), code, axis: -1, direction: 0, agreement, error });
      const names = ["t_ms", "code", "axis", "direction", "agreement", "error"];
      const codes = start.length > LONG ? turns(entries, dials) : entries.map((entry) => entry.code.map(short));
      const column = (name) => (name === "code" ? codes : entries.map((entry) => entry[name]));
      return { duration_ms: entries.at(-1).t_ms, history: Object.fromEntries(names.map((name) => [name, column(name)])) };
    },
  };
}

/**
 * Long codes: where the dial of an entry came to stand, one number, wherever that and the entry before lead to the very
 * code that was drawn, which is one of float32; else, and at the ends, the whole code (engine/study/measuring/whole_codes.py).
 */
function turns(entries, dials) {
  const axes = new Map(dials.map((dial) => [dial.number, dial]));
  let reached = null; // the code that whoever reads the record has at this entry
  return entries.map(({ code, axis, value }) => {
    const next = reached && axis >= 0 ? writeAxis(axes.get(axis), reached, value) : null;
    const led = next !== null && code.every((one, k) => Math.fround(one) === Math.fround(next[k]));
    reached = led ? next : code;
    return led ? [value] : code;
  });
}

function same(a, b) {
  return a.length === b.length && a.every((value, k) => value === b[k]);
}

function short(value) {
  return Number(value.toPrecision(DIGITS));
}
