import assert from 'node:assert/strict';
import { copyFileSync, existsSync, readdirSync, renameSync } from 'node:fs';
import { dirname, join, sep } from 'node:path';
import { describe, it } from 'node:test';
import { describeDataset } from '../../../src/core/data/collect';
import { splitIndices } from '../../../src/core/data/split';
import type { ColumnPreprocessing } from '../../../src/core/data/dataset';
import { syntheticTable } from '../../fixtures/syntheticTable';
import { decode, encode } from '../../../src/core/compress/container/container';
import { removeNeurons } from '../../../src/core/compress/passes/pruneNeurons';
import { architectures } from '../../../src/core/train/architectures/architectures';
import { evaluateOnnx, exportOnnx } from '../../../src/core/train/export';
import { initialize } from '../../../src/core/train/layers/layers';
import { temporaryFolder } from '../../fixtures/temporaryFolder';
import { collected, readSplit } from './collected';

const columnsOf = (dataset: Awaited<ReturnType<typeof collected>>): ColumnPreprocessing[] => {
  assert.equal(dataset.preprocessing.type, 'table');
  return dataset.preprocessing.type === 'table' ? dataset.preprocessing.columns : [];
};

describe('splitIndices', () => {
  it('holds out at least one example where a share is asked for, and none where there are files of its own', () => {
    const few = splitIndices(10, { validation: 0.001, test: 0.001 }, 1, 'a');
    assert.deepEqual([few.training.length, few.validation.length, few.test.length], [8, 1, 1]);
    const none = splitIndices(10, { validation: undefined, test: undefined }, 1, 'a');
    assert.deepEqual([none.training.length, none.validation.length, none.test.length], [10, 0, 0]);
    assert.throws(
      () => splitIndices(10, { validation: 0.1, test: 0 }, 1, 'a'),
      /^KolmoError: The test share is 0: expected a fraction between 0 and 1, as a model is measured/,
    );
  });
});

describe('table', () => {
  it('standardises numbers and gives names a position each, by the training rows', async (t) => {
    const folder = temporaryFolder(t, { 'goods.csv': syntheticTable({ rows: 400 }) });
    const dataset = await collected(join(folder, 'goods.csv'));
    assert.equal(dataset.name, 'goods');
    assert.equal(dataset.task.type, 'regression');
    // size, three colors, two shapes, made.
    assert.deepEqual(dataset.inputShape, [7]);
    const { inputs, targets, count, width } = readSplit(dataset, 'training');
    assert.equal(count, 312);
    for (const column of [0, 6]) {
      const values = Array.from({ length: count }, (_, row) => inputs[row * width + column]);
      const mean = values.reduce((sum, value) => sum + value, 0) / count;
      const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / count;
      assert.ok(Math.abs(mean) < 1e-5 && Math.abs(variance - 1) < 1e-4, `${mean} ${variance}`);
    }
    for (let row = 0; row < count; row++) {
      const oneHot = inputs.subarray(row * width + 1, row * width + 6);
      assert.equal(oneHot[0] + oneHot[1] + oneHot[2], 1);
      assert.equal(oneHot[3] + oneHot[4], 1);
    }
    assert.ok(Math.abs(targets.reduce((sum, value) => sum + value, 0)) < 1e-2);
  });

  it('describes and reads more columns than are counted at once', async (t) => {
    const width = 400;
    const line = (cell: (column: number) => unknown): string =>
      `${Array.from({ length: width }, (_, column) => cell(column)).join(',')},target\n`;
    const rows = Array.from({ length: 40 }, (_, row) =>
      line((column) => row * column).replace('target', String(row / 4)),
    );
    const folder = temporaryFolder(t, { 'wide.csv': line((i) => `c${i}`) + rows.join('') });
    const described = await describeDataset(join(folder, 'wide.csv'));
    assert.equal(described.problem, undefined);
    assert.equal(described.columns?.length, width + 1);
    assert.deepEqual(
      [0, 1, 51, 399].map((column) => described.columns![column].distinct),
      [1, 40, 40, 40],
    );
    const dataset = await collected(join(folder, 'wide.csv'));
    assert.deepEqual(dataset.inputShape, [width - 1]);
  });

  it('fills missing values and says so', async (t) => {
    const csv =
      'x,color,y\n' +
      Array.from(
        { length: 40 },
        (_, i) => `${i === 7 ? '' : i},${i === 9 ? 'NA' : i % 4 ? 'red' : 'blue'},${i * 2.5}`,
      ).join('\n');
    const folder = temporaryFolder(t, { 'gaps.csv': csv });
    const dataset = await collected(join(folder, 'gaps.csv'));
    const [x, color] = columnsOf(dataset);
    assert.equal(color.type === 'category' && color.fill, 'red');
    assert.ok(x.type === 'number' && Number.isFinite(x.fill));
    const said = dataset.notes.join('\n');
    assert.match(said, /x: 1 missing values are filled with the training median, /);
    assert.match(said, /color: 1 missing values are filled with the most frequent, “red”/);
    for (const split of ['training', 'validation', 'test'] as const) {
      assert.ok(readSplit(dataset, split).inputs.every((value) => Number.isFinite(value)));
    }
  });

  const targets: [string, string, 'classification' | 'regression'][] = [
    [
      'words',
      Array.from({ length: 40 }, (_, i) => `${i * 1.5},${i % 2 ? 'yes' : 'no'}`).join('\n'),
      'classification',
    ],
    [
      'few integers',
      Array.from({ length: 40 }, (_, i) => `${i * 1.5},${i % 3}`).join('\n'),
      'classification',
    ],
    [
      'booleans',
      Array.from({ length: 40 }, (_, i) => `${i * 1.5},${i % 2 === 0}`).join('\n'),
      'classification',
    ],
    [
      'many integers',
      Array.from({ length: 40 }, (_, i) => `${i * 1.5},${i * 7}`).join('\n'),
      'regression',
    ],
    [
      'decimals',
      Array.from({ length: 40 }, (_, i) => `${i * 1.5},${i % 3}.5`).join('\n'),
      'regression',
    ],
  ];
  for (const [what, rows, type] of targets) {
    it(`tells a target of ${what} as ${type}`, async (t) => {
      const folder = temporaryFolder(t, { 'a.csv': `x,t\n${rows}\n` });
      assert.equal((await collected(join(folder, 'a.csv'))).task.type, type);
    });
  }

  it('takes integers for classes only where there are ten rows for each', async (t) => {
    const table = (rows: number): string =>
      `x,t\n${Array.from({ length: rows }, (_, i) => `${i * 1.5},${i % 12}`).join('\n')}\n`;
    const folder = temporaryFolder(t, { 'few.csv': table(119), 'many.csv': table(120) });
    const typeOf = async (name: string): Promise<string> =>
      (await collected(join(folder, name), { target: 't' })).task.type;
    assert.deepEqual(
      [await typeOf('few.csv'), await typeOf('many.csv')],
      ['regression', 'classification'],
    );
  });

  it('orders classes by size where they are numbers', async (t) => {
    const rows = Array.from({ length: 120 }, (_, i) => `${i * 1.5},${(i % 3) * 5}`);
    const folder = temporaryFolder(t, { 'a.csv': `x,t\n${rows.join('\n')}\n` });
    const { task } = await collected(join(folder, 'a.csv'));
    assert.deepEqual(task.type === 'classification' && task.classes, ['0', '5', '10']);
  });

  it('orders classes that are no numbers behind those that are', async (t) => {
    const names = ['1z', '10', '9', '', 'a'];
    const rows = Array.from({ length: 200 }, (_, i) => `${i * 1.5},${names[i % 5]}`);
    const folder = temporaryFolder(t, { 'a.csv': `x,t\n${rows.join('\n')}\n` });
    const { task } = await collected(join(folder, 'a.csv'), { target: 't' });
    assert.deepEqual(task.type === 'classification' && task.classes, ['9', '10', '1z', 'a']);
  });

  it('tells numbers whose squares are none from equal ones', async (t) => {
    const rows = Array.from({ length: 60 }, (_, i) => `${i % 7},${i + 1}e200,${i * 1.5}`);
    const folder = temporaryFolder(t, { 'a.csv': `x,huge,y\n${rows.join('\n')}\n` });
    const path = join(folder, 'a.csv');
    const { notes } = await collected(path, { target: 'y' });
    assert.ok(
      notes.includes('huge is left out: its numbers are so large that their squares are none.'),
    );
    await assert.rejects(
      collected(path, { target: 'huge' }),
      /The target “huge” of a\.csv cannot be learned, as its numbers are so large/,
    );
  });

  const guesses: [string, (i: number) => string, string[]][] = [
    ['a,b,c', (i) => `${i},${2 * i},${3 * i}`, ['c', 'b', 'a']],
    ['a,price,c', (i) => `${i},${2 * i},${3 * i}`, ['price', 'c', 'a']],
    ['x,price,y,z', (i) => `${i},${2 * i},${3 * i},${4 * i}`, ['price', 'y', 'z', 'x']],
    ['Species,b,id', (i) => `${i % 2 ? 'x' : 'y'},${2 * i},${i}`, ['Species', 'b', 'id']],
    ['a,b,same', (i) => `${i},${2 * i},3`, ['b', 'a']],
  ];
  for (const [header, row, expected] of guesses) {
    it(`guesses the target of ${header} as ${expected[0]}`, async (t) => {
      const lines = [header, ...Array.from({ length: 12 }, (_, i) => row(i))];
      const folder = temporaryFolder(t, { 'a.csv': lines.join('\n') });
      const description = await describeDataset(join(folder, 'a.csv'));
      assert.deepEqual(description.targets, expected);
      assert.equal(description.rows, 12);
    });
  }

  const dialects: [string, string][] = [
    ['tabs', syntheticTable({ rows: 50, delimiter: '\t' })],
    ['semicolons', syntheticTable({ rows: 50, delimiter: ';' })],
    ['Windows line ends', syntheticTable({ rows: 50 }).replaceAll('\n', '\r\n')],
    ['a byte order mark', `\ufeff${syntheticTable({ rows: 50 })}`],
    ['decimal commas', syntheticTable({ rows: 50, delimiter: ';' }).replaceAll('.', ',')],
  ];
  for (const [what, csv] of dialects) {
    it(`reads a table with ${what} as it reads the plain one`, async (t) => {
      const folder = temporaryFolder(t, {
        'plain.csv': syntheticTable({ rows: 50 }),
        'a.csv': csv,
      });
      const expected = await collected(join(folder, 'plain.csv'));
      const found = await collected(join(folder, 'a.csv'));
      assert.deepEqual(found.task, expected.task);
      assert.deepEqual(readSplit(found, 'test'), readSplit(expected, 'test'));
    });
  }

  it('says how many lines before a table it leaves out', async (t) => {
    const rows = Array.from({ length: 60 }, (_, i) => `${i},${i % 7},${i % 2}`);
    const csv = ['Readings of May', 'made by hand', 'a,b,c', ...rows].join('\n');
    const folder = temporaryFolder(t, { 'a.csv': csv });
    const dataset = await collected(join(folder, 'a.csv'));
    assert.match(
      dataset.notes.join('\n'),
      /^The first 2 lines are left out, without the 3 fields/m,
    );
    assert.deepEqual(
      columnsOf(dataset).map(({ name }) => name),
      ['a', 'b'],
    );
  });

  it('says so of a table with decimal commas, too', async (t) => {
    const rows = Array.from({ length: 60 }, (_, i) => `${i},5;${i % 7},25;${i % 2}`);
    const csv = ['Readings;of May', 'a;b;c', ...rows].join('\n');
    const folder = temporaryFolder(t, { 'a.csv': csv });
    const { notes } = await collected(join(folder, 'a.csv'));
    assert.match(notes.join('\n'), /^The first line is left out, without the 3 fields/m);
  });

  it('names the line that has too many fields where less follows than stands before it', async (t) => {
    const folder = temporaryFolder(t, { 'a.csv': 'a,b,c\n1,2,3\n4,5,6\n6,7,8,9\n' });
    await assert.rejects(collected(join(folder, 'a.csv')), /line 4/i);
  });

  it('gives categories of many values a code each, after the amounts, and 0 to unseen ones', async (t) => {
    const rows = Array.from({ length: 300 }, (_, i) =>
      [`city${i % 10 ? i % 30 : i}`, i % 7, i % 3 ? '' : 'x', `${i % 5}.5`].join(','),
    );
    const folder = temporaryFolder(t, { 'a.csv': `city,n,gap,y\n${rows.join('\n')}\n` });
    const dataset = await collected(join(folder, 'a.csv'), { target: 'y' });
    const [city] = columnsOf(dataset);
    assert.ok(city.type === 'code');
    assert.deepEqual(dataset.codes, [city.values.length + 1]);
    const { inputs, count, width } = readSplit(dataset, 'test');
    const codes = Array.from({ length: count }, (_, row) => inputs[row * width + width - 1]);
    assert.ok(codes.every((code) => Number.isInteger(code) && code <= city.values.length));
    const unseen = codes.filter((code) => code === 0).length;
    assert.ok(unseen > 0 && unseen < count);
    assert.ok(
      dataset.notes.includes(
        `city: ${unseen} test rows hold a value that training never saw; its code is 0.`,
      ),
      dataset.notes.join('\n'),
    );
    // A model of it is trained, measured and packed like any other.
    const initial = initialize(architectures.mlp.build(dataset), 1);
    const metrics = await evaluateOnnx(exportOnnx(initial), dataset, 'test');
    assert.ok(Number.isFinite(metrics.rmse));
    const pruned = removeNeurons(initial, 0.5);
    assert.ok(Number.isFinite((await evaluateOnnx(exportOnnx(pruned), dataset, 'test')).rmse));
    assert.deepEqual(decode(encode(pruned), 'a'), pruned);
  });

  it('counts the test rows whose name training never saw', async (t) => {
    const rows = Array.from({ length: 90 }, (_, i) => `n${i % 8 ? 'a' : i},${i % 5}.5`);
    const folder = temporaryFolder(t, { 'a.csv': `name,y\n${rows.join('\n')}\n` });
    const dataset = await collected(join(folder, 'a.csv'), { target: 'y' });
    const note = dataset.notes.find((each) => each.includes('never saw'));
    const zeros = readSplit(dataset, 'test');
    let empty = 0;
    for (let row = 0; row < zeros.count; row++) {
      const positions = zeros.inputs.subarray(row * zeros.width, (row + 1) * zeros.width);
      if (positions.every((value) => value === 0)) empty++;
    }
    assert.ok(empty > 0);
    assert.equal(
      note,
      `name: ${empty} test rows hold a value that training never saw; all its positions are 0.`,
    );
  });

  it('leaves out columns that carry nothing and says why', async (t) => {
    const rows = Array.from({ length: 60 }, (_, i) => `${i},word${i},,7,${i % 7},${i * 1.5}`);
    const folder = temporaryFolder(t, { 'a.csv': `id,text,void,same,x,y\n${rows.join('\n')}\n` });
    const dataset = await collected(join(folder, 'a.csv'));
    assert.deepEqual(
      columnsOf(dataset).map((column) => (column.type === 'dropped' ? column.reason : column.type)),
      [
        'it numbers the rows',
        'its words hardly repeat: an identifier or free text',
        'all its values are missing',
        'it has one value in all training rows',
        'number',
      ],
    );
    assert.ok(dataset.notes.includes('void is left out: all its values are missing.'));
  });

  it('knows names that occur only far down', async (t) => {
    const name = (i: number): string => (i < 120_000 ? 'early' : i % 2 ? 'late' : 'last');
    const rows = Array.from({ length: 150_000 }, (_, i) => `${name(i)},${i % 7}.5`);
    const folder = temporaryFolder(t, { 'a.csv': `name,y\n${rows.join('\n')}\n` });
    const dataset = await collected(join(folder, 'a.csv'), { target: 'y' });
    const [column] = columnsOf(dataset);
    assert.deepEqual(column.type === 'category' && column.values, ['early', 'last', 'late']);
    const { inputs, count } = readSplit(dataset, 'training');
    assert.equal(
      inputs.reduce((sum, value) => sum + value, 0),
      count,
    );
  });

  it('leaves out rows without a target', async (t) => {
    const rows = Array.from({ length: 40 }, (_, i) => `${i * 1.5},${i < 4 ? '' : i * 2.5}`);
    const folder = temporaryFolder(t, { 'a.csv': `x,y\n${rows.join('\n')}\n` });
    const dataset = await collected(join(folder, 'a.csv'), { target: 'y' });
    assert.ok(dataset.notes.includes('4 rows have no value for y and are left out.'));
    const counts = Object.values(dataset.splits).map(({ count }) => count);
    assert.equal(
      counts.reduce((sum, count) => sum + count, 0),
      36,
    );
  });

  it('reads the same from a cache file as from memory, and leaves no file', async (t) => {
    const folder = temporaryFolder(t, { 'large.csv': syntheticTable({ rows: 40_000 }) });
    const cacheFolder = join(folder, 'cache');
    const path = join(folder, 'large.csv');
    const cached = await collected(path, { cacheFolder, memoryBytes: 1 << 19 });
    assert.ok(existsSync(cacheFolder), 'the rows went to the cache folder');
    const other = await collected(path, { cacheFolder, memoryBytes: 1 << 19, seed: 2 });
    const inMemory = await collected(path);
    for (const split of ['training', 'validation', 'test'] as const) {
      assert.deepEqual(readSplit(cached, split), readSplit(inMemory, split));
    }
    assert.deepEqual(cached.notes, inMemory.notes);
    await cached.close!();
    await other.close!();
    assert.deepEqual(readdirSync(cacheFolder), []);
  });

  for (const format of ['parquet', 'jsonl']) {
    it(`reads ${format} as it reads CSV`, async (t) => {
      const folder = temporaryFolder(t, { 'a.csv': syntheticTable({ rows: 60, missing: 0.1 }) });
      const copy = await copied(join(folder, 'a.csv'), `a.${format}`);
      const [expected, found] = [await collected(join(folder, 'a.csv')), await collected(copy)];
      assert.deepEqual(found.inputShape, expected.inputShape);
      assert.deepEqual(readSplit(found, 'test').targets, readSplit(expected, 'test').targets);
    });
  }

  // Windows allows only the first in a name.
  const patterns = [
    'a[1]',
    ...(process.platform === 'win32' ? [] : ['a*', 'a?', '[a]*?', '[!b]1']),
  ];
  for (const format of ['csv', 'parquet', 'jsonl']) {
    it(`reads the ${format} file that is named, though its name be a pattern for others`, async (t) => {
      const folder = temporaryFolder(t, { 'chosen.csv': syntheticTable({ rows: 50 }) });
      const other = join(temporaryFolder(t, { 'a1.csv': syntheticTable({ rows: 20 }) }), 'a1.csv');
      const decoy = format === 'csv' ? other : await copied(other, `a1.${format}`);
      copyFileSync(decoy, join(folder, `a1.${format}`));
      for (const pattern of patterns) {
        const path = join(folder, `${pattern}.${format}`);
        if (format === 'csv') copyFileSync(join(folder, 'chosen.csv'), path);
        else renameSync(await copied(join(folder, 'chosen.csv'), `chosen.${format}`), path);
        assert.equal((await describeDataset(path)).rows, 50, path);
        const { splits } = await collected(path);
        const counts = Object.values(splits).map(({ count }) => count);
        assert.equal(counts[0] + counts[1] + counts[2], 50, path);
      }
    });

    it(`takes no column of ${format} from the name of a folder`, async (t) => {
      const folder = temporaryFolder(t, { 'year=2020/a.csv': syntheticTable({ rows: 50 }) });
      const csv = join(folder, 'year=2020', 'a.csv');
      const path = format === 'csv' ? csv : await copied(csv, `a.${format}`);
      const { columns = [] } = await describeDataset(path);
      assert.deepEqual(
        columns.map(({ name }) => name),
        ['size', 'color', 'shape', 'made', 'price'],
      );
    });
  }

  it('refuses a path of signs that no pattern stands for', { skip: sep === '\\' }, async (t) => {
    const folder = temporaryFolder(t, { 'a\\[1].csv': syntheticTable({ rows: 20 }) });
    await assert.rejects(
      collected(join(folder, 'a\\[1].csv')),
      /a\\\[1\]\.csv cannot be read: DuckDB finds no table whose path holds a backslash beside \[, \* or \?\. Rename/,
    );
  });
});

/** The same table in the format that the new name says, beside the old one. */
async function copied(csv: string, name: string): Promise<string> {
  const { DuckDBInstance } = await import('@duckdb/node-api');
  const connection = await (await DuckDBInstance.create(':memory:')).connect();
  const copy = join(dirname(csv), name);
  await connection.run(`COPY (FROM read_csv('${csv}', hive_partitioning=false)) TO '${copy}'`);
  connection.closeSync();
  return copy;
}
