/** What images of drawn shapes owe to their making: a black and white original was averaged down to a box, so grey levels are sums of known areas. */

/** The law of a file, and what it says of each image. */
export interface Resampling {
  /** Pixels along an edge of the square that every original was averaged down to. */
  box: number;
  /** Share of its width that an original's pixel keeps where it lies on a border of the box's pixels. */
  kept: number;
  /** Two bytes an image: pixels along an edge of the original, 0 for an image without one; row << 4 | column of its box. */
  originals: Uint8Array;
}

/** Opinions of 1 KB that are kept, until all are forgotten. */
const mostKnown = 30_000;

/** A slope of the pixels around, squared, that says nothing yet of where ink lies. */
const leastSlope = 300;

/** Edges of originals that are thought of. */
export const originalEdges = { least: 16, most: 96 };

export type Teeth = (
  edge: number,
  row: number,
  column: number,
  a: number,
  b: number,
) => Float64Array;

/**
 * The source of `teeth(edge, row, column, a, b)`: how likely each byte is for a pixel of the box that an edge of ink crosses, as
 * Float64Array [256] of shares. Straight edges of 32 directions are drawn through the pixels of the original that the pixel
 * covers, and give a few sums again and again; those count most whose ink lies towards (a, b), or all alike where a is 0. Bytes
 * beside a sum get some of its share, as rounding may differ, and every byte gets a little.
 */
export const teethSource = ({ box, kept }: Pick<Resampling, 'box' | 'kept'>): string => `
const covers = new Map(), orders = new Map(), directions = [];
const once = (known, key, make) => { let found = known.get(key); if (!found) known.set(key, found = make()); return found; };
const cover = (edge, at) => once(covers, edge << 8 | at, () => {
  const scale = ${box} / edge, parts = [];
  for (let k = 0; k < edge; k++) {
    const from = k * scale, to = from + ${kept} * scale, first = Math.floor(from + 1e-9), last = Math.ceil(to - 1e-9) - 1;
    if (first === at) parts.push(first === last ? scale : at + 1 - from); else if (last === at) parts.push(to - at);
  }
  return parts;
});
for (let u = -3; u < 4; u++) for (let v = -3; v < 4; v++) if (u * v ? u * u !== v * v || u * u < 2 : u * u + v * v === 1) directions.push([u, v]);
const orderOf = (height, width) => once(orders, height << 8 | width, () => directions.map(([u, v]) => {
  const places = [];
  for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) places.push([u * x + v * y, y, x]);
  places.sort((a, b) => a[0] - b[0]);
  return Uint8Array.from(places.flatMap(([d, y, x], k) => [y, x, k + 1 < places.length && places[k + 1][0] === d ? 0 : 1]));
}));
const teeth = (edge, row, column, a, b) => {
  const counts = new Float64Array(258), across = cover(edge, column), chances = new Float64Array(256), down = cover(edge, row), orders = orderOf(down.length, across.length);
  let all = 0;
  for (let k = 0; k < orders.length; k++) {
    const order = orders[k], u = directions[k][0], v = directions[k][1], dot = u * a + v * b, cosine2 = dot < 0 ? dot * dot / (u * u + v * v) / 5 : 0, share = a ? 0.1 + cosine2 * cosine2 : 1;
    let sum = 0;
    for (let q = 0; q < order.length; q += 3) {
      sum += down[order[q]] * across[order[q + 1]];
      if (order[q + 2]) { counts[1 + Math.min(255, Math.floor(sum * 255 + 0.5))] += share; all += share; }
    }
  }
  for (let k = 0; k < 256; k++) chances[k] = 0.0006 + (0.6 * counts[k + 1] + 0.12 * (counts[k] + counts[k + 2])) / (all || 1);
  return chances;
};
`;

/**
 * State, and statements after an image model's `step`: the log-odds of each decision where ink is near, given where the pixels
 * around say that ink lies.
 */
export function resampledSource(
  { box, ...law }: Resampling,
  { expert, stretch, at, front }: { expert: number; stretch: number; at: number; front: number },
): { state: string; step: string } {
  return {
    state: `${teethSource({ box, ...law })}
const opinion = new Float32Array(memory.buffer, ${expert}, 256), odds = new Float32Array(memory.buffer, ${stretch}, 4096), known = new Map();
const opinionOf = (edge, row, column, a, b) => {
  const key = edge << 18 | row << 13 | column << 8 | (a + 2) << 3 | b + 2; if (known.size > ${mostKnown}) known.clear();
  let found = known.get(key);
  if (!found) {
    const shares = new Float64Array(512);
    found = new Float32Array(256);
    shares.set(teeth(edge, row, column, a, b), 256);
    for (let k = 256; --k; ) { shares[k] = shares[2 * k] + shares[2 * k + 1]; found[k] = odds[4096 * shares[2 * k + 1] / shares[k] | 0]; }
    known.set(key, found);
  }
  return found;
};`,
    step: `
opinion.fill(0);
if (i >= ${front} && near) {
  const p = ${at} + 2 * image, row = py - (data[p + 1] >> 4), column = px - (data[p + 1] & 15);
  const gx = ne - nw + w - ww, gy = n - nn + w - nw, steep = gx * gx > gy * gy;
  if (data[p] && row >= 0 && row < ${box} && column >= 0 && column < ${box}) opinion.set(opinionOf(data[p], row, column, gx * gx + gy * gy < ${leastSlope} ? 0 : (steep ? 2 : 1) * (gx < 0 ? -1 : 1), (steep ? 1 : 2) * (gy < 0 ? -1 : 1)));
}`,
  };
}
