/** Files that hold others deflated: what they hold, and what packs it again to the same bytes. */
import { joinBytes } from '../../join';
import type { ProgramEvent } from '../contract';
import { evaluated } from '../evaluated';
import { usualBlock } from '../sizes';
import type { Syntax } from '../syntax';
import { gzipStreams } from './gzip';
import { inflate } from './inflated';
import { packSource, partsOf, type Placed } from './packing';
import { pngStream } from './png';
import { searchOf } from './searching';
import type { Streams } from './stream';
import { zipStreams } from './zip';

export interface Packed {
  /** What is in it, as it is best predicted. */
  content: Uint8Array;
  /** What the content is, where it does not tell itself. */
  syntax?: Syntax;
  /** Source of a function of the content that gives the file. */
  pack: string;
  /** Whether that is a generator, which takes the content piece by piece and gives what each is packed as. */
  isPiecewise: boolean;
  /** What was found, in the report. */
  sentence: string;
}

/** Kinds of files with streams in them: how they begin, and what gives their streams, of one that is none nothing. */
const kinds: {
  magic: string;
  read(file: Uint8Array): Promise<Streams | undefined> | Streams | undefined;
}[] = [
  { magic: '\x1f\x8b\b', read: gzipStreams },
  { magic: '\x89PNG\r\n\x1a\n', read: pngStream },
  { magic: 'PK\x03\x04', read: zipStreams },
];

/** Whether a file that begins so may hold others deflated. */
export const isPacked = (head: Uint8Array): boolean => kindOf(head) !== undefined;

const kindOf = (head: Uint8Array) =>
  kinds.find(
    ({ magic }) => Buffer.from(head.subarray(0, magic.length)).toString('latin1') === magic,
  );

/** Of what is unpacked whole and piece by piece, of the bytes around it that stand in the code, also as a share of it, and of the numbers that tell of steps which no search takes. */
const most = { whole: 1 << 26, content: 1 << 27, around: 1 << 10, share: 1 / 512, others: 256 };

/** Of a longer file nothing is unpacked. */
export const mostPacked = most.content;

/**
 * What is deflated in a file; nothing where zlib and gzip would not have packed it so, or where there is more of it than can be
 * held. If it is more than `block` bytes, it is packed again piece by piece where that can be done.
 */
export async function* unpack(
  file: Uint8Array,
  block = usualBlock,
): AsyncGenerator<ProgramEvent, Packed | undefined> {
  const streams = await kindOf(file)?.read(file);
  return streams && (yield* unpackStreams(file, streams, block));
}

async function* unpackStreams(
  file: Uint8Array,
  kind: Streams,
  block: number,
): AsyncGenerator<ProgramEvent, Packed | undefined> {
  const placed = inflateAll(file, kind);
  if (placed.length === 0) return undefined;
  const parts = partsOf(file, placed);
  const streams = placed.map(({ inflated }) => inflated);
  const unpacked =
    streams.length === 1 ? streams[0].content : joinBytes(streams.map(({ content }) => content));
  const { length } = unpacked;
  const view = kind.view?.(unpacked);
  const isLarge = length > block;
  const isPiecewise =
    isLarge && !view && parts.around.length <= Math.max(most.around, length * most.share);
  // What a program holds whole has to fit into its memory.
  if (!isPiecewise && (length > most.whole || file.length > block)) return undefined;
  const found = yield* searchOf(streams, kind, most.others);
  if (!found) return undefined;
  // More than a little is predicted, too, behind what is unpacked.
  const isTold = isPiecewise || parts.around.length <= most.around;
  const behind = (content: Uint8Array): Uint8Array =>
    isTold ? content : joinBytes([content, parts.around]);
  // The steps that were read are those that will be found, so nothing needs to be searched again.
  const steps = streams.map((stream) => stream.steps);
  const packsAgain = (isLimited: boolean): boolean => {
    const source = packSource(parts, streams, { isTold, isPiecewise, isLimited });
    const again = isPiecewise ? piecewise(source, block) : evaluated<Pack>(source);
    return Buffer.compare(again(behind(unpacked), oneByOne(steps)), file) === 0;
  };
  // Few streams need codes that are as long as they may be.
  const isLimited = [false, true].find(packsAgain);
  if (isLimited === undefined) return undefined;
  const pack = packSource(parts, streams, { isTold, isPiecewise, isLimited }, found);
  const sentence = `It is packed as ${kind.name}: what is in it is predicted, and packed again by the search for repeats of ${found.search.name}.`;
  return {
    ...(view
      ? {
          content: behind(view.content),
          syntax: view.syntax,
          pack: `b => (${pack})((${view.restore})(b))`,
        }
      : { content: behind(unpacked), pack }),
    isPiecewise,
    sentence,
  };
}

type Pack = (content: Uint8Array, step?: () => number) => Uint8Array;

/** What a generator of that source gives of pieces of at most `block` bytes. */
const piecewise =
  (source: string, block: number): Pack =>
  (content, step) => {
    const packing =
      evaluated<(step?: () => number) => Generator<Uint8Array, Uint8Array, Uint8Array | undefined>>(
        source,
      )(step);
    packing.next();
    const parts: Uint8Array[] = [];
    for (let at = 0; at < content.length; at += block)
      parts.push(packing.next(content.subarray(at, at + block)).value.slice());
    return joinBytes(parts);
  };

/** Those of the streams that can be read, as far as there is room for what is in them. */
function inflateAll(file: Uint8Array, { streams, next }: Streams): Placed[] {
  let room = most.content;
  const placed: Placed[] = [];
  for (const ranges of streams) {
    const packed = joinBytes(ranges.map(([from, to]) => file.subarray(from, to)));
    const inflated = inflate(packed, room);
    if (!inflated) continue;
    room -= inflated.content.length;
    placed.push({ ranges, inflated });
    if (!next) continue;
    for (let [[from, to]] = ranges, { length } = inflated; ;) {
      const at = next(from + length);
      const more = at === undefined ? undefined : inflate(file.subarray(at, to), room);
      if (at === undefined || !more) break;
      room -= more.content.length;
      placed.push({ ranges: [[at, to]], inflated: more });
      [from, length] = [at, more.length];
    }
  }
  return placed;
}

/** The numbers of all lists, one for each call. */
function oneByOne(lists: Uint32Array[]): () => number {
  let [list, at] = [0, 0];
  return () => {
    while (at === lists[list].length) [list, at] = [list + 1, 0];
    return lists[list][at++];
  };
}
