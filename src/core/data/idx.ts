/** Images in IDX files with a label each: MNIST and its relatives. */
import { basename, dirname } from 'node:path';
import { constants, gunzipSync } from 'node:zlib';
import { formatCount } from '../count';
import { KolmoError } from '../error';
import { sizeOf } from '../shape';
import type { Dataset, DatasetOptions, Examples } from './dataset';
import { hashFile, readHead, type Bytes, type SourceFile } from './files';
import {
  findIdxFiles,
  isGzip,
  openIdx,
  parseIdxName,
  readHeader,
  type IdxFile,
  type IdxSet,
} from './idxFile';
import type { CollectEvent, DatasetDescription, Reader } from './reader';
import { splitIndices } from './split';

export const idx: Reader = {
  title: 'IDX images (train-images-idx3-ubyte, plain or .gz)',
  matches: (name, head) =>
    (head[0] === 0 && head[1] === 0 && head[2] >= 8 && head[2] <= 14 && head[3] <= 4) ||
    (parseIdxName(name) !== undefined && /idx|ubyte/.test(name)),
  describe,
  collect,
};

async function describe(path: string): Promise<DatasetDescription> {
  try {
    const { training } = await findIdxFiles(path);
    const name = basename(training.images);
    const { shape } = readHeader(await readUnpackedHead(training.images), name);
    return { kind: 'idx', rows: shape[0], inputShape: imageShape(shape, name) };
  } catch (error) {
    if (!(error instanceof KolmoError)) throw error;
    return { kind: 'idx', rows: 0, problem: error.message };
  }
}

async function* collect(
  path: string,
  options: DatasetOptions,
): AsyncGenerator<CollectEvent, Dataset> {
  const found = await findIdxFiles(path);
  const files: SourceFile[] = [];
  const opened: Bytes[] = [];
  const close = (): void => opened.forEach((bytes) => bytes.close());
  const read = async function* (set: IdxSet): AsyncGenerator<CollectEvent, LabelledImages> {
    for (const file of [set.images, set.labels]) {
      yield { type: 'progress', done: files.length, total: 0, note: `Reading ${basename(file)}` };
      files.push(yield* hashFile(file));
    }
    const labels = await openIdx(set.labels, Infinity);
    const images = await openIdx(set.images, options.memoryBytes);
    opened.push(images.bytes);
    return pair(images, labels);
  };
  try {
    const training = yield* read(found.training);
    const test = found.test && (yield* read(found.test));
    const dataset = prepare(found, training, test, options);
    return { ...dataset, files, close: () => Promise.resolve(close()) };
  } catch (error) {
    close();
    throw error;
  }
}

/** Splits the images and gives them as numbers. */
function prepare(
  found: { training: IdxSet; test?: IdxSet },
  training: LabelledImages,
  test: LabelledImages | undefined,
  options: DatasetOptions,
): Omit<Dataset, 'files' | 'close'> {
  if (test && String(test.shape) !== String(training.shape)) {
    throw new KolmoError(
      `${basename(found.test!.images)} holds images of ${test.shape.join('x')}, ${basename(found.training.images)} of ${training.shape.join('x')}: bring them to one size, or move the test files elsewhere, so that a part of the others is held out.`,
    );
  }

  const shares = {
    validation: options.validationShare,
    test: test ? 0 : options.testShare,
  };
  const split = splitIndices(
    training.labels.length,
    shares,
    options.seed,
    basename(found.training.images),
  );
  const seen = new Set<number>();
  for (const index of split.training) seen.add(training.labels[index]);
  const labels = [...seen].sort((a, b) => a - b);
  if (labels.length < 2) {
    throw new KolmoError(
      `${basename(found.training.labels)} has one class, ${labels[0]}: there is nothing to tell apart. Choose images of at least two classes.`,
    );
  }
  const testIndices = test
    ? Int32Array.from({ length: test.labels.length }, (_, i) => i)
    : split.test;
  const examples = (of: LabelledImages, indices: Int32Array): Examples =>
    imageExamples(of, indices, labels);
  const notes = [
    test
      ? `Test: the dataset's own ${basename(found.test!.images)}.`
      : `Test: ${formatCount(split.test.length)} examples drawn with seed ${options.seed}; no test files were found beside it.`,
    `Validation: ${formatCount(split.validation.length)} of the training examples, drawn with seed ${options.seed}.`,
  ];
  const unseen = countUnseen(test ?? training, testIndices, seen);
  if (unseen > 0) {
    notes.push(
      `${formatCount(unseen)} test examples have a class that never occurs in training; they count as wrong.`,
    );
  }
  return {
    name: datasetName(found.training.images),
    task: { type: 'classification', target: 'label', classes: labels.map(String) },
    inputShape: training.shape,
    targetSize: labels.length,
    splits: {
      training: examples(training, split.training),
      validation: examples(training, split.validation),
      test: examples(test ?? training, testIndices),
    },
    preprocessing: { type: 'image', divideBy: 255 },
    notes,
  };
}

interface LabelledImages {
  /** [height, width, channels]. */
  shape: number[];
  /** [height, width, channels] of an image, which the next call may overwrite. */
  pixels(image: number): Uint8Array;
  /** All of them as numbers from 0 to 1, unless they are too many. [images, height, width, channels] */
  values?: Float32Array;
  labels: Uint8Array;
}

function pair(images: IdxFile, labels: IdxFile): LabelledImages {
  const [imagesName, labelsName] = [basename(images.path), basename(labels.path)];
  const shape = imageShape(images.shape, imagesName);
  if (labels.shape.length !== 1) {
    throw new KolmoError(`${labelsName} has ${labels.shape.length} dimensions: labels have one.`);
  }
  if (images.shape[0] !== labels.shape[0]) {
    throw new KolmoError(
      `${imagesName} holds ${formatCount(images.shape[0])} images and ${labelsName} ${formatCount(labels.shape[0])} labels: each image needs one label. Put the labels that belong to them beside the images.`,
    );
  }
  const { bytes, start } = images;
  const size = sizeOf(shape);
  return {
    shape,
    pixels: (image) => bytes.read(start + image * size, size),
    values: bytes.all && expand(bytes.all.subarray(start)),
    labels: labels.bytes.read(labels.start, labels.shape[0]),
  };
}

function imageShape(shape: number[], name: string): number[] {
  if (shape.length === 3) return [...shape.slice(1), 1];
  if (shape.length === 4) return shape.slice(1);
  throw new KolmoError(
    `${name} has ${shape.length} dimensions: images have three (count, height, width) or four.`,
  );
}

/** A pixel's level to the value that the model sees. */
const brightness = Float32Array.from({ length: 256 }, (_, level) => level / 255);

/** Pixels up to this many are turned to numbers once, which makes a batch a copy: four times as quick. */
const expandedPixels = 128 << 20;

function expand(pixels: Uint8Array): Float32Array | undefined {
  if (pixels.length > expandedPixels) return undefined;
  const values = new Float32Array(pixels.length);
  for (let i = 0; i < pixels.length; i++) values[i] = brightness[pixels[i]];
  return values;
}

function imageExamples(of: LabelledImages, members: Int32Array, labels: number[]): Examples {
  const size = sizeOf(of.shape);
  const classOf = new Int32Array(256).fill(-1);
  labels.forEach((label, position) => (classOf[label] = position));
  const { values } = of;
  return {
    count: members.length,
    read(indices, inputs, targets) {
      targets.fill(0, 0, indices.length * labels.length);
      if (values) {
        // The images lie far apart: their ends read first, the cache misses overlap.
        for (const index of indices) {
          const from = members[index] * size;
          inputs[0] = values[from] + values[from + size - 1];
        }
      }
      for (let row = 0; row < indices.length; row++) {
        const image = members[indices[row]];
        const from = image * size;
        const to = row * size;
        if (values) inputs.set(values.subarray(from, from + size), to);
        else {
          const pixels = of.pixels(image);
          for (let i = 0; i < size; i++) inputs[to + i] = brightness[pixels[i]];
        }
        const position = classOf[of.labels[image]];
        if (position >= 0) targets[row * labels.length + position] = 1;
      }
    },
  };
}

function countUnseen(of: LabelledImages, indices: Int32Array, seen: Set<number>): number {
  let unseen = 0;
  for (const index of indices) if (!seen.has(of.labels[index])) unseen++;
  return unseen;
}

/** `emnist-letters`, or the folder's name where the file's own name says nothing. */
function datasetName(path: string): string {
  return parseIdxName(basename(path))?.stem || basename(dirname(path)) || 'images';
}

async function readUnpackedHead(path: string): Promise<Uint8Array> {
  try {
    const head = await readHead(path, 4096);
    if (!isGzip(head)) return head;
    // The piece ends in the middle of the stream: its first bytes are all that is asked of it.
    return gunzipSync(head, { finishFlush: constants.Z_SYNC_FLUSH });
  } catch (error) {
    throw new KolmoError(`${path} cannot be read: ${(error as Error).message}.`);
  }
}
