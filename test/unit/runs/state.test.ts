import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { RunEvent, StageName } from '../../../src/runs/events';
import {
  canResume,
  emptyRun,
  reduce,
  unwrittenSource,
  type RunState,
} from '../../../src/runs/state';

const run = (...events: RunEvent[]): RunState =>
  events.reduce((state, event, i) => reduce(state, { ...event, at: i }), emptyRun);

const stage = (name: StageName): RunEvent[] => [
  { type: 'stageStarted', stage: name, settings: {} },
  {
    type: 'stageFinished',
    stage: name,
    result: { bytes: 1, artifact: `${name}.bin`, seconds: 1, notes: [] },
  },
];

const point = (step: number): RunEvent => ({
  type: 'point',
  stage: 'train',
  step,
  split: 'training',
  loss: 1 / step,
});

const trained = [...stage('collect'), ...stage('preprocess'), ...stage('train')];

describe('what is measured again', () => {
  it('keeps of a resumed training the pictures of its steps so far', () => {
    const start: RunEvent = { type: 'stageStarted', stage: 'train', settings: {} };
    const drawn = (step: number): RunEvent => ({
      type: 'samples',
      stage: 'train',
      epoch: step,
      step,
      file: `samples/${step}.png`,
    });
    const stepsAfter = (event: RunEvent): number[] =>
      run(start, drawn(1), drawn(2), drawn(3), event).stages.train!.samples.map(({ step }) => step);
    assert.deepEqual(stepsAfter({ ...start, resumedAt: 2 }), [1, 2]);
    assert.deepEqual(stepsAfter(start), []);
  });

  it('takes the place of the labels that were coded before', () => {
    const coded = (count: number, bytes: number): RunEvent => ({
      type: 'found',
      finding: { type: 'prequential', coded: count, bytes },
    });
    const { prequential } = run(coded(64, 10), coded(128, 18), coded(64, 11)).analysis;
    assert.deepEqual(prequential, [{ coded: 64, bytes: 11 }]);
  });
});

describe('canResume', () => {
  const stopped: RunEvent = { type: 'stopped', message: 'Stopped.' };
  const begun = (name: StageName): RunEvent => ({
    type: 'stageStarted',
    stage: name,
    settings: {},
  });

  it('is for what ended before the training had, whatever was written of it', () => {
    assert.equal(canResume(run(begun('collect'), stopped)), true);
    assert.equal(canResume(run(...stage('collect'), begun('train'), stopped)), true);
    assert.equal(canResume(run(...trained, ...stage('entropyCode'), stopped)), true);
  });

  it('is for a stopped training also after something was made of its model', () => {
    const finished: RunEvent = { type: 'finished' };
    const ends: [StageName, RunEvent][] = [
      ['program', finished],
      ['program', stopped],
      ['prune', finished],
      ['prune', stopped],
    ];
    ends.forEach(([name, end]) => {
      const after = run(...trained, stopped, ...stage(name), end);
      assert.equal(canResume(after), true, `${name}, ${end.type}`);
      assert.equal(canResume(reduce(after, { ...begun('train'), at: 9 })), false);
    });
    const again = run(...trained, stopped, ...stage('prune'), finished, ...trained, finished);
    assert.equal(canResume(again), false);
    assert.equal(canResume(reduce(again, { ...stopped, at: 9 })), false);
  });

  it('is not for a run that is complete, or whose program or pass was stopped', () => {
    assert.equal(canResume(run(...trained, { type: 'finished' })), false);
    for (const name of ['program', 'prune'] as const) {
      assert.equal(canResume(run(...trained, { type: 'finished' }, begun(name), stopped)), false);
    }
    // As when a pass finds the dataset changed before it begins.
    assert.equal(canResume(run(...trained, { type: 'finished' }, stopped)), false);
  });
});

describe('unwrittenSource', () => {
  const begun: RunEvent = {
    type: 'stageStarted',
    stage: 'program',
    settings: { file: 'a.csv' },
    source: '/w/a.csv',
  };
  const stopped: RunEvent = { type: 'stopped', message: 'Stopped.' };

  it('is the file of a program that was stopped, while there is none and nothing else', () => {
    assert.equal(unwrittenSource(run(begun, stopped)), '/w/a.csv');
    assert.equal(unwrittenSource(run(begun)), undefined);
    const written = stage('program')[1];
    assert.equal(unwrittenSource(run(begun, written, { type: 'finished' })), undefined);
    assert.equal(unwrittenSource(run(...trained, begun, stopped)), undefined);
    assert.equal(unwrittenSource(run()), undefined);
  });
});

describe('reduce', () => {
  it('lists the stages that made the model in the order in which they were applied', () => {
    const state = run(...trained, ...stage('share'), ...stage('quantize'), ...stage('entropyCode'));
    assert.deepEqual(state.chain, [
      'collect',
      'preprocess',
      'train',
      'share',
      'quantize',
      'entropyCode',
    ]);
  });

  it('drops a pass that starts again and all that came after it', () => {
    const state = run(...trained, ...stage('prune'), ...stage('share'), ...stage('entropyCode'), {
      type: 'stageStarted',
      stage: 'prune',
      settings: { sparsity: 0.8 },
    });
    assert.deepEqual(state.chain, ['collect', 'preprocess', 'train']);
    assert.deepEqual(Object.keys(state.stages), ['collect', 'preprocess', 'train', 'prune']);
    assert.equal(state.status, 'running');
  });

  it('drops the packed file and the program when a new pass starts', () => {
    const state = run(...trained, ...stage('entropyCode'), ...stage('program'), {
      type: 'stageStarted',
      stage: 'share',
      settings: {},
    });
    assert.equal(state.stages.entropyCode, undefined);
    assert.equal(state.stages.program, undefined);
    assert.equal(state.stages.train?.status, 'finished');
  });

  it('keeps a curve up to the checkpoint from which a stage goes on', () => {
    const start: RunEvent = { type: 'stageStarted', stage: 'train', settings: {} };
    const state = run(
      start,
      point(1),
      point(2),
      point(3),
      { type: 'interrupted', message: 'Killed.' },
      { ...start, resumedAt: 2 },
      point(3),
    );
    assert.deepEqual(state.stages.train?.training.step, [1, 2, 3]);
    assert.equal(state.status, 'running');
    assert.equal(state.message, undefined);
  });

  it('marks the stage that was running when a run fails', () => {
    const state = run(
      { type: 'stageStarted', stage: 'train', settings: {} },
      { type: 'failed', message: 'The loss became NaN.' },
    );
    assert.equal(state.status, 'failed');
    assert.equal(state.stages.train?.status, 'failed');
    assert.equal(state.message, 'The loss became NaN.');
  });

  it('goes back to what stands on disk when the first pass of a compression does not end', () => {
    const packed = run(...trained, ...stage('prune'), ...stage('share'), ...stage('entropyCode'));
    const again: RunEvent = {
      type: 'stageStarted',
      stage: 'prune',
      settings: { sparsity: 0.8 },
      chain: ['collect', 'preprocess', 'train'],
    };
    const stop: RunEvent = { type: 'stopped', message: 'Stopped.' };
    const stopped = [again, stop].reduce(
      (state, event) => reduce(state, { ...event, at: 9 }),
      packed,
    );
    assert.deepEqual(stopped.chain, packed.chain);
    assert.deepEqual(stopped.stages, packed.stages);
    assert.equal(stopped.message, 'Stopped.');
    const later = [again, ...stage('prune').slice(1), ...stage('share').slice(0, 1), stop];
    const half = later.reduce((state, event) => reduce(state, { ...event, at: 9 }), packed);
    assert.deepEqual(half.chain, ['collect', 'preprocess', 'train', 'prune']);
    assert.equal(half.stages.share?.status, 'stopped');
  });

  it('keeps the place of a layer and setting that are measured again', () => {
    const found = (parameter: string, setting: number, bytesSaved: number): RunEvent => {
      const measured = { loss: 1, error: 0.1 };
      const cell = { parameter, setting, bytesSaved, validation: measured, baseline: measured };
      return { type: 'found', finding: { type: 'sensitivity', pass: 'prune', cell } };
    };
    const { analysis } = run(
      ...trained,
      ...[found('a', 0.5, 1), found('a', 0.9, 2), found('b', 0.5, 3), found('a', 0.5, 4)],
    );
    assert.deepEqual(
      analysis.sensitivity?.cells.map(({ bytesSaved }) => bytesSaved),
      [4, 2, 3],
    );
  });
});
