/** What a table's rows say of each column, in one pass: moments, counts of names, a sample. */
import type { Rows } from './rows';
import type { SplitIndices } from './split';

/** A column as the rows hold it: a number, or the position of a name in `names`; NaN where it is missing. */
export interface StoredColumn {
  name: string;
  /** The names that codes stand for; absent for a column of numbers. */
  names?: string[];
  /** Why the column cannot be an input, found while reading. */
  unusable?: string;
}

/** Medians of longer columns are taken over so many evenly spaced rows. */
const medianRows = 1 << 16;

export interface ColumnFacts {
  present: number;
  missing: number;
  mean: number;
  /** Sum of squared distances to the mean. */
  squares: number;
  /** Training rows and test rows by code. */
  counts: Float64Array;
  testCounts: Float64Array;
  /** Values of evenly spaced training rows, `sampled` of them. */
  sample: Float64Array;
  sampled: number;
}

/** One pass over all rows: moments and counts of training rows, counts of test rows. */
export function gatherFacts(
  rows: Rows,
  columns: StoredColumn[],
  split: SplitIndices,
): ColumnFacts[] {
  const partOf = new Uint8Array(rows.count);
  for (const index of split.validation) partOf[index] = 1;
  for (const index of split.test) partOf[index] = 2;
  const most = Math.min(split.training.length, rows.present);
  const facts = columns.map(({ names }) => ({
    present: 0,
    missing: 0,
    mean: 0,
    squares: 0,
    counts: new Float64Array(names?.length ?? 0),
    testCounts: new Float64Array(names?.length ?? 0),
    sample: new Float64Array(names ? 0 : Math.min(most, medianRows)),
    sampled: 0,
  }));
  const stride = Math.ceil(most / medianRows);
  let values = new Float64Array();
  rows.scan((block, firstRow, count) => {
    if (values.length < count) values = new Float64Array(count);
    columns.forEach(({ names }, position) => {
      const fact = facts[position];
      let trained = 0;
      for (let row = 0, at = position; row < count; row++, at += rows.width) {
        const value = block[at];
        const part = partOf[firstRow + row];
        if (Number.isNaN(value)) fact.missing++;
        else if (part === 0) values[trained++] = value;
        else if (part === 2 && names) fact.testCounts[value]++;
      }
      if (names) {
        for (let i = 0; i < trained; i++) fact.counts[values[i]]++;
        fact.present += trained;
      } else {
        const first = stride - 1 - (fact.present % stride);
        for (let i = first; i < trained; i += stride) fact.sample[fact.sampled++] = values[i];
        addMoments(fact, values.subarray(0, trained));
      }
    });
  });
  return facts;
}

/** Joins the moments of more values to those so far (Chan et al. 1979): exact for large offsets such as timestamps. */
function addMoments(facts: ColumnFacts, values: Float64Array): void {
  if (values.length === 0) return;
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i];
  const mean = sum / values.length;
  let squares = 0;
  for (let i = 0; i < values.length; i++) squares += (values[i] - mean) * (values[i] - mean);
  const distance = mean - facts.mean;
  const before = facts.present;
  facts.present += values.length;
  facts.mean += (distance * values.length) / facts.present;
  facts.squares += squares + (distance * distance * before * values.length) / facts.present;
}

/** The median of a column's sampled values. */
export function median(values: Float64Array): number {
  const sorted = values.slice().sort();
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Test rows whose name no training row has. */
export function countUnseen({ counts, testCounts }: ColumnFacts): number {
  return testCounts.reduce((sum, count, code) => sum + (counts[code] === 0 ? count : 0), 0);
}

/** The codes that occur, the most frequent first. */
export function byFrequency(counts: Float64Array): number[] {
  return [...counts.keys()]
    .filter((code) => counts[code] > 0)
    .sort((a, b) => counts[b] - counts[a] || a - b);
}
