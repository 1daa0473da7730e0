/** The IDX format of MNIST (http://yann.lecun.com/exdb/mnist/), and the names its files go by. */
import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { constants } from 'node:buffer';
import { gunzip } from 'node:zlib';
import { formatCount } from '../count';
import { KolmoError, readError } from '../error';
import { sizeOf } from '../shape';
import { unpackHead } from '../unpackHead';
import { bytesInMemory, openBytes, readHead, type Bytes } from './files';

export interface IdxFile {
  path: string;
  /** [images, height, width], [images, height, width, channels] or [labels]. */
  shape: number[];
  bytes: Bytes;
  /** Offset of the values: one byte each, row-major. */
  start: number;
}

/** Opens an IDX file of unsigned bytes, plain or gzipped: a plain one of more than `memoryBytes` is read where it lies. */
export async function openIdx(path: string, memoryBytes: number): Promise<IdxFile> {
  const name = basename(path);
  let size: number;
  let packed: boolean;
  let bytes: Bytes;
  try {
    ({ size } = await stat(path));
    packed = isGzip(await readHead(path, 2));
    bytes = await openBytes(path, size, packed ? Infinity : memoryBytes);
  } catch (error) {
    throw readError(error, path);
  }
  try {
    const head = packed
      ? await unpackHeader(bytes.all!, name)
      : bytes.read(0, Math.min(size, headerBytes));
    const { shape, start } = readHeader(head, name);
    const expected = start + sizeOf(shape);
    if (packed) {
      const unpacked = await unpack(bytes.all!, expected, name);
      bytes = bytesInMemory(unpacked);
      size = unpacked.length;
    }
    if (size !== expected) {
      throw new KolmoError(
        `${name} holds ${formatCount(size)} bytes: its header, [${shape.join(', ')}] unsigned bytes, asks for ${formatCount(expected)}. ` +
          (size < expected
            ? 'The file is cut: fetch it again.'
            : 'Something follows the values: fetch it again.'),
      );
    }
    return { path, shape, bytes, start };
  } catch (error) {
    bytes.close();
    throw error;
  }
}

/** The longest header: four dimensions. */
const headerBytes = 20;

/** The header of a gzipped file, whose packed bytes may end anywhere behind it. */
export async function unpackHeader(packed: Uint8Array, name: string): Promise<Uint8Array> {
  return unpackHead(packed, headerBytes, 'gzip').catch((error: Error) => {
    throw unpackable(error, name);
  });
}

/** A few packed kilobytes may stand for gigabytes: no more comes out than the header asks for. */
async function unpack(packed: Uint8Array, expected: number, name: string): Promise<Uint8Array> {
  try {
    const maxOutputLength = Math.min(expected, constants.MAX_LENGTH);
    return await promisify(gunzip)(packed, { maxOutputLength });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_BUFFER_TOO_LARGE') {
      throw unpackable(error as Error, name);
    }
    throw new KolmoError(
      `${name} holds more than the ${formatCount(expected)} bytes that its header asks for. Something follows the values: fetch it again.`,
    );
  }
}

const unpackable = ({ message }: Error, name: string): KolmoError =>
  new KolmoError(
    `${name} cannot be unpacked: ${message}. The download may be cut: fetch it again.`,
  );

/** Whether bytes begin as a gzipped file does. */
export const isGzip = ([first, second]: Uint8Array): boolean => first === 0x1f && second === 0x8b;

/** Reads the shape alone, which needs no more than the first bytes, unpacked. */
export function readHeader(bytes: Uint8Array, name: string): { shape: number[]; start: number } {
  const [zero, alsoZero, type, rank] = bytes;
  if (bytes.length < 4 || zero !== 0 || alsoZero !== 0 || rank < 1 || rank > 4) {
    const found = [...bytes.subarray(0, 4)].map((byte) => byte.toString(16).padStart(2, '0'));
    throw new KolmoError(
      `${name} is not an IDX file: it begins with ${found.join(' ') || 'nothing'} at offset 0, ` +
        'expected 00 00 08 and the number of dimensions.',
    );
  }
  if (type !== 0x08) {
    throw new KolmoError(
      `${name} holds values of IDX type 0x${type.toString(16).padStart(2, '0')} (offset 2): ` +
        'only unsigned bytes, 0x08, are read as images or labels.',
    );
  }
  const start = 4 + 4 * rank;
  if (bytes.length < start) {
    throw new KolmoError(
      `${name} is cut in its header: ${bytes.length} bytes, expected at least ${start}.`,
    );
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return { shape: Array.from({ length: rank }, (_, axis) => view.getUint32(4 + 4 * axis)), start };
}

/** The header of an IDX file of unsigned bytes. */
export function idxHeader(shape: number[]): Uint8Array {
  const header = new Uint8Array(4 + 4 * shape.length);
  header.set([0, 0, 0x08, shape.length]);
  const view = new DataView(header.buffer);
  shape.forEach((length, axis) => view.setUint32(4 + 4 * axis, length));
  return header;
}

export interface IdxName {
  part: 'images' | 'labels';
  split: 'training' | 'test';
  /** What is left of the name: files of one dataset share it (`emnist-balanced`). */
  stem: string;
}

/** `train-images-idx3-ubyte`, `t10k-labels.idx1-ubyte.gz`, `emnist-letters-test-images-idx3-ubyte`… */
export function parseIdxName(name: string): IdxName | undefined {
  const words = name.toLowerCase().split(/[-_. ]+/);
  const part = words.includes('images')
    ? 'images'
    : words.includes('labels')
      ? 'labels'
      : undefined;
  if (!part) return undefined;
  const test = words.some((word) => word === 't10k' || word === 'test');
  const known = /^(images|labels|train|training|t10k|test|idx\d?|ubyte|gz)$/;
  return {
    part,
    split: test ? 'test' : 'training',
    stem: words.filter((word) => !known.test(word)).join('-'),
  };
}

export interface IdxSet {
  images: string;
  labels: string;
}

/** Finds the files that belong to the one that was chosen, beside it and by name. */
export async function findIdxFiles(path: string): Promise<{ training: IdxSet; test?: IdxSet }> {
  const folder = dirname(path);
  const chosen = parseIdxName(basename(path));
  if (!chosen) {
    throw new KolmoError(
      `${basename(path)} names neither images nor labels: expected a name such as train-images-idx3-ubyte, with its labels beside it.`,
    );
  }
  const names = (await readdir(folder)).sort();
  const find = (split: IdxName['split'], part: IdxName['part']): string | undefined => {
    const fits = names.filter((name) => {
      const parsed = parseIdxName(name);
      return parsed?.part === part && parsed.split === split && parsed.stem === chosen.stem;
    });
    const itself = chosen.part === part && chosen.split === split && basename(path);
    const found = itself || fits.find((name) => !name.toLowerCase().endsWith('.gz')) || fits[0];
    return found ? join(folder, found) : undefined;
  };
  const set = (split: IdxName['split']): IdxSet | undefined => {
    const [images, labels] = [find(split, 'images'), find(split, 'labels')];
    if (images && labels) return { images, labels };
    if (!images && !labels) return undefined;
    const [lone, absent] = images ? [images, 'labels'] : [labels!, 'images'];
    const wanted = basename(lone)
      .replace(/images|labels/i, absent)
      .replace(/idx\d/i, absent === 'labels' ? 'idx1' : 'idx3');
    throw new KolmoError(
      `The ${absent} of ${basename(lone)} were not found: expected a file such as ${wanted} in ${folder}.`,
    );
  };
  const training = set('training');
  const test = set('test');
  // A lone test set is still a dataset: it is split like any other.
  return training ? { training, test } : { training: test! };
}
