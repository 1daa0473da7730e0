/** Weights whose codes are packed into words of 32 bits, with a scale and a zero point for each group of inputs of an output. */
import { KolmoError } from '../../error';
import { shorten } from '../format';
import type { JoinedWeight, ListedTensor } from './layout';
import { bytesOf, holding, isMatrix, valuesOf } from './parts';

export interface GroupedWeight {
  /** Outputs and inputs. */
  shape: [rows: number, columns: number];
  codes: PackedCodes;
  /** Reads what the codes stand for. */
  load(): Promise<Scaling>;
}

export interface PackedCodes {
  words: ListedTensor;
  /** Rows of the weight that share words: a part of the weight begins with one of so many. */
  rowsAWord: number;
  /** The part of the stored matrix of words that has `count` rows of the weight, from row `first` on. */
  partOf(first: number, count: number): Part;
  /** The code of a row of that part. */
  at(words: Uint32Array, width: number, row: number, column: number): number;
}

/** Places in a stored matrix. */
interface Part {
  rows: [first: number, count: number];
  columns: [first: number, count: number];
}

/** `scale * (code - zero)` */
export interface Scaling {
  scales: Float64Array;
  /** At the places of the scales; one for all where there is one. */
  zeros: ArrayLike<number>;
  /** How far apart the scales of neighbouring rows are, and of neighbouring groups. */
  steps: [row: number, group: number];
  /** The group of each column. */
  groups: ArrayLike<number>;
}

/** Bytes of words that are in memory at a time. */
const stripBytes = 1 << 22;

/** Reads the values row by row, a strip of rows at a time where these lie across the stored words. */
export function readGrouped({ shape, codes, load }: GroupedWeight): JoinedWeight['read'] {
  const [rows, columns] = shape;
  const { words, rowsAWord } = codes;
  const fitting = Math.floor(stripBytes / (words.bytes / rows) / rowsAWord) * rowsAWord;
  const stripRows = Math.min(rows, Math.max(rowsAWord, fitting));
  interface Held {
    scaling: Scaling;
    strip?: { first: number; width: number; words: Uint32Array };
  }
  return holding<Held>(
    rows * columns,
    async () => ({ scaling: await load() }),
    async (held, first, count) => {
      const { scales, zeros, steps, groups } = held.scaling;
      const values = new Float64Array(count);
      for (let done = 0; done < count;) {
        const row = Math.floor((first + done) / columns);
        const stripFirst = row - (row % stripRows);
        if (held.strip?.first !== stripFirst) {
          const part = codes.partOf(stripFirst, Math.min(stripRows, rows - stripFirst));
          held.strip = {
            first: stripFirst,
            width: part.columns[1],
            words: await readWords(words, part),
          };
        }
        const { width, words: inStrip } = held.strip;
        const start = first + done - row * columns;
        const end = Math.min(columns, start + count - done);
        for (let column = start; column < end; column++) {
          const place = row * steps[0] + groups[column] * steps[1];
          const code = codes.at(inStrip, width, row - stripFirst, column);
          const zero = zeros[zeros.length === 1 ? 0 : place];
          values[done++] = Math.fround(scales[place] * (code - zero));
        }
      }
      return values;
    },
  );
}

async function readWords(tensor: ListedTensor, { rows, columns }: Part): Promise<Uint32Array> {
  const width = tensor.shape[1];
  const all = columns[1] === width;
  const words = new Uint32Array(rows[1] * columns[1]);
  const bytes = new Uint8Array(words.buffer);
  // Rows follow one another where they are read whole.
  const [pieces, length] = all ? [1, bytes.length] : [rows[1], 4 * columns[1]];
  for (let piece = 0; piece < pieces; piece++) {
    const offset = 4 * ((rows[0] + piece) * width + columns[0]);
    bytes.set(await bytesOf(tensor, offset, length), piece * length);
  }
  return words;
}

/** Codes [rows, columns] that are packed along the columns, of which `codeOf` finds one in the row of words that begins at `start`. */
export async function readCodes(
  tensor: ListedTensor,
  columns: number,
  codeOf: (words: Uint32Array, start: number, column: number) => number,
): Promise<Uint16Array> {
  const words = await allWords(tensor);
  const [rows, width] = tensor.shape;
  return Uint16Array.from({ length: rows * columns }, (_, i) =>
    codeOf(words, Math.floor(i / columns) * width, i % columns),
  );
}

/** All words of a tensor. */
export const allWords = (tensor: ListedTensor): Promise<Uint32Array> =>
  readWords(tensor, { rows: [0, tensor.shape[0]], columns: [0, tensor.shape[1]] });

/**
 * Code `i` of a row of words, each of `bits`, the lowest bits first; it may begin in one word and end in the next.
 * The row begins at `start`, and its words are `step` apart.
 */
export function codeAt(
  words: Uint32Array,
  start: number,
  step: number,
  i: number,
  bits: number,
): number {
  const bit = i * bits;
  const at = start + (bit >>> 5) * step;
  const shift = bit & 31;
  let code = words[at] >>> shift;
  if (shift + bits > 32) code |= words[at + step] << (32 - shift);
  return code & ((1 << bits) - 1);
}

/** The group of each input: as a tensor says it, else groups of inputs that follow one another. */
export async function readGroups(
  order: ListedTensor | undefined,
  { inputs, groups, size }: { inputs: number; groups: number; size: number },
): Promise<ArrayLike<number>> {
  const told = order && (await valuesOf(order));
  // compressed-tensors has -1 for each where there is no order.
  if (!told || told.every((group) => group === -1)) {
    return Int32Array.from({ length: inputs }, (_, input) => Math.floor(input / size));
  }
  const wrong = told.find((group) => !(group >= 0 && group < groups));
  if (wrong === undefined) return told;
  throw new KolmoError(
    `${order.file.name}: tensor “${shorten(order.name)}” names group ${wrong} of ${groups}: the file is damaged.`,
  );
}

/** Whether a tensor is a matrix of words. */
export const isWords = (tensor: ListedTensor | undefined): tensor is ListedTensor =>
  isMatrix(tensor) && tensor.dtype === 'i32';
