/** Images in IDX files with a label each: MNIST and its relatives. */
import { basename, dirname } from 'node:path';
import { formatCount } from '../count';
import { KolmoError, readError } from '../error';
import { sizeOf } from '../shape';
import { datasetDefaults, type Dataset, type DatasetOptions } from './dataset';
import { bytesInMemory, hashFile, readHead, type Bytes, type SourceFile } from './files';
import {
  findIdxFiles,
  isGzip,
  openIdx,
  parseIdxName,
  readHeader,
  unpackHeader,
  type IdxFile,
  type IdxSet,
} from './idxFile';
import { imageDataset, type ImageSet } from './images';
import type { CollectEvent, DatasetDescription, Reader } from './reader';

export const idx: Reader = {
  title: 'IDX images (train-images-idx3-ubyte, plain or .gz)',
  takes: 'file',
  matches: (name, head) =>
    (head[0] === 0 && head[1] === 0 && head[2] >= 8 && head[2] <= 14 && head[3] <= 4) ||
    (parseIdxName(name) !== undefined && /idx|ubyte/.test(name)),
  describe,
  collect,
};

/** Refuses before any question whatever headers, lengths and labels show to be wrong. */
async function describe(path: string): Promise<DatasetDescription> {
  try {
    const found = await findIdxFiles(path);
    const look = async ({ images, labels }: IdxSet): Promise<ImageSet> => {
      const opened = await peek(images);
      opened.bytes.close();
      return imageSet(opened, await openIdx(labels, Infinity));
    };
    const training = await look(found.training);
    const test = found.test && (await look(found.test));
    refuseOtherShape(training, test);
    imageDataset({ training, test }, datasetDefaults);
    return { kind: 'idx', rows: training.count, inputShape: training.shape };
  } catch (error) {
    if (!(error instanceof KolmoError)) throw error;
    return { kind: 'idx', rows: 0, problem: error.message };
  }
}

/** Opens images for their shape alone: of gzipped ones, which take seconds to unpack, only the head is read. */
async function peek(path: string): Promise<IdxFile> {
  const name = basename(path);
  const head = await readHead(path, 4096).catch((error: unknown) => {
    throw readError(error, path);
  });
  if (!isGzip(head)) return openIdx(path, 0);
  const header = readHeader(await unpackHeader(head, name), name);
  return { path, ...header, bytes: bytesInMemory(new Uint8Array()) };
}

async function* collect(
  path: string,
  options: DatasetOptions,
): AsyncGenerator<CollectEvent, Dataset> {
  const found = await findIdxFiles(path);
  const files: SourceFile[] = [];
  const opened: Bytes[] = [];
  const close = (): void => opened.forEach((bytes) => bytes.close());
  const read = async function* (set: IdxSet): AsyncGenerator<CollectEvent, ImageSet> {
    for (const file of [set.images, set.labels]) {
      yield { type: 'progress', done: files.length, total: 0, note: `Reading ${basename(file)}` };
      files.push(yield* hashFile(file));
    }
    const labels = await openIdx(set.labels, Infinity);
    const images = await openIdx(set.images, options.memoryBytes);
    opened.push(images.bytes);
    return imageSet(images, labels);
  };
  try {
    const training = yield* read(found.training);
    const test = found.test && (yield* read(found.test));
    refuseOtherShape(training, test);
    return {
      name: datasetName(found.training.images),
      files,
      ...imageDataset({ training, test }, options),
      close: () => Promise.resolve(close()),
    };
  } catch (error) {
    close();
    throw error;
  }
}

function refuseOtherShape(training: ImageSet, test: ImageSet | undefined): void {
  if (!test || String(test.shape) === String(training.shape)) return;
  throw new KolmoError(
    `${test.name} holds images of ${test.shape.join('x')}, ${training.name} of ${training.shape.join('x')}: bring them to one size, or move the test files elsewhere, so that a part of the others is held out.`,
  );
}

function imageSet(images: IdxFile, labels: IdxFile): ImageSet {
  const [imagesName, labelsName] = [basename(images.path), basename(labels.path)];
  if (labels.shape.length !== 1) {
    throw new KolmoError(
      `${labelsName} has ${labels.shape.length} dimensions, and labels have one: put the labels that belong to ${imagesName} beside it.`,
    );
  }
  const [count] = images.shape;
  if (count !== labels.shape[0]) {
    throw new KolmoError(
      `${imagesName} holds ${formatCount(count)} images and ${labelsName} ${formatCount(labels.shape[0])} labels: each image needs one label. Put the labels that belong to them beside the images.`,
    );
  }
  const { bytes, start } = images;
  const shape = imageShape(images.shape, imagesName);
  const size = sizeOf(shape);
  return {
    name: imagesName,
    count,
    shape,
    pixels: (image) => bytes.read(start + image * size, size),
    all: bytes.all?.subarray(start),
    labels: labels.bytes.read(labels.start, count),
  };
}

function imageShape(shape: number[], name: string): number[] {
  if (shape.length === 3) return [...shape.slice(1), 1];
  if (shape.length === 4) return shape.slice(1);
  throw new KolmoError(
    `${name} has ${shape.length} dimensions, and images have three (count, height, width) or four, with channels: choose a file of images.`,
  );
}

/** `emnist-letters`, or the folder's name where the file's own name says nothing. */
function datasetName(path: string): string {
  return parseIdxName(basename(path))?.stem || basename(dirname(path)) || 'images';
}
