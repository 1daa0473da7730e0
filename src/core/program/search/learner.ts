/** Trains the network that a program may carry: on the file itself, then for the fewest bytes, with the passes that compress any model. */
import { compress, type CompressEvent } from '../../compress/compress';
import type { Dataset, Examples } from '../../data/dataset';
import { KolmoError } from '../../error';
import { relay } from '../../relay';
import { initialize } from '../../train/layers/layers';
import { train, type TrainEvent } from '../../train/loop';
import type { Architecture, Model, Parameter } from '../../train/model';
import type { ProgramEvent, ProgramOptions } from '../contract';
import type { ModelSpec } from '../model/engine';
import { windowsOf } from '../model/evaluate';
import {
  classOf,
  featuresOf,
  featuresPerInput,
  networkClasses,
  type Network,
  type NetworkInputs,
  type Windows,
} from '../model/network';

interface LearnerOptions {
  /** Units of the hidden layers. */
  units: number[];
  /** Most examples of one epoch. */
  examples: number;
  /** Epochs of training, and of training for fewer bytes. */
  epochs: number;
  batchSize: number;
  learningRate: number;
  seed: number;
}

const learnerDefaults: LearnerOptions = {
  units: [32, 16],
  examples: 1 << 19,
  epochs: 4,
  batchSize: 256,
  learningRate: 2e-3,
  seed: 1,
};

/** What each effort tries; `fast` trains nothing. */
export const learners: Record<ProgramOptions['effort'], Partial<LearnerOptions> | undefined> = {
  fast: undefined,
  balanced: {},
  max: { units: [64, 32], examples: 1 << 20, epochs: 8 },
};

/** What the training takes, in bytes to be coded. */
export function learnerWork(options: Partial<LearnerOptions>, data: Uint8Array): number {
  const { epochs, examples } = { ...learnerDefaults, ...options };
  return 2 * epochs * Math.min(examples, data.length) * workPerExample;
}

/** Bytes that are coded in the time of an example. */
const workPerExample = 2;

/**
 * What a bit of the weights weighs against one of the data, both over the whole file. More than one, because the mixer learns
 * much of what the network knows by itself.
 */
const bitPrice = 2;

/** The network for `data` under a model without one, ready to be shipped. */
export async function* learnNetwork(
  spec: ModelSpec,
  inputs: NetworkInputs,
  data: Uint8Array,
  options: Partial<LearnerOptions> = {},
): AsyncGenerator<ProgramEvent, Network> {
  const { units, examples, epochs, batchSize, learningRate, seed } = {
    ...learnerDefaults,
    ...options,
  };
  const windows = windowsOf(spec, inputs, data, examples);
  const dataset = datasetOf(windows, inputs, spec.sole ?? 0);
  const architecture: Architecture = {
    name: 'shipped network',
    inputShape: dataset.inputShape,
    layers: [
      ...units.map((count) => ({ type: 'dense', units: count, activation: 'relu' }) as const),
      { type: 'dense', units: networkClasses, activation: 'softmax' },
    ],
    task: 'classification',
  };
  const training = train(initialize(architecture, seed), dataset, {
    epochs,
    batchSize,
    learningRate,
    shift: 0,
    seed,
    threads: 1,
    patience: 0,
    checkpointSteps: Infinity,
  });
  const trained = yield* follow(training, 'Training a network');
  const taken = windows.bytes.length / windows.asked;
  const lambda = bitPrice * Math.LN2 * taken;
  const entropyTrain = { lambda, epochs, batchSize, shift: 0 };
  const passes = compress(trained, [{ name: 'entropyTrain', options: entropyTrain }], {
    dataset,
    seed,
    threads: 1,
  });
  const packed = yield* follow(passes, 'Compressing the network');
  return networkOf(packed, inputs);
}

/** Passes progress on, and gives the model of the result. */
async function* follow<Result extends { model: Model }>(
  running: AsyncGenerator<TrainEvent | CompressEvent, Result, void>,
  note: string,
): AsyncGenerator<ProgramEvent, Model> {
  const { model } = yield* relay(running, (event) => {
    const step = progressOf(event);
    return step && { type: 'progress', done: step.done, total: step.total, note };
  });
  return model;
}

function progressOf(
  event: TrainEvent | CompressEvent,
): { done: number; total: number } | undefined {
  const inner = event.type === 'pass' ? event.event : event;
  return inner.type === 'progress' ? inner : undefined;
}

/** Classes of bytes by what stands around them. What measures the network is what trained it, because that is what it is shipped for. */
function datasetOf({ shown, bytes }: Windows, { count }: NetworkInputs, sole: number): Dataset {
  const all = Array.from({ length: bytes.length }, (_, i) => i);
  const features = Float32Array.from(
    Array.from({ length: 256 }, (_, byte) => featuresOf(byte)).flat(),
  );
  const examples = (rows: number[]): Examples => ({
    count: rows.length,
    read(indices, inputs, targets) {
      targets.fill(0);
      indices.forEach((index, n) => {
        const row = rows[index];
        for (let k = 0; k < count; k++) {
          const from = shown[row * count + k] * featuresPerInput;
          inputs.set(
            features.subarray(from, from + featuresPerInput),
            (n * count + k) * featuresPerInput,
          );
        }
        targets[n * networkClasses + classOf(bytes[row], sole)] = 1;
      });
    },
  });
  const some = examples(all.filter((i) => i % validationEvery === 0));
  return {
    name: 'windows of the file',
    files: [],
    task: {
      type: 'classification',
      target: 'byte',
      classes: Array.from({ length: networkClasses }, (_, k) => String(k)),
    },
    inputShape: [count * featuresPerInput],
    targetSize: networkClasses,
    splits: { training: examples(all), validation: some, test: some },
    preprocessing: { type: 'image', divideBy: 255 },
    notes: [],
  };
}

/** One example of so many is measured after an epoch. */
const validationEvery = 37;

/** The levels of the packed model; what does not fit a byte is cut off. */
function networkOf({ parameters }: Model, inputs: NetworkInputs): Network {
  const levels: number[] = [];
  const take = ({ name, encoding }: Parameter): number => {
    if (encoding.type !== 'quantized' || encoding.scales.length !== 1)
      throw new KolmoError(`A shipped network has one scale a tensor, and ${name} has not.`);
    for (const level of encoding.levels)
      levels.push(Math.max(-128, Math.min(127, level - encoding.zeroPoints[0])));
    return encoding.scales[0];
  };
  const layers = [];
  for (let t = 0; t < parameters.length; t += 2) {
    const [weights, biases] = [parameters[t], parameters[t + 1]];
    const [rows, units] = weights.shape;
    layers.push({ inputs: rows, units, biasScale: take(biases), scale: take(weights) });
  }
  return { inputs, layers, weights: Uint8Array.from(levels, (level) => level & 255) };
}
