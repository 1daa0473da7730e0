/** A folder of images: in it a folder for each class, or for training, validation and test and then for each class. */
import { basename } from 'node:path';
import { formatCount } from '../count';
import { KolmoError } from '../error';
import { resultOf } from '../relay';
import { sizeOf } from '../shape';
import type { Dataset, DatasetOptions, SplitName } from './dataset';
import { findImages, type FoundImages } from './imageFiles';
import { decodeImages, sizesOf, type DecodedImages } from './imagePixels';
import { imageDataset, type ImageSet } from './images';
import { sizeText, type Size } from './pixels';
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

/** Images that a description looks at, from all over the folder. */
const sampleFiles = 100;

async function describe(path: string): Promise<DatasetDescription> {
  try {
    const { images, classes } = await findImages(path);
    refuseFew(images.filter(({ split }) => split === 'training').length, basename(path));
    const every = Math.ceil(images.length / sampleFiles);
    const looking = sizesOf(
      path,
      images.filter((_, i) => i % every === 0),
    );
    const { width, height } = chooseSize(await resultOf(looking), path).size;
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
  const chosen = chooseSize(yield* sizesOf(path, images), path);
  const decoded = yield* decodeImages(path, images, chosen.size);
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

/**
 * Images from all over a folder at the size that they would be trained on: as many as there may be, and as their pixels may take
 * bytes in colour, but at least one.
 */
export async function* sampleFolder(
  path: string,
  most: { images: number; bytes: number },
): AsyncGenerator<CollectEvent, DecodedImages & { total: number }> {
  const { images } = await findImages(path);
  const { size } = chooseSize(yield* sizesOf(path, spread(images, most.images)), path);
  const fitting = Math.max(1, Math.floor(most.bytes / (3 * size.width * size.height)));
  const drawn = spread(images, Math.min(most.images, fitting));
  return { ...(yield* decodeImages(path, drawn, size)), total: images.length };
}

/** At most so many of the items, evenly. */
function spread<Item>(items: Item[], most: number): Item[] {
  const count = Math.min(most, items.length);
  return Array.from({ length: count }, (_, k) => items[Math.floor((k * items.length) / count)]);
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

const median = (values: number[]): number =>
  values.sort((a, b) => a - b)[Math.floor(values.length / 2)];

/** What was done to the images, and what was left out. */
function notesOf(
  { images, classes, leftOut }: FoundImages,
  { broken, scaled, turned, shape }: DecodedImages,
  { reason }: ChosenSize,
): string[] {
  const [height, width, channels] = shape;
  const counted = (count: number): string =>
    `${formatCount(count)} of ${formatCount(images.length)} images`;
  const notes = [
    'The SHA-256 of the folder is that of the lines which sha256sum writes of its images, sorted by their paths in it.',
    `The images are ${channels === 1 ? 'grey, one channel' : 'in colour, three channels'} of ${width} x ${height}.`,
  ];
  if (turned > 0) notes.push(`${counted(turned)} were turned as their EXIF orientation says.`);
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
