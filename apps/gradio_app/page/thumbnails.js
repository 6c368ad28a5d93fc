// Small pictures and curves from the bytes of an answer {shape, data}.

import { drawPixels, fromBase64 } from "./canvas.js";

/** Takes {shape: [N, H, W, C] or [N, T], data} apart into one {shape, bytes} an example. */
export function unpack({ shape, data }) {
  const bytes = new Uint8Array(fromBase64(data));
  const [count, ...one] = shape;
  const size = bytes.length / Math.max(1, count);
  return Array.from({ length: count }, (_, k) => ({ shape: one, bytes: bytes.slice(k * size, (k + 1) * size) }));
}

/** Draws one example into a new <canvas>; the page's style sets its size. Curves lie between `limits`. */
export function thumbnail({ shape, bytes }, space, pixels = 96) {
  const canvas = document.createElement("canvas");
  canvas.className = "lx-thumb";
  if (shape.length === 1) drawCurve(canvas, new Float32Array(bytes.buffer, bytes.byteOffset), space, pixels);
  else drawPixels(canvas, shape, bytes);
  return canvas;
}

function drawCurve(canvas, values, space, pixels) {
  Object.assign(canvas, { width: pixels, height: Math.round(0.75 * pixels) });
  canvas.classList.add("lx-curve");
  const [low, high] = space.limits ?? [Math.min(...values), Math.max(...values)];
  const context = canvas.getContext("2d");
  const room = 4;
  const x = (k) => room + (k / (values.length - 1)) * (canvas.width - 2 * room);
  const y = (v) => room + (1 - (Math.min(high, Math.max(low, v)) - low) / (high - low || 1)) * (canvas.height - 2 * room);
  context.beginPath();
  values.forEach((value, k) => (k ? context.lineTo(x(k), y(value)) : context.moveTo(x(k), y(value))));
  Object.assign(context, { lineWidth: 3, lineJoin: "round", strokeStyle: "#2f8fd0" }); // stands out from white and black
  context.stroke();
}
