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
import { forward, placeLayers } from './layers/layers';
import type { Architecture } from './model';
import { objectives } from './objective';

export type { Forward, Optimizer, Step };

export interface LevelStepOptions {
  architecture: Architecture;
  /** `weights` and `biases` of each layer in order, in the shapes of the architecture. */
  tensors: { name: string; shape: number[] }[];
  batchSize: number;
  /** Width of the targets. */
  targetSize: number;
  threads: number;
}

/** The name of the parameter, of shape [1], that holds the logarithm of a tensor's step. */
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
  return tensors.flatMap(({ name, shape }) => [
    { name, shape },
    { name: logStepName(name), shape: [1] },
  ]);
}

function outputOf(
  { architecture, tensors }: LevelStepOptions,
  parameters: Tensors,
  inputs: tf.Tensor,
  logits: boolean,
): tf.Tensor {
  const values = Object.fromEntries(
    tensors.map(({ name }) => [
      name,
      tf.mul(roundThrough(parameters[name]), tf.exp(parameters[logStepName(name)])),
    ]),
  );
  // Rounding is noise enough: dropout stays off.
  return forward(placeLayers(architecture), values, inputs, {
    training: false,
    logits,
    noise: {},
    record: () => {},
  });
}

const roundThrough = tf.customGrad((levels) => ({
  value: tf.round(levels as tf.Tensor),
  gradFunc: (gradient: tf.Tensor) => gradient,
}));
