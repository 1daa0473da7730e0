import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { constants, crc32, deflateRawSync, gzipSync } from 'node:zlib';
import pako from 'pako';
import { PNG } from 'pngjs';
import { evaluated } from '../../../src/core/program/evaluated';
import { blockTypes, inflate } from '../../../src/core/program/packed/inflated';
import { unpack } from '../../../src/core/program/packed/packed';
import { repackSource } from '../../../src/core/program/packed/repack';
import { deflate, distanceBase, distanceExtra } from '../../../src/core/program/generate/deflate';
import { analyseSyntax } from '../../../src/core/program/syntax';
import { createRandom } from '../../../src/core/random';
import { finished } from '../../fixtures/finished';
import { deflatedZip } from '../../fixtures/zip';

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
/** A gzip file without a name begins so. */
const head = Uint8Array.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3]);
const gzipped = (...streams: Uint8Array[]): Uint8Array =>
  Uint8Array.from(streams.flatMap((stream) => [...head, ...stream, ...new Uint8Array(8)]));
const random = createRandom(8);
const noise = Uint8Array.from({ length: 50_000 }, () => random.integer(256));

const unpacked = (file: Uint8Array) => finished(unpack(file));
/** What a program makes of the content, which brotli gives it as a buffer of Node's and the predictor as plain bytes. */
const packedAgain = ({ content, pack }: { content: Uint8Array; pack: string }): Uint8Array => {
  const packing = evaluated<(content: Uint8Array) => Uint8Array>(pack);
  const file = packing(content);
  assert.ok(Buffer.compare(packing(Buffer.from(content)), file) === 0, 'of a buffer the same');
  return file;
};

/** A stream of one block, whose codes are known: bytes, and then repeats of 4 bytes each from a distance of at most 190. */
function repeats(
  bytes: Uint8Array,
  steps: (readonly [length: number, distance: number])[],
): Uint8Array {
  const bits: number[] = [1, 1, 0];
  const put = (value: number, count: number): void => {
    for (let k = 0; k < count; k++) bits.push((value >> k) & 1);
  };
  const code = (value: number, count: number): void => {
    for (let k = count - 1; k >= 0; k--) bits.push((value >> k) & 1);
  };
  for (const byte of bytes) {
    if (byte < 144) code(48 + byte, 8);
    else code(256 + byte, 9);
  }
  for (const [length, distance] of steps) {
    code(length - 2, 7);
    const symbol = distanceBase.findLastIndex((base) => base <= distance);
    code(symbol, 5);
    put(distance - distanceBase[symbol], distanceExtra[symbol]);
  }
  code(0, 7);
  return Uint8Array.from({ length: Math.ceil(bits.length / 8) }, (_, k) =>
    bits.slice(8 * k, 8 * k + 8).reduce((byte, bit, at) => byte | (bit << at), 0),
  );
}

/** Whether the search takes every step. */
const isExact = ({ pack }: { pack: string }): boolean => !pack.includes('others.shift()');

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
        assert.ok(isExact(found), 'every step is found');
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

  it('may have parts that are stored', async () => {
    for (const level of [1, 6] as const) {
      const content = Uint8Array.from([...table, ...noise, ...table, ...noise]);
      const file = pako.gzip(content, { level });
      const types = inflate(file.subarray(10), 1e6)!.blocks.map(({ type }) => type);
      assert.deepEqual([...new Set(types)].sort(), ['dynamic', 'stored']);
      const found = (await unpacked(file))!;
      assert.ok(isExact(found), 'every step is found');
      assert.deepEqual(found.content, content);
      assert.deepEqual(packedAgain(found), file);
    }
    const file = pako.gzip(table, { level: 0 });
    assert.deepEqual(packedAgain((await unpacked(file))!), file);
    // A stored block that ends before its bytes do, and one whose length is told wrong.
    assert.equal(inflate(Uint8Array.from([1, 4, 0, 251, 255, 7, 7, 7]), 99), undefined);
    assert.equal(inflate(Uint8Array.from([1, 2, 0, 251, 255, 7, 7, 7]), 99), undefined);
  });

  it('is told how another compressor packed it', async () => {
    const [few, many] = [rows(600), rows(5000)];
    const { Z_RLE, Z_HUFFMAN_ONLY, Z_FIXED, Z_FILTERED } = constants;
    const cases = {
      'by the cheapest parse': gzipped(deflate([few])),
      'in members of other content': gzipped(
        deflate([few]),
        pako.deflateRaw(many),
        deflate([many.subarray(0, 9000)]),
      ),
      'with parts that are stored': gzipped(
        pako.deflateRaw(Uint8Array.from([...many, ...noise, ...many]), { strategy: Z_RLE }),
      ),
      'by runs': pako.gzip(many, { strategy: Z_RLE }),
      'by its bytes': pako.gzip(many, { strategy: Z_HUFFMAN_ONLY }),
      'by codes that are known': pako.gzip(many, { strategy: Z_FIXED }),
      'as what is filtered': pako.gzip(many, { strategy: Z_FILTERED }),
    };
    for (const [name, file] of Object.entries(cases)) {
      const found = (await unpacked(file))!;
      assert.ok(found, name);
      assert.deepEqual(packedAgain(found), file, name);
    }
    const { sentence } = (await unpacked(cases['by the cheapest parse']))!;
    assert.match(sentence, /, but for [\d,]+ steps and the codes, which are told\.$/);
    const { sentence: runs, content, syntax, pack } = (await unpacked(cases['by runs']))!;
    assert.match(runs, /, but for [\d,]+ steps, which are told\.$/);
    assert.deepEqual(content.subarray(0, many.length), many);
    assert.deepEqual(syntax, analyseSyntax(many));
    assert.ok(pack.length < 10_000, 'what is told stands behind the content');
  });

  it('is left alone where too much would have to be told', async () => {
    const random = createRandom(3);
    // Repeats of few bytes, from anywhere.
    const steps = Array.from({ length: 3000 }, () => [4, 1 + random.integer(190)] as const);
    const stream = repeats(noise.subarray(0, 200), steps);
    assert.equal(inflate(stream, 1e6)!.content.length, 12_200);
    assert.equal(await unpacked(gzipped(stream)), undefined);
  });

  it('holds nothing, or bytes behind it', async () => {
    const empty = pako.gzip(new Uint8Array(0));
    assert.deepEqual(packedAgain((await unpacked(empty))!), empty);
    const more = Uint8Array.from([...pako.gzip(table), ...table.subarray(0, 30)]);
    const found = (await unpacked(more))!;
    assert.deepEqual(found.content, table);
    assert.deepEqual(packedAgain(found), more);
  });

  it('may have several members', async () => {
    const cuts = [0, 60_000, 60_000, 60_010, table.length];
    const members = cuts.slice(1).map((to, k) => pako.gzip(table.subarray(cuts[k], to)));
    const file = Uint8Array.from(Buffer.concat(members));
    const found = (await unpacked(file))!;
    assert.deepEqual(found.content, table);
    assert.deepEqual(packedAgain(found), file);
    // What zlib packed in another way, or is cut, stays as it is.
    const cut = file.subarray(0, file.length - 5000);
    const begun = (await unpacked(cut))!;
    assert.deepEqual(begun.content.subarray(0, 60_010), table.subarray(0, 60_010));
    assert.deepEqual(packedAgain(begun), cut);
  });

  it('is packed again piece by piece where it holds more than a block', async () => {
    const content = Uint8Array.from([...table, ...noise, ...table.subarray(0, 9000)]);
    const half = content.length / 2;
    const files = {
      'every level': [1, 4, 9].map((level) => pako.gzip(content, { level: level as 1 | 4 | 9 })),
      Node: [gzipSync(content)],
      members: [
        Buffer.concat(
          [content.subarray(0, half), content.subarray(half)].map((part) => pako.gzip(part)),
        ),
      ],
    };
    for (const [name, alike] of Object.entries(files))
      for (const file of alike) {
        const found = (await finished(unpack(Uint8Array.from(file), 100_000)))!;
        assert.ok(found.isPiecewise, name);
        assert.deepEqual(found.content, content);
        const packing = evaluated<() => Generator<Uint8Array, Uint8Array, Uint8Array>>(
          found.pack,
        )();
        packing.next(new Uint8Array(0));
        const parts: Buffer[] = [];
        for (let at = 0; at < content.length; at += 70_001)
          parts.push(Buffer.from(packing.next(content.subarray(at, at + 70_001)).value));
        assert.ok(parts.filter(({ length }) => length > 0).length > 1);
        assert.ok(Buffer.concat(parts).equals(file), name);
      }
  });

  it('is predicted with what is behind it where that is much', async () => {
    const file = Uint8Array.from([...pako.gzip(table), ...table.subarray(0, 3000)]);
    const found = (await unpacked(file))!;
    assert.equal(found.content.length, table.length + 10 + 8 + 3000);
    assert.deepEqual(found.content.subarray(0, table.length), table);
    assert.deepEqual(packedAgain(found), file);
  });

  it('is left alone where it holds no stream', async () => {
    const cases = {
      'no stream': Uint8Array.from([...head, ...noise.subarray(0, 5000)]),
      'no gzip': pako.deflate(table),
      'a head alone': head,
      nothing: new Uint8Array(0),
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

/** A picture of smooth rows, whose bytes but for some noise follow from those around them. */
function picture(channels: number): { width: number; height: number; data: Buffer } {
  const random = createRandom(2);
  const [width, height] = [90, 70];
  const data = Buffer.from(
    Array.from({ length: width * height * channels }, (_, k) => {
      const [x, y] = [Math.floor(k / channels) % width, Math.floor(k / channels / width)];
      return (x * y) / 20 + 40 * (k % channels) + random.integer(3);
    }),
  );
  return { width, height, data };
}

/** The chunks of a PNG file. */
const chunk = (name: string, data: Uint8Array): Buffer => {
  const named = Buffer.concat([Buffer.from(name), data]);
  const [length, check] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  check.writeUInt32BE(crc32(named));
  return Buffer.concat([length, named, check]);
};

/** A grey picture whose row k has the filter k modulo 5, in pieces of `piece` bytes. */
function greyFile(stream: (rows: Uint8Array) => Uint8Array, { piece = 1000, interlaced = 0 } = {}) {
  const { width, height, data } = picture(1);
  const at = (x: number, y: number): number => (x < 0 || y < 0 ? 0 : data[y * width + x]);
  const rows = Uint8Array.from({ length: (width + 1) * height }, (_, k) => {
    const [x, y] = [(k % (width + 1)) - 1, Math.floor(k / (width + 1))];
    if (x < 0) return y % 5;
    const [left, above, corner] = [at(x - 1, y), at(x, y - 1), at(x - 1, y - 1)];
    const whole = left + above - corner;
    const nearest = [left, above, corner].reduce((a, b) =>
      Math.abs(whole - b) < Math.abs(whole - a) ? b : a,
    );
    return at(x, y) - [0, left, above, Math.floor((left + above) / 2), nearest][y % 5];
  });
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width);
  header.writeUInt32BE(height, 4);
  header.set([8, 0, 0, 0, interlaced], 8);
  const packed = stream(rows);
  const pieces: Buffer[] = [];
  for (let at = 0; at < packed.length; at += piece)
    pieces.push(chunk('IDAT', packed.subarray(at, at + piece)));
  const ends = [chunk('tEXt', Buffer.from('Title\0made up')), chunk('IEND', Buffer.alloc(0))];
  const signature = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');
  return {
    file: Buffer.concat([signature, chunk('IHDR', header), ...pieces, ...ends]),
    ...{ rows, width, height, data },
  };
}

describe('a PNG file', () => {
  for (const [colorType, channels] of [
    [0, 1],
    [2, 3],
    [6, 4],
  ] as const) {
    it(`is predicted by its pixels of ${channels === 1 ? 'one byte' : `${channels} bytes`}`, async () => {
      const { width, height, data } = picture(channels);
      const png = new PNG({ width, height });
      png.data = data;
      // Numbers of pngjs for Z_FILTERED, and for the filter that suits each row best.
      const options = { deflateStrategy: 1, filterType: -1, bitDepth: 8 } as const;
      const inputs = {
        colorType,
        inputColorType: colorType,
        inputHasAlpha: channels === 4,
      } as const;
      const file = Uint8Array.from(PNG.sync.write(png, { ...options, ...inputs }));
      const found = (await unpacked(file))!;
      assert.deepEqual(found.syntax, {
        type: 'raster',
        header: height,
        row: width * channels,
        pixel: channels,
      });
      assert.deepEqual(Buffer.from(found.content.subarray(height)), data);
      assert.deepEqual(packedAgain(found), file);
    });
  }

  it('may be in many pieces, with every filter there is', async () => {
    for (const strategy of [constants.Z_FILTERED, constants.Z_DEFAULT_STRATEGY]) {
      const { file, height, data } = greyFile((rows) => pako.deflate(rows, { strategy }));
      assert.deepEqual(
        PNG.sync.read(file).data.filter((_, k) => k % 4 === 0),
        data,
      );
      const found = (await unpacked(file))!;
      assert.match(found.sentence, /^It is packed as PNG/);
      assert.deepEqual(Array.from(found.content.subarray(0, 7)), [0, 1, 2, 3, 4, 0, 1]);
      assert.deepEqual(Buffer.from(found.content.subarray(height)), data);
      assert.deepEqual(Buffer.from(packedAgain(found)), file);
    }
  });

  it('carries much that stands around its pixels behind them, not in its code', async () => {
    const { file, height, data } = greyFile((rows) => pako.deflate(rows));
    const title = chunk('tEXt', Buffer.from(`Title\0${'made up, '.repeat(9000)}`));
    const titled = Buffer.concat([file.subarray(0, 33), title, file.subarray(33)]);
    const found = (await unpacked(titled))!;
    assert.equal(found.syntax?.type, 'raster');
    assert.deepEqual(Buffer.from(found.content.subarray(height, height + data.length)), data);
    assert.ok(found.pack.length < 15_000, `${found.pack.length} bytes of code`);
    assert.deepEqual(Buffer.from(packedAgain(found)), titled);
  });

  it('may have a small window', async () => {
    const { file } = greyFile((rows) => pako.deflate(rows, { windowBits: 10 }), { piece: 1e6 });
    const found = (await unpacked(file))!;
    assert.ok(isExact(found), 'every step is found');
    assert.deepEqual(Buffer.from(packedAgain(found)), file);
  });

  it('is predicted as it is filtered where its rows are not what its head says', async () => {
    const cases = {
      interlaced: greyFile((rows) => pako.deflate(rows), { interlaced: 1 }),
      'no such filter': greyFile((rows) => pako.deflate(rows.with(0, 9))),
      'a row more': greyFile((rows) => pako.deflate(Uint8Array.from([...rows, 0]))),
    };
    for (const [name, { file, rows }] of Object.entries(cases)) {
      const found = (await unpacked(file))!;
      assert.equal(found.syntax, undefined, name);
      assert.ok(Math.abs(found.content.length - rows.length) <= 1, name);
      assert.deepEqual(Buffer.from(packedAgain(found)), file);
    }
  });

  it('is left alone where it is cut short or holds no picture', async () => {
    const { file } = greyFile((rows) => pako.deflate(rows));
    for (const length of [20, 40, 500, file.length / 2]) {
      assert.equal(await unpacked(file.subarray(0, length)), undefined, `${length} bytes`);
    }
    assert.equal(await unpacked(greyFile(() => new Uint8Array(0)).file), undefined);
  });
});

describe('a ZIP archive', () => {
  const [first, second] = [table.subarray(0, 50_000), table.subarray(90_000)];
  const members = { 'first.csv': first, empty: new Uint8Array(0), 'second.csv': second };

  it('is predicted by what its members hold, one after the other', async () => {
    for (const deflate of [(bytes: Uint8Array) => pako.deflateRaw(bytes), deflateRawSync]) {
      const file = deflatedZip(members, deflate);
      const found = (await unpacked(file))!;
      assert.match(found.sentence, /^It is packed as ZIP/);
      assert.deepEqual(Buffer.from(found.content), Buffer.concat([first, second]));
      assert.deepEqual(Buffer.from(packedAgain(found)), file);
    }
  });

  it('is predicted with what stands between many members, too', async () => {
    const many = Array.from({ length: 30 }, (_, k) => [
      `a folder with a long name/${k}.csv`,
      table.subarray(k * 1000, k * 1000 + 700),
    ]);
    const file = deflatedZip(Object.fromEntries(many), (bytes) => pako.deflateRaw(bytes));
    const found = (await unpacked(file))!;
    const between = Buffer.from(found.content.subarray(30 * 700));
    assert.ok(between.subarray(30).toString().startsWith('a folder with a long name/0.csv'));
    assert.deepEqual(Buffer.from(packedAgain(found)), file);
  });

  it('keeps members that zlib did not pack as they are', async () => {
    const packs = [(bytes: Uint8Array) => pako.deflateRaw(bytes), (bytes: Uint8Array) => bytes];
    const noise = Uint8Array.from({ length: 300 }, (_, k) => (k * k * 7919) >> 5);
    const file = deflatedZip({ first, noise }, (bytes) => packs.shift()!(bytes));
    const found = (await unpacked(file))!;
    assert.deepEqual(found.content, first);
    assert.deepEqual(Buffer.from(packedAgain(found)), file);
  });

  it('is left alone where it is cut or has no member that is deflated', async () => {
    const file = deflatedZip(members);
    for (const length of [4, 100, file.length - 30]) {
      assert.equal(await unpacked(file.subarray(0, length)), undefined, `${length} bytes`);
    }
    assert.equal(await unpacked(deflatedZip({})), undefined);
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
    // Of each byte as many as of the two rarer ones together, the rarest as often as a block ends: its code would have 19 bits.
    const counts = [1, 2];
    while (counts.length < 19) counts.push(counts.at(-1)! + counts.at(-2)!);
    const bytes = Uint8Array.from(counts.flatMap((count, byte) => Array<number>(count).fill(byte)));
    const stream = pako.deflateRaw(bytes, { strategy: constants.Z_HUFFMAN_ONLY, memLevel: 9 });
    const { blocks } = inflate(stream, 1e6)!;
    const list = blocks.map(({ type, steps }) => [steps, blockTypes.indexOf(type)]);
    const writtenWith = (codes: 'short' | 'limited'): Uint8Array => {
      const written: number[] = [];
      const write = (byte: number): number => written.push(byte & 255);
      new Function(
        'b',
        'blocks',
        'step',
        'write',
        repackSource({ types: new Set(['dynamic']), codes, isTried: true }),
      )(...[bytes, structuredClone(list), () => 0, write]);
      return Uint8Array.from(written);
    };
    assert.deepEqual(writtenWith('limited'), stream);
    assert.notDeepEqual(writtenWith('short'), stream);
  });
});
