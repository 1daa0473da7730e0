/** The images of a folder as pixels of one size. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { formatCount } from '../count';
import { KolmoError } from '../error';
import { readHead, type SourceFile } from './files';
import type { FoundImage } from './imageFiles';
import { decodePicture, pictureSize, resizePicture, type UprightPicture } from './picture';
import { sizeText, type Size } from './pixels';
import type { CollectEvent } from './reader';

/** Decoded images are kept in memory, and may take so many bytes. */
const mostBytes = 1 << 30;

/** Files that are read at once. */
const group = 32;

/** A JPEG says its size after the camera's notes and preview, which may take so many bytes. */
const headBytes = 1 << 16;

export interface DecodedImages {
  /** [height, width, channels]; one channel where all pixels of all images are grey. */
  shape: number[];
  pixels: Uint8Array;
  /** The images that `pixels` holds, in the same order. */
  kept: FoundImage[];
  /** Those that cannot be decoded, with the reason. */
  broken: { path: string; reason: string }[];
  /** How many had another size. */
  scaled: number;
  /** How many were stored in another orientation than they are to be looked at. */
  turned: number;
  /** The folder as one file: its SHA-256 is that of the lines that `sha256sum` writes of its images, sorted by path. */
  file: SourceFile;
}

/**
 * Decodes images and brings them to a size.
 * @throws KolmoError where none can be decoded, or all together are too many for memory
 */
export async function* decodeImages(
  folder: string,
  images: FoundImage[],
  size: Size,
): AsyncGenerator<CollectEvent, DecodedImages> {
  const area = size.width * size.height;
  const kept: FoundImage[] = [];
  const broken: DecodedImages['broken'] = [];
  const hashes: { path: string; line: string }[] = [];
  let [scaled, turned, bytes, channels] = [0, 0, 0, 1];
  let pixels = reserve(images.length * area, folder);
  for (let at = 0; at < images.length; at += group) {
    yield { type: 'progress', done: at, total: images.length, note: 'Decoding images' };
    const read = images.slice(at, at + group).map(async (image) => ({
      image,
      content: await readFile(join(folder, image.path)).catch((error: Error) => error),
    }));
    for (const { image, content } of await Promise.all(read)) {
      const { path } = image;
      const picture = content instanceof Error ? content : attempt(content);
      if (!(content instanceof Error)) {
        bytes += content.length;
        const sha256 = createHash('sha256').update(content).digest('hex');
        hashes.push({ path, line: `${sha256}  ${path}\n` });
      }
      if (picture instanceof Error) {
        broken.push({ path, reason: picture.message });
        continue;
      }
      if (sizeText(picture) !== sizeText(size)) scaled++;
      if (picture.turned) turned++;
      const { pixels: colours } = resizePicture(picture, size);
      if (channels === 1 && hasColour(colours)) {
        channels = 3;
        const grey = pixels;
        pixels = reserve(images.length * area * channels, folder);
        for (let i = 0; i < kept.length * area; i++) pixels.fill(grey[i], 3 * i, 3 * i + 3);
      }
      const start = kept.length * area * channels;
      if (channels === 3) pixels.set(colours, start);
      else for (let i = 0; i < area; i++) pixels[start + i] = colours[3 * i];
      kept.push(image);
    }
  }
  if (kept.length === 0) {
    const [{ path, reason }] = broken;
    throw new KolmoError(
      `None of the ${formatCount(broken.length)} image files in ${folder} can be decoded; of the first, ${path}: ${reason}.`,
    );
  }
  hashes.sort((a, b) => (a.path < b.path ? -1 : 1));
  const sha256 = createHash('sha256');
  for (const { line } of hashes) sha256.update(line);
  return {
    shape: [size.height, size.width, channels],
    pixels,
    kept,
    broken,
    scaled,
    turned,
    file: { path: folder, bytes, sha256: sha256.digest('hex') },
  };
}

function reserve(bytes: number, folder: string): Uint8Array {
  if (bytes <= mostBytes) return new Uint8Array(bytes);
  throw new KolmoError(
    `The images in ${folder} take ${formatCount(bytes / 2 ** 20)} MiB when they are decoded, which is more than the ${formatCount(mostBytes / 2 ** 20)} MiB that are kept in memory: train on fewer or smaller images.`,
  );
}

function attempt(content: Uint8Array): UprightPicture | Error {
  try {
    return decodePicture(content);
  } catch (error) {
    return error as Error;
  }
}

function hasColour(pixels: Uint8Array): boolean {
  for (let i = 0; i < pixels.length; i += 3) {
    if (pixels[i] !== pixels[i + 1] || pixels[i] !== pixels[i + 2]) return true;
  }
  return false;
}

/** Sizes of those images that say theirs near their beginning. */
export async function* sizesOf(
  folder: string,
  images: FoundImage[],
): AsyncGenerator<CollectEvent, Size[]> {
  const sizes: Size[] = [];
  for (let at = 0; at < images.length; at += group) {
    yield { type: 'progress', done: at, total: images.length, note: 'Looking at images' };
    const heads = images.slice(at, at + group).map(({ path }) =>
      // What cannot be read is told of when it is decoded.
      readHead(join(folder, path), headBytes).catch(() => new Uint8Array()),
    );
    for (const head of await Promise.all(heads)) {
      const size = pictureSize(head);
      if (size) sizes.push(size);
    }
  }
  return sizes;
}
