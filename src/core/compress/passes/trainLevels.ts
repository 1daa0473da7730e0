/** Quantization-aware training: the loss sees rounded weights, the gradient passes straight through (Bengio 2013; Jacob et al. 2018). */
import { KolmoError } from '../../error';
import { roundToHalf } from '../../formats/half';
import { createRandom, shuffle } from '../../random';
import { compileLevelStep, createLevelOptimizer, logStepName } from '../../train/levelStep';
import { shiftImages } from '../../train/augment';
import type { Encoding, Model, Parameter } from '../../train/model';
import type { PassContext, PassEvent } from '../pass';

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
  const tensors = quantized.parameters.map(({ name, shape }) => ({ name, shape }));
  const { architecture } = quantized;
  const { targetSize } = dataset;
  const options = { architecture, tensors, batchSize, targetSize, threads };
  const step = await compileLevelStep(options);
  try {
    const optimizer = createLevelOptimizer(options, step, stepRate);
    quantized.parameters.forEach(({ name }, p) => {
      const { scale } = grids[p];
      const levels = step.parameters[name];
      original.parameters[p].data.forEach((value, i) => (levels[i] = value / scale));
      step.parameters[logStepName(name)][0] = Math.log(scale);
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
          Math.exp(step.parameters[logStepName(parameter.name)][0]),
        ),
      ),
    };
  } finally {
    await step.dispose();
  }
}

interface Grid {
  scale: number;
  /** Of the levels counted from zero. */
  lowest: number;
  highest: number;
  zeroPoint: number;
  encoding: Quantized;
  mask?: Uint8Array;
}

function gridOf({ name, encoding, mask }: Parameter): Grid {
  if (encoding.type !== 'quantized' || encoding.scales.length > 1) {
    throw new KolmoError(
      `${name} has a scale for each output, and training learns one for each tensor: set granularity to "tensor", or epochs to 0.`,
    );
  }
  const zeroPoint = encoding.zeroPoints[0];
  // Affine levels are 0 to 2^bits - 1; symmetric ones lie around zero, ternary ones from -1 to 1.
  const symmetric = 2 ** (encoding.bits - 1) - 1;
  const affine = encoding.levels.every((level) => level >= 0) && zeroPoint > 0;
  return {
    scale: encoding.scales[0],
    lowest: affine ? -zeroPoint : -symmetric,
    highest: affine ? 2 ** encoding.bits - 1 - zeroPoint : symmetric,
    zeroPoint,
    encoding,
    mask,
  };
}

function clamp(levels: Float32Array, { lowest, highest, mask }: Grid): void {
  for (let i = 0; i < levels.length; i++) {
    const level = levels[i];
    levels[i] = mask?.[i] === 0 ? 0 : level < lowest ? lowest : level > highest ? highest : level;
  }
}

function rounded(
  parameter: Parameter,
  { encoding, zeroPoint }: Grid,
  trained: Float32Array,
  step: number,
): Parameter {
  const scale = roundToHalf(step);
  const levels = new Int32Array(trained.length);
  const data = new Float32Array(trained.length);
  for (let i = 0; i < levels.length; i++) {
    const level = Math.round(trained[i]);
    levels[i] = level + zeroPoint;
    data[i] = scale * level;
  }
  return {
    ...parameter,
    data,
    encoding: { ...encoding, scales: Float32Array.of(scale), levels },
  };
}
