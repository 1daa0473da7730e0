/** Syntactic analysis: what the bytes are, from their first 64 KB. */
import { formatCount } from '../count';
import type { Clock } from './model/clock';
import type { Residuals } from './model/residuals';
import { imagesOf, rasterOf, soundOf, type Images, type Raster } from './syntax/media';

export type Syntax =
  | Table
  | Json
  | { type: 'log' }
  | { type: 'text' }
  | ({ type: 'image' } & Images)
  | ({ type: 'raster' } & Raster)
  | ({ type: 'residuals' } & Residuals)
  | { type: 'records'; stride: number; header: number }
  | { type: 'bytes' };

export interface Json {
  type: 'json';
  /** Whether it is other text whose fields end as those of JSON do. */
  isLoose?: boolean;
}

export interface Table {
  type: 'table';
  delimiter: number;
  /** Whether a delimiter inside double quotes is text, as it is if it is not told. */
  isQuoted?: boolean;
  /** Whether a line feed inside double quotes is text, too. */
  holdsLines?: boolean;
  /** The names of its columns, where the text does not begin with them. */
  names?: string[];
  /** A column of steps. */
  clock?: Clock;
}

const sampleSize = 1 << 16;
const delimiters = [44, 9, 59, 124];
const byteOf = { lineFeed: 10, carriageReturn: 13, quote: 34 };

/** Names the structure of `bytes`, or of a file of `size` bytes that begins with them; what fits nothing is `bytes`. */
export function analyseSyntax(bytes: Uint8Array, size = bytes.length): Syntax {
  const images = imagesOf(bytes, size);
  if (images) return { type: 'image', ...images };
  const raster = rasterOf(bytes, size);
  if (raster) return { type: 'raster', ...raster };
  const sound = soundOf(bytes);
  if (sound) {
    const stride = sound.sample * sound.channels;
    return stride > 1 ? { type: 'records', stride, header: sound.header } : { type: 'bytes' };
  }
  const sample = bytes.subarray(0, sampleSize);
  if (!isText(sample)) return analyseBinary(bytes);
  if (isJson(sample)) return { type: 'json' };
  const delimiter = delimiterOf(sample);
  if (delimiter === undefined) return isLog(sample) ? { type: 'log' } : { type: 'text' };
  const holdsLines = quotesHoldLines(bytes, delimiter, bytes.length < size);
  const names = placesOf(sample, delimiter);
  return { type: 'table', delimiter, ...(holdsLines && { holdsLines }), ...(names && { names }) };
}

/** The findings sentence for the syntax. */
export function describeSyntax(syntax: Syntax): string {
  switch (syntax.type) {
    case 'table': {
      const name = { 44: 'commas', 9: 'tabs', 59: 'semicolons', 124: 'bars' }[syntax.delimiter];
      return `It is a table whose fields are separated by ${name}.`;
    }
    case 'json':
      return syntax.isLoose
        ? 'It is text whose fields end at commas, colons and brackets, as those of JSON do.'
        : 'It is JSON: each key is a column.';
    case 'log':
      return 'It is text whose lines follow templates, as those of a log do: a field belongs to its template.';
    case 'text':
      return 'It is text without columns: what comes next follows from the words and characters before it.';
    case 'image':
      return `It is ${formatCount(syntax.count)} images of ${syntax.width} x ${syntax.height} pixels of one byte.`;
    case 'raster':
      return `It is a picture in rows of ${formatCount(syntax.row)} bytes, ${syntax.pixel} for a pixel.`;
    case 'residuals':
      return `It is sound: ${formatCount(syntax.count)} samples of ${8 * syntax.sample} bits, each expected from those before it.`;
    case 'records':
      return `It is binary, and a byte resembles the one ${syntax.stride} bytes before it, as in records of that length.`;
    case 'bytes':
      return 'It is binary without a fixed record length.';
    default:
      return syntax satisfies never;
  }
}

/** At most one byte in 500 is a control character. */
function isText(sample: Uint8Array): boolean {
  let controls = 0;
  for (const byte of sample) if (byte < 32 && byte !== 9 && byte !== 10 && byte !== 13) controls++;
  return sample.length > 0 && controls * 500 <= sample.length;
}

/** JSON or JSON lines: opens with a bracket, and keys make up a good part of it. */
function isJson(sample: Uint8Array): boolean {
  const text = Buffer.from(sample).toString('latin1').trimStart();
  if (text[0] !== '{' && text[0] !== '[') return false;
  return (text.match(/"\s*:/g)?.length ?? 0) * 100 >= text.length;
}

/** A delimiter that occurs equally often in nearly all lines, quoted parts left out. */
function delimiterOf(sample: Uint8Array): number | undefined {
  const lines = Buffer.from(sample)
    .toString('latin1')
    .replace(/"[^"]*"/g, '')
    // A comma before the milliseconds of a time, as logs have it, parts no columns.
    .replace(/(:\d\d),(?=\d{3}\b)/g, '$1')
    .split('\n')
    .slice(0, -1);
  if (lines.length < 4) return undefined;
  for (const delimiter of delimiters) {
    const counts = lines.map((line) => line.split(String.fromCharCode(delimiter)).length - 1);
    const usual = [...counts].sort((a, b) => a - b)[counts.length >> 1];
    const regular = counts.filter((count) => count === usual).length;
    if (usual > 0 && regular >= 0.9 * lines.length) return delimiter;
  }
  return undefined;
}

/** The numbers of the columns for their names, where the first row has no names but numbers wherever the second has. */
function placesOf(sample: Uint8Array, delimiter: number): string[] | undefined {
  const [first, second] = Buffer.from(sample)
    .toString('latin1')
    .split('\n', 2)
    .map((row) => row.split(String.fromCharCode(delimiter)));
  const isNumber = (cell?: string): boolean => cell !== undefined && /^"?[-+]?\.?\d/.test(cell);
  const isYear = (cell?: string): boolean =>
    cell !== undefined && /^"?(1[89]|20)\d\d"?\r?$/.test(cell);
  // A year over what is none is a name.
  const isData = (cell: string, k: number): boolean =>
    isNumber(first[k]) && (!isYear(first[k]) || isYear(cell));
  const numbers = [...second.entries()].filter(([, cell]) => isNumber(cell));
  if (numbers.length === 0 || !numbers.every(([k, cell]) => isData(cell, k))) return undefined;
  return first.map((_, column) => String(column + 1));
}

/** Whether some quoted field holds a line feed, and no quote stands astray: one that does would turn all behind it inside out. */
function quotesHoldLines(bytes: Uint8Array, delimiter: number, isCut: boolean): boolean {
  const ends = [delimiter, byteOf.lineFeed, byteOf.carriageReturn, undefined];
  let isQuoted = false;
  let holdsLines = false;
  for (let i = 0; i < bytes.length; i++) {
    if (isQuoted && bytes[i] === byteOf.lineFeed) holdsLines = true;
    if (bytes[i] !== byteOf.quote) continue;
    // Two quotes in quotes stand for one.
    if (isQuoted && bytes[i + 1] === byteOf.quote) i++;
    else if (ends.includes(bytes[isQuoted ? i + 1 : i - 1])) isQuoted = !isQuoted;
    else return false;
  }
  return holdsLines && (isCut || !isQuoted);
}

/** Lines that mostly hold a number within their first 32 characters, as time stamps do. */
function isLog(sample: Uint8Array): boolean {
  const lines = Buffer.from(sample).toString('latin1').split('\n').slice(0, -1);
  const stamped = lines.filter((line) => /^.{0,24}\d\d/.test(line)).length;
  return lines.length >= 8 && stamped >= 0.9 * lines.length;
}

/** The stride at which bytes repeat most often beyond what chance gives; NPY headers are skipped. */
function analyseBinary(bytes: Uint8Array): Syntax {
  const npy = bytes[0] === 0x93 && bytes[1] === 0x4e;
  const header = npy ? 10 + bytes[8] + 256 * bytes[9] : 0;
  const sample = bytes.subarray(header, header + 4 * sampleSize);
  let best = 0;
  let bestShare = 0;
  for (let stride = 2; stride <= 512 && stride * 4 < sample.length; stride++) {
    let equal = 0;
    for (let i = stride; i < sample.length; i++) if (sample[i] === sample[i - stride]) equal++;
    // A multiple of the true stride repeats about as well, so it has to be clearly better.
    const share = equal / (sample.length - stride);
    if (share > bestShare * (best && stride % best === 0 ? 1.2 : 1.03))
      [best, bestShare] = [stride, share];
  }
  const counts = new Float64Array(256);
  for (const byte of sample) counts[byte]++;
  const chance = counts.reduce((sum, n) => sum + (n / sample.length) ** 2, 0);
  // Five standard deviations, because the best of hundreds of strides is taken.
  return bestShare > chance * 1.05 + 5 * Math.sqrt(chance / sample.length)
    ? { type: 'records', stride: best, header }
    : { type: 'bytes' };
}
