/** Compiles a training step whose weights are integer levels times a learned step, rounded in the forward pass only. */
import { createOptimizer, type Optimizer } from '../engine/optimizer';
import {
  compileForward,
  compileStep,
  type Forward,
  type ParameterSpec,
  type Step,
  type Tensors,
} from '../engine/step';
import * as tf from '../engine/tf';
import { forward, inference, placeLayers } from './layers/layers';
import type { Architecture } from './model';
import { objectives } from './objective';
import { rowsOf, type RowsPerScale } from './scales';

export type { Forward, Optimizer, Step };

export interface LevelStepOptions {
  architecture: Architecture;
  /** `weights` and `biases` of each layer in order, in the shapes of the architecture. */
  tensors: LevelSpec[];
  batchSize: number;
  /** Width of the targets. */
  targetSize: number;
  threads: number;
}

export interface LevelSpec {
  name: string;
  shape: number[];
  /** Rows that share a step in each column; undefined: one step for all. */
  rowsPerScale?: RowsPerScale;
}

/** The name of the parameter that holds the logarithms of a tensor's steps: [1], or [groups of rows, columns]. */
export const logStepName = (tensor: string): string => `${tensor}/logStep`;

/** The task's loss of a network of rounded levels; their gradient is that of the rounded values (straight through, Bengio et al. 2013). */
export function compileLevelStep(options: LevelStepOptions): Promise<Step> {
  const { architecture, batchSize, targetSize, threads } = options;
  const objective = objectives[architecture.task];
  return compileStep({
    parameters: parametersOf(options),
    inputs: [
      { name: 'inputs', shape: [batchSize, ...architecture.inputShape] },
      { name: 'targets', shape: [batchSize, targetSize] },
    ],
    threads,
    loss(parameters, { inputs, targets }) {
      const output = outputOf(options, parameters, inputs, objective.logits);
      return objective.loss(output, targets, inputs);
    },
  });
}

/** Adam for a step of levels; the logarithms of the steps learn `stepRate` times as fast as the levels. */
export function createLevelOptimizer(
  { tensors }: LevelStepOptions,
  step: Step,
  stepRate: number,
): Optimizer {
  return createOptimizer('adam', step, {
    // The price of a bit, shared by all training examples, is a small gradient.
    epsilon: 1e-8,
    rates: Object.fromEntries(tensors.map(({ name }) => [logStepName(name), stepRate])),
  });
}

/** The `output` of the same network with its activation, reading the step's own parameters. */
export function compileLevelForward(options: LevelStepOptions, step: Step): Promise<Forward> {
  const { architecture, batchSize, threads } = options;
  return compileForward({
    parameters: parametersOf(options),
    inputs: [{ name: 'inputs', shape: [batchSize, ...architecture.inputShape] }],
    views: step.parameters,
    threads,
    outputs: (parameters, { inputs }) => ({ output: outputOf(options, parameters, inputs, false) }),
  });
}

function parametersOf({ tensors }: LevelStepOptions): ParameterSpec[] {
  return tensors.flatMap((tensor) => [
    { name: tensor.name, shape: tensor.shape },
    { name: logStepName(tensor.name), shape: stepShape(tensor) },
  ]);
}

function outputOf(
  { architecture, tensors }: LevelStepOptions,
  parameters: Tensors,
  inputs: tf.Tensor,
  logits: boolean,
): tf.Tensor {
  const values = Object.fromEntries(
    tensors.map((tensor) => [
      tensor.name,
      tf.mul(
        roundThrough(parameters[tensor.name]),
        eachRow(tensor, tf.exp(parameters[logStepName(tensor.name)])),
      ),
    ]),
  );
  // Rounding is noise enough: dropout stays off.
  return forward(placeLayers(architecture), values, inputs, inference(logits));
}

function stepShape({ shape, rowsPerScale }: LevelSpec): number[] {
  if (rowsPerScale === undefined) return [1];
  return [Math.ceil(rowsOf(shape) / rowsPerScale), shape[shape.length - 1]];
}

/** Steps [groups, columns] as the weights' shape needs them: a product with which row belongs to which group. */
function eachRow({ shape, rowsPerScale }: LevelSpec, steps: tf.Tensor): tf.Tensor {
  if (rowsPerScale === undefined || steps.shape[0] === 1) return steps;
  const [groups] = steps.shape;
  const rows = rowsOf(shape);
  const belongs = new Float32Array(rows * groups);
  for (let row = 0; row < rows; row++) belongs[row * groups + Math.floor(row / rowsPerScale)] = 1;
  const table = tf.tensor2d(belongs, [rows, groups]);
  return tf.reshape(tf.matMul(table, steps as tf.Tensor2D), shape);
}

const roundThrough = tf.customGrad((levels) => ({
  value: tf.round(levels as tf.Tensor),
  gradFunc: (gradient: tf.Tensor) => gradient,
}));
