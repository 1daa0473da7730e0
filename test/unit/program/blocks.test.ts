import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import pako from 'pako';
import { analyse } from '../../../src/core/program/analyse';
import { writeProgramOf } from '../../../src/core/program/anySize';
import {
  codeBlock,
  inMemory,
  lookInto,
  splitBlocks,
  type BlockCoder,
  type Source,
} from '../../../src/core/program/blocks';
import { blocksProgram } from '../../../src/core/program/generate';
import { writeInBlocks } from '../../../src/core/program/inBlocks';
import { pagesOf } from '../../../src/core/program/model/engine';
import { networkInputsFor, withFront } from '../../../src/core/program/model/kinds';
import { featuresPerInput, networkClasses } from '../../../src/core/program/model/network';
import { analyseSyntax } from '../../../src/core/program/syntax';
import { sha256 } from '../../../src/core/program/verify';
import { createRandom } from '../../../src/core/random';
import { finished } from '../../fixtures/finished';
import { wave, wovenPicture } from '../../fixtures/media';
import { lineOfPlaces } from '../../fixtures/places';
import { idxBytes } from '../../fixtures/syntheticIdx';
import { syntheticTable } from '../../fixtures/syntheticTable';
import { temporaryFolder } from '../../fixtures/temporaryFolder';
import { deflatedZip } from '../../fixtures/zip';

/** Codes the blocks here, the last one first. */
const backwards = (bytes: Uint8Array): BlockCoder =>
  async function* (tasks) {
    for (let index = tasks.length - 1; index >= 0; index--) {
      const { from, to } = tasks[index];
      const block = await finished(codeBlock(tasks[index], bytes.slice(from, to)));
      yield { type: 'coded', index, block };
    }
  };

const write = (bytes: Uint8Array, blockBytes: number) =>
  finished(writeInBlocks(inMemory(bytes), backwards(bytes), { effort: 'fast', blockBytes }));

const random = createRandom(11);

/** Rows of `width` bytes, each of which differs by one at most from that above it. */
function walks(width: number, rows: number): Uint8Array {
  const bytes = new Uint8Array(width * rows).fill(16);
  for (let i = width; i < bytes.length; i++) bytes[i] = bytes[i - width] + random.integer(3) - 1;
  return bytes;
}

const images = (count: number): Uint8Array => idxBytes([count, 8, 8], walks(8, count * 8));
const table = new Uint8Array(Buffer.from(syntheticTable({ rows: 3000 })));
const tone = Int32Array.from({ length: 18_000 }, (_, k) =>
  Math.round(Math.sin(k / 20) * k + random.integer(3)),
);
const sound = wave(tone, { bits: 16, channels: 2, after: 'LIST' });
const noise = Uint8Array.from({ length: 30_000 }, () => random.integer(256));

describe('blocks', () => {
  it('begin after a line feed, or with an image', async () => {
    const cuts = await finished(splitBlocks(inMemory(table), analyseSyntax(table), 12_000));
    assert.equal(cuts.length, Math.ceil(table.length / 12_000) + 1);
    assert.deepEqual([cuts[0], cuts.at(-1)], [0, table.length]);
    for (const cut of cuts.slice(1)) assert.equal(table[cut - 1], 10);
    const idx = images(100);
    assert.deepEqual(
      await finished(splitBlocks(inMemory(idx), analyseSyntax(idx), 2500)),
      [0, 34, 68, 100].map((count) => (count ? 16 + 64 * count : 0)),
    );
  });

  it('begin outside of quotes, and where an object of JSON that is one line ends', async () => {
    const rows = Buffer.from('1,"two\nlines, and\nthree",x\n'.repeat(900));
    const cuts = await finished(
      splitBlocks(inMemory(rows), { type: 'table', delimiter: 44 }, 6000),
    );
    assert.ok(cuts.length > 4 && cuts.every((cut) => cut % 27 === 0), cuts.join());
    const json = Buffer.from(
      JSON.stringify(Array.from({ length: 900 }, (_, id) => ({ id, a: 7 }))),
    );
    const [, cut] = await finished(splitBlocks(inMemory(json), { type: 'json' }, 9000));
    assert.equal(json.subarray(cut, cut + 5).toString(), '{"id"');
  });

  it('are found in the file whatever its length', async () => {
    for (const length of [1, 4999, 5000, 5001, 10_000, 29_999])
      for (const bytes of [noise.subarray(0, length), table.subarray(0, length)]) {
        const cuts = await finished(splitBlocks(inMemory(bytes), analyseSyntax(bytes), 5000));
        assert.deepEqual([cuts[0], cuts.at(-1)], [0, length]);
        assert.ok(cuts.every((cut, k) => k === 0 || cut > cuts[k - 1]));
      }
  });

  it('are looked for with a word after each block that was read, so that a stop is heard', async () => {
    let read = 0;
    const { length } = table;
    const source: Source = {
      length,
      read: (offset, count) => {
        read = Math.max(read, offset);
        return Promise.resolve(table.slice(offset, offset + count));
      },
    };
    const reading: number[] = [];
    const looking = lookInto(source, 5000);
    for (let step = await looking.next(); !step.done; step = await looking.next()) {
      reading.push(read);
    }
    const count = Math.ceil(length / 5000);
    assert.ok(count > 10 && new Set(reading).size >= count - 1, reading.join());
  });

  it('are told of in one progress that never goes back', async () => {
    const shares: number[] = [];
    const coder: BlockCoder = async function* (tasks) {
      const total = tasks.length;
      for (const [done] of tasks.entries())
        yield { type: 'progress', done, total, note: 'Predicting' };
      yield* backwards(table)(tasks);
    };
    const writing = writeInBlocks(inMemory(table), coder, { effort: 'fast', blockBytes: 9000 });
    for await (const event of writing)
      if (event.type === 'progress') shares.push(event.done / event.total);
    assert.ok(shares.length > 20);
    assert.deepEqual(
      shares,
      [...shares].sort((a, b) => a - b),
    );
  });

  for (const [name, bytes] of Object.entries({
    table,
    'rows the last of which has signs of its own': Buffer.concat([table, Buffer.from('~§,{}\n')]),
    images: images(500),
    records: walks(12, 3000),
    sound,
    picture: wovenPicture(90, 120),
  })) {
    it(`of ${name} give a program that prints the file`, async (t) => {
      const program = await write(bytes, bytes.length / 2.7);
      assert.equal(program.form, 'predictor');
      assert.ok(program.findings.some(({ sentence }) => sentence.includes('in 3 blocks')));
      const path = join(temporaryFolder(t, { 'p.mjs': program.source }), 'p.mjs');
      const printed = execFileSync(process.execPath, [path]);
      assert.ok(printed.equals(bytes));
      assert.equal(program.sha256, sha256(bytes));
      if (name === 'sound') assert.match(program.findings[0].sentence, /18,000 samples of 16 bits/);
    });
  }

  for (const [name, bytes] of Object.entries({
    'gzip file': pako.gzip(table, { level: 4 }),
    'gzip file of images': pako.gzip(images(500)),
    'gzip file of sound in members': Buffer.concat(
      [
        sound.subarray(0, 30_000),
        sound.subarray(30_000, 30_500),
        new Uint8Array(0),
        sound.subarray(30_500),
      ].map((member) => gzipSync(member)),
    ),
    'gzip file that ends with noise': pako.gzip(Buffer.concat([table, noise])),
    'ZIP archive': deflatedZip({ table, sound }, (member) => pako.deflateRaw(member)),
  })) {
    it(`of what is in a ${name} give a program that prints the file`, async (t) => {
      const file = Uint8Array.from(bytes);
      const coderOf = (content?: Uint8Array): BlockCoder => backwards(content!);
      const options = { effort: 'fast', blockBytes: 17_000 } as const;
      const program = await finished(writeProgramOf(inMemory(file), coderOf, options));
      assert.equal(program.form, 'predictor');
      assert.match(program.findings[0].sentence, /^It is packed as/);
      assert.ok(program.findings.some(({ sentence }) => sentence.includes('blocks of')));
      assert.ok(program.source.length < file.length);
      const path = join(temporaryFolder(t, { 'p.mjs': program.source }), 'p.mjs');
      assert.ok(execFileSync(process.execPath, [path]).equals(file));
      assert.equal(program.sha256, sha256(file));
    });
  }

  it('are predicted as another kind of file where it tells more', async (t) => {
    const bytes = lineOfPlaces(4000);
    assert.equal(analyseSyntax(bytes).type, 'text');
    const program = await write(bytes, bytes.length / 2.7);
    assert.equal(program.findings[0].sentence, 'It is JSON: each key is a column.');
    const path = join(temporaryFolder(t, { 'p.mjs': program.source }), 'p.mjs');
    assert.ok(execFileSync(process.execPath, [path]).equals(bytes));
  });

  it('of noise are a copy of it', async () => {
    const program = await write(noise, 10_000);
    assert.equal(program.form, 'stored');
    assert.ok(program.source.length <= noise.length + 200);
  });

  it('tell the weights of a network once, and each the originals of its own images', async (t) => {
    const bytes = images(90);
    const { syntax, full } = analyse(bytes);
    assert.ok(syntax.type === 'image');
    const inputs = networkInputsFor(syntax)!;
    const units = { inputs: inputs.count * featuresPerInput, units: networkClasses };
    const size = (units.inputs + 1) * units.units;
    const network = {
      inputs,
      layers: [{ ...units, scale: 0.004, biasScale: 0.01 }],
      weights: Uint8Array.from({ length: size }, () => random.integer(256)),
    };
    const room = 16 + 40 * 64;
    const originals = new Uint8Array(80);
    const model = withFront(full, syntax, { network, resampling: { box: 6, kept: 1, originals } });
    const cuts = [0, room, room + 40 * 64, bytes.length];
    const blocks = await Promise.all(
      cuts.slice(1).map((to, k) => {
        const head = bytes.slice(0, k ? 16 : 0);
        const task = { model, syntax, from: cuts[k], to, head, room, parts: 1 };
        return finished(codeBlock(task, bytes.slice(cuts[k], to)));
      }),
    );
    const bits = blocks.map(({ networkBits }) => networkBits);
    assert.ok(bits[0] > 7 * size && bits[1] === 0 && bits[2] === 0, bits.join());
    assert.ok(blocks[1].payload.length < blocks[0].payload.length - 0.8 * size);
    const { program } = await blocksProgram(model, blocks, { ascii: false, head: 16, room });
    const path = join(temporaryFolder(t, { 'p.mjs': program }), 'p.mjs');
    assert.ok(execFileSync(process.execPath, [path]).equals(bytes));
  });

  it('are decoded in the memory of one, and are a Blob in a browser', async (t) => {
    const program = await write(table, table.length / 5);
    const folder = temporaryFolder(t, {
      'p.mjs': program.source,
      'browser.mjs': `
        import { readFileSync } from 'node:fs';
        const { stdout } = process, { instantiate } = WebAssembly, pages = [];
        delete globalThis.process;
        globalThis.fetch = async (url) => new Response(readFileSync(new URL(url)));
        // Node's own parser of answers imports something, the kernel nothing.
        WebAssembly.instantiate = async (...given) => {
          const result = await instantiate(...given);
          if (given.length === 1) pages.push(result.instance.exports.memory.buffer.byteLength / 65536);
          return result;
        };
        const { default: blob } = await import('./p.mjs');
        stdout.write(JSON.stringify({ pages, isBlob: blob instanceof Blob, text: await blob.text() }));`,
    });
    const said = JSON.parse(
      execFileSync(process.execPath, [join(folder, 'browser.mjs')]).toString(),
    ) as { pages: number[]; isBlob: boolean; text: string };
    assert.ok(said.isBlob);
    assert.equal(said.text, Buffer.from(table).toString());
    const whole = pagesOf(analyse(table).full, table.length);
    assert.ok(said.pages.length === 1 && said.pages[0] < whole, `${said.pages.join()} of ${whole}`);
  });
});
