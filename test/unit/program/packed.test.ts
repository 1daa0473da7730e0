import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { constants, deflateRawSync, gzipSync } from 'node:zlib';
import pako from 'pako';
import { blockTypes, inflate } from '../../../src/core/program/packed/inflated';
import { unpack } from '../../../src/core/program/packed/packed';
import { repackSource } from '../../../src/core/program/packed/repack';
import { deflate } from '../../../src/core/program/generate/deflate';
import { createRandom } from '../../../src/core/random';
import { finished } from '../../fixtures/finished';

/** Rows that repeat one another from far and near, and are more than a window and a block hold. */
const rows = (count: number): Uint8Array => {
  const random = createRandom(6);
  const names = Array.from({ length: 300 }, () => random.integer(1e9).toString(36));
  const lines = Array.from({ length: count }, (_, k) =>
    [k, names[random.integer(300)], random.integer(1000) / 8, names[random.integer(9)]].join(),
  );
  return Uint8Array.from(Buffer.from(lines.join('\n')));
};
const table = rows(8000);

const unpacked = (file: Uint8Array) => finished(unpack(file));
const packedAgain = ({ content, pack }: { content: Uint8Array; pack: string }): Uint8Array =>
  (new Function(`return ${pack}`)() as (content: Uint8Array) => Uint8Array)(content);

describe('a file in gzip', () => {
  const levels = [1, 2, 3, 4, 5, 6, 7, 8, 9] as const;
  for (const level of levels) {
    it(`is packed again as zlib does at level ${level}`, async () => {
      for (const memLevel of [8, 9] as const) {
        const file = pako.gzip(table, { level, memLevel });
        const found = (await unpacked(file))!;
        assert.deepEqual(found.content, table);
        // The last levels hardly differ.
        const names = level === 8 ? '[89]' : `${level}`;
        assert.match(found.sentence, new RegExp(`of zlib at level ${names}\\.`));
        assert.match(found.pack, /const step = next;/, 'every step is found');
        assert.deepEqual(packedAgain(found), file);
      }
    });

    it(`is packed again as Node does at level ${level}`, async () => {
      const file = gzipSync(table, { level });
      const found = (await unpacked(file))!;
      assert.deepEqual(found.content, table);
      assert.ok(Buffer.compare(packedAgain(found), file) === 0);
    });
  }

  it('may have a name, a comment, an extra field and a check of these', async () => {
    const header = {
      name: 'rows.csv',
      comment: 'made up',
      extra: [1, 2, 3],
      hcrc: true,
      text: true,
    };
    const deflator = new pako.Deflate({ gzip: true, header });
    deflator.push(table, true);
    const file = deflator.result as Uint8Array;
    assert.ok(Buffer.from(file.subarray(0, 99)).includes('rows.csv\0made up\0'));
    const found = (await unpacked(file))!;
    assert.deepEqual(found.content, table);
    assert.deepEqual(packedAgain(found), file);
  });

  it('may be so short that its codes need no telling', async () => {
    const content = Uint8Array.from(Buffer.from('short, short, shorter'));
    const file = pako.gzip(content);
    const { blocks, steps } = inflate(file.subarray(10), 99)!;
    assert.deepEqual(blocks, [{ type: 'fixed', steps: steps.length }]);
    // The first byte is no place that zlib finds again.
    assert.deepEqual(Array.from(steps.slice(7)), [0, 11 * 65536 + 7, 0, 0]);
    const found = (await unpacked(file))!;
    assert.deepEqual(found.content, content);
    assert.deepEqual(packedAgain(found), file);
  });

  it('may have been flushed on its way', async () => {
    const deflator = new pako.Deflate({ gzip: true });
    deflator.push(table.subarray(0, 70_000), constants.Z_SYNC_FLUSH);
    deflator.push(table.subarray(70_000), true);
    const file = deflator.result as Uint8Array;
    const found = (await unpacked(file))!;
    assert.ok(inflate(file.subarray(10), 1e6)!.blocks.some(({ type }) => type === 'stored'));
    assert.deepEqual(packedAgain(found), file);
  });

  it('holds nothing, or bytes behind it', async () => {
    const empty = pako.gzip(new Uint8Array(0));
    assert.deepEqual(packedAgain((await unpacked(empty))!), empty);
    const two = Uint8Array.from([...pako.gzip(table), ...empty]);
    const found = (await unpacked(two))!;
    assert.deepEqual(found.content, table);
    assert.deepEqual(packedAgain(found), two);
  });

  it('is left alone where it is not what zlib makes', async () => {
    const head = Uint8Array.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3]);
    const parsed = deflate([rows(600)]);
    const random = createRandom(8);
    const noise = Uint8Array.from({ length: 5000 }, () => random.integer(256));
    const cases = {
      'another compressor': Uint8Array.from([...head, ...parsed, ...new Uint8Array(8)]),
      'stored blocks': pako.gzip(noise),
      'no stream': Uint8Array.from([...head, ...noise]),
      'no gzip': pako.deflate(table),
      'a head alone': head,
      nothing: new Uint8Array(0),
      'much behind it': Uint8Array.from([...pako.gzip(table), ...noise]),
    };
    for (const [name, file] of Object.entries(cases)) {
      assert.equal(await unpacked(file), undefined, name);
    }
    const file = pako.gzip(table);
    for (const length of [12, 100, file.length - 4000]) {
      assert.equal(await unpacked(file.subarray(0, length)), undefined, `${length} bytes`);
    }
  });
});

describe('a deflate stream', () => {
  it('is read as its bytes, steps and blocks', () => {
    const stream = pako.deflateRaw(table);
    const { content, steps, blocks, length } = inflate(Uint8Array.from([...stream, 7]), 1e6)!;
    assert.deepEqual(content, table);
    assert.equal(length, stream.length);
    const bytes = steps.reduce((sum, step) => sum + (step ? step >>> 16 : 1), 0);
    assert.equal(bytes, table.length);
    // zlib ends a block when its buffer of 2^14 steps is full.
    assert.equal(blocks[0].steps, 2 ** 14 - 1);
    assert.equal(
      blocks.reduce((sum, block) => sum + block.steps, 0),
      steps.length,
    );
  });

  it('is not read where it holds more than is asked for', () => {
    const stream = deflateRawSync(table);
    assert.deepEqual(inflate(stream, table.length)!.content, table);
    assert.equal(inflate(stream, table.length - 1), undefined);
  });

  it('is written again with codes that would be too long', () => {
    // As many of each byte as of the two rarer ones together: its code would have 18 bits.
    const counts = [1, 1];
    while (counts.length < 19) counts.push(counts.at(-1)! + counts.at(-2)!);
    const bytes = Uint8Array.from(counts.flatMap((count, byte) => Array<number>(count).fill(byte)));
    const stream = pako.deflateRaw(bytes, { strategy: constants.Z_HUFFMAN_ONLY, memLevel: 9 });
    const { blocks } = inflate(stream, 1e6)!;
    const list = blocks.map(({ type, steps }) => [steps, blockTypes.indexOf(type)]);
    const written: number[] = [];
    const write = (byte: number): number => written.push(byte & 255);
    new Function('b', 'blocks', 'step', 'write', repackSource(new Set(['dynamic'])))(
      ...[bytes, list, () => 0, write],
    );
    assert.deepEqual(Uint8Array.from(written), stream);
  });
});
