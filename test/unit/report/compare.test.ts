import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { datasetDefaults } from '../../../src/core/data/dataset';
import { cellText, compareRuns, type ComparedRun } from '../../../src/report/compare';
import { trainDefaults, type TrainOptions } from '../../../src/core/train/options';
import type { RunEvent } from '../../../src/runs/events';
import { emptyRun, reduce } from '../../../src/runs/state';

function run(name: string, training: Partial<TrainOptions>, events: RunEvent[]): ComparedRun {
  const options = { ...trainDefaults, ...training };
  return {
    name,
    record: {
      kolmo: '0.1.0',
      versions: {},
      createdAt: 1,
      seed: options.seed,
      request: {
        type: 'train',
        dataset: '/data/iris.csv',
        data: datasetDefaults,
        architecture: 'mlp',
        training: {},
        run: name,
        threads: 1,
      },
      training: options,
      compressions: [],
      parameters: 4675,
      dataset: {
        name: 'iris',
        files: [{ path: '/data/iris.csv', bytes: 10, sha256: 'a'.repeat(64) }],
        preprocessing: { type: 'image', divideBy: 1 },
        notes: [],
      },
    },
    state: events.reduce((state, event, i) => reduce(state, { ...event, at: i }), emptyRun),
  };
}

const finished = (
  stage: 'train' | 'prune',
  bytes: number,
  error: number,
  settings: Record<string, number> = {},
): RunEvent[] => [
  { type: 'stageStarted', stage, settings },
  {
    type: 'stageFinished',
    stage,
    result: { bytes, artifact: '', seconds: 2, test: { loss: 0.1, error }, notes: [] },
  },
];

describe('compareRuns', () => {
  const rows = compareRuns([
    run('a', { learningRate: 0.01 }, finished('train', 19_000, 0.0316)),
    run('b', { schedule: { type: 'constant' } }, [
      ...finished('train', 19_000, 0.05),
      ...finished('prune', 3000, 0.05, { sparsity: 0.9 }),
    ]),
  ]);
  const row = (name: string) => {
    const found = rows.find((each) => each.name === name);
    assert.ok(found, `no row ${name} among ${rows.map((each) => each.name).join(', ')}`);
    return {
      part: found.part,
      differs: found.differs,
      cells: found.values.map((value) => cellText(found, value)),
    };
  };

  it('lists the settings with every default in place, and marks those that differ', () => {
    assert.deepEqual(row('learningRate'), {
      part: 'settings',
      differs: true,
      cells: ['0.01', '0.001'],
    });
    assert.deepEqual(row('schedule').cells, ['cosine', 'constant']);
    assert.deepEqual(row('batchSize'), { part: 'settings', differs: false, cells: ['128', '128'] });
    assert.deepEqual(row('parameters').cells, ['4,675', '4,675']);
  });

  it('leaves a cell empty where a run has no such stage', () => {
    assert.deepEqual(row('Prune: sparsity').cells, ['–', '0.9']);
    assert.deepEqual(row('Prune'), { part: 'bytes', differs: true, cells: ['–', '3,000'] });
  });

  it('gives bytes and metrics of each stage in the units of reports', () => {
    assert.deepEqual(row('Train'), { part: 'bytes', differs: false, cells: ['19,000', '19,000'] });
    assert.deepEqual(row('Train: test error'), {
      part: 'metrics',
      differs: true,
      cells: ['3.16 %', '5.00 %'],
    });
  });
});
