import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { relay, resultOf } from '../../../src/core/relay';

/** Counts from 1 to 4, and notes when it is told to stop. */
async function* counting(ended: string[]): AsyncGenerator<number, string> {
  try {
    for (let i = 1; i <= 4; i++) yield i;
    return 'counted';
  } finally {
    ended.push('ended');
  }
}

const even = (count: number): string | undefined => (count % 2 ? undefined : `saw ${count}`);

describe('relay', () => {
  it('passes on what is made of the events, leaves out what is made nothing of, and gives the result', async () => {
    const relayed = relay(counting([]), even);
    const heard: unknown[] = [];
    for (;;) {
      const step = await relayed.next();
      heard.push(step.value);
      if (step.done) break;
    }
    assert.deepEqual(heard, ['saw 2', 'saw 4', 'counted']);
    assert.equal(await resultOf(counting([])), 'counted');
  });

  it('stops the work beneath when nobody listens any more', async () => {
    const ended: string[] = [];
    for await (const text of relay(counting(ended), even)) {
      assert.deepEqual([text, ended], ['saw 2', []]);
      break;
    }
    assert.deepEqual(ended, ['ended']);
  });

  it('ends the work before the step that may not be taken', async () => {
    const ended: string[] = [];
    const heard: number[] = [];
    const work = relay(
      counting(ended),
      (count) => void heard.push(count),
      () => {
        if (heard.length === 3) throw new Error('enough');
      },
    );
    await assert.rejects(resultOf(work), /^Error: enough$/);
    assert.deepEqual([heard, ended], [[1, 2, 3], ['ended']]);
  });
});
