// What Hypotheses shows, as fields of an address and back; cards are kept in files instead.

/**
 * {part, reader, readout, bank, seed, matrix}: the part in front, the classifier that reads the pictures and which of its
 * outputs (null for one that fits), codes to search on and their seed; the matrix as style_matrix_link.js writes it.
 */
export const START = { part: "generate", reader: null, readout: null, bank: 64, seed: 0, matrix: null };
export const BANK = [8, 512], SEEDS = [0, 999999], CODES = [3, 2048];

export function hypothesesToFields(hypotheses, fields) {
  if (!hypotheses) return;
  for (const [name, value] of Object.entries(START)) {
    const own = hypotheses[name] ?? value;
    if (own !== value) fields.set(name, String(own));
  }
}

/** What the fields of an address ask for; null where they say nothing of Hypotheses. Anything malformed is ignored. */
export function hypothesesFromFields(fields) {
  const given = Object.fromEntries(Object.keys(START).map((name) => [name, fields.get(name)]).filter(([, value]) => value && value.length <= 200));
  if (!Object.keys(given).length) return null;
  const found = { ...START };
  for (const name of ["part", "reader", "readout", "matrix"]) found[name] = given[name] ?? found[name];
  for (const [name, ends] of [["bank", BANK], ["seed", SEEDS]]) found[name] = whole(given[name], ends) ?? found[name];
  return found;
}

/** A whole number between two ends from what was typed; null for anything else. */
export function whole(text, [low, high]) {
  return /^\d{1,9}$/.test(text ?? "") ? Math.min(high, Math.max(low, Number(text))) : null;
}
