/** What a deflate stream (RFC 1951) holds and how it tells it: the steps and blocks from which a compressor of the same kind can write it again. */
import {
  codeLengthOrder,
  distanceBase,
  distanceExtra,
  endOfBlock,
  lengthBase,
  lengthExtra,
} from '../generate/deflate';

/** A stream as its compressor went through it. */
export interface Inflated {
  content: Uint8Array;
  /** In their order: 0 is a byte as it is, else a repeat as its length times 2^16 plus its distance. */
  steps: Uint32Array;
  blocks: Block[];
  /** Bytes of the stream. */
  length: number;
}

/** As a block tells its own (3.2.3). */
export const blockTypes = ['stored', 'fixed', 'dynamic'] as const;

export interface Block {
  type: (typeof blockTypes)[number];
  /** How many steps it has; of one that is stored, how many bytes, each of which is a step here, whatever its compressor took. */
  steps: number;
  /** How one that is dynamic tells its codes, bit by bit. */
  codes?: number[];
}

/** Which symbol a code stands for: how many codes there are of each length, and the symbols in the order of their codes. */
interface Code {
  counts: Uint16Array;
  symbols: Uint16Array;
}

/** Bytes and steps that there is room for at first. */
const begun = 1 << 16;

/** Of codes in the making. */
const longestCode = 15;

/**
 * Reads the stream that `bytes` begin with.
 * @param most bytes of its content; nothing is given of what has more, of what ends too soon or is no deflate stream
 */
export function inflate(bytes: Uint8Array, most: number): Inflated | undefined {
  let [at, held, holds] = [0, 0, 0];
  const take = (count: number): number => {
    for (; holds < count; holds += 8) held |= bytes[at++] << holds;
    const value = held & ((1 << count) - 1);
    held >>>= count;
    holds -= count;
    return value;
  };
  /** What was taken of the codes of a block. */
  let codes: number[] = [];
  const takeCodes = (count: number): number => {
    const value = take(count);
    for (let k = 0; k < count; k++) codes.push((value >> k) & 1);
    return value;
  };
  const symbolOf = ({ counts, symbols }: Code, take: (count: number) => number): number => {
    // As long as a code is not found among those of its length, the first of the next length is twice as large (3.2.2).
    for (let length = 1, code = 0, first = 0, index = 0; length <= longestCode; length++) {
      code |= take(1);
      const count = counts[length];
      if (code - count < first) return symbols[index + code - first];
      index += count;
      first = (first + count) << 1;
      code <<= 1;
    }
    return NaN;
  };
  const readCodes = (): [literals: Code, distances: Code] => {
    codes = [];
    const take = takeCodes;
    const [literals, distances, listed] = [take(5) + 257, take(5) + 1, take(4) + 4];
    const listing = new Uint8Array(19);
    for (const symbol of codeLengthOrder.slice(0, listed)) listing[symbol] = take(3);
    const code = codeOf(listing);
    const lengths = new Uint8Array(literals + distances);
    for (let k = 0; k < lengths.length && at <= bytes.length;) {
      const symbol = symbolOf(code, take);
      if (symbol < 16) lengths[k++] = symbol;
      else {
        const value = symbol === 16 ? lengths[k - 1] : 0;
        const count = symbol === 16 ? 3 + take(2) : symbol === 17 ? 3 + take(3) : 11 + take(7);
        lengths.fill(value, k, (k += count));
      }
    }
    return [codeOf(lengths.subarray(0, literals)), codeOf(lengths.subarray(literals))];
  };

  let content = new Uint8Array(Math.min(most, begun));
  let steps = new Uint32Array(begun);
  let [size, count] = [0, 0];
  const blocks: Block[] = [];
  /** For as many bytes and steps more. */
  const makeRoom = (more: number): boolean => {
    while (count + more > steps.length) steps = grown(steps, new Uint32Array(2 * steps.length));
    while (size + more > content.length && content.length < most)
      content = grown(content, new Uint8Array(Math.min(most, 2 * content.length)));
    return size + more <= content.length;
  };
  for (let isLast = false; !isLast;) {
    isLast = take(1) === 1;
    const type = blockTypes[take(2)];
    if (type === undefined) return undefined;
    const before = count;
    if (type === 'stored') {
      held = holds = 0;
      const [length, inverse] = [take(16), take(16)];
      if ((length ^ inverse) !== 0xffff || at + length > bytes.length || !makeRoom(length))
        return undefined;
      content.set(bytes.subarray(at, at + length), size);
      at += length;
      size += length;
      // They are zeros already.
      count += length;
    } else {
      const [literals, distances] = type === 'fixed' ? fixedCodes : readCodes();
      for (;;) {
        const symbol = symbolOf(literals, take);
        if (symbol === endOfBlock) break;
        const kind = symbol - endOfBlock - 1;
        const length = kind < 0 ? 1 : lengthBase[kind] + take(lengthExtra[kind]);
        if (!makeRoom(length)) return undefined;
        if (kind < 0) {
          content[size] = symbol;
          steps[count++] = 0;
        } else {
          const code = symbolOf(distances, take);
          const distance = distanceBase[code] + take(distanceExtra[code]);
          // The longest repeat has two names, of which compressors use the shorter one.
          if (!(length > 0 && distance <= size) || (length === 258 && kind < 28)) return undefined;
          for (let k = size; k < size + length; k++) content[k] = content[k - distance];
          steps[count++] = length * 65536 + distance;
        }
        size += length;
        if (at > bytes.length) return undefined;
      }
    }
    blocks.push({ type, steps: count - before, ...(type === 'dynamic' && { codes }) });
  }
  return {
    content: content.slice(0, size),
    steps: steps.slice(0, count),
    blocks,
    length: at - (holds >> 3),
  };
}

function grown<Values extends Uint8Array | Uint32Array>(values: Values, larger: Values): Values {
  larger.set(values);
  return larger;
}

/** The canonical code of such lengths, of which 0 is none (3.2.2). */
function codeOf(lengths: Uint8Array): Code {
  const counts = new Uint16Array(longestCode + 1);
  for (const length of lengths) if (length) counts[length]++;
  const next = new Uint16Array(longestCode + 2);
  for (let length = 1; length <= longestCode; length++)
    next[length + 1] = next[length] + counts[length];
  const symbols = new Uint16Array(lengths.length);
  for (const [symbol, length] of lengths.entries()) if (length) symbols[next[length]++] = symbol;
  return { counts, symbols };
}

/** The lengths that need no telling (3.2.6). */
const fixedCodes: [literals: Code, distances: Code] = [
  codeOf(Uint8Array.from({ length: 288 }, (_, k) => (k < 144 ? 8 : k < 256 ? 9 : k < 280 ? 7 : 8))),
  codeOf(new Uint8Array(30).fill(5)),
];
