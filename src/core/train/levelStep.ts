/** Compiles a training step whose weights are integer levels times a learned step, rounded in the forward pass only. */
import { createOptimizer, type Optimizer } from '../engine/optimizer';
import {
  compileForward,
  compileStep,
  type Forward,
  type InputSpec,
  type ParameterSpec,
  type Step,
  type Tensors,
} from '../engine/step';
import * as tf from '../engine/tf';
import { KolmoError } from '../error';
import type { Activation, Architecture } from './model';

export type { Forward, Optimizer, Step };

export interface LevelStepOptions {
  architecture: Architecture;
  /** `weights` and `biases` of each layer in order, in the shapes of the architecture. */
  tensors: { name: string; shape: number[] }[];
  batchSize: number;
  classes: number;
  threads: number;
}

/** The input of the step that holds a batch, and its one-hot targets. */
export const batchInputs = { inputs: 'inputs', targets: 'targets' } as const;

/** The name of the parameter, of shape [1], that holds the logarithm of a tensor's step. */
export const logStepName = (tensor: string): string => `${tensor}/logStep`;

/** Cross entropy of a network of rounded levels; the gradient of the levels is that of their rounded values (straight through, Bengio 2013). */
export function compileLevelStep(options: LevelStepOptions): Promise<Step> {
  return compileStep({
    parameters: parametersOf(options),
    inputs: inputsOf(options),
    threads: options.threads,
    loss(parameters, inputs) {
      const logits = logitsOf(options, parameters, inputs[batchInputs.inputs]);
      const likelihood = tf.sum(tf.mul(inputs[batchInputs.targets], tf.logSoftmax(logits)), -1);
      return { loss: tf.neg(tf.mean(likelihood)) };
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
    // Rates of a single bit, spread over the training split, are small gradients.
    epsilon: 1e-8,
    rates: Object.fromEntries(tensors.map(({ name }) => [logStepName(name), stepRate])),
  });
}

/** The logits of the same network, reading the step's own parameters. */
export function compileLevelForward(options: LevelStepOptions, step: Step): Promise<Forward> {
  return compileForward({
    parameters: parametersOf(options),
    inputs: inputsOf(options).slice(0, 1),
    views: step.parameters,
    threads: options.threads,
    outputs: (parameters, inputs) => ({
      logits: logitsOf(options, parameters, inputs[batchInputs.inputs]),
    }),
  });
}

function parametersOf({ tensors }: LevelStepOptions): ParameterSpec[] {
  return tensors.flatMap(({ name, shape }) => [
    { name, shape },
    { name: logStepName(name), shape: [1] },
  ]);
}

function inputsOf({ architecture, batchSize, classes }: LevelStepOptions): InputSpec[] {
  return [
    { name: batchInputs.inputs, shape: [batchSize, ...architecture.inputShape] },
    { name: batchInputs.targets, shape: [batchSize, classes] },
  ];
}

function logitsOf(options: LevelStepOptions, parameters: Tensors, inputs: tf.Tensor): tf.Tensor {
  const values = options.tensors.map(({ name }) =>
    tf.mul(roundThrough(parameters[name]), tf.exp(parameters[logStepName(name)])),
  );
  let x = inputs;
  let next = 0;
  for (const layer of options.architecture.layers) {
    switch (layer.type) {
      case 'flatten':
        x = tf.reshape(x, [options.batchSize, -1]);
        break;
      case 'dense':
        x = tf.add(tf.matMul(x, values[next] as tf.Tensor2D), values[next + 1]);
        x = activate(x, layer.activation);
        next += 2;
        break;
      case 'conv2d':
        x = tf.conv2d(x as tf.Tensor4D, values[next] as tf.Tensor4D, 1, layer.padding);
        x = activate(tf.add(x, values[next + 1]), layer.activation);
        next += 2;
        break;
      case 'maxPool2d':
        x = tf.maxPool(x as tf.Tensor4D, layer.size, layer.size, 'valid');
        break;
      case 'dropout':
        break;
      default:
        throw new KolmoError(`A network of levels has no ${layer.type} layers.`);
    }
  }
  return x;
}

const roundThrough = tf.customGrad((levels) => ({
  value: tf.round(levels as tf.Tensor),
  gradFunc: (gradient: tf.Tensor) => gradient,
}));

/** A closing softmax belongs to the loss. */
function activate(x: tf.Tensor, activation: Activation): tf.Tensor {
  switch (activation) {
    case 'linear':
    case 'softmax':
      return x;
    case 'relu':
      return tf.relu(x);
    case 'leakyRelu':
      return tf.leakyRelu(x);
    case 'sigmoid':
      return tf.sigmoid(x);
    case 'tanh':
      return tf.tanh(x);
    default:
      return activation satisfies never;
  }
}
