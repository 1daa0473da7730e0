import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { encode } from '../../../src/core/compress/container/container';
import { compareModels } from '../../../src/core/compare/compare';
import type { Comparison, TensorPair } from '../../../src/core/compare/comparison';
import { createGraph } from '../../../src/core/engine/graphBuilder';
import { toHalf } from '../../../src/core/formats/half';
import { writeSafetensors, type RawTensor } from '../../../src/core/formats/safetensors';
import { createRandom } from '../../../src/core/random';
import { resultOf } from '../../../src/core/relay';
import { ggufOf } from '../../fixtures/gguf';
import { temporaryFolder } from '../../fixtures/temporaryFolder';
import { deflatedZip } from '../../fixtures/zip';

const fixtures = 'test/fixtures/models';

const dtypes: Record<string, string> = {
  Float32Array: 'F32',
  Float64Array: 'F64',
  Uint16Array: 'F16',
  Uint8Array: 'U8',
  Int8Array: 'I8',
  BigInt64Array: 'I64',
};

function raw(
  name: string,
  shape: number[],
  values: Float32Array | Float64Array | Uint16Array | Uint8Array | Int8Array | BigInt64Array,
): RawTensor {
  const dtype = dtypes[values.constructor.name];
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  return { name, dtype, shape, bytes };
}

const floats = (name: string, shape: number[], values: number[]): RawTensor =>
  raw(name, shape, Float32Array.from(values));

function normals(count: number, seed = 1): Float32Array {
  const random = createRandom(seed);
  return Float32Array.from({ length: count }, () => random.normal());
}

async function compared(t: TestContext, a: RawTensor[], b: RawTensor[]): Promise<Comparison> {
  const folder = temporaryFolder(t, {
    'a.safetensors': writeSafetensors(a),
    'b.safetensors': writeSafetensors(b),
  });
  return resultOf(compareModels(join(folder, 'a.safetensors'), join(folder, 'b.safetensors')));
}

const files = (a: string, b: string): Promise<Comparison> =>
  resultOf(compareModels(join(fixtures, a), join(fixtures, b)));

/** Two files of any format. */
async function comparedFiles(
  t: TestContext,
  files: Record<string, string | Uint8Array>,
): Promise<Comparison> {
  const folder = temporaryFolder(t, files);
  const [a, b] = Object.keys(files).map((name) => join(folder, name));
  return resultOf(compareModels(a, b));
}

const pairOf = ({ pairs }: Comparison, name: string): TensorPair => {
  const pair = pairs.find(({ a }) => a.name === name);
  assert.ok(pair, `${name} is in no pair`);
  return pair;
};

const near = (found: number | undefined, expected: number): void =>
  assert.ok(
    Math.abs(found! - expected) <= 1e-12 * Math.abs(expected),
    `${found} is not ${expected}`,
  );

describe('two model files', () => {
  it('are told apart value by value', async (t) => {
    const { pairs, totals } = await compared(
      t,
      [floats('w', [4], [3, 0, -4, 0])],
      [floats('w', [4], [3, 1, -2, 0])],
    );
    const { difference } = pairs[0];
    assert.equal(difference?.equal, false);
    // Σa² = 25, Σ(a-b)² = 1 + 4.
    near(difference.sqnr, 10 * Math.log10(25 / 5));
    near(difference.relativeError, Math.sqrt(5 / 25));
    assert.equal(difference.largestError, 2);
    near(difference.cosine, (9 + 8) / Math.sqrt(25 * 14));
    assert.deepEqual(difference.sparsity, { a: 0.5, b: 0.25 });
    assert.deepEqual(totals.overall, difference);
  });

  it('have the SQNR of a rounding to 8 bits, which is 6.02 dB a bit', async (t) => {
    const random = createRandom(3);
    // Evenly spread values fill all levels: signal 1/3, noise step²/12.
    const values = Float32Array.from({ length: 200_000 }, () => 2 * random.uniform() - 1);
    const step = 2 / 255;
    const rounded = values.map((value) => Math.round(value / step) * step);
    const { pairs } = await compared(
      t,
      [raw('w', [200, 1000], values)],
      [raw('w', [200, 1000], rounded)],
    );
    const theory = 10 * Math.log10(1 / 3 / (step ** 2 / 12));
    assert.ok(Math.abs(pairs[0].difference!.sqnr! - theory) < 0.05, `${pairs[0].difference!.sqnr}`);
    assert.ok(Math.abs(theory - 6.02 * 8) < 0.1);
  });

  it('are identical, or have the same values in another type', async (t) => {
    const halves = Uint16Array.from([1, -0.5, 0, 1000], toHalf);
    const same = floats('same', [2], [1, NaN]);
    const { pairs, totals } = await compared(
      t,
      [same, floats('wide', [4], [1, -0.5, 0, 1000])],
      [same, raw('wide', [4], halves)],
    );
    assert.deepEqual(
      pairs.map(({ sameType, difference, b }) => [sameType, difference!.equal, b.bitsPerParameter]),
      [
        [true, true, 32],
        [false, true, 16],
      ],
    );
    assert.deepEqual([totals.identical, totals.sameValues, totals.different], [1, 1, 0]);
    assert.equal(pairs[1].difference!.sqnr, undefined);
    assert.equal(pairs[1].difference!.relativeError, 0);
  });

  it('list what only one of them has, and say why values were not compared', async (t) => {
    const levels = raw('levels', [2], Int8Array.of(1, 2));
    const result = await compared(
      t,
      [floats('levels', [2], [1, 2]), floats('cut', [3], [1, 2, 3]), floats('gone', [1], [1])],
      [levels, floats('cut', [2], [1, 2]), floats('new', [1], [2])],
    );
    assert.deepEqual(
      result.pairs.map(({ notCompared }) => notCompared),
      [
        'One side has integers (i8) and no scale that says what they stand for.',
        'Its shapes differ.',
      ],
    );
    assert.deepEqual(
      result.onlyInA.map(({ name }) => name),
      ['gone'],
    );
    assert.deepEqual(
      result.onlyInB.map(({ name }) => name),
      ['new'],
    );
    assert.equal(result.totals.notCompared, 2);
    assert.equal(result.totals.overall, undefined);
  });

  it('count infinite and missing values apart', async (t) => {
    const { pairs } = await compared(
      t,
      [floats('w', [4], [1, Infinity, NaN, 2])],
      [floats('w', [4], [1, Infinity, 5, 3])],
    );
    const { notFinite, largestError, sqnr } = pairs[0].difference!;
    assert.deepEqual([notFinite, largestError], [1, 1]);
    near(sqnr, 10 * Math.log10(5));
  });

  it('are compared in the layout in which their values go together', async (t) => {
    const values = normals(48 * 64);
    const turned = (rows: number, columns: number): number[] =>
      Array.from(
        { length: rows * columns },
        (_, i) => values[(i % rows) * columns + Math.floor(i / rows)],
      );
    const result = await compared(
      t,
      [raw('dense', [48, 64], values), raw('square', [48, 48], values.slice(0, 48 * 48))],
      [floats('dense', [64, 48], turned(48, 64)), floats('square', [48, 48], turned(48, 48))],
    );
    for (const { axes, difference } of result.pairs) {
      assert.deepEqual(axes, [1, 0]);
      assert.equal(difference!.equal, true);
    }
  });

  it('are not turned where other values only happen to have such a shape', async (t) => {
    const result = await compared(
      t,
      [raw('dense', [6, 8], normals(48, 1)), raw('square', [7, 7], normals(49, 1))],
      [raw('dense', [8, 6], normals(48, 2)), raw('square', [7, 7], normals(49, 2))],
    );
    assert.match(pairOf(result, 'dense').notCompared!, /^Its shapes differ, and in no layout/);
    const square = pairOf(result, 'square');
    assert.equal(square.axes, undefined);
    assert.equal(square.difference!.equal, false);
  });

  it('find weights that an exporter renamed and turned by their values', async (t) => {
    const values = Array.from(normals(12));
    const turned = [0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11].map((i) => values[i]);
    const result = await compared(
      t,
      [floats('fc.weight', [3, 4], values), floats('zeros', [12], Array<number>(12).fill(0))],
      [floats('onnx::MatMul_7', [4, 3], turned), floats('other', [12], Array<number>(12).fill(0))],
    );
    const [pair, ...more] = result.pairs;
    assert.deepEqual(more, []);
    assert.deepEqual([pair.b.name, pair.by, pair.axes], ['onnx::MatMul_7', 'values', [1, 0]]);
    assert.equal(pair.difference!.equal, true);
    assert.deepEqual(
      result.onlyInA.map(({ name }) => name),
      ['zeros'],
    );
  });

  it('leave counters out of what holds for all weights together', async (t) => {
    const counter = (steps: bigint): RawTensor => raw('steps', [], BigInt64Array.of(steps));
    const { pairs, totals } = await compared(
      t,
      [counter(1_000_000n), floats('w', [2], [1, 1])],
      [counter(1_000_001n), floats('w', [2], [1, 2])],
    );
    assert.equal(pairs[0].difference!.largestError, 1);
    assert.equal(totals.overall!.sqnr, 10 * Math.log10(2));
  });

  it('know whole numbers by all names of their types', async (t) => {
    const bytes = (...values: number[]): RawTensor => raw('bytes', [2], Uint8Array.from(values));
    const against = await compared(t, [floats('bytes', [2], [1, 2])], [bytes(1, 2)]);
    assert.equal(
      against.pairs[0].notCompared,
      'One side has integers (u8) and no scale that says what they stand for.',
    );
    const both = await compared(t, [bytes(1, 2)], [bytes(1, 3)]);
    assert.equal(both.pairs[0].difference!.largestError, 1);
    assert.equal(both.totals.overall, undefined);
    const { pairs } = await comparedFiles(t, {
      'a.safetensors': writeSafetensors([floats('bytes', [2], [1, 2])]),
      'b.gguf': ggufOf({ name: 'bytes', shape: [2], type: 24, bytes: Uint8Array.of(1, 2) }),
    });
    assert.match(pairs[0].notCompared!, /^One side has integers \(i8\)/);
  });

  it('know a type by all its names', async (t) => {
    const array = `{'descr': '|u1', 'fortran_order': False, 'shape': (2,), }`.padEnd(117);
    const head = Buffer.from([0x93, ...Buffer.from('NUMPY'), 1, 0, 118, 0]);
    const [uint8] = (
      await comparedFiles(t, {
        'a.safetensors': writeSafetensors([raw('w', [2], Uint8Array.of(1, 2))]),
        'b.npz': deflatedZip({
          'w.npy': Buffer.concat([head, Buffer.from(`${array}\n`), Buffer.of(1, 2)]),
        }),
      })
    ).pairs;
    assert.deepEqual([uint8.a.dtype, uint8.b.dtype, uint8.sameType], ['u8', 'uint8', true]);
    // 0x38 is one.
    const ones = { dtype: 'F8_E4M3', shape: [4, 6], bytes: new Uint8Array(24).fill(0x38) };
    const float8 = pairOf(
      await comparedFiles(t, {
        'a.safetensors': writeSafetensors([{ name: 'eight', ...ones }]),
        'b.pt': readFileSync(join(fixtures, 'kinds.pt')),
      }),
      'eight',
    );
    assert.deepEqual([float8.a.dtype, float8.b.dtype], ['f8_e4m3', 'float8_e4m3fn']);
    assert.deepEqual([float8.sameType, float8.difference!.equal], [true, true]);
  });

  it('with several tensors of one name are compared one by one', async (t) => {
    const [a, b] = [
      [1, 2, 3, 4],
      [1, 2, 3, 5],
    ].map((values) =>
      Buffer.concat([graphOf('w', [2], values.slice(0, 2)), graphOf('w', [2], values.slice(2))]),
    );
    const { pairs } = await comparedFiles(t, { 'a.onnx': a, 'b.onnx': b });
    assert.deepEqual(
      pairs.map(({ difference }) => difference!.largestError),
      [0, 1],
    );
  });

  it('say of all tensors of a name that they are not read where one is missing', async (t) => {
    const external = readFileSync(join(fixtures, 'external.onnx'));
    const both = Buffer.concat([external, graphOf('w', [6, 4], Array<number>(24).fill(1))]);
    const { pairs } = await comparedFiles(t, { 'a.onnx': both, 'b.onnx': both });
    assert.equal(pairs.length, 2);
    for (const { notCompared } of pairs) {
      assert.match(notCompared!, /in another file that is not there: “kolmo inspect” says which/);
    }
  });

  it('leave masks of the largest numbers out of what holds for all weights together', async (t) => {
    const weights = (last: number): RawTensor => floats('w', [4], [1, 1, 1, last]);
    const mask = floats('mask', [2], [-3.4028234663852886e38, 0]);
    const { totals } = await compared(t, [weights(1), mask], [weights(2), mask]);
    near(totals.overall!.sqnr, 10 * Math.log10(4));
  });

  it('tell no numbers that are none where squares are beyond all numbers', async (t) => {
    const { pairs } = await compared(
      t,
      [raw('w', [2], Float64Array.of(1e200, 1)), raw('v', [2], Float64Array.of(1, 1))],
      [raw('w', [2], Float64Array.of(1e200, 2)), raw('v', [2], Float64Array.of(1e200, 2))],
    );
    for (const { difference } of pairs) {
      const { sqnr, relativeError, cosine } = difference!;
      assert.deepEqual([sqnr, relativeError, cosine], [undefined, undefined, undefined]);
    }
    assert.deepEqual(
      pairs.map(({ difference }) => difference!.largestError),
      [1, 1e200],
    );
  });

  it('tell no error where values differ only in being no finite numbers', async (t) => {
    const { pairs } = await compared(t, [floats('w', [2], [1, 2])], [floats('w', [2], [1, NaN])]);
    const { equal, notFinite, relativeError, largestError } = pairs[0].difference!;
    assert.deepEqual([equal, notFinite], [false, 1]);
    assert.deepEqual([relativeError, largestError], [undefined, undefined]);
  });

  it('tell how far they are, to the end', async (t) => {
    const folder = temporaryFolder(t, {
      'a.safetensors': writeSafetensors([raw('w', [200_000], normals(200_000))]),
    });
    const path = join(folder, 'a.safetensors');
    const told: number[] = [];
    for await (const { done, total, note } of compareModels(path, path)) {
      assert.deepEqual([total, note], [200_000, 'w']);
      told.push(done);
    }
    assert.ok(told.length > 2);
    assert.equal(told.at(-1), 200_000);
  });

  it('tell how far the search by values is, to the end, though whole numbers are not looked at', async (t) => {
    const files = ['a', 'b'].map((letter) =>
      writeSafetensors([
        raw(`weights ${letter}`, [12], normals(12)),
        raw(`counts ${letter}`, [12], new BigInt64Array(12)),
      ]),
    );
    const folder = temporaryFolder(t, { 'a.safetensors': files[0], 'b.safetensors': files[1] });
    const [a, b] = ['a.safetensors', 'b.safetensors'].map((name) => join(folder, name));
    const told: number[][] = [];
    for await (const { done, total, note } of compareModels(a, b)) {
      if (note.startsWith('Looking for')) told.push([done, total]);
    }
    assert.deepEqual(told, [
      [12, 12],
      [12, 12],
    ]);
  });

  it('are refused with a sentence where one is no model', async (t) => {
    const folder = temporaryFolder(t, { 'a.safetensors': writeSafetensors([]), 'b.onnx': '' });
    await assert.rejects(
      resultOf(compareModels(join(folder, 'a.safetensors'), join(folder, 'b.onnx'))),
      { name: 'KolmoError', message: 'b.onnx is empty: it has 0 bytes.' },
    );
  });
});

/** An ONNX file with one tensor; two of them, one after the other, are one file with both. */
function graphOf(name: string, shape: number[], values: number[]): Uint8Array {
  const graph = createGraph('graph');
  const constant = graph.constant(Float32Array.from(values), shape, 'float32', name);
  graph.output(graph.node('Identity', [constant], shape), 'y');
  return graph.serialize();
}

/** Weights as make.py writes them. */
const weights = Array.from({ length: 24 }, (_, i) => Math.fround(Math.fround(0.3) * ((i % 7) - 3)));
const scales = [0.25, 0.5, 0.125, 1];
const byChannel = weights.map((value, i) => {
  const scale = scales[Math.floor(i / 6)];
  return Math.round(Math.abs(value) / scale) * scale * Math.sign(value);
});

/** Σ(a-b)² over Σa², in decibels. */
const sqnrOf = (as: number[], bs: number[]): number =>
  10 *
  Math.log10(
    as.reduce((sum, a) => sum + a * a, 0) / as.reduce((sum, a, i) => sum + (a - bs[i]) ** 2, 0),
  );

describe('quantized weights', () => {
  it('of PyTorch are compared as what they stand for', async () => {
    const result = await files('plain.pt', 'levels.pt');
    const steps = weights.map((value) => Math.round(value / 0.25) * 0.25);
    near(pairOf(result, 'tensor').difference!.sqnr, sqnrOf(weights, steps));
    const channels = pairOf(result, 'channels');
    near(channels.difference!.sqnr, sqnrOf(weights, byChannel));
    // A byte for each weight, and for each channel a scale and a zero point of eight bytes.
    assert.equal(channels.b.bytes, 24 + 4 * 8 + 4 * 8);
    assert.deepEqual(result.onlyInB, []);
  });

  it('of PyTorch are found in packed layers', async () => {
    const result = await files('old.pth', 'packed.pt');
    const names = result.pairs.map(({ a, b }) => [a.name, b.name]);
    assert.deepEqual(names, [
      ['0.weight', '0._packed_params._packed_params.0'],
      ['0.bias', '0._packed_params._packed_params.1'],
      ['2.weight', '2._packed_params._packed_params.0'],
      ['2.bias', '2._packed_params._packed_params.1'],
    ]);
    assert.equal(pairOf(result, '0.bias').difference!.equal, true);
    assert.ok(pairOf(result, '0.weight').difference!.sqnr! > 35);
  });

  it('of ONNX are compared with the scales along the axis that a node names', async () => {
    const result = await files('plain.pt', 'axis.onnx');
    const { difference, b } = pairOf(result, 'channels');
    near(difference!.sqnr, sqnrOf(weights, byChannel));
    // Of four zero points one is below zero, which takes ten bytes.
    assert.equal(b.bytes, 24 + 4 * 4 + 3 + 10);
  });

  it('of ONNX Runtime are found under the names that it gives them, and turned back', async () => {
    const result = await files('gemm.onnx', 'gemm.quantized.onnx');
    const { b, axes, difference } = pairOf(result, 'fc.weight');
    assert.equal(b.name, 'fc.weight_Transposed_quantized');
    assert.deepEqual(axes, [1, 0]);
    // As numpy computes it from the initializers.
    near(difference!.sqnr, 50.527103139868395);
    near(difference!.relativeError, 0.002976081656339239);
    assert.deepEqual(result.onlyInB, []);
  });

  it('of the ONNX files that Kolmo writes are compared, biases among them', async (t) => {
    const graph = createGraph('levels');
    const x = graph.input('x', [-1, 3]);
    const levels = graph.constant(Int32Array.of(-2, 0, 4), [3], 'int32', 'biases');
    const scales = graph.constant(Float32Array.of(0.5, 1, 0.25), [3], 'float32', 'scales');
    // A zero is what writers of protobuf leave out.
    const options = { type: 'float32', attributes: { axis: 0 } } as const;
    const biases = graph.node('DequantizeLinear', [levels, scales], [3], options);
    graph.output(graph.node('Add', [x, biases], x.shape), 'y');
    const folder = temporaryFolder(t, {
      'a.safetensors': writeSafetensors([floats('biases', [3], [-1, 0, 1.5])]),
      'b.onnx': graph.serialize(),
    });
    const result = await resultOf(
      compareModels(join(folder, 'a.safetensors'), join(folder, 'b.onnx')),
    );
    const { difference, b } = pairOf(result, 'biases');
    assert.equal(difference!.largestError, 0.5);
    assert.equal(b.bytes, 24);
  });

  it('of a packed model are decoded', async (t) => {
    const levels = Int32Array.from({ length: 300 * 100 }, (_, i) => (i % 5) - 2);
    const data = Float32Array.from(levels, (level) => level / 4);
    const encoding = {
      type: 'quantized' as const,
      bits: 3,
      scales: Float32Array.of(0.25),
      zeroPoints: Int32Array.of(0),
      levels,
    };
    const parameters = [
      { name: 'dense_1/weights', shape: [300, 100], data, encoding },
      {
        name: 'dense_1/biases',
        shape: [100],
        data: new Float32Array(100).fill(0.5),
        encoding: { type: 'float32' as const },
      },
    ];
    const architecture = {
      name: 'one',
      inputShape: [300],
      layers: [{ type: 'dense' as const, units: 100, activation: 'linear' as const }],
      task: 'regression' as const,
    };
    const dense = data.map((value, i) => value + (i === 7 ? 0.125 : 0));
    const folder = temporaryFolder(t, {
      'a.safetensors': writeSafetensors([
        raw('dense_1/weights', [300, 100], dense),
        raw('dense_1/biases', [100], parameters[1].data),
      ]),
      'b.kolmo': encode({ architecture, parameters }),
    });
    const result = await resultOf(
      compareModels(join(folder, 'a.safetensors'), join(folder, 'b.kolmo')),
    );
    const { difference, b } = pairOf(result, 'dense_1/weights');
    assert.equal(difference!.largestError, 0.125);
    assert.ok(b.bitsPerParameter < 3);
    assert.equal(pairOf(result, 'dense_1/biases').difference!.equal, true);
  });
});

describe('values in another order of memory', () => {
  it('are read by the strides that PyTorch saves', async () => {
    const result = await files('plain.pt', 'levels.pt');
    for (const name of ['filters', 'dense']) {
      const { axes, difference } = pairOf(result, name);
      assert.equal(axes, undefined);
      assert.equal(difference!.equal, true, name);
    }
  });
});
