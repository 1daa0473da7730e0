/** A model compiled for training on one dataset: batches in, updated weights and measured validation out. */
import type { Dataset } from '../data/dataset';
import { joinFloats, splitFloats } from '../join';
import { createOptimizer, type Optimizer } from '../engine/optimizer';
import { compileStep, type Constraint, type ParameterSpec, type Step } from '../engine/step';
import { KolmoError } from '../error';
import { orDispose } from '../orDispose';
import type { Random } from '../random';
import { sizeOf } from '../shape';
import { shiftImages } from './augment';
import { moveAverages, recordedName } from './averages';
import { forward, inference, noiseInputs, placeLayers, type PlacedLayer } from './layers/layers';
import { shapeText } from './layers/layer';
import type { ParameterViews, TrainExtras } from './events';
import type { Architecture, Model, Parameter } from './model';
import { objectives } from './objective';
import type { TrainOptions } from './options';
import { turn, turnedWeights, upright } from './turned';
import { compileValidator, type Validator } from './validator';

/** The validator measures the weights as they are. */
export interface Trainee extends Omit<Validator, 'dispose'> {
  architecture: Architecture;
  optimizer: Optimizer;
  /** One step on the training examples at `indices`; the weights change unless the loss is no number. */
  step(
    indices: Int32Array,
    random: Random,
    learningRate: number,
  ): Promise<{ loss: number; error?: number }>;
  views: ParameterViews;
  /** A copy of all parameters as they lie, end to end. */
  parameters(): Float32Array;
  setParameters(all: Float32Array): void;
  /** The model with the weights as they are. */
  model(): Model;
  dispose(): Promise<void>;
}

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
  const { optimizer, validator } = await orDispose(step, async () => {
    for (const { name, data } of model.parameters) step.parameters[name].set(data);
    return {
      optimizer: createOptimizer(settings.optimizer, step, settings),
      validator: await compileValidator(
        {
          architecture,
          parameters,
          step,
          output: (weights, inputs) =>
            forward(placed, upright(weights, turned), inputs, inference(false)),
        },
        dataset,
        objective,
        settings,
      ),
    };
  });
  const views = { weights: step.parameters, gradients: step.gradients };

  return {
    ...validator,
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
    views,
    ...weightsOf(model, step),
    model: () => turn(trainedModel(model, step), turned),
    async dispose() {
      await step.dispose();
      await validator.dispose();
    },
  };
}

/** All parameters of a model as they lie in its step, end to end. */
function weightsOf(
  { parameters }: Model,
  step: Step,
): Pick<Trainee, 'parameters' | 'setParameters'> {
  const arrays = parameters.map(({ name }) => step.parameters[name]);
  return {
    parameters: () => joinFloats(arrays),
    setParameters(all) {
      splitFloats(all, arrays);
      for (const parameter of parameters) {
        const constraint = constraintOf(parameter);
        if (constraint?.type !== 'codebook') continue;
        const { name } = parameter;
        readCentroids(constraint.indices, step.parameters[name], step.centroids[name]);
      }
    },
  };
}

/** The model with the weights as its step has them. */
function trainedModel({ architecture, parameters }: Model, step: Step): Model {
  const trained = parameters.map((parameter): Parameter => {
    const { name, encoding } = parameter;
    return {
      ...parameter,
      data: step.parameters[name].slice(),
      // Trained weights no longer lie on the levels that they were rounded to.
      encoding:
        encoding.type === 'codebook'
          ? { ...encoding, centroids: step.centroids[name].slice() }
          : { type: 'float32' },
    };
  });
  return { architecture, parameters: trained };
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
