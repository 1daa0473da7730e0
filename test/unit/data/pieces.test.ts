import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { Dataset, DatasetOptions } from '../../../src/core/data/dataset';
import { indexLines } from '../../../src/core/data/pieces';
import { createRandom } from '../../../src/core/random';
import { initialize } from '../../../src/core/train/layers/layers';
import { mlp } from '../../../src/core/train/architectures/mlp';
import { train } from '../../../src/core/train/loop';
import { temporaryFolder } from '../../fixtures/temporaryFolder';
import { collected, readSplit } from './collected';

const rowCount = 150_000;

/** Sorted by all columns: its head is unlike the rest. */
const sorted = (line: (row: number) => string = (row) => `${row},n${row >> 14},${row / 2}`) =>
  `x,name,y\n${Array.from({ length: rowCount }, (_, row) => line(row)).join('\n')}\n`;

function streamed(
  folder: string,
  options: Partial<DatasetOptions> = {},
): ReturnType<typeof collected> {
  const cacheFolder = join(folder, 'cache');
  const path = join(folder, 'a.csv');
  return collected(path, { target: 'y', cacheFolder, memoryBytes: 1 << 19, ...options });
}

/** Numbers as they stand in the file: the target of each row tells which row it is. */
function rowsOf(dataset: Dataset, split: 'training' | 'test'): number[] {
  assert.ok(dataset.task.type === 'regression');
  const { mean, standardDeviation } = dataset.task;
  const { targets } = readSplit(dataset, split);
  return Array.from(targets, (value) => Math.round(2 * (value * standardDeviation + mean)));
}

describe('a table that does not fit in memory', () => {
  it('learns its columns from pieces of the whole file, and says so', async (t) => {
    const folder = temporaryFolder(t, { 'a.csv': sorted() });
    const dataset = await streamed(folder);
    t.after(() => dataset.close!());
    const whole = await collected(join(folder, 'a.csv'), { target: 'y' });
    assert.equal(dataset.arriving, undefined);
    for (const split of ['training', 'test'] as const) {
      assert.deepEqual(rowsOf(dataset, split), rowsOf(whole, split), split);
    }
    const columnsOf = ({ preprocessing }: Dataset) => {
      assert.ok(preprocessing.type === 'table');
      return preprocessing.columns;
    };
    const [x, name] = columnsOf(dataset);
    const [wholeX, wholeName] = columnsOf(whole);
    assert.ok(x.type === 'number' && wholeX.type === 'number');
    assert.notEqual(x.mean, wholeX.mean);
    assert.ok(Math.abs(x.mean / wholeX.mean - 1) < 0.1);
    assert.ok(name.type === 'category' && wholeName.type === 'category');
    assert.deepEqual([...name.values].sort(), [...wholeName.values].sort());
    const note = /learned from the training rows among 1[23]\d,\d{3} rows, .* from all 150,000/;
    assert.ok(dataset.notes.some((each) => note.test(each)));
  });

  it('gives its first rows early, and the same ones whenever the others come', async (t) => {
    const folder = temporaryFolder(t, { 'a.csv': sorted() });
    const dataset = await streamed(folder, { early: true });
    t.after(() => dataset.close!());
    const { groups, arrived } = dataset.arriving!;
    const training = dataset.splits.training;
    assert.equal(
      groups.reduce((sum, { length }) => sum + length, 0),
      training.count,
    );
    const [inputs, targets] = [new Float32Array(12), new Float32Array(1)];
    training.read(groups[0].subarray(0, 1), inputs, targets);
    assert.ok(Number.isFinite(targets[0]) && targets[0] !== 0);
    await arrived(groups.length);
    const later = await streamed(folder);
    t.after(() => later.close!());
    assert.deepEqual(readSplit(dataset, 'training'), readSplit(later, 'training'));
    assert.deepEqual(
      readdirSync(join(folder, 'cache')).filter((name) => name.endsWith('.csv')),
      [],
    );
  });

  it('is trained on as it comes, and a resumed training goes on with the same rows', async (t) => {
    const folder = temporaryFolder(t, { 'a.csv': sorted() });
    const options = { epochs: 1, batchSize: 2048, checkpointSteps: 50, learningRate: 0.01 };
    const run = async (resume?: Uint8Array) => {
      const dataset = await streamed(folder, { early: true });
      const model = initialize(mlp.build(dataset), 1);
      const training = train(model, dataset, { ...options, ...(resume && { resume }) });
      let checkpoint: Uint8Array | undefined;
      try {
        for (;;) {
          const step = await training.next();
          if (step.done) return { ...step.value, checkpoint };
          if (step.value.type === 'checkpoint') checkpoint ??= step.value.bytes.slice();
        }
      } finally {
        await dataset.close!();
      }
    };
    const whole = await run();
    const resumed = await run(whole.checkpoint);
    assert.ok(whole.validation.loss < 0.05, `validation loss ${whole.validation.loss}`);
    assert.deepEqual(resumed.model.parameters, whole.model.parameters);
  });

  it('stopped in its first epoch is measured on all of its validation rows', async (t) => {
    const folder = temporaryFolder(t, { 'a.csv': sorted() });
    const dataset = await streamed(folder, { early: true });
    t.after(() => dataset.close!());
    const training = train(initialize(mlp.build(dataset), 1), dataset, { batchSize: 256 });
    let step = await training.next();
    while (!step.done) step = await training.next('stop');
    const { ended, epochs, validation } = step.value;
    assert.deepEqual([ended, epochs], ['stopped', 0]);
    assert.ok(validation.loss < 1, `validation loss ${validation.loss}`);
  });

  it('may be closed before all its rows have come', async (t) => {
    const folder = temporaryFolder(t, { 'a.csv': sorted() });
    const dataset = await streamed(folder, { early: true });
    void dataset.arriving!.arrived(2).catch(() => undefined);
    await dataset.close!();
    assert.deepEqual(readdirSync(join(folder, 'cache')), []);
  });

  it(
    'says that the disk is full when a piece finds no place',
    { skip: !existsSync('/dev/full') && 'no /dev/full' },
    async (t) => {
      const folder = temporaryFolder(t, { 'a.csv': sorted() });
      mkdirSync(join(folder, 'cache'));
      symlinkSync('/dev/full', join(folder, 'cache', `part-${process.pid}-1.csv`));
      await assert.rejects(streamed(folder), {
        name: 'KolmoError',
        message:
          /^The cache file in .* cannot be written: ENOSPC.* Make room on the disk, or choose another folder for the run\.$/,
      });
    },
  );

  it('names the line of a bad cell that comes late', async (t) => {
    const bad = 149_990;
    const folder = temporaryFolder(t, {
      'a.csv': sorted((row) => `${row === bad ? 'oops' : row},n,${row / 2}`),
    });
    await assert.rejects(streamed(folder), {
      message: `a.csv, line ${bad + 2}: column x holds “oops”, expected a number as in the rows before it. Correct the cell, or leave it empty.`,
    });
  });

  for (const [what, line] of [
    ['a target is missing', (row) => `${row},n${row % 3},${row === 9 ? '' : row / 2}`],
    ['a field goes over two lines', (row) => `${row},"n\n${row % 3}",${row / 2}`],
  ] as [string, (row: number) => string][]) {
    it(`is read from its start where ${what}`, async (t) => {
      const folder = temporaryFolder(t, { 'a.csv': sorted(line) });
      const dataset = await streamed(folder, { early: true });
      t.after(() => dataset.close!());
      assert.equal(dataset.arriving, undefined);
      const whole = await collected(join(folder, 'a.csv'), { target: 'y' });
      assert.deepEqual(readSplit(dataset, 'test'), readSplit(whole, 'test'));
    });
  }

  it('refuses a target of one class too many', async (t) => {
    const folder = temporaryFolder(t, {
      'a.csv': sorted((row) => `${row},n${row % 3},c${row % 10_001}`),
    });
    await assert.rejects(streamed(folder), {
      message: 'The target “y” of a.csv has more than 10,000 classes. Choose another column.',
    });
  });

  it('knows a class that the first pieces do not show', async (t) => {
    const folder = temporaryFolder(t, {
      'a.csv': sorted((row) => `${row},n${row % 3},${row === 70_000 ? 'rare' : `c${row % 2}`}`),
    });
    for (const seed of [1, 2, 3, 4]) {
      const dataset = await streamed(folder, { seed });
      await dataset.close!();
      assert.ok(dataset.task.type === 'classification');
      assert.deepEqual(dataset.task.classes, ['c0', 'c1', 'rare']);
    }
  });
});

describe('indexLines', () => {
  for (const header of [true, false]) {
    it(`finds every 4096th line ${header ? 'below a header' : 'from the first'}`, () => {
      const random = createRandom(5);
      const lines = Array.from({ length: 10_000 }, () => 'x'.repeat(random.integer(9)));
      for (const last of ['', '\n']) {
        const bytes = new TextEncoder().encode(lines.join('\n') + last);
        const index = indexLines({ header, columns: 5 });
        for (let at = 0; at < bytes.length;) {
          const next = at + 1 + random.integer(5000);
          index.visit(bytes.subarray(at, next));
          at = next;
        }
        const rows = lines.slice(header ? 1 : 0);
        const unended = last === '' && lines[lines.length - 1] === '';
        assert.equal(index.lines(), rows.length - (unended ? 1 : 0));
        const lengthOf = (some: string[]) => some.join('\n').length + 1;
        const start = header ? lengthOf(lines.slice(0, 1)) : 0;
        assert.deepEqual(index.starts(), [
          start,
          start + lengthOf(rows.slice(0, 4096)),
          start + lengthOf(rows.slice(0, 8192)),
          bytes.length,
        ]);
      }
    });
  }

  it('makes shorter pieces of wider rows', () => {
    const bytes = new TextEncoder().encode('x\n'.repeat(1000));
    const index = indexLines({ header: true, columns: 1000 });
    index.visit(bytes);
    assert.equal(index.linesPerPiece, 132);
    assert.equal(index.starts().length, Math.ceil(999 / 132) + 1);
  });
});
