// What the style matrix shows, as one short text of an address and back: `result-8-4-own-12`.

/** {view, styles, columns, shared, seed}: columns of null are the model's own number. */
export const FRESH = { view: "style", styles: 8, columns: null, shared: true, seed: 0 };

export function matrixToText({ view, styles, columns, shared, seed }) {
  const text = [view, styles, columns ?? "auto", shared ? "shared" : "own", seed].join("-");
  return text === "style-8-auto-shared-0" ? null : text;
}

/** Anything malformed is what a new matrix has. */
export function matrixFromText(text) {
  const found = /^(style|result)-(\d{1,2})-(auto|\d{1,2})-(shared|own)-(\d{1,9})$/.exec(text ?? "");
  if (!found) return { ...FRESH };
  const [, view, styles, columns, bank, seed] = found;
  return { view, styles: Math.min(64, Math.max(2, Number(styles))), columns: columns === "auto" ? null : Number(columns), shared: bank === "shared", seed: Number(seed) };
}
