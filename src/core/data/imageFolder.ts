/** A folder of images: in it a folder for each class, or for training, validation and test and then for each class. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { formatCount } from '../count';
import { KolmoError } from '../error';
import { sizeOf } from '../shape';
import type { Dataset, DatasetOptions, SplitName } from './dataset';
import { readHead, type SourceFile } from './files';
import { findImages, type FoundImage, type FoundImages } from './imageFiles';
import { imageDataset, type ImageSet } from './images';
import { decodePicture, pictureSize, resizePicture, type Picture, type Size } from './picture';
import type { CollectEvent, DatasetDescription, Reader } from './reader';
import { refuseFew } from './split';

export const imageFolder: Reader = {
  title: 'a folder of images (PNG, JPEG, BMP), with a folder for each class',
  takes: 'folder',
  matches: () => true,
  describe,
  collect,
};

/** Longer sides are scaled down to so many pixels: the architectures here are made for small images. */
const longestSide = 64;

/** Where fewer of the images have the commonest size, the median stands for them better. */
const commonShare = 1 / 4;

/** Decoded images are kept in memory, and may take so many bytes. */
const mostBytes = 1 << 30;

/** Files that are read at once. */
const group = 32;

/** A JPEG says its size after the camera's notes and preview, which may take so many bytes. */
const headBytes = 1 << 16;

/** Images that a description looks at, from all over the folder. */
const sampleFiles = 100;

async function describe(path: string): Promise<DatasetDescription> {
  try {
    const { images, classes } = await findImages(path);
    const few = images.filter(({ split }) => split === 'training').length;
    refuseFew(few, basename(path));
    const step = Math.ceil(images.length / sampleFiles);
    const sizes = await sizesOf(
      path,
      images.filter((_, i) => i % step === 0),
    );
    const { width, height } = chooseSize(sizes, path).size;
    return {
      kind: 'imageFolder',
      rows: images.length,
      // Whether there is colour is seen when all are decoded, and no architecture asks for it.
      inputShape: [height, width, 3],
      classes: classes.length,
    };
  } catch (error) {
    if (!(error instanceof KolmoError)) throw error;
    return { kind: 'imageFolder', rows: 0, problem: error.message };
  }
}

async function* collect(
  path: string,
  options: DatasetOptions,
): AsyncGenerator<CollectEvent, Dataset> {
  const found = await findImages(path);
  const { images, classes, folders } = found;
  const sizes: Size[] = [];
  for (let at = 0; at < images.length; at += group) {
    yield { type: 'progress', done: at, total: images.length, note: 'Looking at images' };
    sizes.push(...(await sizesOf(path, images.slice(at, at + group))));
  }
  const chosen = chooseSize(sizes, path);
  const decoded = yield* decodeAll(path, images, chosen.size);
  const { shape, file, kept, pixels } = decoded;

  const name = basename(path);
  const labelOf = new Map(classes.map((each, label) => [each, label]));
  const setOf = (split: SplitName): ImageSet => {
    // Those of a split lie one behind the other.
    const members = kept.filter((image) => image.split === split);
    const start = kept.findIndex((image) => image.split === split) * sizeOf(shape);
    const all = pixels.subarray(start, start + members.length * sizeOf(shape));
    return {
      name: folders[split] === undefined ? name : `${name}/${folders[split]}`,
      count: members.length,
      shape,
      pixels: (image) => all.subarray(image * sizeOf(shape), (image + 1) * sizeOf(shape)),
      all,
      ...(classes.length > 0 && {
        labels: members.map(({ className }) => labelOf.get(className!)!),
      }),
    };
  };
  const given = (split: SplitName): ImageSet | undefined =>
    kept.some((image) => image.split === split) ? setOf(split) : undefined;
  const sets = {
    training: setOf('training'),
    validation: given('validation'),
    test: given('test'),
  };
  const dataset = imageDataset(sets, options, (label) => classes[label]);
  return {
    name,
    files: [file],
    ...dataset,
    notes: [...notesOf(found, decoded, chosen), ...dataset.notes],
  };
}

/** Sizes of those images that say theirs near their beginning. */
async function sizesOf(folder: string, images: FoundImage[]): Promise<Size[]> {
  const sizes = await Promise.all(
    images.map(async ({ path }) => {
      try {
        return pictureSize(await readHead(join(folder, path), headBytes));
      } catch {
        // What cannot be read is told of when it is decoded.
        return undefined;
      }
    }),
  );
  return sizes.filter((size) => size !== undefined);
}

interface ChosenSize {
  size: Size;
  /** `the commonest size, 500 x 375, with its longer side at 64` */
  reason: string;
}

/** The size that all images are brought to. */
function chooseSize(sizes: Size[], folder: string): ChosenSize {
  if (sizes.length === 0) {
    throw new KolmoError(
      `None of the image files in ${folder} says its size as PNG, JPEG or BMP files do: they are damaged, or of other formats.`,
    );
  }
  const counts = new Map<string, { size: Size; count: number }>();
  for (const size of sizes) {
    const known = counts.get(sizeText(size));
    if (known) known.count++;
    else counts.set(sizeText(size), { size, count: 1 });
  }
  const commonest = [...counts.values()].reduce((a, b) => (b.count > a.count ? b : a));
  const isCommon = commonest.count >= commonShare * sizes.length;
  const size = isCommon
    ? commonest.size
    : {
        width: median(sizes.map(({ width }) => width)),
        height: median(sizes.map(({ height }) => height)),
      };
  const what = isCommon ? 'the commonest size' : 'the median size';
  const scale = longestSide / Math.max(size.width, size.height);
  if (scale >= 1) return { size, reason: what };
  const side = (length: number): number => Math.max(1, Math.round(length * scale));
  return {
    size: { width: side(size.width), height: side(size.height) },
    reason: `${what}, ${sizeText(size)}, with its longer side at ${longestSide}`,
  };
}

const sizeText = ({ width, height }: Size): string => `${width} x ${height}`;

const median = (values: number[]): number =>
  values.sort((a, b) => a - b)[Math.floor(values.length / 2)];

interface DecodedImages {
  /** [height, width, channels]; one channel where all pixels of all images are grey. */
  shape: number[];
  pixels: Uint8Array;
  /** The images that `pixels` holds, in the same order. */
  kept: FoundImage[];
  /** Those that cannot be decoded, with the reason. */
  broken: { path: string; reason: string }[];
  /** How many had another size. */
  scaled: number;
  /** The folder as one file: its SHA-256 is that of the lines that `sha256sum` writes of its images, sorted by path. */
  file: SourceFile;
}

async function* decodeAll(
  folder: string,
  images: FoundImage[],
  size: Size,
): AsyncGenerator<CollectEvent, DecodedImages> {
  const area = size.width * size.height;
  const kept: FoundImage[] = [];
  const broken: DecodedImages['broken'] = [];
  const hashes: { path: string; line: string }[] = [];
  let [scaled, bytes, channels] = [0, 0, 1];
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
    file: { path: folder, bytes, sha256: sha256.digest('hex') },
  };
}

function reserve(bytes: number, folder: string): Uint8Array {
  if (bytes <= mostBytes) return new Uint8Array(bytes);
  throw new KolmoError(
    `The images in ${folder} take ${formatCount(bytes / 2 ** 20)} MiB when they are decoded, which is more than the ${formatCount(mostBytes / 2 ** 20)} MiB that are kept in memory: train on fewer or smaller images.`,
  );
}

function attempt(content: Uint8Array): Picture | Error {
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

/** What was done to the images, and what was left out. */
function notesOf(
  { images, classes, leftOut }: FoundImages,
  { broken, scaled, shape }: DecodedImages,
  { reason }: ChosenSize,
): string[] {
  const [height, width, channels] = shape;
  const counted = (count: number): string =>
    `${formatCount(count)} of ${formatCount(images.length)} images`;
  const notes = [
    `The images are ${channels === 1 ? 'grey, one channel' : 'in colour, three channels'} of ${width} x ${height}.`,
  ];
  if (scaled > 0) notes.push(`${counted(scaled)} were scaled to ${width} x ${height}, ${reason}.`);
  if (broken.length > 0) {
    const [first] = broken;
    notes.push(
      `${counted(broken.length)} cannot be decoded and were left out, such as ${first.path}: ${first.reason}.`,
    );
  }
  if (leftOut.length > 0) {
    notes.push(
      `${formatCount(leftOut.length)} images lie in no folder of a class and were left out, such as ${leftOut[0]}.`,
    );
  }
  if (classes.length === 0) {
    notes.push(
      'No folders sort the images into classes: they can be drawn, by a GAN or an autoencoder, but not told apart.',
    );
  }
  return notes;
}
