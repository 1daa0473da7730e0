import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { explain } from '../../../src/core/formats/explain';
import { formats, inspect } from '../../../src/core/formats/formats';
import { withModelFile } from '../../../src/core/formats/modelFile';
import { readValues } from '../../../src/core/formats/values';
import { field, varint } from '../../fixtures/protobuf';
import { temporaryFolder } from '../../fixtures/temporaryFolder';

/** A number that is a field of its own. */
const number = (key: number, value: number): Uint8Array =>
  Buffer.concat([varint(key * 8), varint(value)]);

const [float32, int32] = [1, 6];

/** An initializer of one axis. */
const tensor = (type: number, count: number, ...values: Uint8Array[]): Uint8Array =>
  field(5, number(1, count), number(2, type), field(8, 'w'), ...values);

const pathOf = (t: TestContext, ...initializers: Uint8Array[]): string =>
  join(temporaryFolder(t, { 'a.onnx': field(7, ...initializers) }), 'a.onnx');

const valuesOf = (path: string): Promise<number[][]> =>
  withModelFile(path, async (file) =>
    Promise.all(
      (await formats.onnx.locate!(file)).map(async (each) => [...(await readValues(each))!]),
    ),
  );

describe('tensors of ONNX', () => {
  it('reads a single number that is a field of its own', async (t) => {
    assert.deepEqual(await valuesOf(pathOf(t, tensor(int32, 1, number(5, 300)))), [[300]]);
  });

  const damaged: [what: string, bytes: number[], message: RegExp][] = [
    ['too few varints', [1, 2], /tensor “w” stores 2 numbers instead of 3: the file is damaged\.$/],
    ['too many', [1, 2, 3, 4], /tensor “w” stores more than 3 numbers: the file is damaged\.$/],
    ['one without an end', [1, 2, 0x83], /tensor “w” has no end of its number 3 in 3 bytes: /],
    [
      'one of eleven bytes',
      [...Array<number>(10).fill(0x80), 1, 2, 3],
      /tensor “w” has no end of its number 1 in 13 bytes: /,
    ],
  ];
  for (const [what, bytes, message] of damaged) {
    it(`refuses ${what}`, async (t) => {
      const path = pathOf(t, tensor(int32, 3, field(5, Uint8Array.from(bytes))));
      await assert.rejects(valuesOf(path), { name: 'KolmoError', message });
    });
  }

  it('refuses values that are fewer than the shape asks for, as floats and beside the file', async (t) => {
    const short = tensor(float32, 3, field(4, new Uint8Array(8)));
    const message =
      /^a\.onnx: tensor “w” stores 8 bytes at offset \d+, its shape \[3\] of float32 asks for 12\.$/;
    await assert.rejects(inspect(pathOf(t, short)), { message });
    const entry = (key: string, value: string): Uint8Array =>
      field(13, field(1, key), field(2, value));
    const beside = tensor(float32, 3, entry('location', 'a.data'), entry('length', '8'));
    await assert.rejects(inspect(pathOf(t, beside)), { message });
  });

  it('explains tensors of one name in different graphs each by itself', async (t) => {
    const random = Uint8Array.from({ length: 300 }, (_, i) => (i * i * 37) % 127);
    const path = pathOf(
      t,
      tensor(int32, 300, field(5, random)),
      tensor(int32, 300, field(5, new Uint8Array(300).fill(5))),
    );
    const { findings } = await explain(path);
    assert.ok(findings.some(({ type }) => type === 'constant'));
  });

  it('takes tensors that share a place in a file beside it for one', async (t) => {
    const entry = (key: string, value: string): Uint8Array =>
      field(13, field(1, key), field(2, value));
    const shared = tensor(float32, 1000, entry('location', 'a.data'));
    const folder = temporaryFolder(t, {
      'a.onnx': field(7, shared, shared),
      'a.data': new Uint8Array(Float32Array.from({ length: 1000 }, (_, i) => Math.sqrt(i)).buffer),
    });
    assert.deepEqual((await explain(join(folder, 'a.onnx'))).findings, []);
  });
});
