/** Thins a curve to what the pixels can show, keeping the extremes of every bucket so that no spike is lost. */

export interface Points {
  step: number[];
  value: number[];
}

/**
 * The points of [from, to] in at most 4 * buckets values: first, minimum, maximum and last of each bucket.
 * @param steps ascending
 */
export function decimate(
  steps: ArrayLike<number>,
  values: ArrayLike<number | null>,
  buckets: number,
  from = -Infinity,
  to = Infinity,
): Points {
  // One point beyond each end keeps the line running out of the picture.
  const start = Math.max(0, lowerBound(steps, from) - 1);
  const end = Math.min(steps.length, lowerBound(steps, to) + 2);
  const out: Points = { step: [], value: [] };
  const push = (i: number): void => {
    out.step.push(steps[i]);
    out.value.push(values[i]!);
  };
  const size = Math.max(1, Math.ceil((end - start) / buckets));
  for (let bucket = start; bucket < end; bucket += size) {
    let first = -1;
    let last = -1;
    let lowest = -1;
    let highest = -1;
    for (let i = bucket; i < Math.min(bucket + size, end); i++) {
      const value = values[i];
      if (value === null || !Number.isFinite(value)) continue;
      if (first < 0) first = lowest = highest = i;
      last = i;
      if (value < values[lowest]!) lowest = i;
      if (value > values[highest]!) highest = i;
    }
    if (first < 0) continue;
    const kept = [first, lowest, highest, last].sort((a, b) => a - b);
    kept.forEach((index, k) => {
      if (k === 0 || index !== kept[k - 1]) push(index);
    });
  }
  return out;
}

/** Index of the first step that is not below `wanted`. */
function lowerBound(steps: ArrayLike<number>, wanted: number): number {
  let low = 0;
  let high = steps.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (steps[middle] < wanted) low = middle + 1;
    else high = middle;
  }
  return low;
}
