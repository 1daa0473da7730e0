/** Learns how a table's columns become numbers, on the training split only, and applies it to rows. */
import { KolmoError } from '../error';
import type { ColumnPreprocessing, Examples, Task } from './dataset';
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

/** Names of a column get a position each up to so many, and a code beyond. */
const mostPositions = 16;

/** The most frequent names get a code of their own, up to so many. */
const mostCodes = 1024;

/** Medians of longer columns are taken over so many evenly spaced rows. */
const medianRows = 1 << 16;

interface ColumnFacts {
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

export interface LearnedTable {
  task: Task;
  preprocessing: ColumnPreprocessing[];
  notes: string[];
  inputs: number;
  targetSize: number;
  codes?: number[];
  examples(members: Int32Array): Examples;
}

/** Learns fills, means and vocabularies from the training rows; the target is the last stored column. */
export function learnTable(
  rows: Rows,
  columns: StoredColumn[],
  split: SplitIndices,
  classification: boolean,
  what: string,
): LearnedTable {
  const facts = gatherFacts(rows, columns, split);
  const notes: string[] = [];
  const preprocessing: ColumnPreprocessing[] = [];
  const usable: { learned: Learned; column: StoredColumn; source: number }[] = [];
  columns.slice(0, -1).forEach((column, source) => {
    const learned = learnColumn(column, facts[source], notes);
    preprocessing.push(learned);
    if (learned.type === 'dropped') {
      notes.push(`${learned.name} is left out: ${learned.reason}.`);
      return;
    }
    usable.push({ learned, column, source });
    noteUnseen(learned, facts[source], notes);
  });
  if (usable.length === 0) {
    throw new KolmoError(
      `${what} has no usable column besides the target: ${notes.join(' ') || 'the table has only one column.'}`,
    );
  }
  const source = columns.length - 1;
  const target = columns[source];
  const { task, targetSize, writeTarget } = classification
    ? learnClasses(target, facts[source], rows.present < rows.count, notes, what)
    : learnQuantity(target, facts[source], what);
  // Codes stand last, where an embedding looks for them.
  const codes = usable.filter(({ learned }) => learned.type === 'code');
  const encoders: Encoder[] = [];
  let inputs = 0;
  for (const { learned, column, source } of [
    ...usable.filter(({ learned }) => learned.type !== 'code'),
    ...codes,
  ]) {
    const encoder = createEncoder(learned, column, source, inputs);
    inputs += encoder.width;
    encoders.push(encoder);
  }
  const row = new Float64Array(rows.width);
  return {
    task,
    preprocessing,
    notes,
    inputs,
    targetSize,
    ...(codes.length > 0 && {
      codes: codes.map(({ learned }) => (learned.type === 'code' ? learned.values.length + 1 : 0)),
    }),
    examples: (members) => ({
      count: members.length,
      read(indices, into, targets) {
        into.fill(0, 0, indices.length * inputs);
        targets.fill(0, 0, indices.length * targetSize);
        for (let i = 0; i < indices.length; i++) {
          rows.read(members[indices[i]], row);
          for (const encoder of encoders) encoder.write(row, into, i * inputs);
          writeTarget(row[source], targets, i * targetSize);
        }
      },
    }),
  };
}

/** One pass over all rows: moments and counts of training rows, counts of test rows. */
function gatherFacts(rows: Rows, columns: StoredColumn[], split: SplitIndices): ColumnFacts[] {
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

function learnColumn(
  column: StoredColumn,
  facts: ColumnFacts,
  notes: string[],
): ColumnPreprocessing {
  const { name, names } = column;
  const drop = (reason: string): ColumnPreprocessing => ({ type: 'dropped', name, reason });
  if (column.unusable !== undefined) return drop(column.unusable);
  if (facts.present === 0) return drop('all its values are missing');
  if (names) {
    const order = byFrequency(facts.counts);
    if (order.length < 2) return drop('it has one value in all training rows');
    const type = order.length > mostPositions ? 'code' : 'category';
    const kept = order.slice(0, mostCodes);
    if (order.length > kept.length) {
      notes.push(
        `${name} has ${order.length} values: the ${kept.length} most frequent get a code each, the others share one.`,
      );
    }
    const fill = names[order[0]];
    if (facts.missing > 0) {
      notes.push(
        `${name}: ${facts.missing} missing values are filled with the most frequent, “${fill}”.`,
      );
    }
    return { type, name, fill, values: kept.map((code) => names[code]) };
  }
  const standardDeviation = Math.sqrt(facts.squares / facts.present);
  if (!(standardDeviation > 0)) return drop('it has one value in all training rows');
  const fill = facts.missing > 0 ? median(facts.sample.subarray(0, facts.sampled)) : facts.mean;
  if (facts.missing > 0) {
    notes.push(
      `${name}: ${facts.missing} missing values are filled with the training median, ${fill}.`,
    );
  }
  return { type: 'number', name, fill, mean: facts.mean, standardDeviation };
}

type Learned = Exclude<ColumnPreprocessing, { type: 'dropped' }>;

interface Encoder {
  width: number;
  write(row: Float64Array, into: Float32Array, offset: number): void;
}

function createEncoder(
  learned: Learned,
  column: StoredColumn,
  source: number,
  position: number,
): Encoder {
  if (learned.type === 'number') {
    const { fill, mean, standardDeviation } = learned;
    return {
      width: 1,
      write(row, into, offset) {
        const value = row[source];
        into[offset + position] = ((Number.isNaN(value) ? fill : value) - mean) / standardDeviation;
      },
    };
  }
  const places = new Map(learned.values.map((value, place) => [value, place]));
  const placeOf = Int32Array.from(column.names!, (name) => places.get(name) ?? -1);
  const fill = places.get(learned.fill)!;
  // A code without a name is of a row that came after the names were learned.
  const place = (code: number): number => (Number.isNaN(code) ? fill : (placeOf[code] ?? -1));
  if (learned.type === 'code') {
    return {
      width: 1,
      write(row, into, offset) {
        into[offset + position] = 1 + place(row[source]);
      },
    };
  }
  return {
    width: learned.values.length,
    write(row, into, offset) {
      const at = place(row[source]);
      if (at >= 0) into[offset + position + at] = 1;
    },
  };
}

function noteUnseen({ name, type }: Learned, facts: ColumnFacts, notes: string[]): void {
  const unseen = countUnseen(facts);
  if (unseen === 0) return;
  notes.push(
    `${name}: ${unseen} test rows hold a value that training never saw; ${type === 'code' ? 'its code is' : 'all its positions are'} 0.`,
  );
}

function countUnseen({ counts, testCounts }: ColumnFacts): number {
  return testCounts.reduce((sum, count, code) => sum + (counts[code] === 0 ? count : 0), 0);
}

interface LearnedTarget {
  task: Task;
  targetSize: number;
  writeTarget(value: number, targets: Float32Array, offset: number): void;
}

/** @param partly whether there are training rows that `facts` do not tell of: each name may be a class then */
function learnClasses(
  target: StoredColumn,
  facts: ColumnFacts,
  partly: boolean,
  notes: string[],
  what: string,
): LearnedTarget {
  const names = target.names!;
  const found = partly ? [...names.keys()] : byFrequency(facts.counts);
  const order = found.sort((a, b) => compareNames(names[a], names[b]));
  if (order.length < 2) {
    throw new KolmoError(
      `The target “${target.name}” of ${what} has one class in the training rows, “${names[order[0]]}”: there is nothing to learn. Choose another column.`,
    );
  }
  const placeOf = new Int32Array(names.length).fill(-1);
  order.forEach((code, place) => (placeOf[code] = place));
  const unseen = partly ? 0 : countUnseen(facts);
  if (unseen > 0) {
    notes.push(
      `${unseen} test rows have a class that never occurs in training; they count as wrong.`,
    );
  }
  return {
    task: {
      type: 'classification',
      target: target.name,
      classes: order.map((code) => names[code]),
    },
    targetSize: order.length,
    writeTarget(value, targets, offset) {
      if (placeOf[value] >= 0) targets[offset + placeOf[value]] = 1;
    },
  };
}

function learnQuantity(target: StoredColumn, facts: ColumnFacts, what: string): LearnedTarget {
  const { mean } = facts;
  const standardDeviation = Math.sqrt(facts.squares / facts.present);
  if (!(standardDeviation > 0)) {
    throw new KolmoError(
      `The target “${target.name}” of ${what} has one value in all training rows: there is nothing to learn. Choose another column.`,
    );
  }
  return {
    task: { type: 'regression', target: target.name, mean, standardDeviation },
    targetSize: 1,
    writeTarget(value, targets, offset) {
      targets[offset] = (value - mean) / standardDeviation;
    },
  };
}

/** The codes that occur, the most frequent first. */
function byFrequency(counts: Float64Array): number[] {
  return [...counts.keys()]
    .filter((code) => counts[code] > 0)
    .sort((a, b) => counts[b] - counts[a] || a - b);
}

/** Numbers in order of size, other names in order of their characters. */
function compareNames(a: string, b: string): number {
  return Number(a) - Number(b) || (a < b ? -1 : a > b ? 1 : 0);
}

function median(values: Float64Array): number {
  const sorted = values.slice().sort();
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
