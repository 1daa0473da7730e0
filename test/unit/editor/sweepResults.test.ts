import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { pointName, readResults } from '../../../src/views/sweepResults';
import { resultsName } from '../../../src/runs/sweepFile';
import { temporaryFolder } from '../../fixtures/temporaryFolder';

describe('readResults', () => {
  const point = { name: '0f3a', settings: { 'prune.sparsity': 0.9 }, bytes: 200, testError: 0.02 };
  const results = { name: 'iris', architecture: 'mlp', total: 2, points: [point] };

  it('gives what a sweep wrote', async (t) => {
    const folder = temporaryFolder(t, { 'r.json': JSON.stringify(results) });
    assert.deepEqual(await readResults(join(folder, 'r.json')), { type: 'results', results });
  });

  const broken: [what: string, text: string | undefined, sentence: RegExp][] = [
    ['is not there', undefined, /^The results cannot be read \(ENOENT.*\): sweep again\.$/],
    ['was cut', '{"name": "iris", "poi', /r\.json is not JSON: .*Remove the file and sweep again/],
    ['is of something else', '{"name": "iris", "total": 2}', /r\.json: the file has no points/],
    [
      'holds a point without a name',
      JSON.stringify({ ...results, points: [{ settings: {} }] }),
      /r\.json: points\[0\] has no name, which it needs\. Remove the file/,
    ],
  ];
  for (const [what, text, sentence] of broken) {
    it(`says so of a file that ${what}`, async (t) => {
      const folder = temporaryFolder(t, text === undefined ? {} : { 'r.json': text });
      const message = await readResults(join(folder, 'r.json'));
      assert.ok(message.type === 'failed');
      assert.match(message.message, sentence);
    });
  }
});

describe('pointName', () => {
  const settings = { 'prune.sparsity': 0.9, seed: 2 };
  const points = [
    { name: '0f3a', settings },
    { name: '77aa', settings: {} },
  ];

  it('calls a point by its sweep and settings, and nothing else', (t) => {
    const text = JSON.stringify({ name: 'iris', total: 2, points });
    const folder = temporaryFolder(t, { [resultsName]: text });
    assert.deepEqual(
      ['0f3a', '77aa', 'train-1'].map((name) => pointName(join(folder, name))),
      ['iris, prune.sparsity 0.9, seed 2', 'iris', undefined],
    );
    assert.equal(pointName(join(folder, 'runs', 'a')), undefined);
  });

  it('leaves broken results to their chart', (t) => {
    const folder = temporaryFolder(t, { [resultsName]: '{"na' });
    assert.equal(pointName(join(folder, '0f3a')), undefined);
  });
});
