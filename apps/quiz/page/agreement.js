// How well a picture matches its target: the measures of engine/study/matching/agreement.py, on the pixels that are drawn.

/**
 * The measure that `facts` = {name, ...} describes, as a function of the values of two drawn pictures: from 0 to 1.
 * Values are numbers in [0, 1] for images, in the order of their pixels, and in natural units for series.
 */
export function agreementOf(facts) {
  const measure = MEASURES[facts.name];
  if (!measure) throw new Error(`This page does not know the agreement "${facts.name}". Reload it.`);
  const mean = facts.mean && meanOf(facts.mean);
  return (x, target) => {
    if (x.length !== target.length) throw new Error(`A picture of ${x.length} values cannot be compared with ${target.length}.`);
    return measure(x, target, { ...facts, mean });
  };
}

const MEASURES = {
  overlap(x, target, { offset }) {
    let apart = 0, both = 0;
    for (let k = 0; k < x.length; k++) {
      apart += Math.abs(x[k] - target[k]);
      both += Math.abs(x[k]) + Math.abs(target[k]);
    }
    return 1 - apart / (offset + both);
  },
  tolerance(x, target, { width }) {
    let near = 0;
    for (let k = 0; k < x.length; k++) near += Math.abs(x[k] - target[k]) < width;
    return near / x.length;
  },
  intersection(x, target) {
    let both = 0, either = 0;
    for (let k = 0; k < x.length; k++) {
      const one = x[k] >= 0.5, other = target[k] >= 0.5;
      both += one && other;
      either += one || other;
    }
    return either ? both / either : 1;
  },
  distance(x, target, { mean, spread }) {
    let apart = 0, whole = spread / 2;
    for (let k = 0; k < x.length; k++) {
      apart += Math.abs(x[k] - target[k]);
      whole += Math.abs(x[k] - mean[k]) + Math.abs(target[k] - mean[k]);
    }
    return apart ? Math.max(0, (whole - apart) / (whole + apart)) : 1;
  },
};

/** The mean picture, sent as bytes (C, H, W) or float32 (T,), in the order of drawn values. */
function meanOf({ shape, dtype, data }) {
  const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
  if (dtype === "float32") return new Float32Array(bytes.buffer);
  const [channels, height, width] = shape, values = new Float64Array(bytes.length);
  for (let c = 0, from = 0; c < channels; c++) {
    for (let p = 0; p < height * width; p++, from++) values[p * channels + c] = bytes[from] / 255;
  }
  return values;
}

/** Summed squared difference. */
export function errorBetween(x, target) {
  let sum = 0;
  for (let k = 0; k < x.length; k++) sum += (x[k] - target[k]) ** 2;
  return sum;
}

/** The numbers of a drawn picture: {shape, bytes} as sources answer, uint8 (H, W, C) or float32 (T,). */
export function valuesOf({ shape, bytes }) {
  if (shape.length === 1) return new Float32Array(bytes);
  return Float64Array.from(new Uint8Array(bytes), (level) => level / 255);
}
