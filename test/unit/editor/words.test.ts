import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { problemOf } from '../../../src/commands/passSetting';
import {
  compressedText,
  isCompressed,
  startText,
  trainedText,
} from '../../../src/commands/resultWords';
import { passDescriptions } from '../../../src/core/compress/descriptions';
import type { PassName, PassSetting } from '../../../src/core/compress/pass';
import type { StageName } from '../../../src/runs/events';
import { emptyRun, reduce } from '../../../src/runs/state';
import { escapeMarkdown } from '../../../src/report/markdown';
import { escapeHtml } from '../../../src/views/escape';
import { distinctNames, namingRun, runFacts, runName, runTime } from '../../../src/views/runFacts';
import { badge, biggestTensors, sizeLine, summaryLine } from '../../../src/views/summaryWords';
import { recordedRun } from './recordedRun';

describe('badge', () => {
  const rows: [number, number, string][] = [
    [1_066_440, 266_610, '32'],
    [533_000, 266_610, '16'],
    [26_100, 266_610, '.8'],
    [10, 266_610, '.1'],
    [1_000_000, 1, '>>'],
  ];
  for (const [bytes, parameters, expected] of rows) {
    it(`says ${expected} bits for ${parameters} parameters in ${bytes} bytes`, () =>
      assert.equal(badge({ bytes, parameters }), expected));
  }
});

describe('summary words', () => {
  const tensor = (name: string, bytes: number) => ({
    name,
    dtype: 'f32',
    shape: [2, 3],
    parameters: 6,
    bytes,
  });
  const summary = {
    format: 'onnx',
    bytes: 1_066_440,
    parameters: 266_610,
    notes: [],
    tensors: [tensor('small', 24), tensor('big|[x](http://y)', 4096)],
  };
  it('tell parameters and bytes', () =>
    assert.equal(summaryLine(summary), '266,610 parameters, 1,066,440 bytes'));
  it('count the files beside a model', () => {
    const sharded = { ...summary, bytes: 137, beside: { files: 2, bytes: 1_066_303 } };
    assert.equal(summaryLine(sharded), '266,610 parameters, 1,066,440 bytes in 3 files');
    assert.equal(sizeLine(sharded), `${summaryLine(sharded)}, 32.0 bits a parameter`);
    assert.equal(badge(sharded), '32');
  });
  it('write many bits a parameter without a power of ten', () =>
    assert.match(
      sizeLine({ ...summary, bytes: 17_960, parameters: 86 }),
      /, 1,671 bits a parameter$/,
    ));
  it('say no bits a parameter where there is none', () =>
    assert.equal(
      sizeLine({ ...summary, bytes: 16, parameters: 0, tensors: [] }),
      '0 parameters, 16 bytes',
    ));
  it('list the biggest tensor first and keep its name from becoming a link', () => {
    const rows = biggestTensors(summary, 1).split('\n');
    assert.match(rows[2], /^\| big\\\|\\\[x\\\]\(/);
    assert.equal(rows.at(-1), 'and 1 more');
  });
});

describe('distinctNames', () => {
  const names = (...folders: string[]): string[] =>
    distinctNames(folders, (folder) => folder.split('/')[1]);
  it('say no more than tells the runs apart', () => {
    const [first, later] = ['2026-11-24-183000-iris-mlp', '2026-11-25-090000-iris-mlp'];
    const digits = '2026-11-24-183000-digits-mlp';
    assert.deepEqual(names(`/a/${first}`, `/b/${digits}`), ['iris-mlp', 'digits-mlp']);
    assert.deepEqual(names(`/a/${first}`, `/a/${later}`), [first, later]);
    assert.deepEqual(names(`/a/${first}`, `/b/${first}`), [`a/${first}`, `b/${first}`]);
  });
});

describe('namingRun', () => {
  const folder = '/w/.kolmo/runs/2026-11-24-183000-iris-mlp';
  it('puts the name of a run in front of what is said of it', () =>
    assert.equal(
      namingRun(folder, 'The loss was no longer a number.'),
      '2026-11-24-183000-iris-mlp: The loss was no longer a number.',
    ));
  it('leaves a sentence that says it', () => {
    const sentence = `${folder}/model.onnx could not be written.`;
    assert.equal(namingRun(folder, sentence), sentence);
  });
});

describe('escape', () => {
  it('keeps a file name inside its attribute', () =>
    assert.equal(escapeHtml(`"><script>'&`), '&quot;&gt;&lt;script&gt;&#39;&amp;'));
  it('keeps a name on one line of a table', () => assert.equal(escapeMarkdown('a\n|b'), 'a \\|b'));
  it('keeps a name from being an entity or markup', () =>
    assert.equal(escapeMarkdown('&lt; ~~a~~ ![b](c)'), '\\&lt; \\~\\~a\\~\\~ !\\[b\\](c)'));
});

describe('problemOf', () => {
  const { prune, quantize } = passDescriptions;
  const rows: [string, PassSetting, string | undefined][] = [
    ['0.9', prune.setting, undefined],
    ['1.5', prune.setting, 'sparsity must be a number from 0 to 0.999, not "1.5".'],
    ['', prune.setting, 'sparsity must be a number from 0 to 0.999, not "".'],
    ['4.5', quantize.setting, 'bits must be a whole number from 2 to 8, not "4.5".'],
    ['many', quantize.setting, 'bits must be a whole number from 2 to 8, not "many".'],
  ];
  for (const [text, setting, expected] of rows) {
    it(`${expected ? 'refuses' : 'takes'} "${text}"`, () =>
      assert.equal(problemOf(text, setting), expected));
  }
});

describe('the sentence that ends a train request', () => {
  const train = {
    run: '/w/.kolmo/runs/2026-11-24-183000-iris-mlp',
    file: 'model.kolmo',
    architecture: 'mlp',
    parameters: 67,
    epochs: 3,
    examplesPerSecond: 1000,
    seconds: 1,
    trainLoss: 0.1,
    metrics: { test: { loss: 0.1, error: 0.02 } },
    ended: 'finished',
  } as const;
  const { run, file } = train;
  const prune = { name: 'prune', bytes: 200, seconds: 1 } as const;
  const compress = { run, file, stages: [prune], bytes: 200, ratio: 12.34, testError: 0.02 };
  it('tells what was trained, and how well', () => {
    assert.ok(!isCompressed(train));
    assert.equal(trainedText(train, '/w/iris.csv'), 'Trained mlp on iris.csv: test error 2.00 %.');
    assert.equal(
      trainedText({ ...train, ended: 'stopped', metrics: {} }, '/w/iris.csv'),
      'Stopped mlp on iris.csv, with the model so far.',
    );
  });
  it('tells of a pipeline, begun or resumed, what its passes made', () => {
    assert.ok(isCompressed(compress));
    const name = '2026-11-24-183000-iris-mlp';
    assert.equal(
      compressedText(compress),
      `Compressed ${name}: 200 bytes, 12.3x, test error 2.00 %.`,
    );
    assert.equal(
      compressedText({ ...compress, stages: [], testError: undefined }),
      `Trained ${name}: 200 bytes, 12.3x.`,
    );
  });
});

describe('the sentence that says where passes start', () => {
  const trained: StageName[] = ['collect', 'preprocess', 'train'];
  const rows: [StageName[], PassName[], string][] = [
    [[...trained, 'entropyCode'], ['prune'], ''],
    [[...trained, 'prune', 'entropyCode'], ['share'], 'Goes on from what Prune has left.'],
    [
      [...trained, 'prune', 'entropyCode'],
      ['prune', 'quantize', 'share'],
      'Starts again from Train: what Prune has made is replaced.',
    ],
    [
      [...trained, 'prune', 'quantize', 'share', 'distil', 'entropyCode'],
      ['quantize'],
      'Starts again from Prune: what Quantize, Share and Distil have made is replaced.',
    ],
  ];
  for (const [chain, passes, expected] of rows) {
    it(`is "${expected}" for ${passes.join()} after ${chain.slice(3).join()}`, () =>
      assert.equal(startText(chain, passes), expected));
  }
});

describe('runFacts', () => {
  it('tells status, bytes and error of the last model', () =>
    assert.equal(
      runFacts(recordedRun({ points: 10 }).reduce(reduce, emptyRun)),
      'finished, 21.3 kB, error 1.57 %',
    ));
  it('names a run without its time', () =>
    assert.equal(runName('/w/.kolmo/runs/2026-11-24-183000-iris-mlp'), 'iris-mlp'));
  it('says when a run began by the clock here, where its folder does', (t) => {
    const zone = process.env.TZ;
    t.after(() => (zone === undefined ? delete process.env.TZ : (process.env.TZ = zone)));
    process.env.TZ = 'Asia/Tokyo';
    assert.equal(runTime('/w/.kolmo/runs/2026-11-24-183000-iris-mlp'), '2026-11-25 03:30');
    assert.equal(runTime('/w/.kolmo/runs/mine'), '');
  });
});
