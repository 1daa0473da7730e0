/** What a lowering is: the ONNX nodes that compute one TensorFlow.js kernel. */
import { backend_util, util, type TensorInfo } from '../tf';
import type { Graph, Value } from '../graph';

/** The kernel's inputs by name, as values; kernels with a list of inputs get an array. */
type Symbolic<Inputs> = Inputs extends TensorInfo[]
  ? Value[]
  : { [K in keyof Inputs]: Inputs[K] extends TensorInfo[] ? Value[] : Value };

export type Lowering = (graph: Graph, inputs: unknown, attributes: unknown) => Value | Value[];

/**
 * Gives a lowering the input and attribute types that TensorFlow.js declares for its kernel
 * (`kernel_names.ts`); tfjs itself passes them untyped.
 */
export function lower<Inputs, Attributes = object>(
  lowering: (graph: Graph, inputs: Symbolic<Inputs>, attributes: Attributes) => Value | Value[],
): Lowering {
  return lowering as Lowering;
}

export const broadcast = (a: Value, b: Value): number[] =>
  backend_util.assertAndGetBroadcastShape(a.shape, b.shape);

export const sizeOf = (value: Value): number => util.sizeFromShape(value.shape);

/** A tensor that holds one number everywhere. */
export function fill(
  graph: Graph,
  shape: number[],
  value: number,
  type: 'float32' | 'int32' | 'bool' = 'float32',
): Value {
  const scalar = graph.scalar(value, type);
  return shape.length === 0 ? scalar : graph.node('Expand', [scalar, graph.integers(shape)], shape);
}

/** ONNX `Cast` between the element types; `to` is `TensorProto.DataType`. */
export function cast(graph: Graph, value: Value, type: Value['type']): Value {
  if (value.type === type) return value;
  return graph.node('Cast', [value], value.shape, {
    type,
    attributes: { to: { float32: 1, uint8: 2, int8: 3, int32: 6, int64: 7, bool: 9 }[type] },
  });
}

/** The axes that are meant, counted from the front: null means all of them. */
export const axesOf = (axis: number | number[] | null, shape: number[]): number[] =>
  util.parseAxisParam(axis!, shape);
