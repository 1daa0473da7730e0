/** Measures what a generator draws by numbers: how varied, how recognisable, how near to the examples. */
import type { Dataset, SplitName } from '../data/dataset';
import type { OpenModel, Runtime } from '../engine/session';
import { compileForward, type Forward } from '../engine/step';
import { createRandom } from '../random';
import { lenet300 } from './architectures/lenet-300-100';
import { symmetricEigen } from './eigen';
import { forward, initialize, placeLayers } from './layers/layers';
import { sizeOf } from './layers/layer';
import { train } from './loop';
import type { Metrics } from './model';

const samples = 10_000;
const batch = 500;

/** The classifier that judges samples is good enough after this much training. */
const judgeEpochs = 3;

/**
 * Draws samples from a seed and has a LeNet-300-100, trained on the dataset for this purpose, look at them:
 * entropy of the labels it gives (low: the generator has collapsed), its mean confidence (low: not
 * recognisable), and the Fréchet distance of its 100 features between samples and the split's examples
 * (Heusel et al. 2017). Without labels nothing can judge; the loss is then not a number.
 * @param generator maps normal noise [batch, noise] to images in [-1, 1]
 */
export async function measureSamples(
  generator: Pick<OpenModel, 'run'>,
  noise: number,
  dataset: Dataset,
  split: SplitName,
  options: { threads: number; runtime?: Runtime },
): Promise<Metrics> {
  if (lenet300.fits(dataset) !== true) return { loss: NaN };
  const judge = await trainJudge(dataset, options);
  try {
    const random = createRandom(1);
    const size = sizeOf(dataset.inputShape);
    const drawn = await judgeAll(judge, samples, async (count, images) => {
      const numbers = Float32Array.from({ length: count * noise }, () => random.normal());
      const output = await generator.run(numbers, [count, noise]);
      for (let i = 0; i < count * size; i++) images[i] = (output[i] + 1) / 2;
    });
    const examples = dataset.splits[split];
    const targets = new Float32Array(batch * dataset.targetSize);
    const real = await judgeAll(
      judge,
      Math.min(samples, examples.count),
      (count, images, start) => {
        const indices = Int32Array.from({ length: count }, (_, i) => start + i);
        examples.read(
          indices,
          images.subarray(0, count * size),
          targets.subarray(0, count * dataset.targetSize),
        );
        return Promise.resolve();
      },
    );
    const distance = frechetDistance(drawn.features, real.features);
    return {
      loss: distance,
      frechetDistance: distance,
      sampleEntropy: entropy(drawn.labels),
      sampleConfidence: drawn.confidence,
    };
  } finally {
    await judge.dispose();
  }
}

async function trainJudge(
  dataset: Dataset,
  options: { threads: number; runtime?: Runtime },
): Promise<Forward> {
  const run = train(initialize(lenet300.build(dataset), 1), dataset, {
    ...options,
    epochs: judgeEpochs,
  });
  let next = await run.next();
  while (!next.done) next = await run.next();
  const { architecture, parameters } = next.value.model;
  const placed = placeLayers(architecture);
  const pass = { training: false, logits: false, noise: {}, record: () => {} };
  const judge = await compileForward({
    parameters,
    inputs: [{ name: 'images', shape: [batch, ...dataset.inputShape] }],
    outputs(weights, { images }) {
      const features = forward(placed.slice(0, -1), weights, images, pass);
      return { features, probabilities: forward(placed.slice(-1), weights, features, pass) };
    },
    ...options,
  });
  for (const { name, data } of parameters) judge.parameters[name].set(data);
  return judge;
}

interface Judged {
  /** One row of features for each image. */
  features: Float64Array[];
  /** Images that got each label. */
  labels: number[];
  confidence: number;
}

async function judgeAll(
  judge: Forward,
  total: number,
  fill: (count: number, images: Float32Array, start: number) => Promise<void>,
): Promise<Judged> {
  const judged: Judged = { features: [], labels: [], confidence: 0 };
  for (let start = 0; start < total; start += batch) {
    const count = Math.min(batch, total - start);
    await fill(count, judge.inputs.images as Float32Array, start);
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

/**
 * |m1 - m2|^2 + tr(S1 + S2 - 2 (S1 S2)^(1/2)), the distance between two normal distributions
 * (Dowson & Landau 1982) with the means and covariances of the rows.
 */
export function frechetDistance(a: Float64Array[], b: Float64Array[]): number {
  const [first, second] = [momentsOf(a), momentsOf(b)];
  const n = first.mean.length;
  // tr (S1 S2)^(1/2) = sum of the roots of the eigenvalues of R S2 R, where R is the root of S1.
  const { values, vectors } = symmetricEigen(first.covariance, n);
  const root = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      for (let k = 0; k < n; k++) {
        root[i * n + j] +=
          vectors[k * n + i] * Math.sqrt(Math.max(0, values[k])) * vectors[k * n + j];
      }
    }
  }
  const inner = multiply(multiply(root, second.covariance, n), root, n);
  const roots = symmetricEigen(inner, n).values.reduce(
    (sum, v) => sum + Math.sqrt(Math.max(0, v)),
    0,
  );
  let distance = -2 * roots;
  for (let i = 0; i < n; i++) {
    distance += (first.mean[i] - second.mean[i]) ** 2;
    distance += first.covariance[i * n + i] + second.covariance[i * n + i];
  }
  return Math.max(0, distance);
}

function momentsOf(rows: Float64Array[]): { mean: Float64Array; covariance: Float64Array } {
  const n = rows[0].length;
  const mean = new Float64Array(n);
  for (const row of rows) for (let i = 0; i < n; i++) mean[i] += row[i] / rows.length;
  const covariance = new Float64Array(n * n);
  for (const row of rows) {
    for (let i = 0; i < n; i++) {
      const d = (row[i] - mean[i]) / rows.length;
      for (let j = 0; j < n; j++) covariance[i * n + j] += d * (row[j] - mean[j]);
    }
  }
  return { mean, covariance };
}

function multiply(a: Float64Array, b: Float64Array, n: number): Float64Array {
  const product = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < n; k++) {
      const factor = a[i * n + k];
      for (let j = 0; j < n; j++) product[i * n + j] += factor * b[k * n + j];
    }
  }
  return product;
}
