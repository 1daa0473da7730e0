import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { extensions, findFormat, formats, inspect } from '../../../src/core/formats/formats';
import { bitsOf, type FormatName } from '../../../src/core/formats/format';
import { withModelFile } from '../../../src/core/formats/modelFile';
import { temporaryFolder } from '../../fixtures/temporaryFolder';

/** Made by the field's own libraries: see make.py beside them. */
const models = 'test/fixtures/models';

const weights = 'w float32 6x4 96';
const expectations: { file: string; format: FormatName; tensors: string[]; notes?: string[] }[] = [
  {
    file: 'dense.onnx',
    format: 'onnx',
    tensors: [weights],
    notes: ['Made by make.py.', 'Operator sets: ai.onnx 17.', '1 node.'],
  },
  { file: 'constant.onnx', format: 'onnx', tensors: [weights] },
  {
    file: 'external.onnx',
    format: 'onnx',
    tensors: [weights],
    notes: [
      'Made by make.py.',
      'Operator sets: ai.onnx 17.',
      '1 node.',
      'Weights in external.onnx.data: 96 bytes.',
    ],
  },
  {
    file: 'branches.onnx',
    format: 'onnx',
    tensors: ['b float32 3 12', 'inner float32 2 8', 'c bool  1'],
  },
  // Twelve of the 24 values are negative: ten bytes each as a varint.
  { file: 'int32data.onnx', format: 'onnx', tensors: ['w int8 6x4 132'] },
  {
    file: 'small.safetensors',
    format: 'safetensors',
    tensors: ['count i64  8', 'w f32 6x4 96', 'half f16 3x5 30'],
    notes: ['Header: 216 bytes.', 'format: np'],
  },
  {
    file: 'small.gguf',
    format: 'gguf',
    tensors: ['token_embd.weight f32 3x64 768', 'blk.0.w q8_0 4x64 272'],
    notes: [
      'GGUF version 3.',
      'general.architecture: llama',
      'general.name: small',
      'llama.block_count: 1',
    ],
  },
  { file: 'array.npy', format: 'npy', tensors: ['array float32 3x4 48'] },
  {
    file: 'plain.npz',
    format: 'npz',
    tensors: ['w float32 6x4 224', 'b float64  136', 'flags bool 2 130'],
  },
  {
    file: 'deflated.npz',
    format: 'npz',
    tensors: ['w float32 100x30 112', 'i int8 4 73'],
    notes: ['2 of 2 arrays are deflated.'],
  },
  {
    file: 'kinds.npz',
    format: 'npz',
    tensors: [
      'text U2 2 144',
      'bytes S3 1 131',
      'day datetime64[D] 1 136',
      'objects object 2 281',
      'record record 2 168',
      'big float32 2x3 152',
      'columns float32 2x3 152',
    ],
    notes: ['objects: Python objects, a pickle that is neither read nor run.'],
  },
  {
    file: 'small.tflite',
    format: 'tflite',
    tensors: [weights, 'bias int8 4 4'],
    notes: ['Schema version 3.', 'made by make.py'],
  },
  // Three of the 24 values are zero and not stored.
  { file: 'sparse.tflite', format: 'tflite', tensors: ['w float32 6x4 84', 'bias int8 4 4'] },
  {
    file: 'module.pt',
    format: 'pytorch',
    tensors: [
      '0.weight float16 4x6 48',
      '0.bias float16 4 8',
      '2.weight float16 4 8',
      '2.bias float16 4 8',
      '2.running_mean float16 4 8',
      '2.running_var float16 4 8',
      '2.num_batches_tracked int64  8',
      '3.weight float16 2x4 16',
      '3.bias float16 2 4',
    ],
  },
  {
    file: 'tied.pt',
    format: 'pytorch',
    tensors: ['embed float32 5x2 40', 'head float32 5x2 0'],
    notes: ['1 tensor shares the storage of another.'],
  },
  {
    file: 'old.pth',
    format: 'pytorch',
    tensors: [
      '0.weight float32 4x6 96',
      '0.bias float32 4 16',
      '2.weight float32 2x4 32',
      '2.bias float32 2 8',
    ],
    notes: [],
  },
  {
    file: 'views.pt',
    format: 'pytorch',
    tensors: ['row float32 10 40', 'column float32 30 120', 'q float32 2x4 32', 'k float32 4x4 64'],
    notes: [
      '2 tensors share the storage of another.',
      '1,040 bytes of storages are in the file, and no tensor shows them: a view is saved with all that it is a view of.',
    ],
  },
  {
    file: 'kinds.pt',
    format: 'pytorch',
    tensors: [
      'eight float8_e4m3fn 4x6 24',
      'four float4_e2m1fn_x2 24 12',
      'word uint16 3 6',
      'complex complex64 3 24',
      'buffer float32 2 8',
      'channels int8 4x6 24',
      'channels.scales float64 4 32',
      'channels.zero_points int64 4 32',
      'coo.indices int64 2x4 64',
      'coo.values float32 4 16',
      'csr.crow_indices int64 5 40',
      'csr.col_indices int64 4 32',
      'csr.values float32 4 16',
    ],
  },
  {
    file: 'packed.pt',
    format: 'pytorch',
    tensors: [
      '0._packed_params._packed_params.0 int8 4x6 24',
      '0._packed_params._packed_params.1 float32 4 16',
      '2._packed_params._packed_params.0 int8 2x4 8',
      '2._packed_params._packed_params.1 float32 2 8',
    ],
  },
  {
    file: 'int8.keras',
    format: 'keras',
    tensors: [
      'layers/dense/vars/0 bfloat16 8x4 64',
      'layers/dense/vars/1 bfloat16 4 8',
      'layers/dense_1/vars/0 int8 4x2 8',
      'layers/dense_1/vars/1 float32 2 8',
      'layers/dense_1/vars/2 float32 2 8',
    ],
    notes: [
      'Keras 3.15.1, Sequential.',
      'config.json: 2,480 bytes.',
      'metadata.json: 64 bytes.',
      'Names, places and free space of HDF5: 12,736 bytes.',
      'Directory of the archive: 330 bytes.',
    ],
  },
  {
    file: 'deflated.keras',
    format: 'keras',
    tensors: [
      'layers/dense/vars/0 float32 6x4 96',
      'layers/dense/vars/1 float32 4 16',
      'optimizer/vars/0 int32  4',
      'optimizer/vars/1 float32  4',
      'optimizer/vars/2 float32 6x4 96',
      'optimizer/vars/3 float32 6x4 96',
      'optimizer/vars/4 float32 4 16',
      'optimizer/vars/5 float32 4 16',
    ],
    notes: [
      'Keras 3.15.1, Sequential.',
      'config.json: 466 bytes.',
      'metadata.json: 64 bytes.',
      'Names, places and free space of HDF5: 13,552 bytes.',
      'model.weights.h5 is deflated from 13,896 to 1,211 bytes: those of tensors are the bytes before.',
      'Directory of the archive: 330 bytes.',
    ],
  },
  {
    file: 'legacy.h5',
    format: 'keras',
    tensors: [
      'model_weights/dense/sequential/dense/bias float32 4 16',
      'model_weights/dense/sequential/dense/kernel float32 6x4 96',
      'optimizer_weights/adam/iteration int32  4',
      'optimizer_weights/adam/learning_rate float32  4',
      'optimizer_weights/adam/sequential_dense_bias_momentum float32 4 16',
      'optimizer_weights/adam/sequential_dense_bias_velocity float32 4 16',
      'optimizer_weights/adam/sequential_dense_kernel_momentum float32 6x4 96',
      'optimizer_weights/adam/sequential_dense_kernel_velocity float32 6x4 96',
    ],
    notes: [
      'Keras 3.15.1, Sequential.',
      'model_config: 1,076 bytes.',
      'training_config: 551 bytes.',
      'Names, places and free space of HDF5: 15,989 bytes.',
    ],
  },
  // The same in symbol tables and trees of version 1, and in heaps and trees of version 2.
  ...['chunks.weights.h5', 'latest.weights.h5'].map((file) => ({
    file,
    format: 'keras' as const,
    tensors: [
      'layers/dense/vars/0 float32 64x28 86',
      'layers/dense/vars/1 float32 10 40',
      'layers/dense/vars/2 float64 5x2 0',
      'layers/dense/vars/3 bool 2 2',
      'layers/dense/vars/4 complex64 3 24',
      'layers/dense/vars/5 bfloat16 3 6',
      ...Array.from({ length: 8 }, (_, i) => `layers/dense/vars/${i + 6} int8  1`),
    ],
  })),
];

describe('inspect', () => {
  for (const { file, format, tensors, notes } of expectations) {
    it(`reads the header of ${file}`, async () => {
      const summary = await inspect(join(models, file));
      assert.equal(summary.format, format);
      assert.deepEqual(
        summary.tensors.map(({ name, dtype, shape, bytes }) =>
          [name, dtype, shape.join('x'), bytes].join(' '),
        ),
        tensors,
      );
      assert.equal(
        summary.parameters,
        summary.tensors.reduce(
          (sum, { shape }) => sum + shape.reduce((product, side) => product * side, 1),
          0,
        ),
      );
      if (notes) assert.deepEqual(summary.notes, notes);
    });
  }

  it('names the slots of an optimizer in a checkpoint', async () => {
    const { tensors } = await inspect(join(models, 'checkpoint.pt'));
    const slots = tensors.filter(({ name }) => name.startsWith('optimizer.state.'));
    assert.equal(slots.length, 18);
    assert.ok(tensors.some(({ name }) => name === 'model.3.weight'));
  });

  it('reads a TensorFlow.js model and measures the shards beside it', async (t) => {
    const folder = temporaryFolder(t, {
      'model.json': JSON.stringify({
        format: 'layers-model',
        generatedBy: 'keras v2.4.0',
        weightsManifest: [
          {
            paths: ['group1-shard1of1.bin'],
            weights: [
              { name: 'dense/kernel', dtype: 'float32', shape: [6, 4] },
              {
                name: 'dense/bias',
                dtype: 'float32',
                shape: [4],
                quantization: { dtype: 'uint8', scale: 0.1, min: -1 },
              },
            ],
          },
        ],
      }),
      'group1-shard1of1.bin': new Uint8Array(100),
    });
    const summary = await inspect(join(folder, 'model.json'));
    assert.deepEqual(
      summary.tensors.map(({ name, dtype, bytes }) => [name, dtype, bytes]),
      [
        ['dense/kernel', 'float32', 96],
        ['dense/bias', 'uint8', 4],
      ],
    );
    assert.deepEqual(summary.beside, { files: 1, bytes: 100 });
    assert.deepEqual(summary.notes, [
      'format: layers-model',
      'generatedBy: keras v2.4.0',
      'Weights in group1-shard1of1.bin: 100 bytes.',
    ]);
  });

  it('reads a weights manifest alone, and a TensorFlow.js model of any name', async (t) => {
    const weightsManifest = [
      { paths: ['a.bin'], weights: [{ name: 'w', dtype: 'float32', shape: [3] }] },
    ];
    const folder = temporaryFolder(t, {
      'tiny-weights_manifest.json': JSON.stringify(weightsManifest),
      'blaze.json': JSON.stringify({ modelTopology: {}, weightsManifest }),
      'a.bin': new Uint8Array(12),
    });
    for (const name of ['tiny-weights_manifest.json', 'blaze.json']) {
      const { format, tensors, notes } = await inspect(join(folder, name));
      assert.equal(format, 'tfjs');
      assert.deepEqual(tensors, [
        { name: 'w', dtype: 'float32', shape: [3], parameters: 3, bytes: 12 },
      ]);
      assert.deepEqual(notes, ['Weights in a.bin: 12 bytes.']);
    }
  });

  it('counts the bytes of new types of GGUF, and names those that it does not know', async (t) => {
    const tensor = (name: string, type: number): Buffer => {
      const bytes = Buffer.alloc(8 + name.length + 4 + 8 + 4 + 8);
      bytes.writeBigUInt64LE(BigInt(name.length));
      bytes.write(name, 8);
      bytes.writeUInt32LE(1, 8 + name.length);
      bytes.writeBigUInt64LE(256n, 12 + name.length);
      bytes.writeUInt32LE(type, 20 + name.length);
      return bytes;
    };
    const head = Buffer.alloc(24);
    head.write('GGUF');
    head.writeUInt32LE(3, 4);
    head.writeBigUInt64LE(3n, 8);
    const tensors = [tensor('a', 40), tensor('b', 41), tensor('c', 999)];
    const bytes = Buffer.concat([head, ...tensors, Buffer.alloc(200)]);
    const summary = await inspect(join(temporaryFolder(t, { 'a.gguf': bytes }), 'a.gguf'));
    assert.deepEqual(
      summary.tensors.map(({ dtype, bytes }) => [dtype, bytes]),
      [
        ['nvfp4', 144],
        ['q1_0', 36],
        ['type 999', 0],
      ],
    );
    assert.deepEqual(summary.notes, [
      'GGUF version 3.',
      '1 tensor of a type that is not known counts as 0 bytes.',
    ]);
  });

  it('adds the shards of a safetensors index and says which are missing', async (t) => {
    const folder = temporaryFolder(t, {
      'model.safetensors.index.json': JSON.stringify({
        weight_map: { w: 'a.safetensors', half: 'a.safetensors', far: 'b.safetensors' },
      }),
      'a.safetensors': readFileSync(join(models, 'small.safetensors')),
    });
    const summary = await inspect(join(folder, 'model.safetensors.index.json'));
    assert.equal(summary.parameters, 40);
    assert.deepEqual(summary.beside, { files: 1, bytes: 350 });
    assert.deepEqual(summary.notes, [
      'a.safetensors: 350 bytes.',
      'b.safetensors is not there: its tensors are not counted.',
    ]);
  });

  it('accounts for every byte of a Keras model', async () => {
    for (const file of ['int8.keras', 'legacy.h5', 'chunks.weights.h5', 'latest.weights.h5']) {
      const { bytes, tensors, notes } = await inspect(join(models, file));
      const others = notes.flatMap((note) => /: ([\d,]+) bytes\.$/.exec(note)?.[1] ?? []);
      const counted = [
        ...tensors.map((tensor) => tensor.bytes),
        ...others.map((count) => Number(count.replaceAll(',', ''))),
      ];
      assert.equal(
        counted.reduce((sum, count) => sum + count),
        bytes,
        file,
      );
    }
  });

  it('adds the shards of an index of Keras and says which are missing', async (t) => {
    const folder = temporaryFolder(t, {
      'a.weights.json': JSON.stringify({
        weight_map: {
          '/layers/dense/vars': ['a_0.weights.h5'],
          '/layers/dense_1/vars': ['a_0.weights.h5', 'a_1.weights.h5'],
        },
      }),
      'a_0.weights.h5': readFileSync(join(models, 'latest.weights.h5')),
    });
    const { tensors, beside, notes } = await inspect(join(folder, 'a.weights.json'));
    assert.equal(tensors.length, 14);
    assert.deepEqual(beside, { files: 1, bytes: 15_942 });
    assert.deepEqual(notes, [
      'a_0.weights.h5: 15,942 bytes.',
      'a_1.weights.h5 is not there: its tensors are not counted.',
      'Names, places and free space of HDF5: 15,776 bytes.',
      '1 of 14 tensors are packed (shuffle, gzip).',
    ]);
  });

  for (const file of ['chunks.weights.h5', 'latest.weights.h5']) {
    it(`reads the values of ${file} out of chunks, shuffled and deflated`, async () => {
      const values = await withModelFile(join(models, file), async (opened) => {
        const located = await formats.keras.locate!(opened);
        return Promise.all(
          located.map(async (tensor) => {
            const bytes = Buffer.from(await tensor.file.read(tensor.offset, tensor.bytes));
            return [tensor.name.slice('layers/dense/vars/'.length), tensor.packed, bytes] as const;
          }),
        );
      });
      // What was never written has no values.
      assert.deepEqual(
        values.map(([name]) => Number(name)),
        [0, 1, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13],
      );
      const sevens = (count: number): Buffer =>
        Buffer.from(Float32Array.from({ length: count }, (_, i) => (i % 7) - 3).buffer);
      assert.deepEqual(values[0].slice(1), [86, sevens(64 * 28)]);
      assert.deepEqual(values[1].slice(1), [undefined, sevens(10)]);
      assert.deepEqual(
        values.slice(2, 6).map(([, , bytes]) => bytes.toString('hex')),
        ['0100', '0000803f00000000'.repeat(3), '00'.repeat(6), '06'],
      );
    });
  }

  it('says which filters it cannot undo', async (t) => {
    const bytes = readFileSync(join(models, 'chunks.weights.h5'));
    // The pipeline: shuffle with one number, then deflate, whose number becomes that of lzf.
    const deflate = bytes.indexOf(Buffer.from('0100080001000100', 'hex'));
    assert.ok(deflate > 0);
    bytes.writeUInt16LE(32000, deflate);
    const path = join(temporaryFolder(t, { 'a.h5': bytes }), 'a.h5');
    assert.deepEqual((await inspect(path)).notes.slice(1), [
      '1 of 14 tensors are packed (shuffle, lzf).',
      '1 tensor went through filters that are not undone.',
    ]);
    const located = await withModelFile(path, (file) => formats.keras.locate!(file));
    assert.equal(located.length, 12);
  });

  it('finds HDF5 behind what a program keeps before it', async (t) => {
    const bytes = Buffer.concat([new Uint8Array(1024), readFileSync(join(models, 'legacy.h5'))]);
    const { tensors } = await inspect(join(temporaryFolder(t, { 'a.h5': bytes }), 'a.h5'));
    assert.deepEqual(tensors, (await inspect(join(models, 'legacy.h5'))).tensors);
  });

  it('tells formats by their first bytes before their names', () => {
    assert.equal(findFormat('weights.bin', Buffer.from('GGUF\x03\0\0\0')), 'gguf');
    assert.equal(findFormat('model.ONNX', new Uint8Array(8)), 'onnx');
    const renamed = ['small.safetensors', 'state.pt', 'old.pth', 'packed.pt'].map((name) =>
      findFormat('weights.bin', readFileSync(join(models, name))),
    );
    assert.deepEqual(renamed, ['safetensors', 'pytorch', 'pytorch', 'pytorch']);
    for (const name of ['int8.keras', 'legacy.h5']) {
      assert.equal(findFormat('weights.bin', readFileSync(join(models, name))), 'keras');
    }
    assert.ok(extensions().includes('.safetensors'));
  });
});

describe('bitsOf', () => {
  it('knows the types of every format, and no other word', () => {
    const types = ['half', 'bool', 'f32', 'bfloat16', 'float8e4m3fn', 'constructor', 'string'];
    assert.deepEqual(types.map(bitsOf), [16, 8, 32, 16, 8, 0, 0]);
  });
});
