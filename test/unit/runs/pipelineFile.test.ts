import Ajv from 'ajv';
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { passDescriptions } from '../../../src/core/compress/descriptions';
import type { RunRecord } from '../../../src/runs/folder';
import {
  formatPipeline,
  parsePipeline,
  pipelineOf,
  pipelineSchema,
  requestOf,
  type Pipeline,
} from '../../../src/runs/pipelineFile';

const whole: Pipeline = {
  dataset: 'data/houses.csv',
  preprocessing: { target: 'price', validationShare: 0.1, testShare: 0.2, seed: 3 },
  architecture: 'mlp',
  training: { epochs: 4, schedule: { type: 'step', at: [0.5], factor: 0.1 }, patience: 0 },
  passes: [
    { pass: 'prune', sparsity: 0.8, granularity: 'global' },
    { pass: 'quantize', bits: 4, fineTune: false, seed: 9 },
  ],
  seed: 2,
  threads: 1,
  engine: 'wasm',
};

/** What a person may write wrong, and the start of what is said. */
const wrong: [file: unknown, sentence: RegExp][] = [
  [[], /the file must be an object, not \[\]\./],
  [{}, /the file has no dataset, which it needs\./],
  [{ dataset: '' }, /dataset must be a text that is not empty/],
  [{ dataset: 'a', sed: 1 }, /sed is not known here: choose among .*seed/],
  [{ dataset: 'a', seed: 1.5 }, /seed must be a whole number from 0 to 2147483647, not 1\.5\./],
  [{ dataset: 'a', engine: 'cuda' }, /engine must be one of auto, native, wasm, tfjs-node, not/],
  [
    { dataset: 'a', training: { labelSmoothing: 0.6 } },
    /training\.labelSmoothing must be a number from 0 to 0\.5, not 0\.6/,
  ],
  [{ dataset: 'a', architecture: 'lenet' }, /architecture must be one of auto, lenet-300-100/],
  [{ dataset: 'a', training: { epochs: 0 } }, /training\.epochs must be a whole number of at/],
  [
    { dataset: 'a', training: { learningRate: 0 } },
    /training\.learningRate must be a number above 0, not 0/,
  ],
  [
    { dataset: 'a', training: { schedule: { type: 'cosine', at: [1] } } },
    /training\.schedule\.at is not known here/,
  ],
  [{ dataset: 'a', preprocessing: { testShare: 1 } }, /preprocessing\.testShare must be a number/],
  [{ dataset: 'a', passes: [{ sparsity: 0.5 }] }, /passes\[0\] has no pass, which it needs/],
  [{ dataset: 'a', passes: [{ pass: 'shrink' }] }, /passes\[0\]\.pass must be one of prune,/],
  [
    { dataset: 'a', passes: [{ pass: 'share' }, { pass: 'prune', sparsity: 1.5 }] },
    /passes\[1\]\.sparsity must be a number from 0 to 0\.999, not 1\.5\./,
  ],
  [
    { dataset: 'a', passes: [{ pass: 'quantize', bits: 3.5 }] },
    /passes\[0\]\.bits must be a whole/,
  ],
  [
    { dataset: 'a', passes: [{ pass: 'quantize', clusters: 8 }] },
    /passes\[0\]\.clusters is not known here/,
  ],
  [
    { dataset: 'a', passes: [{ pass: 'quantize', scheme: 'round' }] },
    /passes\[0\]\.scheme must be one of affine, symmetric, ternary/,
  ],
];

describe('a pipeline file', () => {
  const valid = new Ajv({ strict: false }).compile(pipelineSchema);

  it('with everything in it is read as it stands', () => {
    assert.deepEqual(parsePipeline(formatPipeline(whole), 'p.kolmo.json'), whole);
    assert.ok(valid(whole), JSON.stringify(valid.errors));
  });

  it('may name every pass with all of its options', () => {
    const passes = Object.values(passDescriptions).map(({ name, setting, defaults }) => ({
      pass: name,
      [setting.name]: setting.default,
      ...defaults,
    }));
    const file = { dataset: 'a', passes };
    assert.deepEqual(parsePipeline(JSON.stringify(file), 'p'), file);
    assert.ok(valid(file), JSON.stringify(valid.errors));
  });

  for (const [file, sentence] of wrong) {
    it(`is refused by reader and JSON schema alike: ${JSON.stringify(file)}`, () => {
      assert.throws(() => parsePipeline(JSON.stringify(file), 'p.kolmo.json'), sentence);
      assert.equal(valid(file), false);
    });
  }

  it('that is no JSON says so', () => {
    assert.throws(
      () => parsePipeline('{"dataset": }', 'p.kolmo.json'),
      /^KolmoError: p\.kolmo\.json is not JSON: Unexpected token/,
    );
  });
});

describe('the request of a pipeline', () => {
  const options = { file: '/work/p.kolmo.json', run: '/work/.kolmo/runs/a', threads: 4 };

  it('takes the pipeline for everything that decides bytes', () => {
    const request = requestOf(whole, options);
    assert.equal(request.dataset, '/work/data/houses.csv');
    assert.deepEqual(request.passes, [
      {
        name: 'prune',
        options: { sparsity: 0.8, granularity: 'global' },
        fineTune: true,
        seed: 2,
      },
      { name: 'quantize', options: { bits: 4 }, fineTune: false, seed: 9 },
    ]);
    assert.equal(request.threads, 1);
    assert.equal(request.data.seed, 3);
    assert.equal(request.engine, 'wasm');
  });

  it('takes threads and engine of who runs it where the pipeline names none', () => {
    const own = { ...options, engine: 'tfjs-node' as const, modules: ['/work'] };
    const { threads, engine, modules } = requestOf({ dataset: 'a' }, own);
    assert.deepEqual([threads, engine, modules], [4, 'tfjs-node', ['/work']]);
    assert.equal(requestOf({ dataset: 'a', engine: 'auto' }, own).engine, undefined);
    assert.deepEqual(requestOf({ dataset: 'a', engine: 'tfjs-node' }, options).modules, undefined);
  });

  it('and its passes come back from the run that it made', () => {
    const request = requestOf(whole, options);
    const { run, threads, passes = [] } = request;
    const record = {
      request,
      compressions: passes.map(({ fineTune, seed, ...pass }) => ({
        type: 'compress' as const,
        ...{ run, threads, fineTune, seed, passes: [pass] },
      })),
    } as unknown as RunRecord;
    const chain = ['collect', 'preprocess', 'train', 'prune', 'quantize', 'entropyCode'] as const;
    assert.deepEqual(pipelineOf(record, { chain: [...chain] }, options.file), whole);
    // Quantize again with other bits: what was there before is gone.
    const [first, second] = record.compressions;
    const again = { ...second, passes: [{ name: 'prune' as const, options: { sparsity: 0.5 } }] };
    const changed = { ...record, compressions: [first, second, again] };
    assert.deepEqual(
      pipelineOf(changed, { chain: ['train', 'prune', 'entropyCode'] }, options.file).passes,
      [{ pass: 'prune', sparsity: 0.5, fineTune: false, seed: 9 }],
    );
  });

  it('is not known of a run that began with a model file', () => {
    const record = { request: { type: 'compress' } } as RunRecord;
    assert.throws(() => pipelineOf(record, { chain: [] }, '/a'), /began with a model file/);
  });
});
