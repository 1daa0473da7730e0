/** Files that hold others deflated: what they hold, and what packs it again to the same bytes. */
import { formatCount } from '../../count';
import { joinBytes } from '../../join';
import type { ProgramEvent } from '../contract';
import { evaluated } from '../evaluated';
import { usualBlock } from '../sizes';
import { analyseSyntax, type Syntax } from '../syntax';
import { gzipStreams } from './gzip';
import { inflate } from './inflated';
import { packSource, partsOf, toldOf, type Packing, type Placed } from './packing';
import { pngStream } from './png';
import type { Repacking } from './repack';
import { closestOf, countOf, searchOf, type Found } from './searching';
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

/** Of what is unpacked whole and piece by piece, of the bytes around it that stand in the code, also as a share of it, and of the numbers that tell of steps which no search takes, in the code and as a share of the file. */
const most = {
  whole: 1 << 26,
  content: 1 << 27,
  around: 1 << 10,
  share: 1 / 512,
  others: 256,
  told: 1 / 3,
};

/** Of a longer file nothing is unpacked. */
export const mostPacked = most.content;

/**
 * What is deflated in a file; nothing where too much of how it is packed would have to be told, as zlib and gzip pack otherwise, or
 * where there is more of it than can be held. If it is more than `block` bytes, it is packed again piece by piece where that can be
 * done.
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
  const alike = yield* searchOf(streams, kind, most.others);
  // What is to be told of many steps stands behind what is held whole.
  const found =
    alike ??
    (isPiecewise ? undefined : yield* closestOf(streams, kind, 2 * file.length * most.told));
  if (!found) return undefined;
  /** As of this kind of codes; more than a little is predicted, too, behind what is unpacked. */
  const packingOf = (codes: Repacking['codes']): Packing => {
    const told = alike && codes !== 'told' ? undefined : toldOf(found.others, streams, codes);
    const isTold = !told && (isPiecewise || parts.around.length <= most.around);
    return { isTold, isPiecewise, codes, ...(told && { told }) };
  };
  const behind = (content: Uint8Array, { isTold, told }: Packing): Uint8Array =>
    isTold ? content : joinBytes([content, parts.around, ...(told ? [told.bytes] : [])]);
  // The steps that were read are those that will be found, so nothing needs to be searched again.
  const steps = streams.map((stream) => stream.steps);
  const packsAgain = (packing: Packing): boolean => {
    const source = packSource(parts, streams, packing);
    const again = isPiecewise ? piecewise(source, block) : evaluated<Pack>(source);
    return Buffer.compare(again(behind(unpacked, packing), oneByOne(steps)), file) === 0;
  };
  // Few streams need codes that are as long as they may be, and fewer others than zlib's.
  const kindsOfCodes = ['short', 'limited', ...(isPiecewise ? [] : ['told' as const])] as const;
  const packing = kindsOfCodes.map(packingOf).find(packsAgain);
  if (!packing) return undefined;
  const pack = packSource(parts, streams, packing, found);
  const sentence = `It is packed as ${kind.name}: what is in it is predicted, and packed again by the search for repeats of ${found.search.name}${exceptions(found, packing)}.`;
  // What is told behind the content must not hide what that is.
  const syntax = packing.told && !view ? analyseSyntax(unpacked) : undefined;
  return {
    ...(view
      ? {
          content: behind(view.content, packing),
          syntax: view.syntax,
          pack: `b => (${pack})((${view.restore})(b))`,
        }
      : { content: behind(unpacked, packing), ...(syntax && { syntax }), pack }),
    isPiecewise,
    sentence,
  };
}

/** What of a stream is not as zlib writes it. */
function exceptions({ others }: Found, { codes }: Packing): string {
  const count = countOf(others) / 2;
  const told = [
    ...(count > 0 ? [`${formatCount(count)} steps`] : []),
    ...(codes === 'told' ? ['the codes'] : []),
  ];
  return told.length > 0 ? `, but for ${told.join(' and ')}, which are told` : '';
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
