/** Rasters: photographs and drawings, whose pixels stand in rows of one length, channel by channel within a pixel. */
import type { Raster } from '../syntax/media';
import type { Contexts } from './contexts';
import { leastSquaresSource } from './leastSquares';
import { countError, errorsBelow, noErrors, oddsOf, placeOf } from './spread';

/** What a pixel is expected from, as steps to the right and up: in its own channel, and in each one that came before, where it is known itself. */
const around = {
  own: [
    [-1, 0],
    [0, 1],
    [-1, 1],
    [1, 1],
    [-2, 0],
    [0, 2],
    [-1, 2],
    [1, 2],
  ],
  before: [
    [0, 0],
    [-1, 0],
    [0, 1],
    [-1, 1],
    [1, 1],
  ],
} satisfies Record<string, [number, number][]>;

/** Channels whose values tell a pixel's next one: further ones tell little, and take time. */
const mostBefore = 2;

/** One pixel in so many teaches what is expected, and leaves so much of what those before it taught. */
const lessons = { every: 8, memory: 0.998 };

/** What is thought of each decision about a pixel, where least squares say what to expect. */
export const pixelOpinion = 'opine();';

/**
 * What planes through the pixels around would give, also after what the pixel's channel before was off; how rough the
 * surroundings are; and the neighbours themselves, for drawings. With `isExpected` also how likely least squares make each value.
 */
export const rasterModel = (raster: Raster, isExpected = true): Contexts => {
  const { header, row, pixel } = raster;
  const expectation = isExpected ? expectedSource(raster) : { state: '', step: '' };
  return {
    state: `let now = 0; const back = d => data[now - d] | 0, clip = v => v < 0 ? 0 : v > 255 ? 255 : v, size = v => { v = Math.abs(v); return v < 3 ? v : v < 6 ? 3 : v < 12 ? 4 : v < 24 ? 5 : v < 48 ? 6 : 7; };${expectation.state}`,
    step: `now = i; const place = i < ${header} ? -1 : (i - ${header}) % ${row}, channel = place < 0 ? ${pixel} : place % ${pixel},
  w = back(${pixel}), ww = back(${2 * pixel}), n = back(${row}), nn = back(${2 * row}), nw = back(${row + pixel}), ne = back(${row - pixel}), nne = back(${2 * row - pixel}),
  plane = w + n - nw,
  d1 = channel ? c1 - back(${pixel + 1}) : 0, d1n = channel ? c1 - back(${row + 1}) : 0, d1p = channel ? c1 - clip(back(${pixel + 1}) + back(${row + 1}) - back(${row + pixel + 1})) : 0,
  d2p = channel > 1 ? c2 - clip(back(${pixel + 2}) + back(${row + 2}) - back(${row + pixel + 2})) : 0,
  rough = size(w - nw) + size(n - nw) * 8 + size(n - ne) * 64, off = size(d1p);${expectation.step}`,
    contexts: [
      'mix(clip(plane),channel+off*4+32)',
      'mix(clip(plane+d1p),channel+64)',
      'mix(clip(w+d1)|size(w-nw)<<8,channel+66)',
      'mix(clip(n+d1n)|size(n-nw)<<8,channel+67)',
      'mix(clip(plane+(d1p+d2p>>1)),channel+68)',
      'mix(clip(n+ne-nne+d1p),channel+70)',
      'mix(clip(2*w-ww+d1)|off<<8,channel+71)',
      'mix(clip(2*n-nn+d1n)|off<<8,channel+72)',
      'mix(clip((3*(w+n)-2*nw>>2)+d1p)|size(d2p)<<8,channel+73)',
      'mix(clip((w+ne>>1)+d1p)|off<<8,channel+74)',
      'mix(w|n<<8,channel+75)',
      'mix(w|c1<<8|c2<<16,channel+76)',
      'mix(n|c1<<8|c2<<16,channel+77)',
      'mix(w|n<<8|ne<<16|nw<<24,c1+channel*256)',
      'mix(place,n>>3)',
    ],
    selectors: [
      { expression: 'channel*512+rough', size: (pixel + 1) * 512 },
      { expression: 'clip(plane+d1p)', size: 256 },
      { expression: 'channel*64+off*8+size(d2p)', size: (pixel + 1) * 64 },
    ],
    refine: 'clip(plane+d1p)|channel<<8',
    ...(isExpected && { opinion: pixelOpinion }),
    matches: [12],
  };
};

/** Errors beyond so many times their breadth are not thought of. */
const reach = 8;

/** Decisions between values that lie closer than the breadth of errors by this are as likely as not: to think of them takes time. */
const finest = 2;

/**
 * Each channel has least squares of its own, and errors of one shape, in 32 parts, whose breadth depends on how rough the
 * surroundings are and what the channels before were off. What is thought of a decision is by the share of errors on each of its
 * sides.
 */
function expectedSource({ row, pixel }: Raster): { state: string; step: string } {
  const before = Array.from({ length: pixel }, (_, channel) => Math.min(channel, mostBefore));
  const distances = Array.from({ length: before[pixel - 1] + 1 }, (_, channel) =>
    (channel ? around.before : around.own).map(([right, up]) => up * row - right * pixel + channel),
  ).flat();
  const many = before.map((channels) => around.own.length + channels * around.before.length);
  const most = distances.length;
  return {
    state: `
${leastSquaresSource({ most, memory: lessons.memory, largest: 1e6 })}
const doubles = n => new Float64Array(n), distances = [${distances.join()}], features = doubles(${most}), shares = doubles(512),
  learners = [${many.join()}].map(many => [doubles(${most}), doubles(${most * most}), ${noErrors}, doubles(4096).fill(4), many]);
let learner, factors, matrix, shape, breadths, many, lesson = 0, mean = 0, breadth = 0, manner = 0;
const below = v => { const r = v - mean, u = ${placeOf('r', 'Math.abs(r)')}, j = u | 0; return ${errorsBelow}; };
const opine = () => {
  opinion.fill(0);
  if (!learner) return;
  shares.fill(0);
  let from = 256 | clip(mean - ${reach} * breadth), to = 256 | clip(mean + ${reach} * breadth), unit = 1, v, m, n;
  for (; unit * ${finest} <= breadth; unit *= 2) from >>= 1, to >>= 1;
  for (v = from, m = below(v * unit - 256.5); v <= to; m = n) n = below(unit * (v + 1) - 256.5), shares[v++] = n - m;
  for (; to >>= 1; ) for (v = from >>= 1; v <= to; v++) m = shares[2 * v + 1], n = shares[v] = shares[2 * v] + m, opinion[v] = ${oddsOf('m', 'n')};
};
`,
    step: `
  if (learner) {
    const missed = c1 - mean, e = Math.abs(missed), usual = breadths[manner];
    ${countError('missed', 'e')}
    breadths[manner] += (Math.min(e, usual * 6 + 1) - usual) / 20;
    if (!(lesson & ${lessons.every - 1})) teach(factors, matrix, features, many, missed);
  }
  if (learner = learners[channel]) {
    [factors, matrix, shape, breadths, many] = learner;
    lesson += !channel;
    for (let j = 0; j < many; j++) features[j] = back(distances[j]);
    mean = guess(factors, matrix, features, many);
    manner = Math.min(15, Math.abs(w - nw) + Math.abs(n - nw) + Math.abs(n - ne) >> 2) | Math.min(15, Math.abs(2 * d1p)) << 4 | Math.min(15, Math.abs(2 * d2p)) << 8;
    breadth = breadths[manner] + 0.3;
  }`,
  };
}
