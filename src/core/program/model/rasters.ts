/** Rasters: photographs and drawings, whose pixels stand in rows of one length, channel by channel within a pixel. */
import type { Raster } from '../syntax/media';
import type { Contexts } from './contexts';
import { bitsFor } from './engine';
import type { Expected } from './expected';
import { around } from './images';

/** What a pixel is expected from: pixels around in its own channel, and in each one that came before, where it is known itself. */
const neighbours = { own: around.slice(0, 8), before: [[0, 0], ...around.slice(0, 4)] };

/** Channels whose values tell a pixel's next one: further ones tell little, and take time. */
const mostBefore = 2;

/** What lies two rows before the data is none of the kernel's own, and it has room for the least squares of all channels. */
const mostRow = 1 << 20;
const mostChannels = 15;

/**
 * What planes through the pixels around would give, also after what the pixel's channel before was off; how rough the
 * surroundings are; and the neighbours themselves, for drawings. With `isExpected` also what least squares expect.
 */
export const rasterModel = (raster: Raster, isExpected = true): Contexts => {
  const { header, row, pixel } = raster;
  const expects = isExpected && row <= mostRow && pixel <= mostChannels;
  const errors = expects ? errorsSource(raster) : { state: '', step: '' };
  return {
    state: `let now = 0; const back = d => data[now - d] | 0, clip = v => v < 0 ? 0 : v > 255 ? 255 : v, size = v => { v = Math.abs(v); return v < 3 ? v : v < 6 ? 3 : v < 12 ? 4 : v < 24 ? 5 : v < 48 ? 6 : 7; };${errors.state}`,
    step: `now = i; const place = i < ${header} ? -1 : (i - ${header}) % ${row}, channel = place < 0 ? ${pixel} : place % ${pixel},
  w = back(${pixel}), ww = back(${2 * pixel}), n = back(${row}), nn = back(${2 * row}), nw = back(${row + pixel}), ne = back(${row - pixel}), nne = back(${2 * row - pixel}),
  w1 = back(${pixel + 1}), n1 = back(${row + 1}), w2 = back(${pixel + 2}), n2 = back(${row + 2}), plane = w + n - nw,
  d1 = channel ? c1 - w1 : 0, d1n = channel ? c1 - n1 : 0, d1p = channel ? c1 - clip(w1 + n1 - back(${row + pixel + 1})) : 0,
  d2p = channel > 1 ? c2 - clip(w2 + n2 - back(${row + pixel + 2})) : 0,
  rough = size(w - nw) + size(n - nw) * 8 + size(n - ne) * 64, off = size(d1p);${errors.step}`,
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
    ...(expects && { expected: expectedOf(raster) }),
    matches: [12],
  };
};

/**
 * What of `rasterModel` is other where decisions are those around what is expected, so that a program has few of them to take:
 * contexts say by how much other guesses differ from that, with a sign, so that such numbers are joined by `^`.
 */
export const aroundModel = ({
  row,
  pixel,
}: Raster): Pick<Contexts, 'contexts' | 'selectors' | 'refine' | 'matches'> => ({
  contexts: [
    'mix(w-centre+d1^n-centre+d1n<<10,channel+80)',
    'mix(plane-centre+d1p,channel+81)',
    'mix(w-centre+d1^size(w-nw)<<10,channel+82)',
    'mix(n-centre+d1n^size(n-nw)<<10,channel+83)',
    'mix(w-centre^c1-w1<<10^c2-w2<<20,channel+84)',
    'mix(n-centre^c1-n1<<10^c2-n2<<20,channel+85)',
    'mix(w-centre^n-centre<<10^ne-centre<<20,nw-centre+channel*512)',
    `mix(errorAt(1)^errorAt(2)<<10,mix(errorAt(${pixel})>>1^errorAt(${row})>>1<<10,channel))`,
    'mix(centre|c1<<8|c2<<16,channel+86)',
  ],
  selectors: [{ expression: 'channel*512+rough', size: (pixel + 1) * 512 }],
  refine: 'w-centre^channel<<9',
  matches: [],
});

/** By how much the bytes of the last two rows were off what was expected of them, and what that says of the next error's breadth. */
function errorsSource({ row, pixel }: Raster): { state: string; step: string } {
  const kept = 2 ** bitsFor(2 * row + pixel, 4, 24);
  return {
    state: ` let centre = 0; const errors = new Int16Array(${kept}), errorAt = d => errors[now - d & ${kept - 1}], sized = d => Math.abs(errorAt(d)), level = v => Math.min(15, 32 - Math.clz32(v * v));`,
    step: `
  errors[i - 1 & ${kept - 1}] = c1 - centre;
  const manner = level(2 * sized(${pixel}) + 2 * sized(${row}) + sized(${row + pixel}) + sized(${row - pixel}) + sized(${2 * pixel}) + sized(${2 * row})) | (channel && level(4 * sized(1))) << 4 | (channel > 1 && level(4 * sized(2))) << 8;`,
  };
}

/** Each channel has least squares of its own; how broad errors are depends on what those around were, and those of the pixel's channels before. */
function expectedOf({ row, pixel }: Raster): Expected {
  const own = neighbours.own.length;
  const many = Array.from({ length: pixel + 1 }, (_, channel) =>
    Math.min(channel % pixel, mostBefore),
  ).map((channels) => (own + channels * neighbours.before.length + 1) & ~1);
  const distances = Array.from({ length: Math.min(pixel - 1, mostBefore) + 1 }, (_, channel) =>
    (channel ? neighbours.before : neighbours.own).map(
      ([right, up]) => up * row - right * pixel + channel,
    ),
  ).flat();
  return {
    distances: distances.length % 2 ? [...distances, 3 * pixel] : distances,
    features: pixel > 1 ? `[${many.join()}][channel]` : String(own),
    channel: 'channel',
    manner: 'manner',
  };
}
