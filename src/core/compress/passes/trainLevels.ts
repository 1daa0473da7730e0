/** Quantization-aware training: the loss sees rounded weights, the gradient passes straight through (Bengio 2013; Jacob et al. 2018). */
import { KolmoError } from '../../error';
import { createRandom, shuffle } from '../../random';
import {
  compileLevelStep,
  createLevelOptimizer,
  logStepName,
  type LevelSpec,
} from '../../train/levelStep';
import { shiftImages } from '../../train/augment';
import type { Encoding, Model, Parameter } from '../../train/model';
import { perWeight, rowsPerScaleOf, runsOf, type ScaleRun } from '../../train/scales';
import type { PassContext, PassEvent } from '../pass';
import { storedScale } from '../stored';

export interface TrainLevelsOptions {
  epochs: number;
  /** Adam's rate, in levels; scales learn their logarithm at a tenth of it. */
  learningRate: number;
}

type Quantized = Extract<Encoding, { type: 'quantized' }>;

const largestBatch = 128;
const stepRate = 0.1;

/**
 * Trains the levels of a quantized model, within the range that its bits allow; masked levels stay zero.
 * @param original the model before it was quantized: the fractions of its levels are where training starts
 */
export async function* trainLevels(
  quantized: Model,
  original: Model,
  { dataset, seed, threads }: PassContext,
  { epochs, learningRate }: TrainLevelsOptions,
): AsyncGenerator<PassEvent, Model> {
  const grids = quantized.parameters.map(gridOf);
  if (!dataset) return quantized;
  const { training } = dataset.splits;
  const batchSize = Math.min(largestBatch, training.count);
  const batches = Math.floor(training.count / batchSize);
  const tensors = quantized.parameters.map((parameter, p): LevelSpec => {
    const rowsPerScale = rowsPerScaleOf(parameter, grids[p].encoding);
    return { name: parameter.name, shape: parameter.shape, rowsPerScale };
  });
  const { architecture } = quantized;
  const { targetSize } = dataset;
  const options = { architecture, tensors, batchSize, targetSize, threads };
  const step = await compileLevelStep(options);
  try {
    const optimizer = createLevelOptimizer(options, step, stepRate);
    quantized.parameters.forEach(({ name }, p) => {
      const { encoding, runs } = grids[p];
      const levels = step.parameters[name];
      const scales = perWeight(encoding.scales, runs, levels.length);
      original.parameters[p].data.forEach((value, i) => (levels[i] = value / scales[i]));
      step.parameters[logStepName(name)].set(encoding.scales.map(Math.log));
      clamp(levels, grids[p]);
    });
    const random = createRandom(seed);
    const order = Int32Array.from({ length: training.count }, (_, i) => i);
    const inputs = step.inputs.inputs as Float32Array;
    const targets = step.inputs.targets as Float32Array;
    for (let epoch = 0; epoch < epochs; epoch++) {
      shuffle(order, random);
      let sum = 0;
      for (let b = 0; b < batches; b++) {
        const done = epoch * batches + b;
        training.read(order.subarray(b * batchSize, (b + 1) * batchSize), inputs, targets);
        if (dataset.inputShape.length === 3) shiftImages(inputs, dataset.inputShape, 1, random);
        const { loss } = await step.run();
        if (!Number.isFinite(loss)) {
          throw new KolmoError(
            `The loss became ${loss} in epoch ${epoch + 1}: choose a lower learningRate than ${learningRate}.`,
          );
        }
        sum += loss;
        const cosine = 0.5 * (1 + Math.cos((Math.PI * done) / (epochs * batches)));
        optimizer.update(learningRate * cosine);
        quantized.parameters.forEach(({ name }, p) => clamp(step.parameters[name], grids[p]));
        if (done % 50 === 49) {
          const note = `Levels, epoch ${epoch + 1} of ${epochs}`;
          yield { type: 'progress', done: done + 1, total: epochs * batches, note };
        }
      }
      yield { type: 'point', step: (epoch + 1) * batches, split: 'training', loss: sum / batches };
    }
    return {
      ...quantized,
      parameters: quantized.parameters.map((parameter, p) =>
        rounded(
          parameter,
          grids[p],
          step.parameters[parameter.name],
          step.parameters[logStepName(parameter.name)],
        ),
      ),
    };
  } finally {
    await step.dispose();
  }
}

interface Grid {
  encoding: Quantized;
  runs: ScaleRun[];
  /** The zero point of each weight. */
  zeroPoints: Int32Array;
  /** Of the levels as they are stored. */
  lowest: number;
  highest: number;
  mask?: Uint8Array;
}

function gridOf(parameter: Parameter): Grid {
  const { name, encoding, mask, data } = parameter;
  if (encoding.type !== 'quantized') {
    throw new KolmoError(`${name} has no levels that could be trained: quantize all weights.`);
  }
  const runs = runsOf(parameter, encoding);
  // Affine levels are 0 to 2^bits - 1; symmetric ones lie around zero, ternary ones from -1 to 1.
  const symmetric = 2 ** (encoding.bits - 1) - 1;
  const affine =
    encoding.levels.every((level) => level >= 0) && encoding.zeroPoints.some((zero) => zero > 0);
  return {
    encoding,
    runs,
    zeroPoints: perWeight(encoding.zeroPoints, runs, data.length),
    lowest: affine ? 0 : -symmetric,
    highest: affine ? 2 ** encoding.bits - 1 : symmetric,
    mask,
  };
}

/** @param levels counted from zero */
function clamp(levels: Float32Array, { lowest, highest, zeroPoints, mask }: Grid): void {
  for (let i = 0; i < levels.length; i++) {
    const stored = levels[i] + zeroPoints[i];
    if (mask?.[i] === 0) levels[i] = 0;
    else if (stored < lowest) levels[i] = lowest - zeroPoints[i];
    else if (stored > highest) levels[i] = highest - zeroPoints[i];
  }
}

function rounded(
  parameter: Parameter,
  { encoding, runs, zeroPoints }: Grid,
  trained: Float32Array,
  logSteps: Float32Array,
): Parameter {
  const scales = logSteps.map((logStep) => storedScale(Math.exp(logStep)));
  const steps = perWeight(scales, runs, trained.length);
  const levels = new Int32Array(trained.length);
  const data = new Float32Array(trained.length);
  for (let i = 0; i < levels.length; i++) {
    levels[i] = Math.round(trained[i]) + zeroPoints[i];
    data[i] = steps[i] * (levels[i] - zeroPoints[i]);
  }
  return { ...parameter, data, encoding: { ...encoding, scales, levels } };
}
