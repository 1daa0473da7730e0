/** What each byte of a file costs under the full model of its kind: the picture of which parts of the data are law and which are accident. */
import { analyse } from '../analyse';
import { programDefaults, type ProgramEvent } from '../contract';
import { createCourse } from '../course';
import { runModel } from '../encode';
import { describeContexts } from '../model/contextNames';
import { predictedAs, predictedAsWork } from '../predictedAs';
import { numberViews } from '../restate/views';
import { analyseSyntax } from '../syntax';
import { stackOf } from '../syntax/media';
import { fileView, type View } from '../view';
import { partition, sumOf, type Partition } from './ranges';

interface Explained {
  /** Bits of each byte, in the order of the file. */
  costs: Float32Array;
  /** Per byte, the number in `contexts` of what predicted it best; 255 where nothing did. */
  best: Uint8Array;
  /** What a prediction is made from, in words: `field so far, column`. */
  contexts: string[];
}

export interface Surprisal extends Explained {
  /** The lines, samples, records or blocks of the file. */
  partition: Partition;
}

/**
 * Runs the model over a file, or over its beginning, as the program of the file would: what is predicted better when it is
 * restated as other numbers is.
 * @param size bytes of the whole file
 */
export async function* surprisal(
  bytes: Uint8Array,
  size = bytes.length,
): AsyncGenerator<ProgramEvent, Surprisal> {
  const { effort } = programDefaults;
  const look = analyseSyntax(bytes, size);
  const choosing = predictedAsWork(bytes, effort, look);
  const others = numberViews(bytes);
  const course = createCourse(choosing + (1 + others.length) * bytes.length);
  const choice = predictedAs(bytes, effort, { look, isSifted: true });
  const syntax = yield* course.part(choosing, choice);
  let least: Explained | undefined;
  for (const view of [{ ...fileView(bytes), syntax }, ...others]) {
    const explained = yield* course.part(bytes.length, explain(view, bytes.length));
    if (!least || totalOf(explained) < totalOf(least)) least = explained;
  }
  return { ...least!, partition: partition(bytes, syntax, stackOf(bytes, size)) };
}

const totalOf = ({ costs }: Explained): number => sumOf(costs, 0, costs.length);

/** What the bytes of a view cost, laid over the `size` bytes of its file. */
async function* explain(
  { text, syntax: given, origin }: View,
  size: number,
): AsyncGenerator<ProgramEvent, Explained> {
  const { syntax, full } = analyse(text, given);
  const { costs, best } = yield* runModel(full, text, { form: 'explain' });
  const contexts = describeContexts(full, syntax);
  if (!origin) return { costs, best: best!, contexts };
  const laid = { costs: new Float32Array(size), best: new Uint8Array(size).fill(255), contexts };
  /** The dearest byte of the text so far that belongs to each byte of the file. */
  const dearest = new Float32Array(size).fill(-1);
  const { first, bytes } = origin();
  for (let i = 0; i < first.length; i++) {
    for (let at = first[i]; at < first[i] + bytes; at++) {
      laid.costs[at] += costs[i] / bytes;
      if (costs[i] <= dearest[at]) continue;
      dearest[at] = costs[i];
      laid.best[at] = best![i];
    }
  }
  return laid;
}
