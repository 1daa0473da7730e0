/** Matrix products and the normalisation that follows them. */
import {
  backend_util,
  type BatchMatMulAttrs,
  type BatchMatMulInputs,
  type FusedBatchNormAttrs,
  type FusedBatchNormInputs,
  type _FusedMatMulAttrs,
  type _FusedMatMulInputs,
} from '../tf';
import type { Graph, Value } from '../graph';
import { lower, type Lowering } from './lowering';

export const matrices = {
  BatchMatMul: lower<BatchMatMulInputs, BatchMatMulAttrs>(
    (graph, { a, b }, { transposeA, transposeB }) => product(graph, a, b, transposeA, transposeB),
  ),
  _FusedMatMul: lower<_FusedMatMulInputs, _FusedMatMulAttrs>(
    (graph, inputs, { transposeA, transposeB, activation, leakyreluAlpha }) => {
      const { a, b, bias, preluActivationWeights } = inputs;
      const y = product(graph, a, b, transposeA, transposeB, bias);
      return activate(graph, y, activation, leakyreluAlpha, preluActivationWeights);
    },
  ),
  FusedBatchNorm: lower<FusedBatchNormInputs, FusedBatchNormAttrs>(
    (graph, { x, mean, variance, scale, offset }, { varianceEpsilon }) => {
      const width = variance.shape;
      const shifted = graph.node('Add', [variance, graph.scalar(varianceEpsilon)], width);
      const inverse = graph.node('Reciprocal', [graph.node('Sqrt', [shifted], width)], width);
      const factor = scale ? graph.node('Mul', [inverse, scale], width) : inverse;
      const centred = graph.node('Sub', [x, mean], x.shape);
      const scaled = graph.node('Mul', [centred, factor], x.shape);
      return offset ? graph.node('Add', [scaled, offset], x.shape) : scaled;
    },
  ),
} satisfies Record<string, Lowering>;

/**
 * ONNX Runtime copies a transposed left side once for every 128 columns of a product. From this many elements of the
 * product on it is quicker, by up to a seventh, to transpose it once before.
 */
const turnedSize = 2 ** 17;

/** [..., m, k] @ [..., k, n] (+ bias), either side transposed; leading dimensions broadcast. */
function product(
  graph: Graph,
  a: Value,
  b: Value,
  transposeA: boolean,
  transposeB: boolean,
  bias?: Value,
): Value {
  const rows = a.shape.at(transposeA ? -1 : -2)!;
  const columns = b.shape.at(transposeB ? -2 : -1)!;
  const flat = [a, b].every(({ shape }) => shape.slice(0, -2).every((size) => size === 1));
  const leading = backend_util.assertAndGetBroadcastShape(
    a.shape.slice(0, -2),
    b.shape.slice(0, -2),
  );
  const shape = [...leading, rows, columns];
  const turned = flat && transposeA && rows * columns >= turnedSize;
  const attributes = {
    ...(transposeA && !turned ? { transA: 1 } : {}),
    ...(transposeB ? { transB: 1 } : {}),
  };
  if (flat) {
    const matrix = graph.reshape(a, a.shape.slice(-2));
    const matrixA = turned ? graph.transpose(matrix, [1, 0]) : matrix;
    const matrixB = graph.reshape(b, b.shape.slice(-2));
    const y = graph.node('Gemm', [matrixA, matrixB, bias].filter(Boolean), [rows, columns], {
      attributes,
    });
    return graph.reshape(y, shape);
  }
  const y = graph.node('FusedMatMul', [a, b], shape, { attributes, domain: 'com.microsoft' });
  return bias ? graph.node('Add', [y, bias], shape) : y;
}

/** The activation that tfjs fuses into products and convolutions. */
export function activate(
  graph: Graph,
  y: Value,
  activation: string | undefined,
  leakyReluAlpha: number | undefined,
  slopes?: Value,
): Value {
  switch (activation) {
    case undefined:
    case null:
    case 'linear':
      return y;
    case 'relu':
      return graph.node('Relu', [y], y.shape);
    case 'relu6':
      return graph.node('Clip', [y, graph.scalar(0), graph.scalar(6)], y.shape);
    case 'sigmoid':
      return graph.node('Sigmoid', [y], y.shape);
    case 'elu':
      return graph.node('Elu', [y], y.shape);
    case 'leakyrelu':
      return graph.node('LeakyRelu', [y], y.shape, {
        attributes: { alpha: { float: leakyReluAlpha ?? 0.2 } },
      });
    case 'prelu':
      return graph.node('PRelu', [y, slopes!], y.shape);
    default:
      throw new Error(`Kernel '${activation} as a fused activation' not registered`);
  }
}
