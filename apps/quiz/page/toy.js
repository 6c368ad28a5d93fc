// The practice toy, a disc whose size and brightness two dials change: the formula of engine/study/sessions/toy.py.

export const SIDE = 64;
export const SPACE = { kind: "image", shape: [1, SIDE, SIDE] };
export const LAYOUT = [{ name: "dials", size: 2, kind: "continuous" }];

/** A picture of code (z1, z2), both in [0, 1]: {shape, bytes}. */
export function disc([size, shade]) {
  const bytes = new Uint8Array(SIDE * SIDE), radius = 24 * size + 4;
  const inner = level(1 - Math.fround(shade)), outer = level(shade);
  for (let row = 0, k = 0; row < SIDE; row++) {
    for (let column = 0; column < SIDE; column++, k++) {
      const inside = Math.hypot(row - 31, column - 31) < radius;
      bytes[k] = inside ? inner : outer;
    }
  }
  return { shape: [SIDE, SIDE, 1], bytes: bytes.buffer };
}

/** As torch rounds on the server: in float32, halves to even. */
function level(value) {
  const scaled = Math.fround(255 * Math.fround(value)), below = Math.floor(scaled);
  return scaled - below === 0.5 ? below + (below % 2) : Math.round(scaled);
}

/** Axes as the canvas takes them; a reset goes back to where the dial started. */
export function dials(start) {
  return start.map((center, k) => ({ number: k, name: `Dial ${k + 1}`, kind: "continuous", indices: [k], low: 0, high: 1, minimum: 0,
    maximum: 1, center, effect: 1, collapsed: false, options: [], direction: [] }));
}

export const SOURCE = { request: async ({ code, seq }) => ({ ...disc(code), seq, ms: 0 }) };
