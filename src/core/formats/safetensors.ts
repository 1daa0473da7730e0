/** Safetensors: a JSON header and raw tensors (https://github.com/huggingface/safetensors). */
import { formatCount } from '../count';
import { KolmoError } from '../error';
import {
  countParameters,
  denseBytes,
  mostTensors,
  shorten,
  summarise,
  type Format,
} from './format';
import type { ModelFile } from './modelFile';
import { joinQuantized, quantizedNotes, type Joined } from './quantized';
import type { ListedTensor } from './quantized/layout';
import { openShards } from './shards';
import type { FilesBeside } from './summary';

/** The limit of the reference implementation. */
const longestHeader = 100_000_000;

export const safetensors: Format = {
  title: 'Safetensors',
  extensions: ['.safetensors', '.safetensors.index.json'],
  // The length of the header, then the header: no other format begins so.
  magic: (head) =>
    head.length > 8 && lengthOf(head) <= longestHeader && head[8] === '{'.charCodeAt(0),
  async read(file) {
    const { joined, notes, beside } = await readContents(file);
    const tensors = joined.map(({ summary }) => summary);
    return summarise(tensors, [...quantizedNotes(tensors), ...notes], beside);
  },
  async locate(file) {
    const { joined } = await readContents(file);
    return joined.flatMap(({ located }) => located);
  },
};

/** What a file holds, or all the files that an index names. */
async function readContents(
  file: ModelFile,
): Promise<{ joined: Joined[]; notes: string[]; beside?: FilesBeside }> {
  if (!file.name.toLowerCase().endsWith('.json')) {
    const { tensors, notes } = await listTensors(file);
    return { joined: await joinQuantized(tensors, file), notes };
  }
  const what = 'from tensors to files: expected an index of safetensors shards';
  const { shards, notes, beside } = await openShards(file, what);
  const listed = await Promise.all(shards.map(listTensors));
  // Tensors of one layer may be in two files.
  const tensors = listed.flatMap((each) => each.tensors);
  return { joined: await joinQuantized(tensors, file), notes, beside };
}

async function listTensors(file: ModelFile): Promise<{ tensors: ListedTensor[]; notes: string[] }> {
  const { entries, metadata, start } = await readHeader(file);
  const tensors = entries.map(({ name, dtype, shape, begin, end }) => ({
    name,
    dtype: dtype.toLowerCase(),
    shape,
    parameters: countParameters(shape, name, file.name),
    bytes: end - begin,
    file,
    offset: start + begin,
  }));
  const stored = tensors.reduce((sum, tensor) => sum + tensor.bytes, 0);
  const notes = [`Header: ${formatCount(start)} bytes.`];
  for (const [key, value] of Object.entries(metadata)) notes.push(`${key}: ${shorten(value)}`);
  const idle = file.length - start - stored;
  if (idle > 0) notes.push(`${formatCount(idle)} bytes belong to no tensor.`);
  return { tensors, notes };
}

/** One tensor with its bytes, as safetensors names types: `F32`, `BF16`, `I8`… */
export interface RawTensor {
  name: string;
  dtype: string;
  shape: number[];
  /** Little-endian values, row-major. */
  bytes: Uint8Array;
}

/**
 * Writes tensors as one safetensors file, in the order given.
 * Data begin at a multiple of 8 bytes, as the specification asks.
 */
export function writeSafetensors(
  tensors: RawTensor[],
  metadata: Record<string, string> = {},
): Uint8Array {
  const header: Record<string, unknown> =
    Object.keys(metadata).length > 0 ? { __metadata__: metadata } : {};
  let end = 0;
  for (const { name, dtype, shape, bytes } of tensors) {
    header[name] = { dtype, shape, data_offsets: [end, (end += bytes.length)] };
  }
  const json = new TextEncoder().encode(JSON.stringify(header));
  const padded = Math.ceil(json.length / 8) * 8;
  const file = new Uint8Array(8 + padded + end).fill(0x20, 0, 8 + padded);
  new DataView(file.buffer).setBigUint64(0, BigInt(padded), true);
  file.set(json, 8);
  let at = 8 + padded;
  for (const { bytes } of tensors) {
    file.set(bytes, at);
    at += bytes.length;
  }
  return file;
}

interface Entry {
  name: string;
  dtype: string;
  shape: number[];
  begin: number;
  end: number;
}

async function readHeader(
  file: ModelFile,
): Promise<{ entries: Entry[]; metadata: Record<string, string>; start: number }> {
  const { name } = file;
  const head = await file.read(0, 8);
  if (head.length < 8) {
    throw new KolmoError(`${name} has ${head.length} bytes: a safetensors file has at least 8.`);
  }
  const length = lengthOf(head);
  if (length > file.length - 8 || length > longestHeader) {
    throw new KolmoError(
      `${name} claims a header of ${formatCount(length)} bytes at offset 0, and ${formatCount(file.length - 8)} follow: the file is cut, or not safetensors.`,
    );
  }
  const text = new TextDecoder().decode(await file.read(8, length));
  const header = parseHeader(text, `${name}: the header at offset 8`);
  const { __metadata__: said, ...listed } = header;
  const start = 8 + length;
  const names = Object.keys(listed);
  if (names.length > mostTensors) {
    throw new KolmoError(`${name} lists ${names.length} tensors: at most ${mostTensors} are read.`);
  }
  const entries = names.map((tensor) => parseEntry(tensor, listed[tensor], file, start));
  const metadata = Object.entries(isRecord(said) ? said : {}).map(([key, value]) => [
    key,
    String(value),
  ]);
  return { entries, metadata: Object.fromEntries(metadata) as Record<string, string>, start };
}

const lengthOf = (head: Uint8Array): number =>
  Number(new DataView(head.buffer, head.byteOffset).getBigUint64(0, true));

/** @param what is parsed, as sentences call it */
function parseHeader(text: string, what: string): Record<string, unknown> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    throw new KolmoError(`${what} is not JSON: ${(error as Error).message}.`);
  }
  if (isRecord(parsed)) return parsed;
  throw new KolmoError(`${what} is not a JSON object from names to tensors.`);
}

function parseEntry(tensor: string, value: unknown, file: ModelFile, start: number): Entry {
  const { dtype, shape, data_offsets: offsets } = isRecord(value) ? value : {};
  if (
    typeof dtype !== 'string' ||
    !isNumbers(shape) ||
    !isNumbers(offsets) ||
    offsets.length !== 2
  ) {
    throw new KolmoError(
      `${file.name}: tensor “${shorten(tensor)}” lacks dtype, shape or two data_offsets in the header.`,
    );
  }
  const [begin, end] = offsets;
  const there = file.length - start;
  if (!(Number.isSafeInteger(begin) && begin >= 0 && begin <= end && end <= there)) {
    throw new KolmoError(
      `${file.name}: tensor “${shorten(tensor)}” claims bytes ${begin} to ${end} of the ${formatCount(there)} that follow the header: the file is cut or damaged.`,
    );
  }
  const expected = denseBytes(dtype.toLowerCase(), countParameters(shape, tensor, file.name));
  if (expected !== undefined && expected !== end - begin) {
    throw new KolmoError(
      `${file.name}: tensor “${shorten(tensor)}” stores ${end - begin} bytes, its shape [${shape.join(', ')}] of ${dtype} asks for ${expected}.`,
    );
  }
  return { name: tensor, dtype, shape, begin, end };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isNumbers(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((each) => typeof each === 'number');
}
