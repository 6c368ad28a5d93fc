// Asks for the maps that are missing, keeps those that came, and tells when something arrived.

import { unpackMaps } from "./heatmap_paint.js";
import { Problem } from "./api.js";

const KEPT = 600; // maps of this page; the server keeps more

/**
 * rows are {classifier, picture: {key, sent}}, columns {name, options}; `onchange` is called when there is news.
 */
export function mapStore(api, onchange) {
  const maps = new Map(), abouts = new Map();
  let running = null, live = null, following = false;
  const status = { share: null, method: null, problem: null, stopped: false };

  const targetKey = (target) => JSON.stringify(target);
  const mapKey = (row, column, target) => JSON.stringify([row.classifier, row.picture.key, column.name, column.options, target]);
  const aboutKey = (row, target) => JSON.stringify([row.classifier, row.picture.key, targetKey(target)]);

  function keep(store, key, value) {
    store.delete(key);
    store.set(key, value);
    while (store.size > KEPT) store.delete(store.keys().next().value);
  }

  /** One request: `rows` of one classifier. Resolves to false when it was ended from here. */
  function request(rows, columns, target, signal, more = {}) {
    const fields = { classifier: rows[0].classifier, pictures: rows.map(({ picture }) => picture.sent), methods: columns, target, ...more };
    return api.stream("explain/maps", fields, (piece) => take(piece, rows, columns, target), signal);
  }

  function take(piece, rows, columns, target) {
    const column = columns.find(({ name }) => name === piece.method);
    if (piece.type === "progress") Object.assign(status, { share: piece.share, method: columns[piece.method]?.name });
    if (piece.type === "pictures") {
      const size = piece.data.length / rows.length, shape = piece.shape.slice(1);
      rows.forEach((row, k) => keep(abouts, aboutKey(row, target), { ...piece.rows[k], name: piece.names[k],
        picture: { shape, bytes: piece.data.slice(k * size, (k + 1) * size) } }));
    }
    if (piece.type === "failure") piece.pictures.forEach((k) => keep(maps, mapKey(rows[k], column, target), { failure: piece.reason }));
    if (piece.type === "map") {
      const { seconds, cached, notes, signed, pictures, zero } = piece;
      unpackMaps(piece).forEach((map, k) => keep(maps, mapKey(rows[pictures[k]], column, target),
        { ...map, notes, signed, zero: zero[k], seconds: seconds / pictures.length, cached: cached === pictures.length }));
    }
    if (!following) onchange(piece.type);
  }

  function missing(rows, columns, target) {
    const lacks = (row, column) => !maps.has(mapKey(row, column, target));
    const open = rows.filter((row) => !abouts.has(aboutKey(row, target)) || columns.some((column) => lacks(row, column)));
    const first = open.filter((row) => row.classifier === open[0].classifier);
    return { rows: first, columns: columns.filter((column) => first.some((row) => lacks(row, column))) };
  }

  return {
    status,
    map: (row, column, target) => maps.get(mapKey(row, column, target)),
    about: (row, target) => abouts.get(aboutKey(row, target)),
    busy: () => running !== null,

    /** Gets what is missing, one classifier after the other; what was under way for something else ends. */
    async fill(rows, columns, target) {
      const wanted = JSON.stringify([rows.map(({ classifier, picture }) => [classifier, picture.key]), columns, target]);
      if (running?.wanted === wanted) return;
      this.stop();
      Object.assign(status, { problem: null, stopped: false });
      if (!columns.length || !missing(rows, columns, target).rows.length) return;
      const own = { wanted, control: new AbortController() };
      running = own;
      onchange("begun");
      try {
        for (let todo = missing(rows, columns, target); todo.rows.length; todo = missing(rows, columns, target)) {
          const asked = todo.columns.length ? todo.columns : columns; // a picture may lack only what is said of it
          if (!await request(todo.rows, asked, target, own.control.signal)) return;
          if (missing(rows, columns, target).rows[0]?.classifier === todo.rows[0].classifier) throw new Problem("The server left out what was asked for; its log tells more.");
        }
      } catch (error) {
        if (running === own) status.problem = error;
      } finally {
        if (running === own) {
          running = null;
          Object.assign(status, { share: null, method: null });
          onchange("ended");
        }
      }
    },

    /**
     * For a hand on a slider: one request is in flight, the latest value wins. `ask` names what to get, or null;
     * `onrow` is called with the row whose maps are there, which the hand may have left already.
     */
    async follow(ask, onrow) {
      if (live) {
        live.next = ask;
        return;
      }
      live = { next: ask };
      try {
        while (live.next) {
          const asked = live.next();
          live.next = null;
          if (!asked?.columns.length) continue;
          following = true;
          const signal = asked.patience_ms ? AbortSignal.timeout(asked.patience_ms) : new AbortController().signal;
          await request([asked.row], asked.columns, asked.target, signal, { live: true });
          following = false;
          onrow(asked.row);
        }
      } catch (error) {
        if (!error.away && !error.busy) status.problem = error;
      } finally {
        following = false;
        live = null;
      }
    },

    stop({ byHand = false } = {}) {
      running?.control.abort();
      running = null;
      Object.assign(status, { share: null, method: null, stopped: byHand });
      if (byHand) onchange("ended");
    },
  };
}
