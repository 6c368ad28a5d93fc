// Maps as colours: red speaks for the target, blue against it, white is nothing; the table comes from engine.figures.

/** Takes a piece of type `map` apart into one map a picture: sums over colours, and views between -127 and 127. */
export function unpackMaps({ shape: [count, height, width], data }) {
  const size = height * width;
  const sums = new Float32Array(data.buffer, 0, count * size);
  const views = new Int8Array(data.buffer, 4 * count * size);
  return Array.from({ length: count }, (_, k) => {
    const view = (plane) => views.subarray((plane * count + k) * size, (plane * count + k + 1) * size);
    return { height, width, sums: sums.subarray(k * size, (k + 1) * size), all: view(0), positive: view(1), negative: view(2) };
  });
}

const SEEN = {
  all: (map, p) => map.all[p],
  absolute: (map, p) => Math.abs(map.all[p]),
  positive: (map, p) => map.positive[p],
  negative: (map, p) => -map.negative[p], // what speaks against the target stays blue
};

/** Draws a map into a canvas, over its picture in grey where `opacity` is below 1. */
export function paintMap(canvas, map, picture, { sign, opacity, table }) {
  if (canvas.width !== map.width || canvas.height !== map.height) Object.assign(canvas, { width: map.width, height: map.height });
  const context = canvas.getContext("2d"), image = context.createImageData(map.width, map.height), to = image.data;
  const at = SEEN[sign], channels = picture?.shape[2] ?? 1;
  for (let p = 0, j = 0; p < map.width * map.height; p++, j += 4) {
    const color = table[at(map, p) + 127];
    let grey = 0;
    if (picture && opacity < 1) {
      for (let c = 0; c < channels; c++) grey += picture.bytes[p * channels + c] / channels;
    }
    for (let c = 0; c < 3; c++) to[j + c] = opacity * color[c] + (1 - opacity) * grey;
    to[j + 3] = 255;
  }
  context.putImageData(image, 0, 0);
}

/** Mean of what is shown in a region {x, y, width, height} of pixels, between -1 and 1, and of the numbers behind it. */
export function readRegion(map, sign, region) {
  let shown = 0, sum = 0, count = 0;
  for (let y = region.y; y < Math.min(map.height, region.y + region.height); y++) {
    for (let x = region.x; x < Math.min(map.width, region.x + region.width); x++) {
      shown += SEEN[sign](map, y * map.width + x) / 127;
      sum += map.sums[y * map.width + x];
      count += 1;
    }
  }
  return { shown: shown / count, sum };
}

export function colorTable(colors) {
  return colors.map((color) => [1, 3, 5].map((k) => parseInt(color.slice(k, k + 2), 16)));
}
