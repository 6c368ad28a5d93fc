// Files to take away, of Explain and others: they come in parts, so that a long one shows how far it is and can be cancelled.

import { saveFile } from "./dom.js";

const PATIENCE_MS = 2000; // what takes no longer needs no progress

/** `onchange` is called when `status` has news: {share, busy, late}; a share of null is not known. */
export function exporter({ api, notices, onchange, path = "explain/export" }) {
  const status = { share: null, busy: false, late: false };
  let control = null;

  function tell(news) {
    Object.assign(status, news);
    onchange();
  }

  /** One file after the other, {as, classifiers, ...} each, until one fails or is cancelled. */
  async function save(files) {
    control = new AbortController();
    const patience = setTimeout(() => tell({ late: true }), PATIENCE_MS);
    tell({ busy: true });
    await notices.attempt(async () => {
      for (const fields of files) {
        const file = await fetched(fields, control.signal);
        if (!file) break;
        saveFile(file);
      }
    });
    clearTimeout(patience);
    tell({ share: null, busy: false, late: false });
  }

  async function fetched(fields, signal) {
    const parts = [];
    let about = null;
    const whole = await api.stream(path, fields, (piece) => {
      if (piece.type === "progress") tell({ share: piece.share });
      if (piece.type === "file") about = piece;
      if (piece.type === "part") parts.push(piece.data);
    }, signal);
    return whole && { name: about.name, blob: new Blob(parts, { type: about.media_type }) };
  }

  return { status, save, cancel: () => control?.abort() };
}
