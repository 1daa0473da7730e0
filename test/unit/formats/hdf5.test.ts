import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { findInKeras } from '../../../src/core/formats/explainKeras';
import { inspect, formats } from '../../../src/core/formats/formats';
import { openBytes } from '../../../src/core/formats/hdf5/bytes';
import { readHdf5 } from '../../../src/core/formats/hdf5/hdf5';
import { openChunks } from '../../../src/core/formats/hdf5/unpack';
import { keepLast } from '../../../src/core/formats/lastUnpacked';
import { openKeras } from '../../../src/core/formats/keras';
import type { ModelFile } from '../../../src/core/formats/modelFile';
import { readValues } from '../../../src/core/formats/values';
import { temporaryFolder } from '../../fixtures/temporaryFolder';

const models = 'test/fixtures/models';

function fileOf(bytes: Uint8Array): ModelFile {
  return {
    name: 'a.h5',
    length: bytes.length,
    read: async (offset, length) => bytes.slice(offset, Math.max(0, offset + length)),
    sibling: async () => undefined,
    unpacking() {},
  };
}

const u = (width: number, ...values: number[]): number[] =>
  values.flatMap((value) =>
    Array.from({ length: width }, (_, i) => Math.floor(value / 256 ** i) % 256),
  );
const padded = (bytes: number[]): number[] => [
  ...bytes,
  ...Array<number>(-bytes.length & 7).fill(0),
];
const latin = (text: string): number[] => [...Buffer.from(text, 'latin1')];

interface Message {
  type: number;
  flags?: number;
  data: number[];
}

/** A header of version 1. */
const header = (messages: Message[]): number[] => {
  const body = messages.flatMap(({ type, flags = 0, data }) => {
    const bytes = padded(data);
    return [...u(2, type, bytes.length), flags, 0, 0, 0, ...bytes];
  });
  return [1, 0, ...u(2, messages.length), ...u(4, 1, body.length, 0), ...body];
};

/** Where what is beside the header begins. */
const besideAt = 1024;

/** A file whose root is the dataset of these messages, and what is beside it from 1,024 on. */
function hdf5Of(messages: Message[], ...beside: number[]): ModelFile {
  const root = 48;
  const length = besideAt + beside.length;
  const bytes = new Uint8Array(length);
  const start = [0x89, ...latin('HDF\r\n\x1a\n'), 2, 8, 8, 0, ...u(8, 0, 0, length, root)];
  bytes.set(start);
  bytes.set(header(messages), root);
  bytes.set(beside, besideAt);
  return fileOf(bytes);
}

const shapeOf = (...sides: number[]): Message => ({
  type: 1,
  data: [1, sides.length, ...Array<number>(6).fill(0), ...u(8, ...sides)],
});
const bytesType: Message = { type: 3, data: [0x10, 0, 0, 0, ...u(4, 1), ...u(2, 0, 8)] };
const contiguous = (address: number, bytes: number): Message => ({
  type: 8,
  data: [3, 1, ...u(8, address, bytes)],
});
const gzip: Message = { type: 11, data: [2, 1, ...u(2, 1, 0, 1), ...u(4, 9)] };

/** A text attribute `note` of version 1, of a type with these first two bytes. */
const attribute = (type: number[], size: number, data: number[]): Message => ({
  type: 12,
  data: [
    ...[1, 0, ...u(2, 5, 8, 8)],
    ...[...padded(latin('note\0')), ...type, 0, 0, ...u(4, size)],
    ...[1, 0, 0, 0, 0, 0, 0, 0, ...data],
  ],
});

describe('HDF5', () => {
  it('fills up what no chunk holds, and verifies the checksums of those that do', async (t) => {
    const bytes = readFileSync(join(models, 'filled.weights.h5'));
    const [some, odd] = await formats.keras.locate!(fileOf(bytes));
    const sevens = Array.from({ length: 12 }, (_, i) => (i % 7) - 3);
    assert.deepEqual([...(await readValues(some))!], [...sevens, ...Array<number>(18).fill(1.5)]);
    assert.deepEqual([...(await readValues(odd))!], [3, -3, 7]);
    const at = bytes.indexOf(Buffer.from([3, 0xfd, 7]));
    const damaged = Buffer.from(bytes);
    damaged[at] ^= 1;
    const path = join(temporaryFolder(t, { 'a.h5': damaged }), 'a.h5');
    assert.equal((await inspect(path)).tensors.length, 2);
    const located = await formats.keras.locate!(fileOf(damaged));
    await assert.rejects(readValues(located[1]), {
      name: 'KolmoError',
      message:
        /has a chunk of 7 bytes at offset [\d,]+ that cannot be unpacked: its checksum does not fit\. The file is damaged\.$/,
    });
  });

  it('says that the value to fill up with is of another type', async () => {
    const chunked = [3, 2, 2, ...u(8, besideAt), ...u(4, 2, 1)];
    const fill = [2, 2, 2, 1, ...u(4, 3), 1, 2, 3];
    const tree = [...latin('TREE'), 1, 0, ...u(2, 0), ...u(8, 2 ** 52, 2 ** 52)];
    const messages = [shapeOf(2), bytesType, { type: 5, data: fill }, { type: 8, data: chunked }];
    const { file, datasets } = await readHdf5(hdf5Of(messages, ...tree));
    await assert.rejects(openChunks(file, datasets[0], keepLast()).read(0, 2), {
      message: /has values of 1 bytes, and fills up with one of 3\. The file is damaged\.$/,
    });
  });

  it('follows a shared type of version 1, whose address a name comes before', async () => {
    const at = besideAt + 8;
    const shared = { type: 3, flags: 2, data: [1, 0, ...u(6, 0), ...u(8, 99, at)] };
    const file = hdf5Of(
      [shapeOf(8), shared, contiguous(besideAt, 8)],
      ...[...u(8, 7), ...header([bytesType])],
    );
    const { datasets } = await readHdf5(file);
    assert.deepEqual([datasets[0].dtype, datasets[0].offset], ['uint8', besideAt]);
  });

  it('reads chunks at the edge that went through no filter', async () => {
    const one = [4, 2, 3, 2, 1, 4, 1, 1, ...u(8, 4), ...u(4, 0), ...u(8, besideAt)];
    const file = hdf5Of([shapeOf(3), bytesType, gzip, { type: 8, data: one }], 7, 8, 9, 0);
    const { datasets } = await readHdf5(file);
    const values = await openChunks(file, datasets[0], keepLast()).read(0, 3);
    assert.deepEqual([...values], [7, 8, 9]);
  });

  it('refuses more chunks than the shape has place for', async () => {
    const leaf = (first: number): number[] => [...u(4, 2, 0), ...u(8, first, 0, 900)];
    const tree = [
      ...[...latin('TREE'), 1, 0, ...u(2, 2), ...u(8, 2 ** 52, 2 ** 52)],
      ...[...leaf(0), ...leaf(0)],
    ];
    const chunked = [3, 2, 2, ...u(8, besideAt), ...u(4, 2, 1)];
    const file = hdf5Of([shapeOf(2), bytesType, { type: 8, data: chunked }], ...tree);
    await assert.rejects(readHdf5(file), {
      message: /lists 2 chunks, and its shape \[2\] has place for 1\. The file is damaged\.$/,
    });
  });

  it('reads no chunk that is far longer than its values', async () => {
    let longest = 0;
    const file = fileOf(new Uint8Array(8));
    const read: ModelFile['read'] = async (offset, length) => {
      longest = Math.max(longest, length);
      return file.read(offset, length);
    };
    const chunk = { address: 0, bytes: 2 ** 31, spared: 0, origin: [0] };
    const values = { name: 'w', size: 1, fill: new Uint8Array(), shape: [8], chunkShape: [8] };
    const opened = openChunks(
      { ...file, read },
      { ...values, filters: ['gzip'], chunks: [chunk] },
      keepLast(),
    );
    await assert.rejects(opened.read(0, 8), {
      message: /has a chunk of 2,147,483,648 bytes at offset 0 that is to hold 8\. /,
    });
    assert.equal(longest, 0);
  });

  it('does not read what is around tensors where that is much, though their places overlap', async () => {
    const leaf = (first: number): number[] => [...u(4, 1e8, 0), ...u(8, first, 0, besideAt)];
    const tree = [
      ...[...latin('TREE'), 1, 0, ...u(2, 2), ...u(8, 2 ** 52, 2 ** 52)],
      ...[...leaf(0), ...leaf(1)],
    ];
    const link = { type: 6, data: [1, 0, 4, ...latin('vars'), ...u(8, besideAt + tree.length)] };
    const chunked = [3, 2, 2, ...u(8, besideAt), ...u(4, 1, 1)];
    const dataset = header([shapeOf(2), bytesType, { type: 8, data: chunked }]);
    const file = hdf5Of([link], ...tree, ...dataset);
    let longest = 0;
    const sparse: ModelFile = {
      ...file,
      length: 2e8,
      async read(offset, length) {
        longest = Math.max(longest, length);
        const bytes = new Uint8Array(Math.min(length, 2e8 - offset));
        bytes.set(await file.read(offset, length));
        return bytes;
      },
    };
    assert.equal((await openKeras(sparse)).stores[0].hdf5.datasets[0].stored, 2e8);
    assert.deepEqual(await findInKeras(sparse), []);
    assert.ok(longest <= 1 << 16, `read ${longest} bytes at once`);
  });

  it('counts of a fixed text what is no padding', async () => {
    const text = attribute([0x13, 0], 5, latin('abcdexyz'));
    const messages = [shapeOf(1), bytesType, contiguous(besideAt, 1), text];
    const { datasets } = await readHdf5(hdf5Of(messages, 0));
    assert.deepEqual(datasets[0].attributes.get('note'), { bytes: 5, text: 'abcde' });
  });

  it('says that the text of an attribute is not in its collection', async () => {
    const text = attribute([0x19, 1], 16, [...u(4, 5), ...u(8, besideAt), ...u(4, 3)]);
    const collection = [...latin('GCOL'), 1, 0, 0, 0, ...u(8, 48), ...u(8, 0, 0, 0, 0)];
    const messages = [shapeOf(1), bytesType, contiguous(besideAt, 1), text];
    await assert.rejects(readHdf5(hdf5Of(messages, ...collection)), {
      message:
        'a.h5: no object 3 in the collection at offset 1,024, where an attribute has its text. The file is damaged.',
    });
  });

  it('refuses addresses and lengths that are not of 8 bytes', async () => {
    const file = hdf5Of([shapeOf(1), bytesType, contiguous(besideAt, 1)], 0);
    const bytes = await file.read(0, file.length);
    bytes[9] = 4;
    await assert.rejects(readHdf5(fileOf(bytes)), {
      message:
        'a.h5 is HDF5 with a first block of version 2, addresses of 4 and lengths of 8 bytes at offset 8: versions 0 to 3 with 8 and 8 bytes are read.',
    });
  });

  it('never goes back to a field before', async () => {
    const bytes = openBytes(fileOf(new Uint8Array(16)));
    const fields = await bytes.block(0, 16);
    fields.skip(8);
    assert.throws(() => fields.skip(-4), { name: 'KolmoError' });
  });

  it('takes no type by its name that is of another length', async (t) => {
    const bytes = readFileSync(join(models, 'chunks.weights.h5'));
    bytes.write('float32\0', bytes.indexOf('bfloat16'));
    const { tensors } = await inspect(join(temporaryFolder(t, { 'a.h5': bytes }), 'a.h5'));
    assert.equal(tensors[5].dtype, 'void16');
  });
});
