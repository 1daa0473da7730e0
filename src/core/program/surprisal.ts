/** What each byte of a file costs under the full model of its kind: the picture of which parts of the data are law and which are accident. */
import { analyse } from './analyse';
import { describeContexts } from './model/contextNames';
import type { ProgramEvent } from './program';
import { runModel } from './encode';
import { partition, type Partition } from './ranges';

export interface Surprisal {
  /** Bits of each byte, in the order of the file. */
  costs: Float32Array;
  /** Per byte, the number in `contexts` of what predicted it best; 255 where nothing did. */
  best: Uint8Array;
  /** What a prediction is made from, in words: `field so far, column`. */
  contexts: string[];
  /** The lines, samples, records or blocks of the file. */
  partition: Partition;
}

/** Runs the model of the whole file over its first `limit` bytes; progress counts bytes. */
export async function* surprisal(
  bytes: Uint8Array,
  { limit = bytes.length } = {},
): AsyncGenerator<ProgramEvent, Surprisal> {
  const { syntax, full } = analyse(bytes);
  const start = bytes.subarray(0, limit);
  const { costs, best } = yield* runModel(full, start, 'explain');
  return {
    costs,
    best: best!,
    contexts: describeContexts(full, syntax),
    partition: partition(start, syntax),
  };
}
