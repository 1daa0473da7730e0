/** Reads what surprisal is measured of, and no more than that. */
import { readFile } from 'node:fs/promises';
import { formatCount } from '../core/count';
import { readHead } from '../core/data/files';
import { idxHeader } from '../core/data/idxFile';
import { sampleFolder } from '../core/data/imageFolder';
import type { CollectEvent } from '../core/data/reader';
import { KolmoError } from '../core/error';
import { joinBytes } from '../core/join';
import type { Stack } from '../core/program/syntax/media';
import { unpackHead } from '../core/unpackHead';
import { formatBytes } from '../runs/units';
import { lookAt } from './measurable';
import type { SurprisalRequest } from './protocol';

export interface Measured {
  /** What is measured: the file, or its beginning; of images in a folder an IDX file of them. */
  data: Uint8Array;
  /** Bytes of the whole. */
  size: number;
  /** Of images in a folder: their paths in it. */
  names?: string[];
}

/** The bits of each byte have to fit in a message. */
const mostBytes = 2 ** 28;

/** @throws KolmoError where that is more than can be measured */
export async function* readMeasured(
  file: string,
  { limit, samples }: Pick<SurprisalRequest, 'limit' | 'samples'>,
): AsyncGenerator<CollectEvent, Measured> {
  const found = await lookAt(file);
  if (found.type === 'imageFolder') {
    return yield* readFolder(file, { bytes: limit ?? mostBytes, images: samples ?? Infinity });
  }
  const { size, stack, isPacked } = found;
  const asked = Math.min(size, limit ?? size);
  const length = samples && stack ? lengthOf(stack, { asked, samples }) : asked;
  if (length > mostBytes) {
    throw new KolmoError(
      `${file} has ${formatBytes(length)}, and surprisal is measured of at most ${formatBytes(mostBytes)}: measure its beginning, as with --limit ${mostBytes}.`,
    );
  }
  const data = isPacked
    ? new Uint8Array(await unpackHead(await readFile(file), length, 'gzip'))
    : await readHead(file, length);
  if (data.length === length) return { data, size };
  throw new KolmoError(
    `${file} ends after ${formatCount(data.length)} of ${formatCount(length)} bytes: it was cut, or changed while it was read. Fetch it again.`,
  );
}

/** Bytes of the first whole samples, of at least one. */
function lengthOf(
  { header, width, height, channels, count }: Stack,
  { asked, samples }: { asked: number; samples: number },
): number {
  const each = width * height * channels;
  const fitting = Math.max(1, Math.floor((asked - header) / each));
  return header + each * Math.min(samples, fitting, count);
}

async function* readFolder(
  folder: string,
  most: { images: number; bytes: number },
): AsyncGenerator<CollectEvent, Measured> {
  const { shape, pixels, kept, total } = yield* sampleFolder(folder, most);
  const [height, width, channels] = shape;
  const each = height * width * channels;
  const header = idxHeader([total, height, width, ...(channels > 1 ? [channels] : [])]);
  return {
    data: joinBytes([header, pixels.subarray(0, kept.length * each)]),
    size: header.length + total * each,
    names: kept.map(({ path }) => path),
  };
}
