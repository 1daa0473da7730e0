/** A model compiled for training on one dataset: batches in, updated weights and measured validation out. */
import type { Dataset } from '../data/dataset';
import { joinFloats, splitFloats } from '../join';
import { createOptimizer, type Optimizer } from '../engine/optimizer';
import { compileForward, compileStep, type Constraint, type ParameterSpec } from '../engine/step';
import { KolmoError } from '../error';
import type { Random } from '../random';
import { sizeOf } from '../shape';
import { shiftImages } from './augment';
import { moveAverages, recordedName } from './averages';
import { forward, inference, noiseInputs, placeLayers, type PlacedLayer } from './layers/layers';
import { shapeText } from './layers/layer';
import type { ParameterViews, TrainExtras } from './events';
import type { Architecture, Metrics, Model, Parameter } from './model';
import { objectives } from './objective';
import type { TrainOptions } from './options';
import { turn, turnedWeights, upright } from './turned';

export interface Trainee {
  architecture: Architecture;
  optimizer: Optimizer;
  /** One step on the training examples at `indices`; the weights change unless the loss is no number. */
  step(
    indices: Int32Array,
    random: Random,
    learningRate: number,
  ): Promise<{ loss: number; error?: number }>;
  /**
   * Measures the weights as they are on the validation split, or on the training split where there is none;
   * yields between its batches, since all of them may take seconds.
   */
  validate(): AsyncGenerator<void, Metrics>;
  /** The first validation examples, and below each row of them what the model makes of them. */
  redraw(): Promise<{ images: Float32Array; shape: number[]; columns: number }>;
  views: ParameterViews;
  /** A copy of all parameters as they lie, end to end. */
  parameters(): Float32Array;
  setParameters(all: Float32Array): void;
  /** The model with the weights as they are. */
  model(): Model;
  dispose(): Promise<void>;
}

const validationBatch = 500;

/** Rows of examples that are shown as the model redraws them, and examples in each. */
const redrawn = { rows: 4, columns: 8 };

export async function compileTrainee(
  given: Model,
  dataset: Dataset,
  batchSize: number,
  settings: TrainOptions,
  {
    objective = objectives[given.architecture.task],
    observe,
  }: Pick<TrainExtras, 'objective' | 'observe'> = {},
): Promise<Trainee> {
  const { architecture } = given;
  const { inputShape } = architecture;
  if (sizeOf(inputShape) !== sizeOf(dataset.inputShape)) {
    throw new KolmoError(
      `The model takes inputs of ${shapeText(inputShape)}, ` +
        `the dataset ${dataset.name} has ${shapeText(dataset.inputShape)}.`,
    );
  }
  const placed = placeLayers(architecture);
  // What observes weights sees them as the model has them.
  const turned = observe ? [] : turnedWeights(placed, batchSize);
  const model = turn(given, turned);
  const parameters = specsOf(model, placed);
  const noise = noiseInputs(placed, batchSize);
  const shifts = inputShape.length === 3 && settings.shift > 0;

  const step = await compileStep({
    parameters,
    inputs: [
      { name: 'inputs', shape: [batchSize, ...inputShape] },
      { name: 'targets', shape: [batchSize, dataset.targetSize] },
      ...noise,
    ],
    loss(weights, { inputs, targets, ...drawn }) {
      const recorded: Record<string, typeof inputs> = {};
      const output = forward(placed, upright(weights, turned), inputs, {
        training: true,
        logits: objective.logits,
        noise: drawn,
        record: (name, value) => (recorded[recordedName(name)] = value),
      });
      return { ...objective.loss(output, targets, inputs), ...recorded };
    },
    threads: settings.threads,
    runtime: settings.runtime,
  });
  for (const { name, data } of model.parameters) step.parameters[name].set(data);
  const optimizer = createOptimizer(settings.optimizer, step, settings);

  const views = { weights: step.parameters, gradients: step.gradients };
  const arrays = model.parameters.map(({ name }) => step.parameters[name]);
  const split = dataset.splits[dataset.splits.validation.count > 0 ? 'validation' : 'training'];
  const compiling = compileForward({
    parameters,
    inputs: [{ name: 'inputs', shape: [validationBatch, ...inputShape] }],
    outputs: (weights, { inputs }) => ({
      output: forward(placed, upright(weights, turned), inputs, inference(false)),
    }),
    views: step.parameters,
    threads: settings.threads,
    runtime: settings.runtime,
  });
  const validator = await compiling.catch(async (error: unknown) => {
    await step.dispose();
    throw error;
  });
  const targets = new Float32Array(validationBatch * dataset.targetSize);

  return {
    architecture,
    optimizer,
    async step(indices, random, learningRate) {
      const inputs = step.inputs.inputs as Float32Array;
      dataset.splits.training.read(indices, inputs, step.inputs.targets as Float32Array);
      if (shifts) shiftImages(inputs, inputShape, settings.shift, random);
      for (const { name } of noise) {
        const values = step.inputs[name];
        for (let i = 0; i < values.length; i++) values[i] = random.uniform();
      }
      const results = await step.run();
      if (Number.isFinite(results.loss)) {
        observe?.(views);
        optimizer.update(learningRate);
        moveAverages(step, results);
      }
      return results as { loss: number; error?: number };
    },
    async *validate() {
      const measure = objective.measure(dataset);
      const inputs = validator.inputs.inputs as Float32Array;
      for (let start = 0; start < split.count; start += validationBatch) {
        const count = Math.min(validationBatch, split.count - start);
        // The rest of the last batch is left over from the one before and not measured.
        split.read(
          Int32Array.from({ length: count }, (_, i) => start + i),
          inputs.subarray(0, count * sizeOf(inputShape)),
          targets.subarray(0, count * dataset.targetSize),
        );
        const { output } = await validator.run();
        measure.add(output as Float32Array, targets, inputs, count);
        yield;
      }
      return measure.result();
    },
    async redraw() {
      // Whole rows, so that each example stands above what is made of it.
      const columns = Math.min(redrawn.columns, split.count);
      const rows = Math.min(redrawn.rows, Math.floor(split.count / columns));
      const size = sizeOf(inputShape);
      const count = rows * columns;
      const inputs = (validator.inputs.inputs as Float32Array).subarray(0, count * size);
      const indices = Int32Array.from({ length: count }, (_, i) => i);
      split.read(indices, inputs, targets.subarray(0, count * dataset.targetSize));
      const output = (await validator.run()).output as Float32Array;
      const images = new Float32Array(2 * inputs.length);
      for (let start = 0; start < inputs.length; start += columns * size) {
        const end = start + columns * size;
        images.set(inputs.subarray(start, end), 2 * start);
        images.set(output.subarray(start, end), start + end);
      }
      return { images, shape: inputShape, columns };
    },
    views,
    parameters: () => joinFloats(arrays),
    setParameters(all) {
      splitFloats(all, arrays);
      for (const { name, encoding } of model.parameters) {
        if (encoding.type !== 'codebook') continue;
        readCentroids(encoding.indices, step.parameters[name], step.centroids[name]);
      }
    },
    model() {
      const parameters = model.parameters.map((parameter): Parameter => {
        const data = step.parameters[parameter.name].slice();
        const { encoding } = parameter;
        return {
          ...parameter,
          data,
          // Trained weights no longer lie on the levels that they were rounded to.
          encoding:
            encoding.type === 'codebook'
              ? { ...encoding, centroids: step.centroids[parameter.name].slice() }
              : { type: 'float32' },
        };
      });
      return turn({ architecture, parameters }, turned);
    },
    async dispose() {
      await step.dispose();
      await validator.dispose();
    },
  };
}

/** Every batch is full: the last one of an epoch is filled up with the epoch's first examples. */
export function batchOf(order: Int32Array, batch: number, size: number): Int32Array {
  const start = batch * size;
  if (start + size <= order.length) return order.subarray(start, start + size);
  return Int32Array.from({ length: size }, (_, i) => order[(start + i) % order.length]);
}

/** The parameters of a model as a training step takes them; layers keep their moving averages themselves. */
export function specsOf(model: Model, placed: PlacedLayer[]): ParameterSpec[] {
  const untrained = placed.flatMap(({ name, parameters }) =>
    parameters.filter((own) => own.trained === false).map(({ role }) => `${name}/${role}`),
  );
  return model.parameters.map((parameter) => ({
    name: parameter.name,
    shape: parameter.shape,
    trained: !untrained.includes(parameter.name),
    constraint: constraintOf(parameter),
  }));
}

/** What a compressed parameter keeps while it is trained on. */
function constraintOf({ mask, encoding }: Parameter): Constraint | undefined {
  if (encoding.type === 'codebook') {
    const { centroids, indices } = encoding;
    const free = mask ? indices.map((index, i) => (mask[i] ? index : -1)) : indices;
    return { type: 'codebook', indices: free, centroids };
  }
  return mask && { type: 'mask', mask };
}

/** Every weight has the value of its centroid, so the first weight of each tells it; unused ones stay. */
function readCentroids(indices: Int32Array, data: Float32Array, centroids: Float32Array): void {
  for (let i = indices.length - 1; i >= 0; i--) {
    if (indices[i] >= 0) centroids[indices[i]] = data[i];
  }
}
