/** How many decisions each byte of a file takes: frequent ones few, and bytes that lie together stay together. */

/** Most decisions of a byte: the kernel's tables hold no deeper tree. */
const deepest = 8;

/** A decision more than these needs another bucket of every context, and costs as much as two. */
const inBucket = 4;

/** Of what the tree of bits costs, 8 decisions and one more bucket: above that a tree of its own is not worth its description. */
const worthwhile = 0.85 * 9;

/** How often each byte occurs, added to `counts`. */
export function countBytes(
  bytes: Uint8Array,
  counts: Float64Array = new Float64Array(256),
): Float64Array {
  for (const byte of bytes) counts[byte]++;
  return counts;
}

/**
 * The lengths of the fastest alphabetic code of at most eight bits (after Gilbert and Moore, 1959), [256], 0 for bytes that do not
 * occur. Its tree keeps letters beside letters and digits beside digits, so that what predicts bits predicts its decisions as
 * well, of which there are fewer. `undefined` where there would hardly be fewer.
 */
export function codeLengths(counts: Float64Array): number[] | undefined {
  const used = [...counts.keys()].filter((byte) => counts[byte] > 0);
  const n = used.length;
  const sums = [0];
  for (const byte of used) sums.push(sums[sums.length - 1] + counts[byte]);
  // cost[i * n + j]: decisions of the bytes from the i-th to the j-th used one in the best tree that is `height` high at most.
  let cost = new Float64Array(n * n).fill(Infinity);
  for (let i = 0; i < n; i++) cost[i * n + i] = 0;
  const cuts: Int16Array[] = [];
  for (let height = 1; height <= deepest; height++) {
    const lower = cost;
    const price = height === deepest - inBucket ? 2 : 1;
    const cut = new Int16Array(n * n);
    cost = lower.slice();
    for (let i = 0; i < n; i++) {
      for (let j = i + 1; j < Math.min(n, i + 2 ** height); j++) {
        let best = Infinity;
        for (let k = i; k < j; k++) {
          const both = lower[i * n + k] + lower[(k + 1) * n + j];
          if (both >= best) continue;
          best = both;
          cut[i * n + j] = k;
        }
        cost[i * n + j] = best + (sums[j + 1] - sums[i]) * price;
      }
    }
    cuts.push(cut);
  }
  if (n > 1 && cost[n - 1] > worthwhile * sums[n]) return undefined;
  const lengths = new Array<number>(256).fill(0);
  const descend = (i: number, j: number, depth: number): void => {
    if (i === j) {
      // Even the only byte of a file takes a decision.
      lengths[used[i]] = Math.max(1, depth);
      return;
    }
    const k = cuts[deepest - 1 - depth][i * n + j];
    descend(i, k, depth + 1);
    descend(k + 1, j, depth + 1);
  };
  if (n) descend(0, n - 1, 0);
  return lengths;
}
