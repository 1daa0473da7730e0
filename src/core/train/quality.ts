/** Measures what a generator draws by numbers: how varied, how recognisable, how near to the examples. */
import type { Dataset, SplitName } from '../data/dataset';
import type { OpenModel, Runtime } from '../engine/session';
import { compileForward, type Forward } from '../engine/step';
import { createRandom } from '../random';
import { inBatches } from './batches';
import type { ArchitectureChoice, DatasetShape } from './architectures/architecture';
import { collapseRemedy } from './architectures/gan';
import { lenet300 } from './architectures/lenet-300-100';
import { lenet5 } from './architectures/lenet-5';
import { forward, inference, initialize, placeLayers } from './layers/layers';
import type { TrainEvent, TrainResult } from './events';
import { frechetDistance } from './frechet';
import { train } from './loop';
import type { Metrics, Model } from './model';
import { trainDefaults } from './options';

const defaultSamples = 10_000;
const batch = 500;

/** A judge is good enough after so many steps, and at least two epochs. */
const judgeSteps = 400;

/** Samples whose labels have less than this share of the entropy of the examples' labels have collapsed. */
const collapsedShare = 0.6;

/** LeNet-5, or what else can tell such images apart; nothing can where they have no labels. */
const judgeOf = (dataset: DatasetShape): ArchitectureChoice | undefined =>
  [lenet5, lenet300].find((choice) => choice.fits(dataset) === true);

/** Trains the classifier that judges samples of a dataset: once for all models of it. Undefined without labels. */
export function trainJudge(
  dataset: Dataset,
  options: { threads: number; runtime?: Runtime },
): AsyncGenerator<TrainEvent, TrainResult, 'stop' | void> | undefined {
  const choice = judgeOf(dataset);
  if (!choice) return undefined;
  const batches = Math.ceil(dataset.splits.training.count / trainDefaults.batchSize);
  return train(initialize(choice.build(dataset), 1), dataset, {
    ...options,
    epochs: Math.max(2, Math.ceil(judgeSteps / batches)),
  });
}

export interface SampleOptions {
  /** What `trainJudge` gave for the dataset. */
  judge: Model;
  samples?: number;
  threads: number;
  runtime?: Runtime;
}

/**
 * Draws samples from a seed and has a judge look at them: entropy of the labels it gives (low: the generator has
 * collapsed), its mean confidence (low: not recognisable), and the Fréchet distance of the features before its last
 * layer between samples and the split's examples (Heusel et al. 2017).
 * @param generator maps normal noise [batch, noise] to images in [-1, 1]
 */
export async function measureSamples(
  generator: Pick<OpenModel, 'run' | 'inputShape'>,
  dataset: Dataset,
  split: SplitName,
  { judge: model, samples = defaultSamples, ...options }: SampleOptions,
): Promise<Metrics> {
  const judge = await compileJudge(model, dataset, options);
  try {
    const images = judge.inputs.images as Float32Array;
    const drawn = await judgeAll(judge, samples, draws(generator, samples, images));
    const examples = dataset.splits[split];
    const count = Math.min(samples, examples.count);
    const some = { ...examples, count };
    const real = await judgeAll(judge, count, inBatches(some, dataset, batch, images));
    const distance = frechetDistance(drawn.features, real.features);
    return {
      loss: distance,
      frechetDistance: distance,
      sampleEntropy: entropy(drawn.labels),
      exampleEntropy: entropy(real.labels),
      sampleConfidence: drawn.confidence,
    };
  } finally {
    await judge.dispose();
  }
}

/** A sentence when the labels of the samples are too few for the examples that they should look like. */
export function collapseOf(
  { sampleEntropy, exampleEntropy }: Metrics,
  architecture: string,
): string | undefined {
  if (sampleEntropy === undefined || exampleEntropy === undefined) return undefined;
  if (sampleEntropy >= collapsedShare * exampleEntropy) return undefined;
  return (
    `The generator has collapsed: the labels of its samples have an entropy of ${sampleEntropy.toFixed(2)} bits, ` +
    `those of the examples ${exampleEntropy.toFixed(2)}. ${collapseRemedy(architecture)}`
  );
}

function compileJudge(
  { architecture, parameters }: Model,
  dataset: Dataset,
  options: { threads: number; runtime?: Runtime },
): Promise<Forward> {
  const placed = placeLayers(architecture);
  const pass = inference(false);
  return compileForward({
    parameters,
    inputs: [{ name: 'images', shape: [batch, ...dataset.inputShape] }],
    outputs(weights, { images }) {
      const features = forward(placed.slice(0, -1), weights, images, pass);
      return { features, probabilities: forward(placed.slice(-1), weights, features, pass) };
    },
    ...options,
  });
}

interface Judged {
  /** One row of features for each image. */
  features: Float64Array[];
  /** Images that got each label. */
  labels: number[];
  confidence: number;
}

/** Draws samples as the judge takes images, so many at a time. */
async function* draws(
  { run, inputShape: [noise] }: Pick<OpenModel, 'run' | 'inputShape'>,
  samples: number,
  images: Float32Array,
): AsyncGenerator<{ count: number }> {
  const random = createRandom(1);
  const size = images.length / batch;
  for (let start = 0; start < samples; start += batch) {
    const count = Math.min(batch, samples - start);
    const numbers = Float32Array.from({ length: count * noise }, () => random.normal());
    const output = await run(numbers, [count, noise]);
    for (let i = 0; i < count * size; i++) images[i] = (output[i] + 1) / 2;
    yield { count };
  }
}

/** @param batches fill the judge's images; so many of them count */
async function judgeAll(
  judge: Forward,
  total: number,
  batches: Iterable<{ count: number }> | AsyncIterable<{ count: number }>,
): Promise<Judged> {
  const judged: Judged = { features: [], labels: [], confidence: 0 };
  for await (const { count } of batches) {
    const results = await judge.run();
    const [features, probabilities] = [results.features, results.probabilities] as Float32Array[];
    const [width, classes] = [features.length / batch, probabilities.length / batch];
    for (let i = 0; i < count; i++) {
      judged.features.push(Float64Array.from(features.subarray(i * width, (i + 1) * width)));
      const row = probabilities.subarray(i * classes, (i + 1) * classes);
      const label = row.indexOf(Math.max(...row));
      judged.labels[label] = (judged.labels[label] ?? 0) + 1;
      judged.confidence += row[label] / total;
    }
  }
  return judged;
}

/** Entropy in bits of a distribution that is given as counts. */
export function entropy(counts: number[]): number {
  const total = counts.reduce((sum, count) => sum + count, 0);
  return counts.reduce((sum, count) => sum - (count / total) * Math.log2(count / total), 0);
}
