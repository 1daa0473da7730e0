/** Kernels that fold axes: sums, extremes, softmax. */
import {
  type AllAttrs,
  type ArgMaxAttrs,
  type CumsumAttrs,
  type MaxAttrs,
  type SoftmaxAttrs,
  type SoftmaxInputs,
  type SumAttrs,
  type UnaryInputs,
} from '../tf';
import type { Graph, Value } from '../graph';
import { axesOf, cast, lower, type Lowering } from './lowering';
import { lyingMatrix } from './matrices';

/** tfjs names the axes `axis` or `reductionIndices`, depending on the kernel. */
type ReductionAttributes = Partial<SumAttrs & MaxAttrs & AllAttrs>;

const reduction = (operator: string): Lowering =>
  lower<UnaryInputs, ReductionAttributes>((graph, { x }, attributes) => {
    const axes = axesOf(attributes.axis ?? attributes.reductionIndices ?? null, x.shape);
    return reduce(graph, operator, x, axes, attributes.keepDims ?? false);
  });

/** Truth values have no reduction in ONNX: all = min, any = max of the bytes. */
const truth = (operator: string): Lowering =>
  lower<UnaryInputs, AllAttrs>((graph, { x }, { axis, keepDims }) => {
    const bytes = cast(graph, x, 'int32');
    return cast(graph, reduce(graph, operator, bytes, axesOf(axis, x.shape), keepDims), 'bool');
  });

const position = (operator: string): Lowering =>
  lower<UnaryInputs, ArgMaxAttrs>((graph, { x }, { axis }) => {
    const [dimension] = axesOf(axis, x.shape);
    const shape = x.shape.filter((_, i) => i !== dimension);
    const attributes = { axis: dimension, keepdims: 0 };
    return cast(graph, graph.node(operator, [x], shape, { type: 'int64', attributes }), 'int32');
  });

export const reductions = {
  Sum: reduction('ReduceSum'),
  Mean: reduction('ReduceMean'),
  Max: reduction('ReduceMax'),
  Min: reduction('ReduceMin'),
  Prod: reduction('ReduceProd'),
  All: truth('ReduceMin'),
  Any: truth('ReduceMax'),
  ArgMax: position('ArgMax'),
  ArgMin: position('ArgMin'),
  Cumsum: lower<UnaryInputs, CumsumAttrs>((graph, { x }, { axis, exclusive, reverse }) =>
    graph.node('CumSum', [x, graph.scalar(axesOf(axis, x.shape)[0], 'int32')], x.shape, {
      attributes: { exclusive: Number(exclusive ?? false), reverse: Number(reverse ?? false) },
    }),
  ),
  Softmax: lower<SoftmaxInputs, SoftmaxAttrs>((graph, { logits }, { dim }) =>
    graph.node('Softmax', [logits], logits.shape, { attributes: { axis: dim } }),
  ),
} satisfies Record<string, Lowering>;

export function reduce(
  graph: Graph,
  operator: string,
  x: Value,
  axes: number[],
  keepDims: boolean,
): Value {
  if (axes.length === 0) return x;
  if (!keepDims && axes.includes(0) && x.shape[0] === 1) {
    // tfjs sums over an axis of one that it has put before a matrix: without it, no reshape is needed.
    const inner = axes.filter((axis) => axis > 0).map((axis) => axis - 1);
    return reduce(graph, operator, graph.reshape(x, x.shape.slice(1)), inner, keepDims);
  }
  const shape = keepDims
    ? x.shape.map((size, i) => (axes.includes(i) ? 1 : size))
    : x.shape.filter((_, i) => !axes.includes(i));
  // ONNX Runtime would reduce what lies transposed as it lies, in another order, but for a node that it does not look through.
  const upright = lyingMatrix(graph, x) ? graph.node('Flatten', [x], x.shape) : x;
  return graph.node(operator, [upright, graph.integers(axes)], shape, {
    attributes: { keepdims: Number(keepDims) },
  });
}
