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
import { lower, sizeOf, type Lowering } from './lowering';

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

/**
 * From so many elements on, a right side that lies transposed is better the left side of the transposed product:
 * ONNX Runtime copies right sides into panels, each thread for itself, and reads left sides where they are.
 */
const packedSize = 2 ** 17;

/** Products of so few columns are summed in other portions where the left side is transposed: they are left as they are. */
const narrow = 64;

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
  if (flat) {
    const [left, right] = [a, b].map((side) => graph.reshape(side, side.shape.slice(-2)));
    return graph.reshape(multiply(graph, left, right, transposeA, transposeB, bias), shape);
  }
  const attributes = transpositions(transposeA, transposeB);
  const y = graph.node('FusedMatMul', [a, b], shape, { attributes, domain: 'com.microsoft' });
  return bias ? graph.node('Add', [y, bias], shape) : y;
}

/** The product of two matrices. What lies transposed is read as it lies, where that costs nothing. */
function multiply(
  graph: Graph,
  a: Value,
  b: Value,
  transposeA: boolean,
  transposeB: boolean,
  bias?: Value,
): Value {
  const [left, right] = [a, b].map((side) => lyingMatrix(graph, side));
  if (right && transposeB) return multiply(graph, a, right, transposeA, false, bias);
  if (left && transposeA) return multiply(graph, left, b, false, transposeB, bias);
  if (right && !graph.producer(right) && sizeOf(right) >= packedSize) {
    const column = bias && graph.reshape(bias, [right.shape[0], 1]);
    return graph.transpose(multiply(graph, right, a, false, !transposeA, column), [1, 0]);
  }
  const shape = [a.shape[transposeA ? 1 : 0], b.shape[transposeB ? 0 : 1]];
  const large = shape[0] * shape[1] >= turnedSize;
  if (left && !large && shape[1] > narrow) {
    return multiply(graph, left, b, true, transposeB, bias);
  }
  const turned = transposeA && large;
  const inputs = [turned ? graph.transpose(a, [1, 0]) : a, b, bias].filter(Boolean);
  return graph.node('Gemm', inputs, shape, {
    attributes: transpositions(transposeA && !turned, transposeB),
  });
}

/** A transposition; of a product, it is the product of the sides in turn. */
export function transpose(graph: Graph, x: Value, permutation: number[]): Value {
  const made = graph.producer(x);
  const [a, b, bias] = made?.inputs ?? [];
  if (made?.operator !== 'Gemm' || bias || permutation[0] === 0) {
    return graph.transpose(x, permutation);
  }
  const [left, right] = [b!, a!].map((side) => lyingMatrix(graph, side) ?? side);
  const { transA, transB } = made.attributes;
  return multiply(
    graph,
    left,
    right,
    Boolean(transB) === (left !== b),
    Boolean(transA) === (right !== a),
  );
}

/** What a matrix is the transposition of. */
export function lyingMatrix(graph: Graph, matrix: Value): Value | undefined {
  const made = graph.producer(matrix);
  return made?.operator === 'Transpose' && matrix.shape.length === 2 ? made.inputs[0] : undefined;
}

/**
 * A function of single elements. Of matrices that lie transposed, or of products that may as well be computed so,
 * it is computed as they lie, so that the product before and the one after need no transposition.
 * @param build gives the function of inputs of this shape
 */
export function ofEach(
  graph: Graph,
  inputs: Value[],
  shape: number[],
  build: (inputs: Value[], shape: number[]) => Value,
): Value {
  const matrices = inputs.filter((value) => sizeOf(value) > 1);
  const lying = matrices.filter((value) => lyingMatrix(graph, value));
  const others = matrices.filter((value) => !lying.includes(value));
  if (
    lying.length === 0 ||
    !others.every((value) => turnsFreely(graph, value)) ||
    matrices.some((value) => String(value.shape) !== String(shape))
  ) {
    return build(inputs, shape);
  }
  const turned = inputs.map((value) =>
    matrices.includes(value) ? transpose(graph, value, [1, 0]) : value,
  );
  return graph.transpose(build(turned, shape.toReversed()), [1, 0]);
}

/** A product whose right side becomes a left one that is read as it is. */
function turnsFreely(graph: Graph, matrix: Value): boolean {
  const made = graph.producer(matrix);
  return made?.operator === 'Gemm' && made.inputs.length === 2 && Boolean(made.attributes.transB);
}

const transpositions = (a: boolean, b: boolean): Record<string, number> => ({
  ...(a ? { transA: 1 } : {}),
  ...(b ? { transB: 1 } : {}),
});

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
