// Pictures and ratings by name, asked for in one stream and kept: going back costs nothing.

const LIMIT = 192 * 2 ** 20; // bytes of pictures

/** {picture(key, size), rating(key), want(asked), put}; `changed(keys)` is called as pictures arrive. */
export function pictureStore({ api, notices, changed }) {
  const pictures = new Map(), ratings = new Map();
  let bytes = 0, running = null, reading = "";

  const named = (key, size) => `${size ?? "full"} ${key}`;

  function keep(name, picture) {
    if (pictures.has(name)) return;
    pictures.set(name, picture);
    bytes += picture.bytes.byteLength;
    for (const [oldest, { bytes: held }] of pictures) {
      if (bytes <= LIMIT) break;
      pictures.delete(oldest);
      bytes -= held.byteLength;
    }
  }

  /**
   * Asks for what is missing of {model, settings, step, keys, size, classifier, output}: the pictures in their order, and
   * their ratings where there is a classifier. What an earlier call still waits for is given up.
   */
  async function want({ keys, size, ...asked }) {
    reading = asked.classifier ? `${asked.classifier} ${asked.output} ` : "";
    const rated = reading; // what this answer is about, whatever is asked next
    const missing = [...new Set(keys)].filter((key) => !pictures.has(named(key, size)) || (rated && !ratings.has(rated + key)));
    running?.abort();
    running = null;
    if (!missing.length) return;
    const signal = (running = new AbortController()).signal;
    await api.stream("matrix/pictures", { ...asked, keys: missing, size }, (piece) => {
      if (piece.type !== "pictures" || signal.aborted) return;
      const [count, ...shape] = piece.shape, held = piece.data.length / count;
      const arrived = missing.slice(piece.first, piece.first + count);
      arrived.forEach((key, k) => {
        keep(named(key, size), { shape, bytes: piece.data.slice(k * held, (k + 1) * held) });
        if (piece.ratings) ratings.set(rated + key, piece.ratings[k]);
      });
      changed(arrived);
    }, signal);
  }

  return {
    picture: (key, size) => pictures.get(named(key, size)) ?? null,
    rating: (key) => (reading ? ratings.get(reading + key) ?? null : null),
    want: (asked) => notices.attempt(() => want(asked)),
    read: (classifier, output) => { reading = classifier ? `${classifier} ${output} ` : ""; },
  };
}
