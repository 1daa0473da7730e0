/** A network as entropy-penalised training sees it: each tensor is real-valued levels times a learned step, and units leave when their levels are zero. */
import { KolmoError } from '../../error';
import { layoutOf } from '../../formats/kolmoLayout';
import { sizeOf } from '../../shape';
import type { Activation, Architecture, LayerSpec, Model, Parameter } from '../../train/model';
import { storedScale } from '../stored';

/** Values with the two moments of their optimizer, which must follow when units are removed or reordered. */
export type Trained = [values: Float32Array, first: Float32Array, second: Float32Array];

/** A tensor in levels; its values are `levels * exp(logStep)`. */
export interface LevelTensor {
  levels: Trained;
  logStep: Trained;
}

/** A dense or convolution layer as [positions, inputs, outputs]: kernel taps or places of a flattened image, channels, units. */
export interface LevelLayer {
  name: string;
  positions: number;
  inputs: number;
  outputs: number;
  weights: LevelTensor;
  biases: LevelTensor;
}

export interface LevelNetwork {
  architecture: Architecture;
  layers: LevelLayer[];
  /** The features of the dataset that the first layer still reads; all of them where it is a convolution. */
  features?: Int32Array;
}

export interface LevelOptions {
  /** First step of the weights as a multiple of their root mean square. */
  weightStep: number;
  biasStep: number;
}

/** Takes a model apart into levels. Throws a KolmoError for layers whose units cannot be followed. */
export function toLevels(model: Model, options: LevelOptions): LevelNetwork {
  const { architecture } = model;
  const layouts = layoutOf(architecture);
  if (!layouts || !architecture.layers.every((layer) => canFollow(layer))) {
    throw new KolmoError(
      `Entropy-penalised training takes dense, convolution and pooling layers, and ${architecture.name} has others: quantize or prune it instead.`,
    );
  }
  const tensors = new Map(model.parameters.map((parameter) => [parameter.name, parameter]));
  const layers: LevelLayer[] = [];
  for (let t = 0; t < layouts.length; t += 2) {
    const [height, width, channels] = layouts[t].grid;
    const flat = t === 0 && layouts[t].shape.length === 2;
    layers.push({
      name: layouts[t].name.split('/')[0],
      positions: flat ? 1 : height * width,
      inputs: flat ? height * width * channels : channels,
      outputs: layouts[t].columns,
      weights: levelsOf(tensors.get(layouts[t].name), layouts[t].name, options.weightStep),
      biases: levelsOf(
        tensors.get(layouts[t + 1].name),
        layouts[t + 1].name,
        options.biasStep,
        true,
      ),
    });
  }
  const features =
    layers[0].positions === 1
      ? Int32Array.from({ length: layers[0].inputs }, (_, i) => i)
      : undefined;
  return { architecture, layers, features };
}

/** Puts a network back into the shapes of the model that it came from; units that left are zero and stand last. */
export function fromLevels(network: LevelNetwork, original: Model): Model {
  const layouts = layoutOf(original.architecture)!;
  const { layers } = network;
  const parameters = layers.flatMap((layer, l): Parameter[] => {
    const [weights, biases] = [layouts[2 * l], layouts[2 * l + 1]];
    const rows = sizeOf(weights.shape) / weights.columns;
    const inputs = l === 0 && network.features ? rows : rows / layer.positions;
    const levels = new Int32Array(rows * weights.columns);
    const source = layer.weights.levels[0];
    for (let p = 0, i = 0; p < layer.positions; p++) {
      for (let c = 0; c < layer.inputs; c++) {
        const input = l === 0 && network.features ? network.features[c] : c;
        const to = (p * inputs + input) * weights.columns;
        for (let n = 0; n < layer.outputs; n++, i++) levels[to + n] = roundLevel(source[i]);
      }
    }
    const biasLevels = new Int32Array(biases.shape[0]);
    layer.biases.levels[0].forEach((level, n) => (biasLevels[n] = roundLevel(level)));
    return [
      parameterOf(weights.name, weights.shape, levels, stepOf(layer.weights)),
      parameterOf(biases.name, biases.shape, biasLevels, stepOf(layer.biases)),
    ];
  });
  return { architecture: original.architecture, parameters };
}

/** The architecture with as many units as the network has left. */
export function architectureOf({ architecture, layers, features }: LevelNetwork): Architecture {
  let next = 0;
  const slim = architecture.layers.map((layer): LayerSpec => {
    if (layer.type === 'dense') return { ...layer, units: layers[next++].outputs };
    if (layer.type === 'conv2d') return { ...layer, filters: layers[next++].outputs };
    return layer;
  });
  return features
    ? { ...architecture, inputShape: [features.length], layers: slim }
    : { ...architecture, layers: slim };
}

/**
 * Removes the units that are zero for every input or that no unit reads, and the features that no unit reads, which
 * changes nothing of what the rounded network computes. A unit without weights whose bias makes it a constant stays.
 * Units that stay are sorted by how many weights they have, so that a file need hardly say which are empty.
 */
export function slim(network: LevelNetwork): LevelNetwork {
  const { architecture, layers, features } = network;
  const activations = architecture.layers.flatMap((layer) =>
    layer.type === 'dense' || layer.type === 'conv2d' ? [layer.activation] : [],
  );
  const orders = layers.map((layer, l) => {
    const used = columnCounts(layer);
    if (l === layers.length - 1) return Int32Array.from(used.keys());
    const read = inputCounts(layers[l + 1]);
    const biases = layer.biases.levels[0];
    return Int32Array.from(used.keys())
      .filter((unit) => used[unit] > 0 || !isZeroOf(activations[l], roundLevel(biases[unit])))
      .filter((unit) => read[unit] > 0)
      .sort((a, b) => used[b] - used[a] || a - b);
  });
  // A layer without units would cut the network: one stays, and any will do, since none says anything.
  orders.forEach((order, l) => {
    if (order.length === 0) orders[l] = Int32Array.of(0);
  });
  const kept = features && Int32Array.from(features.keys()).filter(reads(layers[0]));
  return {
    ...network,
    features: kept && kept.length > 0 ? kept.map((c) => features[c]) : features,
    layers: layers.map((layer, l) =>
      selectUnits(layer, l > 0 ? orders[l - 1] : kept?.length ? kept : undefined, orders[l]),
    ),
  };
}

/** Keeps the first `counts[l]` units of each hidden layer in the order of their weights' norm. */
export function narrow(network: LevelNetwork, counts: number[]): LevelNetwork {
  const { layers } = network;
  const orders = layers.map((layer, l) => {
    const norms = new Float64Array(layer.outputs);
    layer.weights.levels[0].forEach((level, i) => (norms[i % layer.outputs] += level * level));
    const order = Int32Array.from(norms.keys());
    if (l === layers.length - 1) return order;
    return order
      .sort((a, b) => norms[b] - norms[a] || a - b)
      .slice(0, Math.max(1, Math.min(layer.outputs, counts[l] ?? layer.outputs)));
  });
  return {
    ...network,
    layers: layers.map((layer, l) => selectUnits(layer, orders[l - 1], orders[l])),
  };
}

/** Nearest integer, halves to even as ONNX's Round has it, so that a trained level and its stored one agree. */
export function roundLevel(level: number): number {
  const floor = Math.floor(level);
  const rest = level - floor;
  if (rest !== 0.5) return rest < 0.5 ? floor : floor + 1;
  return floor % 2 === 0 ? floor : floor + 1;
}

const isNonzero = (level: number): boolean => level > 0.5 || level < -0.5;

/** Whether an activation is zero where what it is given is a bias of so many steps and nothing else. */
function isZeroOf(activation: Activation, bias: number): boolean {
  switch (activation) {
    case 'relu':
      return bias <= 0;
    case 'linear':
    case 'leakyRelu':
    case 'tanh':
      return bias === 0;
    case 'sigmoid':
    case 'softmax':
      return false;
    default:
      return activation satisfies never;
  }
}

function canFollow(layer: LayerSpec): boolean {
  return ['flatten', 'dense', 'conv2d', 'maxPool2d', 'dropout'].includes(layer.type);
}

function levelsOf(
  parameter: Parameter | undefined,
  name: string,
  factor: number,
  absolute = false,
): LevelTensor {
  if (!parameter) throw new KolmoError(`The model has no tensor ${name}: its file is incomplete.`);
  const { data } = parameter;
  const meanSquare = data.reduce((sum, value) => sum + value * value, 0) / data.length;
  const step = absolute || meanSquare === 0 ? factor : factor * Math.sqrt(meanSquare);
  return {
    levels: trained(Float32Array.from(data, (value) => value / step)),
    logStep: trained(Float32Array.of(Math.log(step))),
  };
}

const trained = (values: Float32Array): Trained => [
  values,
  new Float32Array(values.length),
  new Float32Array(values.length),
];

const stepOf = ({ logStep }: LevelTensor): number => storedScale(Math.exp(logStep[0][0]));

function parameterOf(name: string, shape: number[], levels: Int32Array, step: number): Parameter {
  const largest = levels.reduce((most, level) => Math.max(most, Math.abs(level)), 1);
  return {
    name,
    shape,
    data: Float32Array.from(levels, (level) => level * step),
    encoding: {
      type: 'quantized',
      bits: Math.max(2, Math.ceil(Math.log2(largest + 1)) + 1),
      scales: Float32Array.of(step),
      zeroPoints: Int32Array.of(0),
      levels,
    },
  };
}

function columnCounts({ weights, outputs }: LevelLayer): Int32Array {
  const counts = new Int32Array(outputs);
  weights.levels[0].forEach((level, i) => {
    if (isNonzero(level)) counts[i % outputs]++;
  });
  return counts;
}

function inputCounts({ weights, inputs, outputs }: LevelLayer): Int32Array {
  const counts = new Int32Array(inputs);
  weights.levels[0].forEach((level, i) => {
    if (isNonzero(level)) counts[Math.floor(i / outputs) % inputs]++;
  });
  return counts;
}

function reads(layer: LevelLayer): (input: number) => boolean {
  const counts = inputCounts(layer);
  return (input) => counts[input] > 0;
}

function selectUnits(
  layer: LevelLayer,
  inputs: Int32Array | undefined,
  outputs: Int32Array,
): LevelLayer {
  const rows = inputs ?? Int32Array.from({ length: layer.inputs }, (_, i) => i);
  const weights = (values: Float32Array): Float32Array => {
    const selected = new Float32Array(layer.positions * rows.length * outputs.length);
    let i = 0;
    for (let p = 0; p < layer.positions; p++) {
      for (const c of rows) {
        const from = (p * layer.inputs + c) * layer.outputs;
        for (const n of outputs) selected[i++] = values[from + n];
      }
    }
    return selected;
  };
  const biases = (values: Float32Array): Float32Array =>
    Float32Array.from(outputs, (n) => values[n]);
  return {
    ...layer,
    inputs: rows.length,
    outputs: outputs.length,
    weights: { ...layer.weights, levels: each(layer.weights.levels, weights) },
    biases: { ...layer.biases, levels: each(layer.biases.levels, biases) },
  };
}

const each = (
  [values, first, second]: Trained,
  change: (values: Float32Array) => Float32Array,
): Trained => [change(values), change(first), change(second)];
