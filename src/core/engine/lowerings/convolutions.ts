/** Convolution and pooling: tfjs has images as NHWC and filters as HWIO, ONNX as NCHW and OIHW. */
import {
  backend_util,
  type AvgPoolAttrs,
  type AvgPoolGradAttrs,
  type AvgPoolGradInputs,
  type Conv2DAttrs,
  type Conv2DBackpropFilterAttrs,
  type Conv2DBackpropFilterInputs,
  type Conv2DBackpropInputAttrs,
  type Conv2DBackpropInputInputs,
  type Conv2DInputs,
  type FusedConv2DAttrs,
  type FusedConv2DInputs,
  type MaxPoolAttrs,
  type MaxPoolGradAttrs,
  type MaxPoolGradInputs,
  type MaxPoolInputs,
  type ResizeNearestNeighborAttrs,
  type ResizeNearestNeighborInputs,
} from '../tf';
import type { Graph, Value } from '../graph';
import { lower, type Lowering } from './lowering';
import { activate } from './matrices';

type ConvolutionInfo = ReturnType<typeof backend_util.computeConv2DInfo>;
type Geometry = Pick<
  ConvolutionInfo,
  'filterHeight' | 'filterWidth' | 'strideHeight' | 'strideWidth' | 'padInfo'
> &
  Partial<Pick<ConvolutionInfo, 'dilationHeight' | 'dilationWidth'>>;

/** NHWC -> NCHW and back. */
export const toChannelsFirst = (graph: Graph, x: Value): Value => graph.transpose(x, [0, 3, 1, 2]);
export const toChannelsLast = (graph: Graph, x: Value): Value => graph.transpose(x, [0, 2, 3, 1]);

export const convolutions = {
  Conv2D: lower<Conv2DInputs, Conv2DAttrs>((graph, { x, filter }, attributes) =>
    convolve(graph, x, filter, attributes),
  ),
  FusedConv2D: lower<FusedConv2DInputs, FusedConv2DAttrs>((graph, inputs, attributes) => {
    const { x, filter, bias, preluActivationWeights } = inputs;
    const y = convolve(graph, x, filter, attributes, bias);
    const { activation, leakyreluAlpha } = attributes;
    return activate(graph, y, activation, leakyreluAlpha, preluActivationWeights);
  }),
  Conv2DBackpropInput: lower<Conv2DBackpropInputInputs, Conv2DBackpropInputAttrs>(
    (graph, { dy, filter }, { inputShape, strides, pad, dimRoundingMode }) =>
      inputGradient(
        graph,
        dy,
        filter,
        convolutionInfo(inputShape, filter.shape, strides, 1, pad, dimRoundingMode),
      ),
  ),
  Conv2DBackpropFilter: lower<Conv2DBackpropFilterInputs, Conv2DBackpropFilterAttrs>(
    (graph, { x, dy }, { filterShape, strides, pad, dimRoundingMode }) =>
      filterGradient(
        graph,
        x,
        dy,
        convolutionInfo(x.shape, filterShape, strides, 1, pad, dimRoundingMode),
      ),
  ),
  MaxPool: lower<MaxPoolInputs, MaxPoolAttrs>((graph, { x }, attributes) => {
    const info = poolInfo(x.shape, attributes);
    return toChannelsLast(graph, maxPool(graph, x, info)[0]);
  }),
  MaxPoolGrad: lower<MaxPoolGradInputs, MaxPoolGradAttrs>((graph, { dy, input }, attributes) => {
    const info = poolInfo(input.shape, attributes);
    // Equal to the forward node, so the graph has it once; only its positions are used here.
    const [, positions] = maxPool(graph, input, info);
    const [batch, height, width, channels] = input.shape;
    const shape = [batch, channels, height, width];
    const dx = graph.node(
      'MaxUnpool',
      [toChannelsFirst(graph, dy), positions, graph.integers(shape)],
      shape,
      { attributes: attributesOf(info) },
    );
    return toChannelsLast(graph, dx);
  }),
  AvgPool: lower<MaxPoolInputs, AvgPoolAttrs>((graph, { x }, attributes) => {
    const info = poolInfo(x.shape, attributes);
    const [batch, height, width, channels] = info.outShape;
    const y = graph.node(
      'AveragePool',
      [toChannelsFirst(graph, x)],
      [batch, channels, height, width],
      { attributes: attributesOf(info) },
    );
    return toChannelsLast(graph, y);
  }),
  AvgPoolGrad: lower<AvgPoolGradInputs, AvgPoolGradAttrs>((graph, { dy, input }, attributes) => {
    const info = poolInfo(input.shape, attributes);
    const [batch, height, width, channels] = input.shape;
    const window = info.filterHeight * info.filterWidth;
    // Each output spreads evenly over its window: a transposed convolution with equal weights.
    const weights = new Float32Array(channels * window).fill(1 / window);
    const filter = graph.constant(weights, [channels, 1, info.filterHeight, info.filterWidth]);
    const dx = graph.node(
      'ConvTranspose',
      [toChannelsFirst(graph, dy), filter],
      [batch, channels, height, width],
      {
        attributes: {
          ...attributesOf(info),
          group: channels,
          output_padding: droppedBorder(info),
        },
      },
    );
    return toChannelsLast(graph, dx);
  }),
  ResizeNearestNeighbor: lower<ResizeNearestNeighborInputs, ResizeNearestNeighborAttrs>(
    (graph, { images }, { size }) => {
      const [batch, height, width, channels] = images.shape;
      const scales = graph.constant(Float32Array.of(1, 1, size[0] / height, size[1] / width), [4]);
      const y = graph.node(
        'Resize',
        [toChannelsFirst(graph, images), undefined, scales],
        [batch, channels, size[0], size[1]],
        {
          attributes: {
            mode: 'nearest',
            coordinate_transformation_mode: 'asymmetric',
            nearest_mode: 'floor',
          },
        },
      );
      return toChannelsLast(graph, y);
    },
  ),
} satisfies Record<string, Lowering>;

function convolve(
  graph: Graph,
  x: Value,
  filter: Value,
  { strides, pad, dilations, dimRoundingMode }: Conv2DAttrs,
  bias?: Value,
): Value {
  const info = convolutionInfo(x.shape, filter.shape, strides, dilations, pad, dimRoundingMode);
  const [batch, height, width, channels] = info.outShape;
  const y = graph.node(
    'Conv',
    [
      toChannelsFirst(graph, x),
      graph.transpose(filter, [3, 2, 0, 1]),
      ...(bias ? [graph.reshape(bias, [channels])] : []),
    ],
    [batch, channels, height, width],
    { attributes: attributesOf(info) },
  );
  return toChannelsLast(graph, y);
}

/**
 * dL/dx = fold(filter @ dy): what ConvTranspose computes too, but example after example, so that two threads were
 * slower than one.
 */
function inputGradient(graph: Graph, dy: Value, filter: Value, info: ConvolutionInfo): Value {
  const { batchSize, inChannels, outChannels, inHeight, inWidth } = info;
  const { kernel_shape: block, ...geometry } = attributesOf(info);
  const rows = inChannels * info.filterHeight * info.filterWidth;
  const positions = info.outHeight * info.outWidth;
  const columns = graph.node(
    'FusedMatMul',
    [
      graph.reshape(graph.transpose(filter, [2, 0, 1, 3]), [1, rows, outChannels]),
      graph.reshape(toChannelsFirst(graph, dy), [batchSize, outChannels, positions]),
    ],
    [batchSize, rows, positions],
    { domain: 'com.microsoft' },
  );
  const dx = graph.node(
    'Col2Im',
    [columns, graph.integers([inHeight, inWidth]), graph.integers(block)],
    [batchSize, inChannels, inHeight, inWidth],
    { attributes: geometry },
  );
  return toChannelsLast(graph, dx);
}

/**
 * dL/dfilter = dy^T @ unfold(x), summed over the batch. The unfolding is a depthwise convolution with
 * one-hot filters, which is 2.5 times faster on two threads than swapping batch and channels.
 */
function filterGradient(graph: Graph, x: Value, dy: Value, info: ConvolutionInfo): Value {
  const { filterHeight, filterWidth, inChannels, outChannels, outHeight, outWidth } = info;
  const window = filterHeight * filterWidth;
  const oneHot = new Float32Array(inChannels * window * window);
  for (let i = 0; i < inChannels * window; i++) oneHot[i * window + (i % window)] = 1;
  const columns = graph.node(
    'Conv',
    [
      toChannelsFirst(graph, x),
      graph.constant(oneHot, [inChannels * window, 1, filterHeight, filterWidth]),
    ],
    [info.batchSize, inChannels * window, outHeight, outWidth],
    { attributes: { ...attributesOf(info), group: inChannels } },
  );
  const positions = outHeight * outWidth;
  const products = graph.node(
    'FusedMatMul',
    [
      graph.reshape(toChannelsFirst(graph, dy), [info.batchSize, outChannels, positions]),
      graph.reshape(columns, [info.batchSize, inChannels * window, positions]),
    ],
    [info.batchSize, outChannels, inChannels * window],
    { attributes: { transB: 1 }, domain: 'com.microsoft' },
  );
  const sum = graph.node('ReduceSum', [products, graph.integers([0])], products.shape.slice(1), {
    attributes: { keepdims: 0 },
  });
  const filter = graph.reshape(sum, [outChannels, inChannels, filterHeight, filterWidth]);
  return graph.transpose(filter, [2, 3, 1, 0]);
}

function maxPool(graph: Graph, x: Value, info: ConvolutionInfo): Value[] {
  const [batch, height, width, channels] = info.outShape;
  const shape = [batch, channels, height, width];
  return graph.nodes(
    'MaxPool',
    [toChannelsFirst(graph, x)],
    [
      { shape, type: 'float32' },
      { shape, type: 'int64' },
    ],
    { attributes: attributesOf(info) },
  );
}

function attributesOf(info: Geometry): Record<string, number[]> {
  const { top, left, bottom, right } = info.padInfo;
  const dilations = [info.dilationHeight ?? 1, info.dilationWidth ?? 1];
  return {
    kernel_shape: [info.filterHeight, info.filterWidth],
    strides: [info.strideHeight, info.strideWidth],
    pads: [top, left, bottom, right],
    ...(dilations.some((d) => d !== 1) ? { dilations } : {}),
  };
}

/** Rows and columns that the stride left out at the end: the input gradient has them, as zeros. */
function droppedBorder(info: ConvolutionInfo): number[] {
  const { top, left, bottom, right } = info.padInfo;
  return [
    info.inHeight + top + bottom - (info.outHeight - 1) * info.strideHeight - info.filterHeight,
    info.inWidth + left + right - (info.outWidth - 1) * info.strideWidth - info.filterWidth,
  ];
}

const convolutionInfo = (
  inputShape: number[],
  filterShape: number[],
  strides: number | [number, number],
  dilations: number | [number, number],
  pad: Conv2DAttrs['pad'],
  rounding: Conv2DAttrs['dimRoundingMode'],
): ConvolutionInfo =>
  backend_util.computeConv2DInfo(
    inputShape as [number, number, number, number],
    filterShape as [number, number, number, number],
    strides,
    dilations,
    pad,
    rounding,
  );

const poolInfo = (
  shape: number[],
  { filterSize, strides, pad, dimRoundingMode }: MaxPoolGradAttrs,
): ConvolutionInfo =>
  backend_util.computePool2DInfo(
    shape as [number, number, number, number],
    filterSize,
    strides,
    1,
    pad,
    dimRoundingMode,
  );
