import assert from 'node:assert/strict';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { gzipSync } from 'node:zlib';
import { formatCount } from '../../../src/core/count';
import { explain } from '../../../src/core/formats/explain';
import type { Finding } from '../../../src/core/formats/finding';
import { roundToHalf } from '../../../src/core/formats/half';
import { writeSafetensors, type RawTensor } from '../../../src/core/formats/safetensors';
import { createRandom } from '../../../src/core/random';
import { ggufOf } from '../../fixtures/gguf';
import { field, varint } from '../../fixtures/protobuf';
import { temporaryFolder } from '../../fixtures/temporaryFolder';

const models = 'test/fixtures/models';

function normals(count: number, seed = 1): Float32Array {
  const random = createRandom(seed);
  return Float32Array.from({ length: count }, () => random.normal());
}

function tensor(name: string, values: Float32Array | Float64Array | Uint8Array): RawTensor {
  const dtype =
    values instanceof Uint8Array ? 'U8' : values instanceof Float64Array ? 'F64' : 'F32';
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  return { name, dtype, shape: [values.length], bytes };
}

async function explained(t: TestContext, ...tensors: RawTensor[]) {
  const folder = temporaryFolder(t, { 'a.safetensors': writeSafetensors(tensors) });
  return explain(join(folder, 'a.safetensors'));
}

/** What users ask about in the trackers of the field's tools, as files. */
const cases: {
  what: string;
  tensors: () => RawTensor[];
  type: Finding['type'];
  message: RegExp;
  saves: [least: number, most: number];
}[] = [
  {
    what: 'a pruned model that did not shrink',
    tensors: () => [
      tensor(
        'w',
        normals(10_000).map((value, i) => (i % 10 ? 0 : value)),
      ),
    ],
    type: 'zeros',
    message:
      /^9,000 of 10,000 weights in w are zero, and each is stored in full: pruning alone makes no file smaller\.$/,
    // 36,000 bytes less 0.47 bits a position.
    saves: [35_400, 35_430],
  },
  {
    what: 'pruned weights that became -0',
    tensors: () => [
      tensor(
        'w',
        normals(10_000).map((value, i) => (i % 10 ? -0 : value)),
      ),
    ],
    type: 'zeros',
    message: /^9,000 of 10,000 weights/,
    saves: [35_400, 35_430],
  },
  {
    what: 'shared weights written as floats',
    tensors: () => [
      tensor(
        'w',
        normals(10_000).map((value) => Math.round(value * 2)),
      ),
    ],
    type: 'fewValues',
    message: /^w holds at most 1\d different values other than zero, written as f32/,
    saves: [32_000, 36_000],
  },
  {
    what: 'a tied tensor that was saved twice',
    tensors: () => [tensor('embed', normals(5000)), tensor('head', normals(5000))],
    type: 'duplicates',
    message: /^embed and head hold the same 20,000 bytes 2 times\.$/,
    saves: [20_000, 20_000],
  },
  {
    what: 'several tensors that were saved twice, as one finding',
    tensors: () => [
      tensor('a', normals(5000)),
      tensor('b', normals(5000)),
      tensor('c', normals(900, 2)),
      tensor('d', normals(900, 2)),
    ],
    type: 'duplicates',
    message: /^a and b hold the same 20,000 bytes 2 times, and 1 other set of tensors likewise\.$/,
    saves: [23_600, 23_600],
  },
  {
    what: 'bfloat16 that was saved as float32',
    tensors: () => {
      const bits = new Uint32Array(normals(4000).buffer).map((value) => value & 0xffff0000);
      return [tensor('w', new Float32Array(bits.buffer)), tensor('other', normals(1000))];
    },
    type: 'widened',
    message: /^Each value in w fits bfloat16: 16,000 bytes of f32 hold no more than that\.$/,
    saves: [8000, 8000],
  },
  {
    what: 'float16 that was saved as float32',
    tensors: () => [tensor('w', normals(4000).map(roundToHalf)), tensor('other', normals(1000))],
    type: 'widened',
    message: /^Each value in w fits float16: 16,000 bytes of f32 hold no more than that\.$/,
    saves: [8000, 8000],
  },
  {
    what: 'float32 that was saved as double precision',
    tensors: () => [tensor('w', Float64Array.from(normals(1000)))],
    type: 'widened',
    message: /^Each value in w fits float32: 8,000 bytes of f64 hold no more than that\.$/,
    saves: [4000, 4000],
  },
  {
    what: 'positions that were saved as 64-bit integers',
    tensors: () => [
      {
        name: 'ids',
        dtype: 'I64',
        shape: [1000],
        bytes: new Uint8Array(BigInt64Array.from({ length: 1000 }, (_, i) => BigInt(i - 9)).buffer),
      },
    ],
    type: 'widened',
    message: /^Each value in ids fits int16: 8,000 bytes of i64 hold no more than that\.$/,
    saves: [6000, 6000],
  },
  {
    what: 'a tensor of one value',
    tensors: () => [tensor('scale', new Float32Array(1000).fill(1)), tensor('w', normals(1000))],
    type: 'constant',
    message: /^scale holds one value all over, in 4,000 bytes\.$/,
    saves: [3996, 3996],
  },
  {
    what: 'masks that stayed beside the weights',
    tensors: () => [
      tensor('conv.weight_orig', normals(1000)),
      tensor('conv.weight_mask', new Float32Array(1000).fill(1)),
    ],
    type: 'masks',
    message: /^1 tensor of 4,000 bytes is a pruning mask beside the weights: conv\.weight_mask\.$/,
    saves: [4000, 4000],
  },
  {
    what: 'slots of a Keras optimizer',
    tensors: () => [
      tensor('dense/kernel', normals(1000)),
      tensor('Adam/dense/kernel/m', normals(1000, 2)),
    ],
    type: 'optimizer',
    message: /^1 tensor of 4,000 bytes belongs to the optimizer: Adam\/dense\/kernel\/m\.$/,
    saves: [4000, 4000],
  },
  {
    what: 'double precision',
    tensors: () => [
      tensor(
        'w',
        Float64Array.from(normals(1000), (value) => value / 3),
      ),
    ],
    type: 'doublePrecision',
    message: /^1 tensor of 8,000 bytes is of double precision\.$/,
    saves: [4000, 4000],
  },
];

describe('explain', () => {
  for (const { what, tensors, type, message, saves } of cases) {
    it(`finds ${what}`, async (t) => {
      const { findings } = await explained(t, ...tensors());
      const finding = findings.find((each) => each.type === type);
      assert.ok(finding, JSON.stringify(findings));
      assert.match(finding.message, message);
      assert.match(finding.advice, /\.$/);
      assert.ok(finding.saves >= saves[0] && finding.saves <= saves[1], `saves ${finding.saves}`);
    });
  }

  const files: [file: string, type: Finding['type'], message: RegExp, saves: number][] = [
    [
      'legacy.h5',
      'optimizer',
      /^6 tensors of 232 bytes belong to the optimizer: optimizer_weights\/adam\/iteration, /,
      232,
    ],
    [
      'fakequant.onnx',
      'floatCopies',
      /^w is stored as float32, 96 bytes, and quantized each time the model runs/,
      72,
    ],
    [
      'checkpoint.pt',
      'optimizer',
      /^18 tensors of 392 bytes belong to the optimizer: optimizer\./,
      392,
    ],
    [
      'views.pt',
      'views',
      /^row and column show only a part of what was saved with them: .* and 1,040 bytes are in no tensor\.$/,
      1040,
    ],
  ];
  for (const [file, type, message, saves] of files) {
    it(`finds what ${file} shows`, async () => {
      const { findings } = await explain(join(models, file));
      const finding = findings.find((each) => each.type === type)!;
      assert.match(finding.message, message);
      assert.equal(finding.saves, saves);
    });
  }

  it('tells what HDF5 spends around the tensors of a Keras model, unless it was deflated', async () => {
    const found = async (file: string) =>
      (await explain(join(models, file))).findings.find(({ type }) => type === 'container');
    const own = (await found('legacy.h5'))!;
    assert.equal(
      own.message,
      'HDF5 spends 17,616 bytes on names, places, settings and free space around 8 tensors of 344.',
    );
    assert.match(own.advice, /^Save the model as \.keras, and deflate that archive /);
    assert.ok(own.saves > 15_000 && own.saves < 17_000, `saves ${own.saves}`);
    assert.match((await found('int8.keras'))!.advice, /^Deflate the archive /);
    assert.equal(await found('deflated.keras'), undefined);
    assert.match((await found('chunks.weights.h5'))!.message, /^HDF5 spends 19,754 bytes /);
  });

  it('says of a Keras model how its optimizer is left out', async () => {
    const { findings } = await explain(join(models, 'deflated.keras'));
    assert.deepEqual(
      findings.map(({ type, advice, saves }) => [type, advice, saves]),
      [
        [
          'optimizer',
          'Load the model with compile=False and save it again; keep this file to continue training.',
          // Of 232, what the archive deflated them to.
          18,
        ],
      ],
    );
    assert.match(findings[0].message, /^6 tensors of 232 bytes, packed into 18, belong to /);
  });

  it('looks at a tensor where an empty one is, too', async (t) => {
    const ones = new Float32Array(1000).fill(1);
    const { findings } = await explained(
      t,
      tensor('none', new Float32Array()),
      tensor('scale', ones),
    );
    assert.deepEqual(
      findings.map(({ type }) => type),
      ['constant'],
    );
  });

  it('finds nothing in a plain model, and in tensors that share their bytes', async (t) => {
    assert.deepEqual((await explained(t, tensor('w', normals(5000)))).findings, []);
    assert.deepEqual((await explain(join(models, 'tied.pt'))).findings, []);
  });

  async function onnxFindings(t: TestContext, ...fields: Uint8Array[]): Promise<Finding[]> {
    const folder = temporaryFolder(t, { 'a.onnx': Buffer.concat(fields) });
    return (await explain(join(folder, 'a.onnx'))).findings;
  }

  it('finds integers of ONNX written as varints, and none where they are few', async (t) => {
    const minusOne = Uint8Array.from([...Array<number>(9).fill(255), 1]);
    const tensor = (name: string, count: number): Uint8Array =>
      field(
        5,
        ...[Uint8Array.of(8), varint(count), Uint8Array.of(16, 3), field(8, name)],
        field(5, ...Array.from({ length: count }, (_, i) => (i % 2 ? minusOne : varint(i & 127)))),
      );
    const found = await onnxFindings(t, field(7, tensor('few', 40), tensor('w', 100)));
    assert.deepEqual(
      found.map(({ message, saves }) => [message, saves]),
      [
        [
          'w is int8 written as varints, ten bytes for each negative number: 550 bytes for values of 100.',
          450,
        ],
      ],
    );
  });

  it('finds what exporters write into ONNX for people to read, functions included', async (t) => {
    const trace = 'File "linear.py", line 117, in forward\n'.repeat(20);
    const entry = field(1, 'trace').length + field(2, trace).length;
    const node = field(
      1,
      field(4, 'Relu'),
      field(6, trace),
      field(9, field(1, 'trace'), field(2, trace)),
    );
    const called = field(7, field(4, 'Relu'), field(6, trace));
    const found = await onnxFindings(
      t,
      field(7, node, node, field(13, field(1, 'x'))),
      field(25, field(1, 'f'), called),
      field(14, field(1, 'names'), field(2, trace)),
    );
    const docs = 3 * field(6, trace).length;
    const metadata = 2 * (entry + 3);
    const settings = field(14, field(1, 'names'), field(2, trace)).length;
    assert.deepEqual(
      found.map(({ type, saves }) => [type, saves]),
      [
        ['remarks', docs + metadata],
        ['settings', settings],
      ],
    );
    assert.equal(
      found[0].message,
      `${formatCount(docs + metadata)} bytes are in no tensor and not needed to run the model: ${formatCount(docs)} of doc strings, ${formatCount(metadata)} of metadata of nodes.`,
    );
    assert.match(
      found[0].advice,
      /^Clear them before saving: doc_string of the model, .*, metadata/,
    );
    assert.match(found[1].message, /^The model's metadata_props “names” takes 7\d\d bytes\.$/);
  });

  it('finds zeros among the codes of TensorFlow.js, where zero is not code 0', async (t) => {
    const codes = Uint8Array.from({ length: 1000 }, (_, i) => (i % 5 ? 128 : i % 251));
    const folder = temporaryFolder(t, {
      'model.json': JSON.stringify({
        weightsManifest: [
          {
            paths: ['w.bin'],
            weights: [
              {
                name: 'w',
                dtype: 'float32',
                shape: [codes.length],
                quantization: { dtype: 'uint8', scale: 1 / 128, min: -1 },
              },
            ],
          },
        ],
      }),
      'w.bin': codes,
    });
    const { findings, entropyBytes } = await explain(join(folder, 'model.json'));
    assert.match(findings[0].message, /^80\d of 1,000 weights in w are zero/);
    assert.ok(entropyBytes! > 200 && entropyBytes! < 350, `${entropyBytes}`);
  });

  it('finds blocks of GGUF that are there twice, and leaves vectors of it float32', async (t) => {
    const weights = new Uint8Array(34 * 64).map((_, i) => (i * i * 7) >> 3);
    const norm = new Uint8Array(normals(1000).map(roundToHalf).buffer);
    const folder = temporaryFolder(t, {
      'a.gguf': ggufOf(
        { name: 'token_embd.weight', shape: [32, 64], type: 8, bytes: weights },
        { name: 'output.weight', shape: [32, 64], type: 8, bytes: weights },
        { name: 'norm.weight', shape: [1000], type: 0, bytes: norm },
        { name: 'matrix', shape: [500, 2], type: 0, bytes: norm.slice().reverse() },
        { name: 'half', shape: [500, 2], type: 0, bytes: norm.slice() },
      ),
    });
    const { findings } = await explain(join(folder, 'a.gguf'));
    assert.deepEqual(
      findings.map(({ type, tensors, saves }) => [type, saves, tensors]),
      [
        ['duplicates', weights.length, ['token_embd.weight', 'output.weight']],
        ['widened', 2000, ['half']],
      ],
    );
  });

  it('says of a large tensor that it was looked at in part', async (t) => {
    const large = normals(1 << 20).map(roundToHalf);
    const [{ message }] = (await explained(t, tensor('w', large))).findings;
    assert.match(message, /^Each value in w fits float16, as far as was looked at: /);
  });

  it('does not say how to store what need not be stored, nor ties constants', async (t) => {
    const kinds = async (...tensors: RawTensor[]) =>
      (await explained(t, ...tensors)).findings.map(({ type }) => type);
    const half = normals(1000).map((value, i) => (i % 2 ? 0 : value));
    assert.deepEqual(await kinds(tensor('optimizer.exp_avg', half)), ['optimizer']);
    const ones = new Float32Array(1000).fill(1);
    assert.ok(!(await kinds(tensor('scale', ones), tensor('var', ones))).includes('duplicates'));
  });

  it('looks into the shards of an index', async (t) => {
    const weights = { a: tensor('a', normals(5000)), b: tensor('b', normals(5000)) };
    const folder = temporaryFolder(t, {
      'model.safetensors.index.json': JSON.stringify({
        weight_map: { a: '1.safetensors', b: '2.safetensors' },
      }),
      '1.safetensors': writeSafetensors([weights.a]),
      '2.safetensors': writeSafetensors([weights.b]),
    });
    const { findings, beside } = await explain(join(folder, 'model.safetensors.index.json'));
    assert.deepEqual([findings.map(({ saves }) => saves), beside?.files], [[20_000], 2]);
  });

  it('puts the largest saving first', async (t) => {
    const { findings } = await explained(
      t,
      tensor(
        'small',
        normals(1000).map((value, i) => (i % 2 ? 0 : value)),
      ),
      tensor('a', normals(20_000)),
      tensor('b', normals(20_000)),
    );
    assert.deepEqual(
      findings.map(({ type }) => type),
      ['duplicates', 'zeros'],
    );
  });

  it('estimates what an entropy coder reaches', async (t) => {
    const values = normals(50_000).map((value) => Math.round(value * 4));
    const { entropyBytes, bytes } = await explained(t, tensor('w', values));
    const gzip = gzipSync(new Uint8Array(values.buffer)).length;
    assert.ok(entropyBytes! < gzip && entropyBytes! > gzip / 2, `${entropyBytes} ${gzip} ${bytes}`);
  });

  it('reads little of a large tensor', async (t) => {
    const folder = temporaryFolder(t, {
      'a.safetensors': writeSafetensors([tensor('w', new Float32Array(16 << 20).fill(1.5))]),
    });
    const before = process.memoryUsage().rss;
    const { findings, bytes } = await explain(join(folder, 'a.safetensors'));
    assert.equal(bytes, statSync(join(folder, 'a.safetensors')).size);
    assert.equal(findings[0].type, 'constant');
    assert.ok(process.memoryUsage().rss - before < 64e6);
  });
});
