/** Kernels that move, join, cut and make tensors without computing. */
import {
  slice_util,
  util,
  type CastAttrs,
  type ConcatAttrs,
  type ExpandDimsAttrs,
  type FillAttrs,
  type GatherV2Attrs,
  type GatherV2Inputs,
  type MirrorPadAttrs,
  type OneHotAttrs,
  type OneHotInputs,
  type PackAttrs,
  type PadV2Attrs,
  type RangeAttrs,
  type ReshapeAttrs,
  type ReverseAttrs,
  type SliceAttrs,
  type SplitVAttrs,
  type StridedSliceAttrs,
  type TileAttrs,
  type TransposeAttrs,
  type UnaryInputs,
  type UnpackAttrs,
  type UnpackInputs,
  type UnsortedSegmentSumAttrs,
  type UnsortedSegmentSumInputs,
} from '../tf';
import type { Graph, Value } from '../graph';
import { axesOf, cast, fill, lower, sizeOf, type Lowering } from './lowering';
import { transpose } from './matrices';

type Filled = 'float32' | 'int32' | 'bool';

export const shapes = {
  Identity: lower<UnaryInputs>((_graph, { x }) => x),
  Reshape: lower<UnaryInputs, ReshapeAttrs>((graph, { x }, { shape }) =>
    graph.reshape(x, util.inferFromImplicitShape(shape, sizeOf(x))),
  ),
  ExpandDims: lower<UnaryInputs & { input: Value }, ExpandDimsAttrs>((graph, inputs, { dim }) => {
    const x = inputs.input;
    const shape = x.shape.slice();
    shape.splice(dim < 0 ? dim + shape.length + 1 : dim, 0, 1);
    return graph.reshape(x, shape);
  }),
  Cast: lower<UnaryInputs, CastAttrs>((graph, { x }, { dtype }) =>
    cast(graph, x, dtype as Value['type']),
  ),
  Transpose: lower<UnaryInputs, TransposeAttrs>((graph, { x }, { perm }) =>
    transpose(graph, x, perm),
  ),
  Concat: lower<Value[], ConcatAttrs>((graph, inputs, { axis }) => {
    const parts = Object.values(inputs) as Value[];
    const [dimension] = axesOf(axis, parts[0].shape);
    return concat(graph, parts, dimension);
  }),
  Pack: lower<Value[], PackAttrs>((graph, inputs, { axis }) => {
    const parts = Object.values(inputs) as Value[];
    const shape = parts[0].shape.slice();
    const dimension = axis < 0 ? axis + shape.length + 1 : axis;
    shape.splice(dimension, 0, 1);
    return concat(
      graph,
      parts.map((part) => graph.reshape(part, shape)),
      dimension,
    );
  }),
  Unpack: lower<UnpackInputs, UnpackAttrs>((graph, { value }, { axis }) => {
    const [dimension] = axesOf(axis, value.shape);
    const shape = value.shape.filter((_, i) => i !== dimension);
    return Array.from({ length: value.shape[dimension] }, (_, i) =>
      graph.reshape(cut(graph, value, dimension, i, 1), shape),
    );
  }),
  SplitV: lower<UnaryInputs, SplitVAttrs>((graph, { x }, { numOrSizeSplits, axis }) => {
    const [dimension] = axesOf(axis, x.shape);
    let start = 0;
    return splitSizes(numOrSizeSplits, x.shape[dimension]).map((size) => {
      start += size;
      return cut(graph, x, dimension, start - size, size);
    });
  }),
  Slice: lower<UnaryInputs, SliceAttrs>((graph, { x }, { begin, size }) => {
    const [starts, sizes] = slice_util.parseSliceParams(
      x as unknown as Parameters<typeof slice_util.parseSliceParams>[0],
      begin,
      size,
    );
    return slice(
      graph,
      x,
      starts,
      starts.map((start, i) => start + sizes[i]),
      sizes,
    );
  }),
  StridedSlice: lower<UnaryInputs, StridedSliceAttrs>((graph, { x }, attributes) => {
    const { begin, end, strides, finalShape, finalShapeSparse, isIdentity } = sliceInfo(
      x.shape,
      attributes,
    );
    if (isIdentity) return graph.reshape(x, finalShape);
    // A negative stride ends before index 0, which ONNX writes as a very negative end.
    const ends = end.map((to, i) => (strides[i] < 0 && to < 0 ? -(2 ** 31) : to));
    return graph.reshape(slice(graph, x, begin, ends, finalShapeSparse, strides), finalShape);
  }),
  Reverse: lower<UnaryInputs, ReverseAttrs>((graph, { x }, { dims }) => {
    const axes = axesOf(dims, x.shape);
    if (axes.length === 0) return x;
    return graph.node(
      'Slice',
      [
        x,
        graph.integers(axes.map(() => -1)),
        graph.integers(axes.map(() => -(2 ** 31))),
        graph.integers(axes),
        graph.integers(axes.map(() => -1)),
      ],
      x.shape,
    );
  }),
  Tile: lower<UnaryInputs, TileAttrs>((graph, { x }, { reps }) =>
    graph.node(
      'Tile',
      [x, graph.integers(reps)],
      x.shape.map((size, i) => size * reps[i]),
    ),
  ),
  PadV2: lower<UnaryInputs, PadV2Attrs>((graph, { x }, { paddings, constantValue }) =>
    pad(graph, x, paddings, 'constant', constantValue),
  ),
  MirrorPad: lower<UnaryInputs, MirrorPadAttrs>((graph, { x }, { paddings, mode }) =>
    pad(graph, x, paddings, mode === 'reflect' ? 'reflect' : 'edge'),
  ),
  GatherV2: lower<GatherV2Inputs, GatherV2Attrs>((graph, { x, indices }, { axis, batchDims }) => {
    if (batchDims) throw new Error("Kernel 'GatherV2 with batch dimensions' not registered");
    const [dimension] = axesOf(axis, x.shape);
    const shape = [
      ...x.shape.slice(0, dimension),
      ...indices.shape,
      ...x.shape.slice(dimension + 1),
    ];
    return graph.node('Gather', [x, indices], shape, { attributes: { axis: dimension } });
  }),
  UnsortedSegmentSum: lower<UnsortedSegmentSumInputs, UnsortedSegmentSumAttrs>(
    (graph, { x, segmentIds }, { numSegments }) => {
      const shape = [numSegments, ...x.shape.slice(1)];
      const indices = graph.reshape(cast(graph, segmentIds, 'int64'), [...segmentIds.shape, 1]);
      return graph.node('ScatterND', [fill(graph, shape, 0), indices, x], shape, {
        attributes: { reduction: 'add' },
      });
    },
  ),
  OneHot: lower<OneHotInputs, OneHotAttrs>((graph, { indices }, { depth, onValue, offValue }) => {
    const values = graph.constant(Float32Array.of(offValue, onValue), [2]);
    const shape = [...indices.shape, depth];
    return graph.node('OneHot', [indices, graph.scalar(depth, 'int32'), values], shape, {
      type: 'float32',
      attributes: { axis: -1 },
    });
  }),
  Fill: lower<object, FillAttrs>((graph, _inputs, { shape, value, dtype }) =>
    fill(graph, shape, Number(value), (dtype ?? 'float32') as Filled),
  ),
  ZerosLike: lower<UnaryInputs>((graph, { x }) => fill(graph, x.shape, 0, x.type as Filled)),
  OnesLike: lower<UnaryInputs>((graph, { x }) => fill(graph, x.shape, 1, x.type as Filled)),
  Range: lower<object, RangeAttrs>((graph, _inputs, { start, stop, step, dtype }) => {
    const count = Math.max(0, Math.ceil((stop - start) / step));
    const numbers = Array.from({ length: count }, (_, i) => start + i * step);
    return dtype === 'int32'
      ? graph.constant(Int32Array.from(numbers), [count])
      : graph.constant(Float32Array.from(numbers), [count]);
  }),
} satisfies Record<string, Lowering>;

function concat(graph: Graph, parts: Value[], axis: number): Value {
  const shape = parts[0].shape.slice();
  shape[axis] = parts.reduce((sum, part) => sum + part.shape[axis], 0);
  return graph.node('Concat', parts, shape, { attributes: { axis } });
}

function cut(graph: Graph, x: Value, axis: number, start: number, size: number): Value {
  const shape = x.shape.slice();
  shape[axis] = size;
  return graph.node(
    'Slice',
    [x, graph.integers([start]), graph.integers([start + size]), graph.integers([axis])],
    shape,
  );
}

function slice(
  graph: Graph,
  x: Value,
  starts: number[],
  ends: number[],
  shape: number[],
  steps = starts.map(() => 1),
): Value {
  if (x.shape.length === 0) return x;
  const axes = graph.integers(starts.map((_, i) => i));
  const bounds = [graph.integers(starts), graph.integers(ends), axes, graph.integers(steps)];
  return graph.node('Slice', [x, ...bounds], shape);
}

function pad(
  graph: Graph,
  x: Value,
  paddings: [number, number][],
  mode: string,
  constantValue = 0,
): Value {
  const pads = [...paddings.map(([before]) => before), ...paddings.map(([, after]) => after)];
  const shape = x.shape.map((size, i) => size + paddings[i][0] + paddings[i][1]);
  const filling =
    mode === 'constant'
      ? [graph.scalar(constantValue, x.type === 'int32' ? 'int32' : 'float32')]
      : [];
  return graph.node('Pad', [x, graph.integers(pads), ...filling], shape, { attributes: { mode } });
}

function splitSizes(numOrSizes: number | number[], total: number): number[] {
  if (typeof numOrSizes === 'number') {
    return Array.from({ length: numOrSizes }, () => total / numOrSizes);
  }
  const known = numOrSizes.reduce((sum, size) => sum + Math.max(size, 0), 0);
  return numOrSizes.map((size) => (size < 0 ? total - known : size));
}

const sliceInfo = (shape: number[], a: StridedSliceAttrs) =>
  slice_util.sliceInfo(
    shape,
    a.begin,
    a.end,
    a.strides,
    a.beginMask,
    a.endMask,
    a.ellipsisMask,
    a.newAxisMask,
    a.shrinkAxisMask,
  );
