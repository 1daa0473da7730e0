/** Collects to the end and gathers whole splits, as the tests of every reader need. */
import { collect, type CollectEvent } from '../../../src/core/data/collect';
import type { Dataset, DatasetOptions, SplitName } from '../../../src/core/data/dataset';

export async function collected(
  path: string,
  options: Partial<DatasetOptions> = {},
): Promise<Dataset & { events: CollectEvent[] }> {
  const events: CollectEvent[] = [];
  const run = collect(path, options);
  for (;;) {
    const step = await run.next();
    if (step.done) return { ...step.value, events };
    events.push(step.value);
  }
}

export function readSplit(
  dataset: Dataset,
  split: SplitName,
): { count: number; inputs: Float32Array; targets: Float32Array; width: number } {
  const { count } = dataset.splits[split];
  const width = dataset.inputShape.reduce((product, size) => product * size, 1);
  const inputs = new Float32Array(count * width).fill(NaN);
  const targets = new Float32Array(count * dataset.targetSize).fill(NaN);
  const all = Int32Array.from({ length: count }, (_, i) => i);
  dataset.splits[split].read(all, inputs, targets);
  return { count, inputs, targets, width };
}
