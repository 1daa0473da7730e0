/** Entropy-penalised training: cross entropy plus lambda times the bits that the levels will take in the file (after Oktay et al. 2020). */
import { KolmoError } from '../../error';
import type { Dataset } from '../../data/dataset';
import { joinFloats } from '../../join';
import { orDispose } from '../../orDispose';
import { createRandom, shuffled } from '../../random';
import {
  compileLevelForward,
  compileLevelStep,
  createLevelOptimizer,
  logStepName,
  type Optimizer,
  type Step,
} from '../../train/levelStep';
import type { Metrics, Model } from '../../train/model';
import { createBatches, evaluate, evaluationBatch, type Augmentation } from '../entropy/examples';
import {
  architectureOf,
  fromLevels,
  narrow,
  slim,
  toLevels,
  type LevelNetwork,
  type LevelTensor,
} from '../entropy/network';
import { addBiasRate, addWeightRate, pricesOf, type LayerPrices } from '../entropy/rate';
import type { PassContext, PassEvent } from '../pass';

export interface EntropyTrainOptions extends Augmentation {
  /** Weight of the bits against the cross entropy in nats, both over the whole training split. */
  lambda: number;
  epochs: number;
  /** Adam's first rate for levels, in levels; it falls to zero along a cosine. */
  learningRate: number;
  /** The same for the logarithms of the steps. */
  stepRate: number;
  /** Share of the training over which lambda rises to its value. */
  warmUp: number;
  /** First step as a multiple of the root mean square of a tensor's weights. */
  weightStep: number;
  biasStep: number;
  /** Hidden units to start from, one number for each layer, as `8,16,50`; empty: all. */
  units: string;
}

/** Prices are refreshed after this many steps. */
const stepsPerPrices = 50;
/** Units leave only after this share of the training, and a new graph is compiled when it is this much smaller. */
const slimFrom = 0.15;
const worthCompiling = 0.97;

/**
 * Trains the levels of all weights against the bits that they take.
 * @throws KolmoError without a dataset with classes
 */
export async function* entropyTrain(
  model: Model,
  settings: EntropyTrainOptions,
  { dataset, seed, threads }: PassContext,
): AsyncGenerator<PassEvent, Model> {
  if (!dataset || dataset.task.type !== 'classification') {
    throw new KolmoError(
      'Entropy-penalised training needs a dataset with classes to train on: give the one that the model was trained with, or quantize it instead.',
    );
  }
  const random = createRandom(seed);
  const { training } = dataset.splits;
  const stepsPerEpoch = Math.floor(training.count / settings.batchSize);
  if (stepsPerEpoch === 0) {
    throw new KolmoError(
      `${dataset.name} has ${training.count} training examples, and a batch takes ${settings.batchSize}: choose a smaller batchSize.`,
    );
  }
  const total = stepsPerEpoch * settings.epochs;
  let network = toLevels(model, settings);
  if (settings.units) network = narrow(network, unitsOf(settings.units));
  let trainer = await createTrainer(network, dataset, settings, threads, 0);
  const batch = createBatches(dataset, settings, random);
  let done = 0;
  try {
    for (let epoch = 0; epoch < settings.epochs; epoch++) {
      const order = shuffled(training.count, random);
      let loss = 0;
      for (let b = 0; b < stepsPerEpoch; b++, done++) {
        const share = done / total;
        const cosine = 0.5 * (1 + Math.cos(Math.PI * share)) + 1e-4;
        const weight = (settings.lambda * Math.min(1, share / settings.warmUp)) / training.count;
        batch(
          order.subarray(b * settings.batchSize, (b + 1) * settings.batchSize),
          trainer.step,
          network.features,
        );
        const result = await trainer.step.run();
        if (!Number.isFinite(result.loss)) {
          throw new KolmoError(
            `The loss became ${result.loss} in epoch ${epoch + 1}: choose a lower learningRate than ${settings.learningRate}.`,
          );
        }
        loss += result.loss;
        trainer.addRate(weight, done % stepsPerPrices === 0);
        trainer.optimizer.update(settings.learningRate * cosine);
        if (b % 50 === 49) {
          yield { type: 'progress', done: done + 1, total, note: `Epoch ${epoch + 1}` };
        }
      }
      yield { type: 'point', step: done, split: 'training', loss: loss / stepsPerEpoch };
      const validation = await trainer.evaluate();
      yield {
        type: 'point',
        step: done,
        split: 'validation',
        loss: validation.loss,
        error: validation.error,
      };
      network = trainer.read();
      if (done / total > slimFrom) {
        const smaller = slim(network);
        if (weightsOf(smaller) < worthCompiling * weightsOf(network)) {
          network = smaller;
          // The old one goes last: `finally` disposes of whichever there is, once.
          const replaced = trainer;
          trainer = await createTrainer(network, dataset, settings, threads, done);
          await replaced.dispose();
        }
      }
    }
  } finally {
    await trainer.dispose();
  }
  return fromLevels(slim(network), model);
}

function unitsOf(units: string): number[] {
  const counts = units.split(',').map(Number);
  if (counts.every((count) => Number.isInteger(count) && count > 0)) return counts;
  throw new KolmoError(
    `units is "${units}": expected one whole number for each hidden layer, as "8,16,50".`,
  );
}

const weightsOf = ({ layers }: LevelNetwork): number =>
  layers.reduce((sum, layer) => sum + layer.positions * layer.inputs * layer.outputs, 0);

interface Trainer {
  step: Step;
  optimizer: Optimizer;
  /** Adds the rate to the gradients of the last run. */
  addRate(weight: number, refresh: boolean): void;
  /** Measures the rounded network on the validation split. */
  evaluate(): Promise<Metrics>;
  /** The network as it is now, with the optimizer's moments. */
  read(): LevelNetwork;
  dispose(): Promise<void>;
}

async function createTrainer(
  network: LevelNetwork,
  dataset: Dataset,
  settings: EntropyTrainOptions,
  threads: number,
  updates: number,
): Promise<Trainer> {
  const { layers } = network;
  const architecture = architectureOf(network);
  const tensors = layers.flatMap((layer) => [
    { name: `${layer.name}/weights`, shape: shapeOf(network, layer), tensor: layer.weights },
    { name: `${layer.name}/biases`, shape: [layer.outputs], tensor: layer.biases },
  ]);
  const common = { architecture, tensors, targetSize: dataset.targetSize, threads };
  const batch = { ...common, batchSize: settings.batchSize };
  const step = await compileLevelStep(batch);
  const { forward, optimizer } = await orDispose(step, async () => {
    const optimizer = createLevelOptimizer(batch, step, settings.stepRate / settings.learningRate);
    const parts = tensors.flatMap(({ name, tensor }) => [
      { name, values: tensor.levels },
      { name: logStepName(name), values: tensor.logStep },
    ]);
    for (const { name, values } of parts) step.parameters[name].set(values[0]);
    optimizer.restore({
      updates,
      moments: joinFloats(parts.flatMap(({ values }) => values.slice(1))),
    });
    const forward = await compileLevelForward({ ...common, batchSize: evaluationBatch }, step);
    return { forward, optimizer };
  });

  const read = (): LevelNetwork => {
    const { moments } = optimizer.state();
    let offset = 0;
    const take = (count: number): Float32Array => moments.slice(offset, (offset += count));
    const tensorOf = (name: string): LevelTensor => {
      const [levels, logStep] = [name, logStepName(name)].map((part) => {
        const values = step.parameters[part].slice();
        return [values, take(values.length), take(values.length)] as LevelTensor['levels'];
      });
      return { levels, logStep };
    };
    return {
      ...network,
      layers: layers.map((layer) => ({
        ...layer,
        weights: tensorOf(`${layer.name}/weights`),
        biases: tensorOf(`${layer.name}/biases`),
      })),
    };
  };

  let prices: LayerPrices[] = [];
  return {
    step,
    optimizer,
    addRate(weight, refresh) {
      if (refresh || prices.length === 0) {
        prices = layers.map(({ name, outputs }) =>
          pricesOf(step.parameters[`${name}/weights`], outputs),
        );
      }
      layers.forEach(({ name }, l) => {
        const [weights, biases] = [`${name}/weights`, `${name}/biases`];
        addWeightRate(step.gradients[weights], step.parameters[weights], prices[l], weight);
        addBiasRate(step.gradients[biases], step.parameters[biases], weight);
      });
    },
    evaluate: () => evaluate(forward, dataset, network.features),
    read,
    async dispose() {
      await step.dispose();
      await forward.dispose();
    },
  };
}

function shapeOf(
  { architecture, layers }: LevelNetwork,
  layer: LevelNetwork['layers'][number],
): number[] {
  const spec = architecture.layers.filter(({ type }) => type === 'dense' || type === 'conv2d')[
    layers.indexOf(layer)
  ];
  return spec.type === 'conv2d'
    ? [spec.kernel, spec.kernel, layer.inputs, layer.outputs]
    : [layer.positions * layer.inputs, layer.outputs];
}
