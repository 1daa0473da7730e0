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

export interface SurprisalOptions {
  /** Measure only so many bytes from the beginning. */
  limit?: number;
  /** Measure only so many samples from the beginning, where the file has samples. */
  samples?: number;
}

/** Runs the model of the whole file over its beginning, or all of it; progress counts bytes. */
export async function* surprisal(
  bytes: Uint8Array,
  { limit = bytes.length, samples }: SurprisalOptions = {},
): AsyncGenerator<ProgramEvent, Surprisal> {
  const { syntax, full } = analyse(bytes);
  const image = syntax.type === 'image' && samples !== undefined;
  const end = image ? syntax.header + samples * syntax.width * syntax.height : limit;
  const start = bytes.subarray(0, end);
  const { costs, best } = yield* runModel(full, start, { form: 'explain' });
  return {
    costs,
    best: best!,
    contexts: describeContexts(full, syntax),
    partition: partition(start, syntax),
  };
}
