/** The contract of a layer kind: everything Kolmo knows about it stands in one file. */
import type { Graph, Value } from '../../engine/graph';
import type * as tf from '../../engine/tf';
import type { Random } from '../../random';
import { sizeOf } from '../../shape';
import type { LayerSpec } from '../model';

export interface LayerParameter {
  /** `weights`, `biases`: the part of the parameter's name after the slash. */
  role: string;
  shape: number[];
  /** False: kept up to date by the layer, not by the optimizer. Default: true. */
  trained?: boolean;
  initialize(data: Float32Array, random: Random): void;
}

/** One row of the table in `layers.ts`. Shapes leave out the batch. */
export interface LayerKind<S extends LayerSpec> {
  /** Throws a KolmoError when the layer cannot take such an input. */
  outputShape(spec: S, inputShape: number[]): number[];
  parameters(spec: S, inputShape: number[]): LayerParameter[];
  /** Shape, for one example, of the uniform noise in [0, 1) that a training step needs afresh each time. */
  noiseShape?(spec: S, inputShape: number[]): number[];
  /** @param x [batch, ...inputShape] */
  forward(
    spec: S,
    x: tf.Tensor,
    parameters: Record<string, tf.Tensor>,
    context: ForwardContext,
  ): tf.Tensor;
  /** Appends the layer's inference to an ONNX graph whose batch is -1. */
  write(
    spec: S,
    graph: Graph,
    x: Value,
    parameters: Record<string, WrittenParameter>,
    name: string,
  ): Value;
  /** Multiplications and additions of one example's forward pass. */
  flops(spec: S, inputShape: number[]): number;
}

export interface ForwardContext {
  training: boolean;
  /** [batch, ...noiseShape], when training. */
  noise?: tf.Tensor;
  /** True for the last layer of a loss that takes logits: leave its activation out. */
  logits: boolean;
  /** Hands out a value that the loop reads after the step (`batchNorm` updates its averages by it). */
  record(role: string, value: tf.Tensor): void;
}

/** A parameter on its way into a file. */
export interface WrittenParameter {
  data: Float32Array;
  shape: number[];
  name: string;
  /** Adds it to the graph, with its axes in another order where one is given: axis i of the value is axis `order[i]`. */
  value(order?: number[]): Value;
}

/** `data` of `shape` with its axes in another order, row-major. */
export function reordered<D extends Float32Array | Int8Array>(
  data: D,
  shape: number[],
  order: number[],
): { data: D; shape: number[] } {
  const strides = shape.map((_, axis) => sizeOf(shape.slice(axis + 1)));
  const target = order.map((axis) => shape[axis]);
  const result = data.slice() as D;
  const place = target.map(() => 0);
  for (let i = 0; i < result.length; i++) {
    let from = 0;
    for (let k = 0; k < place.length; k++) from += place[k] * strides[order[k]];
    result[i] = data[from];
    for (let k = place.length - 1; k >= 0 && ++place[k] === target[k]; k--) place[k] = 0;
  }
  return { data: result, shape: target };
}

/** Uniform within +-limit. */
export const uniform =
  (limit: number) =>
  (data: Float32Array, random: Random): void => {
    for (let i = 0; i < data.length; i++) data[i] = (2 * random.uniform() - 1) * limit;
  };

export const constant =
  (value: number) =>
  (data: Float32Array): void => {
    data.fill(value);
  };

/** `28 x 28 x 1`, for sentences. */
export const shapeText = (shape: number[]): string => shape.join(' x ');
