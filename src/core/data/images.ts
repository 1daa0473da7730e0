/** Images of one size as a dataset: how they are split, and given as numbers from 0 to 1. */
import { formatCount } from '../count';
import { KolmoError } from '../error';
import { sizeOf } from '../shape';
import type { Dataset, DatasetOptions, Examples } from './dataset';
import { splitIndices } from './split';

/** Images that are kept together, in a file or a folder. */
export interface ImageSet {
  /** As sentences call it. */
  name: string;
  count: number;
  /** [height, width, channels] of each. */
  shape: number[];
  /** [height, width, channels] of an image, which the next call may overwrite. */
  pixels(image: number): Uint8Array;
  /** All of them, where they are in memory. [images, height, width, channels] */
  all?: Uint8Array;
  /** The number of each image's class; absent where the images have none. */
  labels?: ArrayLike<number>;
}

export interface ImageSets {
  /** What is not given of the others is drawn from these. */
  training: ImageSet;
  validation?: ImageSet;
  test?: ImageSet;
}

/**
 * Splits images, all of one shape, and gives them as numbers.
 * @param className what the class of a number is called
 */
export function imageDataset(
  { training, validation, test }: ImageSets,
  { validationShare, testShare, seed }: DatasetOptions,
  className: (label: number) => string = String,
): Omit<Dataset, 'name' | 'files'> {
  const shares = {
    validation: validation ? undefined : validationShare,
    test: test ? undefined : testShare,
  };
  const drawn = splitIndices(training.count, shares, seed, training.name);
  const parts = {
    training: { of: training, members: drawn.training },
    validation: validation ? whole(validation) : { of: training, members: drawn.validation },
    test: test ? whole(test) : { of: training, members: drawn.test },
  };
  const labels = training.labels && labelsAmong(parts.training);
  if (labels?.length === 1) {
    throw new KolmoError(
      `${training.name} has one class, ${className(labels[0])}: there is nothing to tell apart. Choose images of at least two classes.`,
    );
  }
  const values = new Map<ImageSet, Float32Array | undefined>();
  for (const set of [training, validation, test]) {
    if (set?.all) values.set(set, expand(set.all));
  }
  const examples = (part: Part): Examples =>
    imageExamples(part, { labels, values: values.get(part.of) });
  return {
    task: labels
      ? { type: 'classification', target: 'label', classes: labels.map(className) }
      : { type: 'generation' },
    inputShape: training.shape,
    targetSize: labels?.length ?? 0,
    splits: {
      training: examples(parts.training),
      validation: examples(parts.validation),
      test: examples(parts.test),
    },
    preprocessing: { type: 'image', divideBy: 255 },
    notes: [
      test
        ? `Test: the dataset's own ${test.name}.`
        : `Test: ${formatCount(drawn.test.length)} examples drawn with seed ${seed}, since the dataset has no test files.`,
      validation
        ? `Validation: the dataset's own ${validation.name}.`
        : `Validation: ${formatCount(drawn.validation.length)} of the training examples, drawn with seed ${seed}.`,
      ...(['validation', 'test'] as const).flatMap((split) => {
        const count = labels ? countUnseen(parts[split], labels) : 0;
        return count === 0
          ? []
          : [
              `${formatCount(count)} ${split} examples have a class that never occurs in training; they count as wrong.`,
            ];
      }),
    ],
  };
}

/** Some images of a set. */
interface Part {
  of: ImageSet;
  members: Int32Array;
}

const whole = (of: ImageSet): Part => ({
  of,
  members: Int32Array.from({ length: of.count }, (_, i) => i),
});

/** In ascending order. */
function labelsAmong({ of: { labels = [] }, members }: Part): number[] {
  const seen = new Set<number>();
  for (const member of members) seen.add(labels[member]);
  return [...seen].sort((a, b) => a - b);
}

function countUnseen({ of: { labels = [] }, members }: Part, known: number[]): number {
  const seen = new Set(known);
  return members.reduce((count, member) => (seen.has(labels[member]) ? count : count + 1), 0);
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

/**
 * @param options.labels the class at each place of a target, where there are classes
 * @param options.values all images of the set as numbers, unless they are too many
 */
function imageExamples(
  { of, members }: Part,
  { labels = [], values }: { labels?: number[]; values?: Float32Array },
): Examples {
  const size = sizeOf(of.shape);
  const classOf = new Map(labels.map((label, position) => [label, position]));
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
        const position = of.labels && classOf.get(of.labels[image]);
        if (position !== undefined) targets[row * labels.length + position] = 1;
      }
    },
  };
}
