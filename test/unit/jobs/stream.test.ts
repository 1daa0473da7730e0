import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createStream } from '../../../src/jobs/stream';
import type { RunEvent, StampedEvent } from '../../../src/runs/events';

/** A stream on a clock that stands still until it is moved. */
function recorded() {
  const clock = { now: 1000 };
  const written: StampedEvent[] = [];
  const messages: StampedEvent[][] = [];
  const stream = createStream({
    write: (events) => written.push(...events),
    send: (events) => messages.push(events),
    now: () => clock.now,
  });
  return { clock, written, messages, stream };
}

const point = (step: number): RunEvent => ({
  type: 'point',
  stage: 'train',
  step,
  split: 'training',
  loss: 1,
});
const progress = (done: number): RunEvent => ({
  type: 'progress',
  stage: 'train',
  done,
  total: 100,
  note: 'epoch 1',
});

describe('createStream', () => {
  it('sends at most 20 messages a second and leaves no point out', () => {
    const { clock, written, messages, stream } = recorded();
    for (let step = 1; step <= 10_000; step++) {
      clock.now += 0.0001;
      stream.emit(point(step));
    }
    stream.flush();
    assert.ok(messages.length <= 21, `${messages.length} messages in a second`);
    assert.equal(written.length, 10_000);
    assert.deepEqual(messages.flat(), written);
  });

  it('lets what is not a point out at once, after what waits', () => {
    const { messages, stream } = recorded();
    stream.emit(point(1));
    stream.emit(point(2));
    stream.emit({ type: 'warning', stage: 'train', message: 'Look.' });
    assert.deepEqual(
      messages.flat().map((event) => event.type),
      ['point', 'point', 'warning'],
    );
  });

  it('keeps only the last progress of a batch', () => {
    const { written, stream } = recorded();
    stream.emit({ type: 'stageStarted', stage: 'train', settings: {} });
    for (let done = 1; done <= 50; done++) stream.emit(progress(done));
    stream.flush();
    assert.deepEqual(
      written.map((event) => (event.type === 'progress' ? event.done : event.type)),
      ['stageStarted', 50],
    );
  });

  const paces: { what: string; moves: { after: number; done: number }[] }[] = [
    {
      what: 'tells the time left from the pace of this process',
      moves: [
        { after: 0, done: 40 },
        { after: 4, done: 60 },
      ],
    },
    {
      what: 'measures the pace anew when a stage counts from zero again',
      moves: [
        { after: 0, done: 0 },
        { after: 1000, done: 90 },
        { after: 0, done: 0 },
        { after: 2, done: 20 },
      ],
    },
  ];
  it('tells no time left of what is done', () => {
    const { clock, written, stream } = recorded();
    stream.emit(progress(0));
    clock.now += 4;
    stream.emit(progress(100));
    const last = written.at(-1);
    assert.ok(last?.type === 'progress');
    assert.equal(last.done, last.total);
    assert.equal(last.secondsLeft, undefined);
  });

  for (const { what, moves } of paces) {
    it(what, () => {
      const { clock, written, stream } = recorded();
      for (const { after, done } of moves) {
        clock.now += after;
        stream.emit(progress(done));
      }
      const last = written.at(-1);
      assert.ok(last?.type === 'progress');
      assert.equal(last.secondsLeft, 8);
    });
  }
});
