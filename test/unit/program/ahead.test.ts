import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { measure, type Trial } from '../../../src/core/program/model/evaluate';
import { modelFor } from '../../../src/core/program/model/kinds';
import { searchWith, type Search } from '../../../src/core/program/search/ahead';
import { ownThread, type Trials } from '../../../src/core/program/trials';
import { createRandom } from '../../../src/core/random';
import { finished } from '../../fixtures/finished';

const full = modelFor({ type: 'bytes' });
const modelOf = (name: string) => ({ ...full, contexts: [name] });
const sample = { bytes: new Uint8Array(10), from: 0 };
const told = { done: 0, total: 1, note: 'Trying' };

/** Everything that waits for nothing else has gone on. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Trials of models that cost what they are listed with, which end when they are told to; with what was begun and dropped, in order. */
function byHand(atOnce: number, costs: Record<string, number>) {
  const begun: string[] = [];
  const dropped: string[] = [];
  const running = new Map<string, (end?: Error) => void>();
  const trials: Trials = {
    atOnce,
    begin({ model }) {
      const [name] = model.contexts;
      begun.push(name);
      const cost = new Promise<number>((resolve, reject) =>
        running.set(name, (error) => (error ? reject(error) : resolve(costs[name]))),
      );
      return { cost, drop: () => dropped.push(name) };
    },
  };
  /** Ends one, and lets the search go on as far as it gets. */
  const end = async (name: string, error?: Error): Promise<void> => {
    running.get(name)!(error);
    await settled();
  };
  return { begun, dropped, trials, end };
}

/** Asks for a, then for b if a was long and for c otherwise, then for d. */
function* forked(): Search<number[]> {
  const first = yield { model: modelOf('a'), guess: 5, ...told };
  const second = yield { model: modelOf(first > 9 ? 'b' : 'c'), guess: 5, ...told };
  return [first, second, yield { model: modelOf('d'), guess: 5, ...told }];
}

describe('trying ahead', () => {
  it('begins meanwhile what a search asks for if its guesses are right, as many as run at once', async () => {
    const { begun, dropped, trials, end } = byHand(3, { a: 2, c: 3, d: 4 });
    const result = finished(searchWith(sample, trials, forked));
    await settled();
    assert.deepEqual(begun, ['a', 'c', 'd']);
    for (const name of ['c', 'd', 'a']) await end(name);
    assert.deepEqual(await result, [2, 3, 4]);
    assert.deepEqual([begun.length, dropped], [3, []]);
  });

  it('drops what was guessed wrongly, and keeps what is asked for all the same', async () => {
    const { begun, dropped, trials, end } = byHand(3, { a: 20, b: 3, c: 1, d: 4 });
    const result = finished(searchWith(sample, trials, forked));
    await settled();
    await end('a');
    assert.deepEqual(dropped, ['c']);
    assert.deepEqual(begun, ['a', 'c', 'd', 'b']);
    for (const name of ['d', 'b']) await end(name);
    assert.deepEqual(await result, [20, 3, 4]);
    assert.equal(begun.length, 4);
  });

  it('tries nothing ahead on one thread', async () => {
    const { begun, trials, end } = byHand(1, { a: 2, c: 3, d: 4 });
    const result = finished(searchWith(sample, trials, forked));
    await settled();
    assert.deepEqual(begun, ['a']);
    for (const name of ['a', 'c', 'd']) await end(name);
    assert.deepEqual(await result, [2, 3, 4]);
  });

  it('asks no thread twice for the same', async () => {
    const { begun, trials, end } = byHand(2, { a: 7 });
    const result = finished(
      searchWith(sample, trials, function* () {
        const model = modelOf('a');
        return [yield { model, guess: 1, ...told }, yield { model, guess: 1, ...told }];
      }),
    );
    await settled();
    await end('a');
    assert.deepEqual(await result, [7, 7]);
    assert.deepEqual(begun, ['a']);
  });

  it('fails with the error of a trial that is asked for, and of no other', async () => {
    const failed = byHand(3, { a: 20, b: 3, d: 4 });
    const result = finished(searchWith(sample, failed.trials, forked));
    await settled();
    await failed.end('c', new Error('Nobody asks for c.'));
    await failed.end('a');
    const rejected = assert.rejects(result, { message: 'No memory for d.' });
    await failed.end('d', new Error('No memory for d.'));
    await failed.end('b');
    await rejected;
  });

  it('drops all that runs when nobody listens any longer', async () => {
    const { dropped, trials } = byHand(3, {});
    const steps = searchWith(sample, trials, forked);
    await steps.next();
    await steps.next();
    await steps.return(undefined as never);
    assert.deepEqual(dropped, ['a', 'c', 'd']);
  });
});

describe('trials on their own thread', () => {
  const random = createRandom(9);
  const file = Uint8Array.from({ length: 4000 }, () => random.integer(50));
  const text = modelFor({ type: 'text' });
  const images = modelFor({ type: 'image', width: 10, height: 10, header: 0, count: 40 });

  it('leave what they do whatever was tried before', async () => {
    const models = [text, full, { ...images, sole: file[0] }, full, text];
    const { begin } = ownThread();
    const costs: number[] = [];
    for (const model of models) costs.push(await begin({ model, bytes: file, from: 0 }).cost);
    assert.deepEqual(
      costs,
      models.map((model) => measure(model, file)),
    );
  });

  it('give way to others, and stop where they are dropped', async () => {
    const long: Trial = { model: full, bytes: new Uint8Array(100_000), from: 0 };
    const { begin } = ownThread();
    const first = begin(long);
    let isTold = false;
    void first.cost.then(() => (isTold = true));
    await settled();
    first.drop();
    const cost = await begin({ ...long, bytes: file }).cost;
    assert.equal(cost, measure(full, file));
    assert.equal(isTold, false);
  });
});
