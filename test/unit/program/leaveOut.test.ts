import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { analyse } from '../../../src/core/program/analyse';
import { attemptsOf } from '../../../src/core/program/attempts';
import { chosenFor } from '../../../src/core/program/search/candidates';
import { leaveOut } from '../../../src/core/program/search/leaveOut';
import type { ModelSpec } from '../../../src/core/program/model/engine';
import { predict, type Predicted } from '../../../src/core/program/predicted';
import { writeProgram } from '../../../src/core/program/program';
import { ownThread } from '../../../src/core/program/trials';
import { recordRows } from '../../../src/core/program/restate/records';
import { restatedView } from '../../../src/core/program/restate/restated';
import { clockSteps } from '../../../src/core/program/restate/steps';
import { fileView, type View } from '../../../src/core/program/view';
import { createRandom } from '../../../src/core/random';
import { finished } from '../../fixtures/finished';
import { restored } from '../../fixtures/restored';

const bytesOf = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text));
const day = (k: number): string => new Date(864e5 * (19000 + k)).toISOString().slice(0, 10);
const sentences = ({ restatements = [] }: View): string[] =>
  restatements.map(({ sentence }) => sentence);

/** The program with every context of its kind. */
function programFor(view: View): Promise<Predicted<ModelSpec>> {
  const analysis = analyse(view.text, view.syntax);
  return finished(predict(analysis.full, view, analysis, { ascii: false }));
}

/** The same of another view. */
const alike = (view: View, { analysis, model }: Predicted<ModelSpec>) => {
  const seen = analyse(view.text, view.syntax);
  return predict(chosenFor(seen, analysis, model), view, seen, { ascii: false });
};

const random = createRandom(2);
const record = (k: number) => ({
  when: day(k * 3 + random.integer(3)),
  size: random.integer(50),
  kind: ['odd', 'even'][random.integer(2)],
});
const records = Array.from({ length: 400 }, (_, k) => record(k));
const json = bytesOf(JSON.stringify(records));

describe('leaving a restatement out', () => {
  it('says how much longer the program is without it', async () => {
    const whole = await programFor(restatedView(json)!);
    const { kept, found } = await finished(leaveOut(whole, json, alike));
    assert.equal(kept, whole);
    // Times of JSON that is no table are not told as steps, so that all of the file stays as it is.
    const [plain, rows] = [fileView(json), restatedView(json, [recordRows])!];
    const saved = await Promise.all(
      [plain, rows].map(async (view) => (await programFor(view)).program.length),
    );
    assert.deepEqual(
      found,
      sentences(whole.view).map((sentence, k) => ({
        sentence,
        savedBytes: saved[k] - whole.program.length,
      })),
    );
    assert.ok(found.length === 2 && found.every(({ savedBytes }) => savedBytes > 0));
  });

  it('keeps it out of the program where that is shorter, and measures the others there', async () => {
    // To say that a day stays the same costs less than a calendar.
    const dull = bytesOf(JSON.stringify(records.map((each) => ({ ...each, when: day(0) }))));
    const whole = await programFor(restatedView(dull)!);
    assert.equal(whole.view.restatements!.length, 2);
    const { kept, found } = await finished(leaveOut(whole, dull, alike));
    assert.deepEqual(
      kept.view.restatements!.map(({ by }) => by),
      [recordRows],
    );
    assert.ok(kept.program.length < whole.program.length);
    assert.deepEqual(restored(kept.view), dull);
    const plain = await programFor(fileView(dull));
    const savedBytes = plain.program.length - kept.program.length;
    assert.deepEqual(found, [{ sentence: sentences(kept.view)[0], savedBytes }]);
  });

  it('leaves the file as it is where nothing pays', async () => {
    const table = bytesOf(records.map(({ size }) => `${day(0)},${size}\n`).join(''));
    const whole = await programFor(restatedView(table, [clockSteps])!);
    const { kept, found } = await finished(leaveOut(whole, table, alike));
    assert.deepEqual(kept.view, fileView(table));
    assert.deepEqual(found, []);
  });

  it('is done to all programs that are not written in a hurry', async () => {
    const view = restatedView(json)!;
    const options = { effort: 'balanced', ascii: false, seed: 0, trials: ownThread() } as const;
    const { attempts } = await finished(attemptsOf(view, json, options));
    for await (const event of attempts) {
      if (event.type !== 'attempt') continue;
      const [rows, steps] = event.attempt.found;
      assert.deepEqual([rows.sentence, steps.sentence], sentences(view));
      assert.ok(rows.savedBytes > 0 && steps.savedBytes > 0);
      break;
    }
  });

  it('is not measured where there is no time for it: the report has the sentences alone', async () => {
    const long = bytesOf(JSON.stringify(Array.from({ length: 3000 }, (_, k) => record(k))));
    const { findings } = await finished(writeProgram(long, { effort: 'fast' }));
    const [file, ...others] = findings;
    assert.equal(file.sentence, 'It is JSON: each key is a column.');
    assert.ok(file.savedBytes > 0);
    assert.deepEqual(
      others.slice(0, 2),
      sentences(restatedView(long)!).map((sentence) => ({ sentence, savedBytes: 0 })),
    );
  });
});
