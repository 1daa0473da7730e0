/** The order in which an epoch takes the training examples, drawn from the seed. */
import type { Dataset } from '../data/dataset';
import { shuffle, shuffled, type Random } from '../random';

export interface EpochOrder {
  order: Int32Array;
  /** Waits until the first so many examples of the order can be read. */
  ready(examples: number): Promise<void>;
}

/** Shuffles all examples; in the first epoch of a dataset that still arrives, those of each group, as the groups come. */
export function epochOrder(dataset: Dataset, epoch: number, random: Random): EpochOrder {
  const { arriving } = dataset;
  const { count } = dataset.splits.training;
  if (!arriving || epoch > 0) {
    return { order: shuffled(count, random), ready: () => allArrived(dataset) };
  }
  const order = new Int32Array(count);
  const ends: number[] = [];
  let end = 0;
  for (const group of arriving.groups) {
    order.set(group, end);
    shuffle(order.subarray(end, end + group.length), random);
    ends.push((end += group.length));
  }
  return {
    order,
    ready(examples) {
      const group = ends.findIndex((end) => end >= examples);
      return arriving.arrived(group < 0 ? ends.length : group + 1);
    },
  };
}

/** Waits until every split of the dataset can be read. */
export async function allArrived({ arriving }: Dataset): Promise<void> {
  await arriving?.arrived(arriving.groups.length);
}
