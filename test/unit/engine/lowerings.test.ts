import '@tensorflow/tfjs-backend-cpu';
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { lowerings, type KernelName } from '../../../src/core/engine/lowerings/table';
import { compileForward } from '../../../src/core/engine/step';
import * as tf from '../../../src/core/engine/tf';
import { createRandom } from '../../../src/core/random';

/** One call of a kernel; inputs are drawn from the standard normal unless a range says otherwise. */
interface Case {
  inputs: Record<string, InputCase> | InputCase[];
  attrs?: Record<string, unknown>;
}

type InputCase = number[] | { shape: number[]; type?: 'float32' | 'int32' | 'bool'; range?: Range };
type Range = [number, number];

const x = [3, 4];
const image = [2, 6, 6, 3];
const unary = (range?: Range): Case => ({ inputs: { x: { shape: x, range } } });
const pair = (range?: Range): Case => ({
  inputs: { a: { shape: x, range }, b: { shape: [4], range } },
});
const truth: InputCase = { shape: x, type: 'bool' };
const whole = (shape: number[], range: Range): InputCase => ({ shape, type: 'int32', range });
const reduction: Case = { inputs: { x: [2, 3, 4] }, attrs: { axis: [1], keepDims: false } };
const pool = { filterSize: 2, strides: 2, pad: 'valid' };
const convolution = { strides: 1, pad: 'same', dataFormat: 'NHWC', dilations: 1 };

const cases: { [N in KernelName]: Case } = {
  Add: pair(),
  Sub: pair(),
  Multiply: pair(),
  RealDiv: pair([1, 2]),
  FloorDiv: { inputs: { a: whole(x, [-9, 9]), b: whole([4], [1, 5]) } },
  Mod: pair([1, 3]),
  Pow: pair([0.5, 2]),
  Maximum: pair(),
  Minimum: pair(),
  SquaredDifference: pair(),
  Greater: pair(),
  GreaterEqual: pair(),
  Less: pair(),
  LessEqual: pair(),
  Equal: { inputs: { a: whole(x, [0, 2]), b: whole([4], [0, 2]) } },
  NotEqual: { inputs: { a: whole(x, [0, 2]), b: whole([4], [0, 2]) } },
  LogicalAnd: { inputs: { a: truth, b: truth } },
  LogicalOr: { inputs: { a: truth, b: truth } },
  LogicalNot: { inputs: { x: truth } },
  Select: { inputs: { condition: truth, t: x, e: x } },
  AddN: { inputs: [x, x, x] },
  Abs: unary(),
  Acos: unary([-0.9, 0.9]),
  Asin: unary([-0.9, 0.9]),
  Atan: unary(),
  Ceil: unary(),
  Cos: unary(),
  Cosh: unary(),
  Elu: unary(),
  Erf: unary(),
  Exp: unary(),
  Expm1: unary(),
  Floor: unary(),
  IsNan: unary(),
  Log: unary([0.1, 3]),
  Log1p: unary([0.1, 3]),
  Neg: unary(),
  Reciprocal: unary([0.5, 2]),
  Relu: unary(),
  Relu6: unary([-9, 9]),
  Round: unary([-9, 9]),
  Rsqrt: unary([0.5, 2]),
  Selu: unary(),
  Sigmoid: unary(),
  Sign: unary(),
  Sin: unary(),
  Sinh: unary(),
  Softplus: unary(),
  Sqrt: unary([0.1, 3]),
  Square: unary(),
  Tan: unary([-1, 1]),
  Tanh: unary(),
  ClipByValue: { ...unary(), attrs: { clipValueMin: -0.5, clipValueMax: 0.7 } },
  LeakyRelu: { ...unary(), attrs: { alpha: 0.3 } },
  Prelu: { inputs: { x, alpha: [4] } },
  EluGrad: { inputs: { dy: x, y: x } },
  Step: { ...unary(), attrs: { alpha: 0 } },

  Identity: unary(),
  Reshape: { ...unary(), attrs: { shape: [2, -1] } },
  ExpandDims: { inputs: { input: x }, attrs: { dim: 1 } },
  Cast: { ...unary([-5, 5]), attrs: { dtype: 'int32' } },
  Transpose: { inputs: { x: [2, 3, 4] }, attrs: { perm: [2, 0, 1] } },
  Concat: { inputs: [x, [3, 2]], attrs: { axis: 1 } },
  Pack: { inputs: [x, x], attrs: { axis: 1 } },
  Unpack: { inputs: { value: x }, attrs: { axis: 1 } },
  SplitV: { inputs: { x: [2, 6] }, attrs: { numOrSizeSplits: [1, 2, 3], axis: 1 } },
  Slice: { inputs: { x: [4, 5] }, attrs: { begin: [1, 2], size: [2, -1] } },
  StridedSlice: {
    inputs: { x: [4, 5] },
    attrs: {
      ...{ begin: [3, 0], end: [0, 5], strides: [-1, 2] },
      ...{ beginMask: 0, endMask: 0, ellipsisMask: 0, newAxisMask: 0, shrinkAxisMask: 0 },
    },
  },
  Reverse: { inputs: { x: [2, 3, 4] }, attrs: { dims: [0, 2] } },
  Tile: { ...unary(), attrs: { reps: [2, 3] } },
  PadV2: {
    ...unary(),
    attrs: {
      paddings: [
        [1, 2],
        [0, 1],
      ],
      constantValue: 0.5,
    },
  },
  MirrorPad: {
    ...unary(),
    attrs: {
      paddings: [
        [1, 2],
        [0, 1],
      ],
      mode: 'reflect',
    },
  },
  GatherV2: { inputs: { x: [5, 4], indices: whole([2, 3], [0, 5]) }, attrs: { axis: 0 } },
  UnsortedSegmentSum: {
    inputs: { x: [6, 3], segmentIds: whole([6], [0, 4]) },
    attrs: { numSegments: 4 },
  },
  OneHot: {
    inputs: { indices: whole([6], [0, 4]) },
    attrs: { dtype: 'float32', depth: 4, onValue: 0.9, offValue: 0.1 },
  },
  Fill: { inputs: [], attrs: { shape: [2, 3], value: 1.5, dtype: 'float32' } },
  ZerosLike: unary(),
  OnesLike: unary(),
  Range: { inputs: [], attrs: { start: 1, stop: 8, step: 2, dtype: 'int32' } },

  Sum: reduction,
  Mean: reduction,
  Max: { inputs: reduction.inputs, attrs: { reductionIndices: [1], keepDims: true } },
  Min: reduction,
  Prod: reduction,
  All: { inputs: { x: truth }, attrs: { axis: [1], keepDims: false } },
  Any: { inputs: { x: truth }, attrs: { axis: [1], keepDims: false } },
  ArgMax: { inputs: { x }, attrs: { axis: 1 } },
  ArgMin: { inputs: { x }, attrs: { axis: 0 } },
  Cumsum: { inputs: { x }, attrs: { axis: 1, exclusive: true, reverse: true } },
  Softmax: { inputs: { logits: x }, attrs: { dim: 1 } },

  BatchMatMul: {
    inputs: { a: [2, 3, 4], b: [2, 5, 4] },
    attrs: { transposeA: false, transposeB: true },
  },
  _FusedMatMul: {
    inputs: { a: [1, 4, 3], b: [1, 4, 5], bias: [5] },
    attrs: { transposeA: true, transposeB: false, activation: 'relu' },
  },
  FusedBatchNorm: {
    inputs: {
      x: image,
      mean: [3],
      variance: { shape: [3], range: [0.5, 2] },
      scale: [3],
      offset: [3],
    },
    attrs: { varianceEpsilon: 0.001 },
  },

  Conv2D: { inputs: { x: image, filter: [3, 3, 3, 4] }, attrs: convolution },
  FusedConv2D: {
    inputs: { x: image, filter: [3, 3, 3, 4], bias: [4] },
    attrs: { ...convolution, pad: 'valid', strides: 2, activation: 'relu' },
  },
  Conv2DBackpropInput: {
    inputs: { dy: [2, 2, 2, 4], filter: [3, 3, 3, 4] },
    attrs: { ...convolution, pad: 'valid', strides: 2, inputShape: image },
  },
  Conv2DBackpropFilter: {
    inputs: { x: image, dy: [2, 6, 6, 4] },
    attrs: { ...convolution, filterShape: [3, 3, 3, 4] },
  },
  MaxPool: { inputs: { x: image }, attrs: pool },
  MaxPoolGrad: {
    inputs: { dy: [2, 3, 3, 3], input: image, output: [2, 3, 3, 3] },
    attrs: pool,
  },
  AvgPool: { inputs: { x: image }, attrs: pool },
  AvgPoolGrad: { inputs: { dy: [2, 3, 3, 3], input: image }, attrs: pool },
  ResizeNearestNeighbor: {
    inputs: { images: image },
    attrs: { size: [12, 12], alignCorners: false, halfPixelCenters: false },
  },
};

const random = createRandom(1);

function draw(input: InputCase): {
  shape: number[];
  type: 'float32' | 'int32' | 'bool';
  values: number[];
} {
  const { shape, type = 'float32', range } = Array.isArray(input) ? { shape: input } : input;
  const values = Array.from({ length: tf.util.sizeFromShape(shape) }, () => {
    if (type === 'bool') return random.integer(2);
    const value = range ? range[0] + random.uniform() * (range[1] - range[0]) : random.normal();
    return type === 'int32' ? Math.floor(value) : Math.fround(value);
  });
  return { shape, type, values };
}

describe('lowerings', () => {
  for (const kernel of Object.keys(lowerings) as KernelName[]) {
    it(`${kernel} computes what the tfjs cpu backend computes`, async () => {
      const { inputs, attrs = {} } = cases[kernel];
      const names = Object.keys(inputs);
      const drawn = Object.values(inputs).map(draw);
      const call = (tensors: tf.Tensor[]): tf.Tensor[] => {
        const given = Array.isArray(inputs)
          ? tensors
          : Object.fromEntries(names.map((name, i) => [name, tensors[i]]));
        const result: tf.Tensor | tf.Tensor[] = tf
          .engine()
          .runKernel(kernel, given as tf.NamedTensorMap, attrs as tf.NamedAttrMap);
        return [result].flat();
      };

      await tf.setBackend('cpu');
      const expected = call(drawn.map(({ shape, type, values }) => tf.tensor(values, shape, type)));

      // Truth values enter as float32, since only numbers are inputs of a step.
      const forward = await compileForward({
        parameters: [],
        inputs: drawn.map(({ shape, type }, i) => ({
          name: `input${i}`,
          shape,
          type: type === 'int32' ? 'int32' : 'float32',
        })),
        outputs: (_parameters, given) => {
          const tensors = drawn.map(({ type }, i) =>
            type === 'bool' ? tf.cast(given[`input${i}`], 'bool') : given[`input${i}`],
          );
          return Object.fromEntries(call(tensors).map((t, i) => [`output${i}`, t]));
        },
        threads: 1,
      });
      drawn.forEach(({ values }, i) => forward.inputs[`input${i}`].set(values));
      const results = await forward.run();
      await forward.dispose();

      expected.forEach((tensor, i) => {
        const actual = [results[`output${i}`]]
          .flat()
          .flatMap((value) => (typeof value === 'number' ? [value] : Array.from(value)));
        assertClose(actual, Array.from(tensor.dataSync()), 1e-5);
      });
    });
  }
});

describe('matrix products', () => {
  /** [inputs, units] on both sides of the size from which a transposed right side becomes the left one. */
  for (const [inputs, units] of [
    [5, 3],
    [400, 350],
  ]) {
    it(`of weights of ${inputs} x ${units} that lie transposed are what they are otherwise`, async () => {
      const random = createRandom(1);
      const normal = (...shape: number[]) => ({
        shape,
        values: Float32Array.from({ length: shape[0] * (shape[1] ?? 1) }, () => random.normal()),
      });
      const given = {
        x: normal(4, inputs),
        lying: normal(units, inputs),
        bias: normal(units),
        dy: normal(4, units),
      };
      const outputs = (tensors: Record<string, tf.Tensor>) => {
        const [x, dy] = [tensors.x, tensors.dy] as tf.Tensor2D[];
        const upright = tf.transpose(tensors.lying) as tf.Tensor2D;
        return {
          y: tf.fused.matMul({ a: x, b: upright, bias: tensors.bias }),
          dx: tf.matMul(dy, upright, false, true),
          gradient: tf.transpose(tf.matMul(x, dy, true, false)),
          again: tf.transpose(tf.matMul(upright, x, true, true)),
        };
      };
      const shapes = Object.entries(given);
      const forward = await compileForward({
        parameters: [],
        inputs: shapes.map(([name, { shape }]) => ({ name, shape })),
        outputs: (_parameters, tensors) => outputs(tensors),
        threads: 1,
      });
      shapes.forEach(([name, { values }]) => forward.inputs[name].set(values));
      const results = await forward.run();
      await forward.dispose();
      await tf.setBackend('cpu');
      const expected = outputs(
        Object.fromEntries(
          shapes.map(([name, { values, shape }]) => [name, tf.tensor(values, shape)]),
        ),
      );
      for (const name of ['y', 'dx', 'gradient', 'again'] as const) {
        const actual = Array.from(results[name] as Float32Array);
        assertClose(actual, Array.from(expected[name].dataSync()), 1e-4);
      }
    });
  }
});

function assertClose(actual: number[], expected: number[], tolerance: number): void {
  assert.equal(actual.length, expected.length);
  expected.forEach((value, i) => {
    const difference = Math.abs(actual[i] - value) / Math.max(1, Math.abs(value));
    assert.ok(difference <= tolerance, `element ${i} is ${actual[i]}, expected ${value}`);
  });
}
