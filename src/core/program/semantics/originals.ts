/** Semantic analysis of images: whether they were drawn from black and white originals, and how large each of them was. */
import { setImmediate } from 'node:timers/promises';
import type { Finding, ProgramEvent } from '../contract';
import type { ModelSpec } from '../model/engine';
import { measure, teethOf } from '../model/evaluate';
import { withFront } from '../model/kinds';
import { originalEdges, type Resampling } from '../model/resampled';
import type { Syntax } from '../syntax';

/** Shares that an original's pixel may keep on a border: all of it, or what an old and widespread program left. */
const keptShares = [1, 0.99];

/** Images on which the law is found, before it is applied to all. */
const sampleCount = 24;

/** Grey levels above this are nearly full, and say little. */
const nearlyFull = 245;

/** A law has to say so many bits more of a grey level than a wrong one, or it is chance. */
const leastBits = 0.6;

/** Images at the start of the file whose cost is measured with the law and without it. */
const measuredCount = 100;

/** What the law saves of the file, as it does of the first images. */
export function originalsFinding(
  bytes: Uint8Array,
  syntax: Syntax,
  spec: ModelSpec,
  resampling: Resampling,
): Finding {
  const image = syntax.type === 'image' ? syntax.width * syntax.height : 1;
  const start = bytes.subarray(0, measuredCount * image);
  const part = {
    ...resampling,
    originals: resampling.originals.subarray(0, 2 * measuredCount),
  };
  const along = measure(withFront(spec, syntax, { resampling: part }), start);
  const told = (resampling.originals.length / 2) * (bitsToTell / 8);
  const saved = ((measure(spec, start) - along) * bytes.length) / start.length - told;
  const edges = resampling.originals.filter((edge, k) => k % 2 === 0 && edge > 0).sort();
  return {
    sentence: `Its images were averaged down from black and white originals, of ${edges[0]} to ${edges.at(-1)} pixels along an edge, to ${resampling.box}: the grey levels are sums of known areas.`,
    savedBytes: Math.round(saved),
  };
}

interface Ink {
  pixels: { x: number; y: number; value: number }[];
  left: number;
  right: number;
  top: number;
  bottom: number;
}

/** Nothing, where the images do not owe their grey levels to originals. */
export async function* findOriginals(
  bytes: Uint8Array,
  syntax: Syntax,
): AsyncGenerator<ProgramEvent, Resampling | undefined> {
  if (syntax.type !== 'image') return undefined;
  const { width, height, header, count } = syntax;
  const inkOf = (image: number): Ink =>
    readInk(bytes.subarray(header + image * width * height), width, height);
  const sample = Array.from({ length: Math.min(count, sampleCount) }, (_, k) =>
    inkOf(Math.floor((k * count) / Math.min(count, sampleCount))),
  );
  const box = usualBox(sample);
  if (!box || Math.max(width, height) - box > 15) return undefined;
  const laws = keptShares.map((kept) => {
    const originalOf = createSearch({ box, kept });
    const found = sample.map((ink) => originalOf(ink));
    return { kept, bits: found.reduce((sum, { gained }) => sum + gained, 0) };
  });
  const { kept, bits } = laws.reduce((a, b) => (b.bits > a.bits ? b : a));
  const greys = sample.reduce((sum, { pixels }) => sum + pixels.length, 0);
  if (bits < leastBits * greys) return undefined;
  return { box, kept, originals: yield* originalsUnder({ box, kept }, bytes, syntax) };
}

/** The originals of all images under a law that is known. */
export async function* originalsUnder(
  law: Pick<Resampling, 'box' | 'kept'>,
  bytes: Uint8Array,
  { width, height, header, count }: Extract<Syntax, { type: 'image' }>,
): AsyncGenerator<ProgramEvent, Uint8Array> {
  const originalOf = createSearch(law);
  const originals = new Uint8Array(2 * count);
  for (let image = 0; image < count; image++) {
    if (image % 200 === 0) {
      yield { type: 'progress', done: image, total: count, note: 'Measuring the originals' };
      await setImmediate();
    }
    const ink = readInk(bytes.subarray(header + image * width * height), width, height);
    const { edge, row, column } = originalOf(ink);
    originals.set([edge, (row << 4) | column], 2 * image);
  }
  return originals;
}

function readInk(image: Uint8Array, width: number, height: number): Ink {
  const ink: Ink = { pixels: [], left: width, right: -1, top: height, bottom: -1 };
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++, at++) {
      const value = image[at];
      if (!value) continue;
      ink.left = Math.min(ink.left, x);
      ink.right = Math.max(ink.right, x);
      ink.top = Math.min(ink.top, y);
      ink.bottom = y;
      if (value < nearlyFull) ink.pixels.push({ x, y, value });
    }
  }
  return ink;
}

/** The extent that most images have in their longer direction. */
function usualBox(inks: Ink[]): number | undefined {
  const counts = new Map<number, number>();
  for (const { left, right, top, bottom } of inks) {
    const extent = Math.max(right - left, bottom - top) + 1;
    counts.set(extent, (counts.get(extent) ?? 0) + 1);
  }
  const [box, most] = [...counts].reduce((a, b) => (b[1] > a[1] ? b : a), [0, 0]);
  return box >= 8 && most * 2 > inks.length ? box : undefined;
}

interface Original {
  edge: number;
  row: number;
  column: number;
  /** Bits that it saves of the grey levels, against the median of all that were tried. */
  gained: number;
}

/** A search for the edge and the place of the box under which an image's grey levels cost least. */
function createSearch(law: Pick<Resampling, 'box' | 'kept'>): (ink: Ink) => Original {
  const teeth = teethOf(law);
  const { box } = law;
  const known: (Float32Array | undefined)[] = [];
  const bitsOf = (edge: number, row: number, column: number): Float32Array =>
    (known[(edge * box + row) * box + column] ??= bitsFrom(teeth(edge, row, column)));
  return ({ pixels, left, right, top, bottom }) => {
    const none = { edge: 0, row: 0, column: 0, gained: 0 };
    if (pixels.length < 8 || right - left >= box || bottom - top >= box) return none;
    let best: Original = none;
    let least = Infinity;
    const tried: number[] = [];
    for (const row of placesOf(top, bottom, box)) {
      for (const column of placesOf(left, right, box)) {
        for (let edge = originalEdges.least; edge <= originalEdges.most; edge++) {
          let bits = 0;
          for (const { x, y, value } of pixels) bits += bitsOf(edge, y - row, x - column)[value];
          tried.push(bits);
          if (bits < least) [least, best] = [bits, { edge, row, column, gained: 0 }];
        }
      }
    }
    const gained = tried.sort((a, b) => a - b)[tried.length >> 1] - least;
    return best.edge && gained > bitsToTell ? { ...best, gained } : none;
  };
}

function bitsFrom(shares: Float32Array): Float32Array {
  const all = shares.reduce((sum, share) => sum + share, 0);
  return shares.map((share) => -Math.log2(share / all));
}

/** About what an original's edge and place cost. */
const bitsToTell = 12;

/** Where a box can begin whose ink stands about in its middle. */
function placesOf(first: number, last: number, box: number): number[] {
  const margin = (box - (last - first + 1)) / 2;
  const places: number[] = [];
  for (let place = Math.max(0, last - box + 1); place <= first; place++)
    if (Math.abs(first - place - margin) <= 1.5 && place < 16) places.push(place);
  return places;
}
