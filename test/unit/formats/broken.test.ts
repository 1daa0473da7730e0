import assert from 'node:assert/strict';
import { readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { KolmoError } from '../../../src/core/error';
import { findFormat, formats, inspect } from '../../../src/core/formats/formats';
import type { ModelFile } from '../../../src/core/formats/modelFile';
import { sampleTensor } from '../../../src/core/formats/sample';
import { createRandom } from '../../../src/core/random';
import { temporaryFolder } from '../../fixtures/temporaryFolder';

const models = 'test/fixtures/models';
const read = (name: string): Buffer => readFileSync(join(models, name));

function safetensorsOf(header: unknown, data = 0): Buffer {
  const json = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  return Buffer.concat([length, json, Buffer.alloc(data)]);
}

function ggufOf(tensors: bigint, keys: bigint, rest = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(24);
  head.write('GGUF');
  head.writeUInt32LE(3, 4);
  head.writeBigUInt64LE(tensors, 8);
  head.writeBigUInt64LE(keys, 16);
  return Buffer.concat([head, rest]);
}

/** A graph with one initializer of the given fields. */
function onnxOf(...tensor: number[]): Buffer {
  return Buffer.from([0x3a, tensor.length + 2, 0x2a, tensor.length, ...tensor]);
}

/** A sample in which one text is another of the same length, where it is first. */
function changed(name: string, text: string, other: string): Buffer {
  const bytes = Buffer.from(read(name));
  const at = bytes.indexOf(text);
  assert.ok(at >= 0);
  bytes.write(other, at, 'latin1');
  return bytes;
}

function npyOf(header: string): Buffer {
  const head = Buffer.from([0x93, ...Buffer.from('NUMPY'), 1, 0, header.length, 0]);
  return Buffer.concat([head, Buffer.from(header)]);
}

const huge = 2 ** 60;
const broken: { what: string; name: string; bytes: Buffer | string; message: RegExp }[] = [
  {
    what: 'an empty file',
    name: 'a.safetensors',
    bytes: '',
    message: /^a\.safetensors is empty: it has 0 bytes\.$/,
  },
  {
    what: 'a file that is shorter than the length of a header',
    name: 'a.safetensors',
    bytes: '1234',
    message: /^a\.safetensors has 4 bytes: a safetensors file has at least 8\.$/,
  },
  {
    what: 'a pointer of Git LFS',
    name: 'a.pt',
    bytes: 'version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n',
    message:
      /^a\.pt is a pointer of Git LFS, not the model of 12,345 bytes that it stands for: "git lfs pull" fetches that\.$/,
  },
  {
    what: 'a web page that was saved as a model',
    name: 'a.onnx',
    bytes: '\n<!DOCTYPE html><title>404</title>',
    message: /^a\.onnx is a web page, not a model: /,
  },
  {
    what: 'GGUF in big-endian order',
    name: 'a.gguf',
    bytes: Buffer.from(`4747554600000003${'00'.repeat(16)}`, 'hex'),
    message: /^a\.gguf is GGUF with its bytes in big-endian order, which is not read\.$/,
  },
  {
    what: 'JSON of something else',
    name: 'package.json',
    bytes: '[1]',
    message: /^package\.json has no weightsManifest: /,
  },
  {
    what: 'a safetensors header longer than the file',
    name: 'a.safetensors',
    bytes: Buffer.from('ffffffffffffff7f7b7d', 'hex'),
    message:
      /^a\.safetensors claims a header of 9,223,372,036,854,776,000 bytes at offset 0, and 2 follow/,
  },
  {
    what: 'an index that is not JSON, and has no header',
    name: 'a.safetensors.index.json',
    bytes: 'shards',
    message: /^a\.safetensors\.index\.json is not JSON: /,
  },
  {
    what: 'a model of Keras that is no archive and no HDF5',
    name: 'a.keras',
    bytes: 'PK, and no more than words',
    message: /^a\.keras is no HDF5 file: expected 89 48 44 46 0d 0a 1a 0a at offset 0\.$/,
  },
  {
    what: 'a Keras archive that is cut',
    name: 'a.keras',
    bytes: read('int8.keras').subarray(0, 9000),
    message: /^a\.keras has no ZIP directory in its last 9,000 bytes: the file is cut/,
  },
  {
    what: 'an archive of something else by the name of a Keras model',
    name: 'a.keras',
    bytes: read('plain.npz'),
    message:
      /^a\.keras holds no model\.weights\.h5: expected an archive that model\.save of Keras 3/,
  },
  {
    what: 'weights in an archive that were damaged',
    name: 'a.keras',
    bytes: changed('int8.keras', 'SNOD', 'SNOW'),
    message:
      /^a\.keras\/model\.weights\.h5: expected SNOD at offset [\d,]+, found 53 4e 4f 57\. The file is damaged\.$/,
  },
  {
    what: 'HDF5 that is cut',
    name: 'a.h5',
    bytes: read('legacy.h5').subarray(0, 5000),
    message: /^a\.h5 has 5,000 bytes, and its first block says 17,960: the file is cut\.$/,
  },
  {
    what: 'HDF5 of something else',
    name: 'a.h5',
    bytes: read('plain.h5'),
    message:
      /^a\.h5 is an HDF5 file of 1 dataset, but not one of Keras: expected groups called vars, /,
  },
  {
    what: 'HDF5 of a version to come',
    name: 'a.weights',
    bytes: Buffer.from('894844460d0a1a0a0900000000080800', 'hex'),
    message:
      /^a\.weights is HDF5 with a first block of version 9, addresses of 0 and lengths of 0 bytes at offset 8: versions 0 to 3 /,
  },
  {
    what: 'HDF5 whose chunks are listed as they seldom are',
    name: 'a.h5',
    bytes: read('index.weights.h5'),
    message:
      /^a\.h5: tensor “vars\/0” lists its chunks in an index that is not read \(fixed array\): write the file without libver="latest"\.$/,
  },
  {
    what: 'an index of shards that is not JSON',
    name: 'a.weights.json',
    bytes: 'shards',
    message: /^a\.weights\.json is not JSON: /,
  },
  {
    what: 'an index of shards without any',
    name: 'a.weights.json',
    bytes: '{"weight_map": {"/layers/dense/vars": [3]}}',
    message: /^a\.weights\.json has no weight_map from layers to files: expected an index that /,
  },
  {
    what: 'a safetensors header that is not JSON',
    name: 'a.safetensors',
    bytes: safetensorsOf('{"w":'),
    message: /^a\.safetensors: the header at offset 8 is not JSON: /,
  },
  {
    what: 'a safetensors header that is no object',
    name: 'a.safetensors',
    bytes: safetensorsOf('[1]'),
    message:
      /^a\.safetensors: the header at offset 8 is not a JSON object from names to tensors\.$/,
  },
  {
    what: 'a tensor without a shape',
    name: 'a.safetensors',
    bytes: safetensorsOf({ w: { dtype: 'F32', data_offsets: [0, 4] } }, 4),
    message: /^a\.safetensors: tensor “w” lacks dtype, shape or two data_offsets in the header\.$/,
  },
  {
    what: 'a tensor beyond the end',
    name: 'a.safetensors',
    bytes: safetensorsOf({ w: { dtype: 'F32', shape: [2], data_offsets: [0, 8] } }, 4),
    message:
      /^a\.safetensors: tensor “w” claims bytes 0 to 8 of the 4 that follow the header: the file is cut or damaged\.$/,
  },
  {
    what: 'a tensor of the wrong size',
    name: 'a.safetensors',
    bytes: safetensorsOf({ w: { dtype: 'F32', shape: [2], data_offsets: [0, 4] } }, 4),
    message: /^a\.safetensors: tensor “w” stores 4 bytes, its shape \[2\] of F32 asks for 8\.$/,
  },
  {
    what: 'a shape of 2^60 by 2^60',
    name: 'a.safetensors',
    bytes: safetensorsOf({ w: { dtype: 'F32', shape: [huge, huge], data_offsets: [0, 4] } }, 4),
    message:
      /^a\.safetensors: tensor “w” claims the shape \[1152921504606847000, 1152921504606847000\], which no file can hold\./,
  },
  {
    what: 'an index without a map',
    name: 'a.safetensors.index.json',
    bytes: '{}',
    message:
      /^a\.safetensors\.index\.json has no weight_map from tensors to files: expected an index of safetensors shards\.$/,
  },
  {
    what: 'an index of no file',
    name: 'a.safetensors.index.json',
    bytes: '{"weight_map": {}}',
    message: /^a\.safetensors\.index\.json has no weight_map from tensors to files: /,
  },
  {
    what: 'a shard outside of the folder',
    name: 'a.safetensors.index.json',
    bytes: JSON.stringify({ weight_map: { w: '../../etc/passwd' } }),
    message:
      /^a\.safetensors\.index\.json names “\.\.\/\.\.\/etc\/passwd”, which is outside of its folder: it is not read\.$/,
  },
  {
    what: 'an ONNX file without a graph',
    name: 'a.onnx',
    bytes: Buffer.from([0x12, 1, 0x61]),
    message: /^a\.onnx holds no graph: expected an ONNX model, a protobuf message with field 7\.$/,
  },
  {
    what: 'text named ONNX',
    name: 'a.onnx',
    bytes: 'weights of a model\n',
    message: /^a\.onnx: /,
  },
  {
    what: 'an ONNX field longer than the file',
    name: 'a.onnx',
    bytes: Buffer.from([0x3a, 0xff, 0xff, 0xff, 0xff, 0x0f, 1, 2]),
    message: /^a\.onnx: the field at offset 0 claims 4,294,967,295 bytes, and 2 are left\./,
  },
  {
    what: 'an ONNX number without an end',
    name: 'a.onnx',
    bytes: Buffer.alloc(40, 0xff),
    message: /^a\.onnx holds a number of more than 10 bytes at offset 0/,
  },
  {
    what: 'an ONNX tensor of 2^60 values',
    name: 'a.onnx',
    bytes: onnxOf(8, 128, 128, 128, 128, 128, 128, 128, 128, 16, 16, 1),
    message:
      /^a\.onnx: tensor “tensor 0” claims the shape \[1152921504606847000\], which no file can hold\./,
  },
  {
    what: 'an ONNX tensor that lacks values',
    name: 'a.onnx',
    bytes: onnxOf(8, 2, 16, 1, 0x4a, 4, 0, 0, 0, 0),
    message:
      /^a\.onnx: tensor “tensor 0” stores 4 bytes at offset 10, its shape \[2\] of float32 asks for 8\.$/,
  },
  {
    what: 'GGUF of an unknown version',
    name: 'a.gguf',
    bytes: Buffer.concat([Buffer.from('GGUF\x09\0\0\0'), Buffer.alloc(16)]),
    message: /^a\.gguf is GGUF of version 9 \(offset 4\): versions 2 and 3 are read\.$/,
  },
  {
    what: 'GGUF that claims 2^50 tensors',
    name: 'a.gguf',
    bytes: ggufOf(1n << 50n, 0n),
    message: /^a\.gguf claims 1,125,899,906,842,624 tensors in 24 bytes: the header is damaged\.$/,
  },
  {
    what: 'GGUF that claims 2^60 keys',
    name: 'a.gguf',
    bytes: ggufOf(0n, 1n << 60n),
    message:
      /^a\.gguf holds the number 1152921504606846976 at offset 16, where a length or a count belongs/,
  },
  {
    what: 'a GGUF text beyond the end',
    name: 'a.gguf',
    bytes: ggufOf(0n, 1n, Buffer.from('ffffff0000000000aaaaaaaaaa', 'hex')),
    message: /^a\.gguf claims a text of 16,777,215 bytes at offset 32, beyond the end of the file/,
  },
  {
    what: 'GGUF that is cut',
    name: 'a.gguf',
    bytes: read('small.gguf').subarray(0, 700),
    message: /^a\.gguf lists tensors of 1,040 bytes, and \d+ follow the header: the file is cut\.$/,
  },
  {
    what: 'an archive without a directory',
    name: 'a.npz',
    bytes: read('plain.npz').subarray(0, 500),
    message:
      /^a\.npz has no ZIP directory in its last 500 bytes: the file is cut, or no archive\.$/,
  },
  {
    what: 'an archive without arrays',
    name: 'a.npz',
    bytes: Buffer.from(`504b0506${'00'.repeat(18)}`, 'hex'),
    message: /^a\.npz holds no \.npy member: expected an archive of arrays\.$/,
  },
  {
    what: 'a NumPy array without a shape',
    name: 'a.npy',
    bytes: npyOf("{'descr': '<f4', 'fortran_order': False}"),
    message:
      /^a\.npy: no plain dtype and shape in the header at offset 10, found “\{'descr': '<f4'/,
  },
  {
    what: 'a NumPy array that is cut',
    name: 'a.npy',
    bytes: read('array.npy').subarray(0, 150),
    message:
      /^a\.npy holds 22 bytes of values, its shape \[3, 4\] of float32 asks for 48\. The file is cut\.$/,
  },
  {
    what: 'a model.json that is not JSON',
    name: 'model.json',
    bytes: '{',
    message: /^model\.json is not JSON: /,
  },
  {
    what: 'a model.json of something else',
    name: 'model.json',
    bytes: '{"name": "x"}',
    message:
      /^model\.json has no weightsManifest: expected the model\.json of a TensorFlow\.js model\.$/,
  },
  {
    what: 'a manifest entry without a shape',
    name: 'model.json',
    bytes: JSON.stringify({ weightsManifest: [{ weights: [{ name: 'w' }] }] }),
    message: /^model\.json: a weight of the manifest lacks name, dtype or shape\.$/,
  },
  {
    what: 'a pickle that PyTorch did not write',
    name: 'a.pt',
    bytes: Buffer.from([0x80, 2, 0x8a, 10]),
    message: /^a\.pt is no file of torch\.save: .* It may be another pickle, which is not read\.$/,
  },
  {
    what: 'a PyTorch file of before 1.6 that was cut in its storages',
    name: 'a.pth',
    bytes: read('old.pth').subarray(0, -4),
    message: /^a\.pth has 938 bytes, and its storage \d+ reaches to 942: the file is cut\.$/,
  },
  {
    what: 'a PyTorch file of before 1.6 that was cut in its pickles',
    name: 'a.pth',
    bytes: read('old.pth').subarray(0, 300),
    message: /^a\.pth, offset \d+: .*The pickle is damaged, or uses what is not read\.$/,
  },
  {
    what: 'a ZIP that is no PyTorch model',
    name: 'a.pt',
    bytes: read('plain.npz'),
    message: /^a\.pt holds no data\.pkl: expected a model saved by torch\.save\.$/,
  },
  {
    what: 'an unknown format',
    name: 'a.xyz',
    bytes: 'what?',
    message: /^a\.xyz is of no known model format: expected one of \.kolmo, \.safetensors, /,
  },
];

function fileOf(name: string, bytes: Uint8Array): ModelFile {
  return {
    name,
    length: bytes.length,
    read: (offset, length) => Promise.resolve(bytes.slice(offset, Math.max(0, offset + length))),
    sibling: () => Promise.resolve(undefined),
    unpacking() {},
  };
}

async function inspectBytes(folder: string, name: string, bytes: Uint8Array | string) {
  writeFileSync(join(folder, name), bytes);
  return inspect(join(folder, name));
}

describe('broken model files', () => {
  for (const { what, name, bytes, message } of broken) {
    it(`says what is wrong with ${what}`, async (t) => {
      await assert.rejects(inspectBytes(temporaryFolder(t), name, bytes), {
        name: 'KolmoError',
        message,
      });
    });
  }

  it('says that external data are missing or cut', async (t) => {
    const folder = temporaryFolder(t, { 'external.onnx': read('external.onnx') });
    const path = join(folder, 'external.onnx');
    assert.ok(
      (await inspect(path)).notes.includes(
        'external.onnx.data is not there: the weights it should hold are missing.',
      ),
    );
    writeFileSync(join(folder, 'external.onnx.data'), new Uint8Array(95));
    await assert.rejects(inspect(path), {
      message:
        'external.onnx.data has 95 bytes, external.onnx refers to 96: the file is cut, or belongs to another model.',
    });
  });

  it('falls back to the directory where a pickle is not understood', async (t) => {
    const bytes = Buffer.from(read('tied.pt'));
    const pickle = bytes.indexOf(Buffer.from('ctorch._utils'));
    bytes[pickle] = 0xee;
    const { tensors, notes } = await inspectBytes(temporaryFolder(t), 'a.pt', bytes);
    assert.deepEqual(
      tensors.map(({ name, bytes: stored }) => [name, stored]),
      [['data/0', 40]],
    );
    assert.match(
      notes[0],
      /^Names and types are unknown: a\.pt\/tied\/data\.pkl, offset \d+: unknown opcode 0xee/,
    );
  });

  const samples = [
    'branches.onnx',
    'external.onnx',
    'small.safetensors',
    'layers.safetensors',
    'small.gguf',
    'blocks.gguf',
    'small.tflite',
    'quantized.tflite',
    'array.npy',
    'deflated.npz',
    'kinds.npz',
    'tied.pt',
    'int8.keras',
    'deflated.keras',
    'legacy.h5',
    'chunks.weights.h5',
    'latest.weights.h5',
    'filled.weights.h5',
  ];
  for (const sample of samples) {
    it(`reads or refuses ${sample} cut anywhere, and with any byte changed`, async () => {
      const original = read(sample);
      const random = createRandom(11);
      const survive = async (bytes: Uint8Array, what: string): Promise<void> => {
        try {
          const format = formats[findFormat(sample, bytes)];
          const file = fileOf(sample, bytes);
          await format.read(file);
          for (const tensor of (await format.locate?.(file)) ?? []) {
            await sampleTensor(tensor);
            await tensor.read?.(0, tensor.parameters);
          }
        } catch (error) {
          assert.ok(error instanceof KolmoError, `${what}: ${(error as Error).stack}`);
        }
      };
      for (let length = 0; length < original.length; length += 1 + (original.length >> 9)) {
        await survive(original.subarray(0, length), `cut to ${length}`);
      }
      for (let i = 0; i < 300; i++) {
        const changed = Buffer.from(original);
        for (let k = random.integer(3); k >= 0; k--) {
          changed[random.integer(changed.length)] = random.integer(256);
        }
        await survive(changed, `change ${i}`);
      }
    });
  }

  it('reads the header of a model of 100 GB without reading its weights', async (t) => {
    const weights = 100e9;
    const header = { w: { dtype: 'F32', shape: [weights / 4], data_offsets: [0, weights] } };
    const folder = temporaryFolder(t, { 'a.safetensors': safetensorsOf(header) });
    const path = join(folder, 'a.safetensors');
    truncateSync(path, safetensorsOf(header).length + weights);
    const before = process.memoryUsage().rss;
    assert.equal((await inspect(path)).parameters, 25e9);
    assert.ok(process.memoryUsage().rss - before < 64e6);
  });

  it('reads what HDF5 of 100 GB holds without reading all of it, and no header that long', async (t) => {
    const original = read('legacy.h5');
    const damaged = Buffer.from(original);
    // The length of the root's header.
    assert.equal(damaged.readUInt32LE(104), 24);
    damaged.writeUInt32LE(100 << 20, 104);
    const folder = temporaryFolder(t, { 'a.h5': original, 'b.h5': damaged });
    for (const name of ['a.h5', 'b.h5']) truncateSync(join(folder, name), 100e9);
    const before = process.memoryUsage().rss;
    assert.equal((await inspect(join(folder, 'a.h5'))).tensors.length, 8);
    await assert.rejects(inspect(join(folder, 'b.h5')), {
      message:
        'b.h5: the header at offset 112 goes on for 104,857,600 bytes at 112, where no header can. The file is damaged.',
    });
    assert.ok(process.memoryUsage().rss - before < 64e6);
  });
});
