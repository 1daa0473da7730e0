import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { datasetDefaults } from '../../../src/core/data/dataset';
import { pipelineDiagram, stageOrder } from '../../../src/report/mermaid';
import { markdownReport } from '../../../src/report/report';
import { reproduce, type Reproduction } from '../../../src/report/reproduce';
import type { TrainRequest } from '../../../src/runs/runRequests';
import type { RunEvent, StageName, StageResult } from '../../../src/runs/events';
import type { RunRecord } from '../../../src/runs/folder';
import { parsePipeline, requestOf } from '../../../src/runs/pipelineFile';
import { emptyRun, reduce, type RunState } from '../../../src/runs/state';

const run = (...events: RunEvent[]): RunState =>
  events.reduce((state, event, i) => reduce(state, { ...event, at: i }), emptyRun);

const stage = (name: StageName, result: Partial<StageResult> = {}): RunEvent[] => [
  { type: 'stageStarted', stage: name, settings: name === 'prune' ? { sparsity: 0.9 } : {} },
  {
    type: 'stageFinished',
    stage: name,
    result: { bytes: 1000, artifact: `${name}.bin`, seconds: 2, notes: [], ...result },
  },
];

const ledger = {
  bytes: 110,
  header: 10,
  tensors: [
    {
      name: 'dense_1/weights',
      positions: 40,
      symbols: 50,
      codebook: 6,
      scales: 0,
      biases: 0,
      header: 4,
    },
  ],
};

const compressed = run(
  ...stage('collect'),
  ...stage('train', { bytes: 1_070_000, test: { loss: 0.05, error: 0.0163 } }),
  ...stage('share', {
    bytes: 26_660,
    test: {
      loss: 0.06,
      error: 0.0158,
      baselineError: 0.9,
      confusion: {
        truths: ['cat', 'a|b'],
        answers: ['cat', 'a|b'],
        counts: [
          [1200, 3],
          [0, 7],
        ],
      },
    },
    layers: [
      {
        name: 'dense_1/weights',
        shape: [784, 300],
        parameters: 235_200,
        nonZero: 18_816,
        encoding: 'codebook 32',
        bytes: 20_000,
        entropyBytes: 21_000,
        histogram: { minimum: -0.5, maximum: 0.25, counts: [1, 2] },
      },
    ],
  }),
  ...stage('prune', { bytes: 20_000 }),
  ...stage('entropyCode', { bytes: 110, ledger }),
);

const record: RunRecord = {
  kolmo: '0.1.0',
  versions: { kolmo: '0.1.0', node: '20.0.0' },
  createdAt: 1,
  seed: 3,
  parameters: 266_610,
  request: {
    type: 'train',
    dataset: "/data/it's here.csv",
    data: { ...datasetDefaults, target: 'price', seed: 3 },
    architecture: 'mlp',
    training: {
      epochs: 5,
      batchSize: 32,
      optimizer: 'adam',
      learningRate: 0.001,
      patience: 0,
      seed: 3,
    },
    run: '/w/.kolmo/runs/a',
    threads: 1,
  },
  compressions: [
    {
      type: 'compress',
      run: '/w/.kolmo/runs/a',
      passes: [{ name: 'share', options: { clusters: 32, codebook: 'global' } }],
      fineTune: false,
      seed: 3,
      threads: 1,
    },
  ],
  dataset: {
    name: 'it|s_here',
    files: [{ path: "/data/it's here.csv", bytes: 12_345, sha256: 'ab12' }],
    preprocessing: {
      type: 'table',
      columns: [
        { type: 'number', name: 'size', fill: 3, mean: 2.5, standardDeviation: 1.5 },
        { type: 'dropped', name: 'id', reason: 'Every value is different.' },
      ],
    },
    notes: ['3 missing values of size were filled with the median 3.'],
  },
};

describe('pipelineDiagram', () => {
  it('writes bytes and error into a finished stage and greys one that has not run', () => {
    const text = pipelineDiagram(compressed);
    assert.match(text, /^flowchart LR\n/);
    assert.match(text, /train\["Train<br\/>1\.07 MB<br\/>error 1\.63 %"\]:::finished/);
    assert.match(text, /program\["Program<br\/>not run"\]:::pending/);
    assert.match(text, /classDef pending .*color:#666666/);
  });

  for (const type of ['stopped', 'interrupted', 'failed'] as const) {
    it(`draws a stage as ${type} in whose midst its job was`, () => {
      const begun: RunEvent[] = [
        { type: 'stageStarted', stage: 'share', settings: {} },
        { type, message: 'So it was.' },
      ];
      const state = begun.reduce((all, event) => reduce(all, { ...event, at: 9 }), compressed);
      const text = pipelineDiagram(state);
      assert.match(text, new RegExp(`share\\["Share<br/>${type}"\\]:::${type}`));
      assert.match(text, new RegExp(`classDef ${type} `));
    });
  }

  it('draws stages in the order in which they were applied', () => {
    assert.deepEqual(stageOrder(compressed), [
      'collect',
      'preprocess',
      'train',
      'quantize',
      'share',
      'prune',
      'entropyCode',
      'program',
    ]);
    assert.match(pipelineDiagram(compressed), /train --> .*share --> prune/);
  });

  it('draws an occasional pass once it has run', () => {
    const state = run(...stage('train', {}), ...stage('entropyTrain', {}));
    assert.match(pipelineDiagram(state), /entropyTrain\["/);
    assert.doesNotMatch(pipelineDiagram(compressed), /factorise/);
  });

  it('links a finished stage to its artifact, escaped, and no other', () => {
    const state = run(...stage('train', { artifact: 'my "model" #1.onnx' }));
    const text = pipelineDiagram(state);
    assert.match(text, /click train href "my%20%22model%22%20%231\.onnx"/);
    assert.equal(text.match(/click /g)?.length, 1);
    assert.doesNotMatch(pipelineDiagram(state, { link: () => undefined }), /click/);
  });
});

describe('markdownReport', () => {
  const text = markdownReport({ name: 'a-run', record, state: compressed });

  it('tabulates stages with settings, bytes, ratio and errors', () => {
    assert.match(text, /\| Share \|  \| 26,660 \| 40\.0x \| error 1\.58 % \|/);
    assert.match(text, /\| Prune \| sparsity 0\.9 \| 20,000 \| 53\.3x \|/);
  });

  it('compares bytes with the parameters as float32, and not with the file of ONNX around them', () => {
    assert.match(text, /\| Train \|  \| 1,070,000 \| 0\.997x \|/);
    assert.match(text, /^Ratios compare with the parameters as float32: 1,066,440 bytes\.$/m);
    assert.doesNotMatch(
      markdownReport({
        name: 'a',
        record: { ...record, parameters: undefined },
        state: compressed,
      }),
      /\dx \|/,
    );
  });

  it('tabulates the layers of each stage that measured them', () => {
    assert.match(text, /### After share/);
    assert.match(text, /\| dense\\_1\/weights \| 784 x 300 \| 235,200 \| 18,816 \| codebook 32 \|/);
  });

  it('tells how good each model is beside the trivial answer, and what the last takes for what', () => {
    assert.match(text, /- Share: accuracy 98\.42 % \(always the most frequent class: 10\.00 %\)/);
    assert.match(text, /^\| {2}\| cat \| a\\\|b \|\n.*\n\| \*\*cat\*\* \| \*\*1,200\*\* \| 3 \|$/m);
  });

  it('shows a ledger that sums to the file', () => {
    assert.match(text, /\| dense\\_1\/weights \| 40 \| 50 \| 6 \| 0 \| 0 \| 4 \| 100 \|/);
    assert.match(text, /\| \*\*total\*\* .*\| \*\*110\*\* \|/);
  });

  it('says what was done to the data, and escapes the names in it', () => {
    assert.match(text, /Dataset it\\\|s\\_here, /);
    assert.match(text, /\| size \| number \| filled with 3 \|/);
    assert.match(text, /\| id \| dropped \|  \| Every value is different\. \|/);
    assert.match(text, /- 3 missing values of size were filled with the median 3\./);
    assert.match(text, /`ab12`/);
  });

  it('leaves the commands in notes as they are typed, and escapes what stands around them', () => {
    const notes = ["Draw with `node 'a_b.mjs' 1 > b`, or *not*.", 'A lone ` opens <b>nothing</b>.'];
    const drawn = markdownReport({ name: 'a', record, state: run(...stage('program', { notes })) });
    assert.match(drawn, /^- Program: Draw with `node 'a_b\.mjs' 1 > b`, or \\\*not\\\*\.$/m);
    assert.match(drawn, /^- Program: A lone \\` opens \\<b\\>nothing\\<\/b\\>\.$/m);
  });

  it('holds the diagram and the commands that make the run again', () => {
    assert.match(text, /```mermaid\nflowchart LR/);
    assert.match(text, /```sh\nkolmo train /);
  });
});

describe('reproduce', () => {
  const request = record.request as TrainRequest;
  const asked = (changes: Partial<TrainRequest>): Reproduction =>
    reproduce({ ...record, request: { ...request, ...changes } }, compressed);

  it('quotes paths and names every flag that decides the bytes', () => {
    assert.deepEqual(reproduce(record, compressed).commands, [
      `kolmo train '/data/it'\\''s here.csv' --architecture mlp --target price --epochs 5 --batch-size 32 --optimizer adam --learning-rate 0.001 --patience 0 --validation-share ${1 / 12} --test-share 0.15 --seed 3 --threads 1 --out again`,
      'kolmo compress again --share 32 --share-codebook global --seed 3 --threads 1 --no-fine-tune',
    ]);
    const [train] = asked({
      engine: 'wasm',
      threads: 4,
      training: { seed: 3, beta1: 0.5, shift: 0 },
    }).commands;
    assert.match(train, / --beta1 0\.5 --shift 0 --engine wasm .* --threads 4 /);
  });

  for (const [what, changes] of [
    ['a seed of the split alone', { data: { ...request.data, seed: 8 } }],
    ['a schedule', { training: { seed: 3, schedule: { type: 'constant' } } }],
  ] as const) {
    it(`gives the pipeline file where no flag says ${what}`, () => {
      const { commands, pipeline } = asked({ ...changes, engine: 'tfjs-node', threads: 2 });
      assert.deepEqual(commands, ['kolmo run again.kolmo.json --engine tfjs-node --out again']);
      const read = requestOf(parsePipeline(pipeline!, 'again.kolmo.json'), {
        file: '/elsewhere/again.kolmo.json',
        run: request.run,
        threads: 1,
      });
      const { data, training } = { ...request, ...changes };
      assert.equal(read.dataset, request.dataset);
      assert.deepEqual([read.data.seed, read.training], [data.seed, training]);
      assert.deepEqual([read.engine, read.threads], ['tfjs-node', 2]);
      assert.deepEqual(read.passes![0].options, { clusters: 32, codebook: 'global' });
    });
  }
});
