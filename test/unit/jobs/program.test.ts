import assert from 'node:assert/strict';
import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { gzipSync } from 'node:zlib';
import { encode } from '../../../src/core/compress/container/container';
import { sha256 } from '../../../src/core/program/verify';
import { initialize } from '../../../src/core/train/layers/layers';
import type { Architecture } from '../../../src/core/train/model';
import { createRandom } from '../../../src/core/random';
import type { JobContext } from '../../../src/jobs/context';
import { startJob } from '../../../src/jobs/job';
import { programRun } from '../../../src/jobs/program';
import { verifyRun } from '../../../src/jobs/verify';
import { samplesPicture, type RunEvent } from '../../../src/runs/events';
import { writeRecord } from '../../../src/runs/folder';
import { emptyRun, reduce } from '../../../src/runs/state';
import { syntheticTable } from '../../fixtures/syntheticTable';
import { temporaryFolder } from '../../fixtures/temporaryFolder';

const context: JobContext = { now: () => Date.now() / 1000, stopping: () => false };

const request = (folder: string, name: string) => ({
  type: 'program' as const,
  file: join(folder, name),
  out: join(folder, 'out', 'program.mjs'),
  effort: 'fast' as const,
  ascii: false,
  threads: 1,
});

async function finish<R>(job: AsyncGenerator<RunEvent, R>, onEvent?: (event: RunEvent) => void) {
  const events: RunEvent[] = [];
  for (;;) {
    const step = await job.next();
    if (step.done) return { result: step.value, events };
    events.push(step.value);
    onEvent?.(step.value);
  }
}

const writtenIn = (folder: string): string[] => readdirSync(join(folder, 'out'));

function tableFolder(test: TestContext): string {
  return temporaryFolder(test, { 'a.csv': syntheticTable({ rows: 600, target: 'grade' }) });
}

describe('a program job', () => {
  it('measures the columns, the compressors that are installed and the uniform code', async (t) => {
    const { result, events } = await finish(programRun(request(tableFolder(t), 'a.csv'), context));
    const told = events.filter((event) => event.type === 'progress');
    assert.equal(new Set(told.map(({ total }) => total)).size, 1);
    const done = told.map((event) => event.done);
    assert.deepEqual(
      done,
      [...done].sort((a, b) => a - b),
      'one progress, which never goes back',
    );
    const { baselines, bytes, fields, proof } = result;
    assert.equal(proof.printed, result.sha256);
    assert.equal(
      fields.reduce((sum, field) => sum + field.bytes, 0),
      bytes.source,
    );
    const bits = fields.reduce((sum, field) => sum + field.bits, 0);
    assert.ok(Math.abs(bits / 8 - bytes.residual) < 8, `${bits / 8} and ${bytes.residual}`);
    assert.ok(baselines.uniform > baselines.gzip && baselines.uniform < bytes.source);
    assert.ok(baselines.xz === undefined || baselines.xz < baselines.uniform);
  });

  it('is a copy of what is compressed already, with at most 200 bytes around it', async (t) => {
    const random = createRandom(4);
    const words = Array.from({ length: 9000 }, () => `${random.integer(4000)} `).join('');
    const folder = temporaryFolder(t, { 'a.gz': gzipSync(words) });
    const { result } = await finish(programRun(request(folder, 'a.gz'), context));
    assert.ok(result.bytes.total <= result.bytes.source + 200, JSON.stringify(result.bytes));
  });

  it('says how long a large file takes, in which blocks and on how many threads, before it starts', async (t) => {
    const folder = temporaryFolder(t, { huge: '', large: '' });
    truncateSync(join(folder, 'huge'), 2_000_000_000);
    truncateSync(join(folder, 'large'), 20_000_000);
    const said = async (name: string, threads = 2): Promise<string> => {
      const job = programRun({ ...request(folder, name), threads }, context);
      await job.next();
      const { value } = await job.next();
      await job.return(undefined as never);
      return value && 'message' in value ? value.message! : '';
    };
    assert.match(
      await said('large'),
      /large has 20,000,000 bytes, which take \d.* or so\. .* 2 blocks/,
    );
    assert.match(await said('large', 1), /coded in 2 blocks on one thread, /);
    assert.match(await said('huge'), /coded in 120 blocks on 2 threads.* xz and zstd are left out/);
  });

  it('tells the seed that it was asked to take', async (t) => {
    const job = programRun({ ...request(tableFolder(t), 'a.csv'), seed: 5 }, context);
    const { value } = await job.next();
    await job.return(undefined as never);
    assert.ok(value && 'settings' in value);
    assert.deepEqual(value.settings, { file: 'a.csv', effort: 'fast', ascii: false, seed: 5 });
  });

  it('writes nothing for a file that changes meanwhile', async (t) => {
    const folder = tableFolder(t);
    const job = programRun(request(folder, 'a.csv'), context);
    let changed = false;
    const change = () => {
      if (!changed) appendFileSync(join(folder, 'a.csv'), 'x');
      changed = true;
    };
    await assert.rejects(finish(job, change), /a\.csv was changed while its program was written/);
    assert.deepEqual(writtenIn(folder), []);
  });

  it('leaves the old program where it is until the new one is proved', async (t) => {
    const folder = tableFolder(t);
    const old = (): string => readFileSync(join(folder, 'out', 'program.mjs'), 'utf8');
    mkdirSync(join(folder, 'out'));
    writeFileSync(join(folder, 'out', 'program.mjs'), 'old');
    let stopping = false;
    const stopped = programRun(request(folder, 'a.csv'), { ...context, stopping: () => stopping });
    await assert.rejects(
      finish(stopped, (event) => {
        stopping ||= event.type === 'progress' && event.note === 'Running the program';
        if (stopping) assert.equal(old(), 'old');
      }),
      /Stopped before the program was written and verified/,
    );
    assert.deepEqual([writtenIn(folder), old()], [['program.mjs'], 'old']);
    const { result } = await finish(programRun(request(folder, 'a.csv'), context));
    assert.deepEqual(writtenIn(folder), ['program.mjs']);
    assert.equal(old().length > 3 && result.proof.command.at(-1), result.program);
  });

  it('leaves nothing behind when it is stopped', async (t) => {
    const folder = tableFolder(t);
    let stopping = false;
    const job = programRun(request(folder, 'a.csv'), { ...context, stopping: () => stopping });
    await assert.rejects(
      finish(job, ({ type }) => (stopping ||= type === 'progress')),
      /Stopped before the program was written/,
    );
    assert.deepEqual(writtenIn(folder), []);
  });

  it('stops at once while brotli is measured, which takes many seconds', async (t) => {
    const folder = temporaryFolder(t, { 'a.csv': syntheticTable({ rows: 250_000 }) });
    const notes: (string | undefined)[] = [];
    let asked = 0;
    const job = startJob(request(folder, 'a.csv'), {
      worker: resolve('out/dist/worker.js'),
      patience: 600_000,
      onMessage(message) {
        if (message.type !== 'events') return;
        for (const event of message.events) if (event.type === 'progress') notes.push(event.note);
        // The second one tells that brotli is at work.
        if (notes.length < 2 || asked > 0) return;
        asked = performance.now();
        job.stop();
      },
    });
    await assert.rejects(job.result, /Stopped before the program was written/);
    const took = performance.now() - asked;
    assert.ok(took < 4000, `${took} ms`);
    assert.deepEqual([...new Set(notes)], ['Measuring the usual compressors']);
    assert.deepEqual(writtenIn(folder), []);
  });

  it('says where it may not write before it starts', async (t) => {
    const folder = temporaryFolder(t, { a: 'abc', out: 'a file' });
    await assert.rejects(programRun(request(folder, 'a'), context).next(), {
      name: 'KolmoError',
      message: /program\.mjs cannot be made: a file stands where a folder is needed/,
    });
  });

  it(
    'looks whether a file can be made, whatever the rights of the folder are',
    { skip: !existsSync('/proc') && 'no folder that refuses files of everybody' },
    async (t) => {
      const job = { ...request(temporaryFolder(t, { a: 'abc' }), 'a'), out: '/proc/a.mjs' };
      await assert.rejects(programRun(job, context).next(), {
        name: 'KolmoError',
        message:
          /^(\/proc\/a\.mjs cannot be made: its folder is read-only|\/proc cannot be written)/,
      });
    },
  );

  it('names the program and not its draft where that can no longer be written', async (t) => {
    const folder = temporaryFolder(t, { a: 'abc' });
    const job = programRun(request(folder, 'a'), context);
    await job.next();
    rmSync(join(folder, 'out'), { recursive: true });
    writeFileSync(join(folder, 'out'), 'a file');
    await assert.rejects(finish(job), {
      name: 'KolmoError',
      message: /out.program\.mjs cannot be made: a file stands where a folder is needed/,
    });
  });

  it('never writes over the file that it reads, whichever way both are named', async (t) => {
    const folder = temporaryFolder(t, { a: 'abc' });
    symlinkSync(join(folder, 'a'), join(folder, 'link.mjs'));
    for (const out of ['a', 'link.mjs']) {
      const job = programRun({ ...request(folder, 'a'), out: join(folder, out) }, context);
      await assert.rejects(job.next(), /is the file that is read, and would be lost/);
    }
    assert.equal(readFileSync(join(folder, 'a'), 'utf8'), 'abc');
  });

  it('says that a folder is not a file', async (t) => {
    const folder = temporaryFolder(t, { a: 'abc' });
    await assert.rejects(
      programRun(request(folder, ''), context).next(),
      /is not a file: name one/,
    );
    const job = programRun({ ...request(folder, 'a'), out: folder }, context);
    await assert.rejects(job.next(), /is a folder: name the file in it/);
  });
});

describe('a program job on a run that trained a generator', () => {
  /** A run with a packed generator that nobody has trained. */
  async function generatorFolder(test: TestContext, channels = 1): Promise<string> {
    const folder = temporaryFolder(test);
    const architecture: Architecture = {
      name: 'gan',
      inputShape: [4],
      layers: [
        { type: 'dense', units: 12 * channels, activation: 'tanh' },
        { type: 'reshape', shape: [3, 4, channels] },
      ],
      task: 'generation',
    };
    writeFileSync(join(folder, 'model.kolmo'), encode(initialize(architecture, 1)));
    await writeRecord(folder, {
      kolmo: '0',
      versions: {},
      createdAt: 0,
      seed: 1,
      request: { type: 'compress', run: folder, passes: [], fineTune: false, seed: 1, threads: 1 },
      compressions: [],
      architecture,
    });
    return folder;
  }

  it('leaves no program behind when it is stopped while the program draws', async (t) => {
    const folder = await generatorFolder(t);
    let stopping = false;
    const job = programRun(
      { ...request(folder, ''), run: folder },
      { ...context, stopping: () => stopping },
    );
    const drawing = (event: RunEvent): boolean =>
      event.type === 'progress' && event.note === 'Drawing samples';
    await assert.rejects(
      finish(job, (event) => (stopping ||= drawing(event))),
      /Stopped before the program was written and verified/,
    );
    assert.ok(stopping);
    assert.deepEqual(writtenIn(folder), []);
  });

  it('says before it starts that a folder is not a file', async (t) => {
    const folder = await generatorFolder(t);
    const job = programRun({ ...request(folder, ''), out: folder, run: folder }, context);
    await assert.rejects(job.next(), /is a folder: name the file in it/);
  });

  it('draws in colour, and says how for a name that a shell would split', async (t) => {
    const folder = await generatorFolder(t, 3);
    const job = { ...request(folder, ''), out: join(folder, "it's drawn.mjs"), run: folder };
    const { result, events } = await finish(programRun(job, context));
    assert.equal(basename(result.file), 'samples-idx4-ubyte');
    const samples = readFileSync(result.file);
    assert.deepEqual([...samples.subarray(0, 4), samples[19]], [0, 0, 8, 4, 3]);
    const notes = events.flatMap((event) =>
      event.type === 'stageFinished' ? event.result.notes : [],
    );
    assert.match(notes[0], /`node 'it'\\''s drawn\.mjs' 100 1 > samples-idx4-ubyte`/);
  });

  it('draws samples with the packed model, proved by running it', async (t) => {
    const folder = await generatorFolder(t);
    const { result } = await finish(programRun({ ...request(folder, ''), run: folder }, context));
    const samples = readFileSync(result.file);
    assert.deepEqual(
      [...samples.subarray(0, 16)],
      [0, 0, 8, 3, 0, 0, 0, 100, 0, 0, 0, 3, 0, 0, 0, 4],
    );
    assert.equal(result.sha256, sha256(samples));
    assert.equal(result.samples, 100);
    assert.equal(result.bytes.total, readFileSync(result.program).length);
    assert.equal(readFileSync(join(folder, samplesPicture))[1], 0x50);
    const { file, program } = result;
    const again = await finish(verifyRun({ type: 'verify', program, file }, context));
    assert.equal(again.result.verified, true);
  });
});

describe('verifying a run', () => {
  const said = (folder: string) =>
    finish(
      verifyRun(
        { type: 'verify', program: join(folder, 'p.mjs'), file: join(folder, 'a') },
        context,
      ),
    ).then(({ result }) => result);

  for (const [what, printed, agreed] of [
    ['another byte', 'abcabXab', 5],
    ['too few bytes', 'abcab', 5],
    ['too many bytes', 'abcabcabc', 8],
  ] as const) {
    it(`says where ${what} begin, and what the file has`, async (t) => {
      const p = `process.stdout.write('${printed}')`;
      const result = await said(temporaryFolder(t, { a: 'abcabcab', 'p.mjs': p }));
      assert.equal(result.verified, false);
      assert.equal(result.agreed, agreed);
      assert.equal(result.bytes, printed.length);
      assert.deepEqual(result.expected, { bytes: 8, sha256: sha256(Buffer.from('abcabcab')) });
    });
  }

  it('says of what is not there what to do, and of a stop what was not done', async (t) => {
    const folder = temporaryFolder(t, { a: 'abc' });
    await assert.rejects(said(folder), /p\.mjs cannot be read \(ENOENT\): check its name/);
    writeFileSync(join(folder, 'p.mjs'), `process.stdout.write('abc')`);
    // Whoever may do anything is refused nothing.
    if (process.platform !== 'win32' && process.getuid!() !== 0) {
      chmodSync(join(folder, 'p.mjs'), 0);
      await assert.rejects(said(folder), /p\.mjs cannot be read \(EACCES\): allow yourself/);
      chmodSync(join(folder, 'p.mjs'), 0o600);
    }
    const job = verifyRun(
      { type: 'verify', program: join(folder, 'p.mjs'), file: join(folder, 'a') },
      { ...context, stopping: () => true },
    );
    await assert.rejects(finish(job), /^KolmoError: Stopped before all .* was compared/);
  });

  it('keeps the proof in the history, also when the file has changed since', async (t) => {
    const folder = temporaryFolder(t, { a: 'abc'.repeat(400) });
    const made = await finish(programRun(request(folder, 'a'), context));
    writeFileSync(join(folder, 'a'), 'abd'.repeat(400));
    const { file, program } = made.result;
    const again = await finish(verifyRun({ type: 'verify', program, file }, context));
    assert.equal(again.result.verified, false);
    const state = [...made.events, ...again.events]
      .map((event) => ({ ...event, at: 1 }))
      .reduce(reduce, emptyRun);
    const kept = state.stages.program!.result!.program!;
    assert.equal(kept.verified, false);
    assert.notEqual(kept.proof.expected, kept.proof.printed);
    assert.equal(kept.proof.printed, kept.sha256);
  });
});
