import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { constants } from 'node:zlib';
import pako from 'pako';
import { PNG } from 'pngjs';
import type { Program, ProgramEvent, ProgramOptions } from '../../../src/core/program/contract';
import { writeProgramOf } from '../../../src/core/program/anySize';
import { inMemory } from '../../../src/core/program/blocks';
import { writeProgram } from '../../../src/core/program/program';
import { joinBytes } from '../../../src/core/join';
import { analyse } from '../../../src/core/program/analyse';
import { predictorProgram } from '../../../src/core/program/generate';
import { encodeWith } from '../../../src/core/program/model/evaluate';
import { sha256, verifyProgram } from '../../../src/core/program/verify';
import { createRandom } from '../../../src/core/random';
import { finishedSync } from '../../fixtures/finished';
import { wave } from '../../fixtures/media';

const folder = mkdtempSync(join(tmpdir(), 'kolmo-program-'));
after(() => rmSync(folder, { recursive: true }));

async function write(bytes: Uint8Array, options: Partial<ProgramOptions> = {}) {
  const events: ProgramEvent[] = [];
  const noBlocks = () => assert.fail('It is no more than a block.');
  const steps = writeProgramOf(inMemory(bytes), noBlocks, { effort: 'fast', ...options });
  for (let step = await steps.next(); ; step = await steps.next()) {
    if (step.done) return { events, program: step.value };
    events.push(step.value);
  }
}

function save(name: string, { source }: Pick<Program, 'source'>): string {
  const path = join(folder, `${name}.mjs`);
  writeFileSync(path, source);
  return path;
}

const latin = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'latin1'));

/** Rows whose third column is the sum of the first two, with a date that advances. */
function table({ rows, newline = '\n' }: { rows: number; newline?: string }): string {
  const random = createRandom(3);
  let text = `day,first,second,total,city${newline}`;
  for (let i = 0; i < rows; i++) {
    const [a, b] = [random.integer(1000), random.integer(1000)];
    const city = ['Lenox Hill West', 'Alphabet City', 'Harlem'][random.integer(3)];
    text += `2019-03-${10 + (i >> 6)},${a},${b},${a + b},${city}${newline}`;
  }
  return text;
}

/** An NPY file: rows of two random decimals that come a second time, negated, three rows on. */
function array(rows: number): Uint8Array {
  const random = createRandom(4);
  const values = new Float64Array(2 * rows);
  for (let k = 0; k < values.length; k++)
    values[k] = k % 12 < 6 ? random.integer(1e9) / 1e8 : -values[k - 6];
  const header = `{'descr': '<f8', 'fortran_order': False, 'shape': (${rows}, 2), }`;
  return joinBytes([
    latin(`\x93NUMPY\x01\0v\0${header.padEnd(117)}\n`),
    new Uint8Array(values.buffer),
  ]);
}

const random = createRandom(9);
const noise = Uint8Array.from({ length: 20_000 }, () => random.integer(256));
/** A tone that swells, of two channels. */
const swell = (count: number): Int32Array =>
  Int32Array.from({ length: count }, (_, k) =>
    Math.round(Math.sin(k / 20) * k + random.integer(3)),
  );

const beep = Int32Array.from({ length: 3000 }, (_, k) => (k % 7) * 9 - 30);

const inputs: { name: string; bytes: Uint8Array }[] = [
  { name: 'a table', bytes: latin(table({ rows: 500 })) },
  {
    name: 'JSON',
    bytes: latin(
      JSON.stringify(
        Array.from({ length: 700 }, (_, i) => ({ id: i, square: i * i, odd: i % 2 === 1 })),
      ),
    ),
  },
  {
    name: 'a ragged table with a byte order mark, NULs and mixed line ends',
    bytes: latin(
      `\xef\xbb\xbf${table({ rows: 80, newline: '\r\n' })}1,2\n\0\0,3,,,,,,\r\r\n"open,${table({ rows: 80 })}`,
    ),
  },
  { name: 'an array of floats', bytes: array(600) },
  { name: 'sound of one byte a sample', bytes: wave(beep, { bits: 8, channels: 1 }) },
  { name: 'a picture of one column', bytes: latin(`P6 1 900 255\n${'abcbcdcab'.repeat(300)}`) },
  { name: 'sound', bytes: wave(swell(6000), { bits: 16, channels: 2, after: 'LIST' }) },
  { name: 'invalid UTF-8', bytes: latin('caf\xe9 \xff\xfe */ '.repeat(40)) },
  { name: 'noise', bytes: noise },
  { name: 'one byte', bytes: latin('x') },
  { name: 'nothing', bytes: new Uint8Array(0) },
  { name: 'a closing comment', bytes: latin('*/') },
];

describe('program', () => {
  for (const { name, bytes } of inputs) {
    it(`prints ${name} exactly, in Node's permission model`, async () => {
      const { program, events } = await write(bytes);
      const told = events.filter((event) => event.type === 'progress');
      const shares = told.map(({ done, total }) => done / Math.max(1, total));
      assert.ok(shares.length > 0, 'progress');
      assert.deepEqual(
        shares,
        [...shares].sort((a, b) => a - b),
        'progress that never goes back',
      );
      const proof = await verifyProgram(save('exact', program), program.sha256);
      assert.ok(proof.verified);
      assert.equal(proof.bytes, bytes.length);
      const { runtime, model, residual, total } = program.bytes;
      assert.equal(total, program.source.length);
      assert.equal(runtime + model + residual, total);
    });
  }

  it('is a copy of noise with at most 200 bytes around it', async () => {
    const { program } = await write(noise);
    assert.equal(program.form, 'stored');
    assert.ok(program.source.length <= noise.length + 200, `${program.source.length}`);
  });

  for (const ascii of [false, true]) {
    it(`predicts what a gzip file holds, and packs it again${ascii ? ', as base64' : ''}`, async () => {
      const rows = latin(table({ rows: 3000 }));
      const file = Uint8Array.from(pako.gzip(rows));
      const { program, events } = await write(file, { ascii });
      const alone = await write(rows, { ascii });
      const proof = await verifyProgram(save('packed', program), sha256(file));
      assert.ok(proof.verified);
      assert.ok(program.bytes.total < file.length, JSON.stringify(program.bytes));
      const code = program.bytes.total - alone.program.bytes.total;
      assert.ok(code > 0 && code < (ascii ? 2000 : 1500), `${code} bytes to pack it again`);
      const [packed, inside] = program.findings;
      assert.match(packed.sentence, /^It is packed as gzip/);
      assert.match(inside.sentence, /^It is a table/);
      assert.ok(packed.savedBytes > inside.savedBytes);
      assert.deepEqual(
        program.fields.map(({ name }) => name),
        ['day', 'first', 'second', 'total', 'city'],
      );
      const curve = events.filter((event) => event.type === 'curve');
      assert.equal(curve.at(-1)!.bytes, rows.length);
    });
  }

  for (const ascii of [false, true]) {
    it(`tells how another compressor packed a file${ascii ? ', as base64' : ''}`, async () => {
      const rows = latin(table({ rows: 3000 }));
      const file = Uint8Array.from(pako.gzip(rows, { strategy: constants.Z_RLE }));
      const { program } = await write(file, { ascii });
      const proof = await verifyProgram(save('told', program), sha256(file));
      assert.ok(proof.verified);
      assert.ok(program.bytes.total < file.length / 2, JSON.stringify(program.bytes));
      assert.match(program.findings[0].sentence, /steps, which are told\.$/);
    });
  }

  it('holds a picture that is packed and needs no predictor as brotli does', async () => {
    const [width, height] = [800, 600];
    const png = new PNG({ width, height });
    png.data.fill(255);
    for (let k = 0; k < 150; k++) {
      const [x, y] = [random.integer(width - 100), random.integer(height - 60)];
      const [end, grey] = [x + 20 + random.integer(80), random.integer(256)];
      for (let row = y; row < y + 40; row++)
        png.data.fill(grey, 4 * (row * width + x), 4 * (row * width + end));
    }
    const settings = { colorType: 6, filterType: 0, deflateStrategy: 1, deflateLevel: 1 } as const;
    const file = Uint8Array.from(PNG.sync.write(png, settings));
    const { program } = await write(file);
    const proof = await verifyProgram(save('plain', program), sha256(file));
    assert.ok(proof.verified);
    assert.equal(program.form, 'brotli');
    assert.match(program.findings[0].sentence, /^It is packed as PNG/);
    const { savedBytes } = program.findings.at(-1)!;
    assert.equal(savedBytes, file.length - program.bytes.total);
  });

  it('says of a compressed file that is not unpacked that it should be first', async () => {
    const { program } = await write(Uint8Array.from([0x1f, 0x8b, 8, ...noise]));
    assert.match(program.findings.at(-1)!.sentence, /^It is compressed already, as gzip: unpack/);
  });

  it('is shorter than what brotli leaves of a table', async () => {
    const { program, events } = await write(latin(table({ rows: 3200 })));
    assert.equal(program.form, 'predictor');
    assert.ok(program.bytes.total < program.baselines.brotli!, JSON.stringify(program.bytes));
    assert.ok(events.some((event) => event.type === 'curve'));
    assert.ok(program.findings.every(({ sentence }) => sentence.endsWith('.')));
  });

  it('holds a short file as brotli does of its records as rows, where that is shorter', async () => {
    const random = createRandom(8);
    const kinds = ['odd', 'even', 'neither'];
    const records = Array.from({ length: 300 }, () => ({
      'Beak Length (mm)': 30 + random.integer(250) / 10,
      'Species, as "told"': `${kinds[random.integer(3)]}é`,
    }));
    const bytes = Uint8Array.from(Buffer.from(JSON.stringify(records, null, 2)));
    for (const ascii of [false, true]) {
      const { program } = await write(bytes, { ascii });
      assert.equal(program.form, 'brotli');
      const { verified } = await verifyProgram(save(`rows-${ascii}`, program), program.sha256);
      assert.ok(verified);
      const { sentence, savedBytes } = program.findings.at(-1)!;
      assert.match(sentence, /^Its 300 records have the same keys/);
      // As long as the program of the file itself, which has 200 bytes around what brotli leaves.
      if (!ascii)
        assert.ok(
          savedBytes > 50 && program.bytes.total + savedBytes < program.baselines.brotli! + 205,
        );
    }
  });

  it('holds only ASCII, in lines that mail carries, when asked to', async () => {
    const { program } = await write(latin(table({ rows: 500 })), { ascii: true });
    assert.ok(program.source.every((byte) => byte < 128));
    const lines = Buffer.from(program.source).toString().split('\n');
    assert.ok(lines.length > 2 && lines.every(({ length }) => length <= 998));
    assert.ok((await verifyProgram(save('ascii', program), program.sha256)).verified);
  });

  it('gives the same bytes again', async () => {
    const bytes = latin(table({ rows: 300 }));
    assert.deepEqual((await write(bytes)).program.source, (await write(bytes)).program.source);
  });

  it('stops with a sentence when one byte of it was altered', async () => {
    const { program } = await write(latin(table({ rows: 500 })));
    for (const place of [program.source.length >> 1, program.source.length - 10]) {
      const source = program.source.slice();
      source[place] ^= 1;
      await assert.rejects(verifyProgram(save('altered', { source }), program.sha256), {
        name: 'KolmoError',
        message: /was altered after it was written: .* exit code 1\./,
      });
    }
  });

  it('says itself that it was altered, where its shell would print nothing', async () => {
    const { program } = await write(latin(table({ rows: 500 })));
    const source = Buffer.from(program.source);
    source[source.indexOf('.write(b)') + '.writ'.length] = '^'.charCodeAt(0);
    await assert.rejects(
      verifyProgram(save('silent', { source }), program.sha256),
      /silent\.mjs was altered after it was written: its own check says so/,
    );
  });

  it('is not verified when it prints nothing and says nothing', async () => {
    const { program } = await write(latin(table({ rows: 500 })));
    const proof = await verifyProgram(save('empty', { source: latin('') }), program.sha256);
    assert.deepEqual([proof.verified, proof.bytes], [false, 0]);
  });

  it('exports the data to whoever imports it', async () => {
    const bytes = latin(table({ rows: 3200 }));
    const { program } = await write(bytes);
    const script = `import data from ${JSON.stringify('file://' + save('imported', program))}; process.exitCode = data.length === ${bytes.length} ? 0 : 3;`;
    const { spawnSync } = await import('node:child_process');
    const run = spawnSync(process.execPath, ['--input-type=module', '-e', script]);
    assert.equal(run.status, 0, run.stderr.toString());
  });

  it('runs however long its decoder is', async () => {
    const bytes = latin(table({ rows: 300 }));
    const { full } = analyse(bytes);
    const { payload } = finishedSync(encodeWith(full, bytes));
    for (const length of [1, 12_000, 90_000]) {
      const { program } = await predictorProgram(full, payload, bytes.length, {
        ascii: false,
        then: `data=>(globalThis.kept='${'x'.repeat(length)}',data)`,
      });
      const proof = await verifyProgram(save('long', { source: program }), sha256(bytes));
      assert.ok(proof.verified, `${length}`);
    }
  });

  it('can be stopped while it encodes', async () => {
    let heard: { done: number; total: number } | undefined;
    for await (const event of writeProgram(latin(table({ rows: 3200 })), { effort: 'fast' })) {
      if (event.type !== 'progress' || event.note !== 'Predicting' || !event.done) continue;
      heard = event;
      break;
    }
    assert.ok(heard && heard.done < heard.total, JSON.stringify(heard));
  });
});
