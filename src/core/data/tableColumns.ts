/** Learns how a table's columns become numbers, on the training split only, and applies it to rows. */
import { formatCount } from '../count';
import { KolmoError } from '../error';
import type { ColumnPreprocessing, Examples, Task } from './dataset';
import {
  byFrequency,
  countUnseen,
  gatherFacts,
  median,
  type ColumnFacts,
  type StoredColumn,
} from './columnFacts';
import { leftOut, withoutInputs } from './columns';
import type { Rows } from './rows';
import type { SplitIndices } from './split';

/** Names of a column get a position each up to so many, and a code beyond. */
const mostPositions = 16;

/** The most frequent names get a code of their own, up to so many. */
const mostCodes = 1024;

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
      notes.push(leftOut(learned.name, learned.reason));
      return;
    }
    usable.push({ learned, column, source });
    noteUnseen(learned, facts[source], notes);
  });
  if (usable.length === 0) throw withoutInputs(what, notes);
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
        `${name} has ${formatCount(order.length)} values: the ${formatCount(kept.length)} most frequent get a code each, the others share one.`,
      );
    }
    const fill = names[order[0]];
    if (facts.missing > 0) {
      notes.push(
        `${name}: ${formatCount(facts.missing)} missing values are filled with the most frequent, “${fill}”.`,
      );
    }
    return { type, name, fill, values: kept.map((code) => names[code]) };
  }
  const standardDeviation = Math.sqrt(facts.squares / facts.present);
  if (!Number.isFinite(standardDeviation)) return drop(tooLarge);
  if (standardDeviation === 0) return drop('it has one value in all training rows');
  const fill = facts.missing > 0 ? median(facts.sample.subarray(0, facts.sampled)) : facts.mean;
  if (facts.missing > 0) {
    notes.push(
      `${name}: ${formatCount(facts.missing)} missing values are filled with the training median, ${fill}.`,
    );
  }
  return { type: 'number', name, fill, mean: facts.mean, standardDeviation };
}

const tooLarge = 'its numbers are so large that their squares are none';

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
    `${name}: ${formatCount(unseen)} test rows hold a value that training never saw; ${type === 'code' ? 'its code is' : 'all its positions are'} 0.`,
  );
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
      `${formatCount(unseen)} test rows have a class that never occurs in training; they count as wrong.`,
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
  if (!Number.isFinite(standardDeviation)) {
    throw new KolmoError(
      `The target “${target.name}” of ${what} cannot be learned, as ${tooLarge}: scale it down, or choose another column.`,
    );
  }
  if (standardDeviation === 0) {
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

/** Numbers in order of size, then other names in order of their characters. */
function compareNames(a: string, b: string): number {
  const [x, y] = [Number(a), Number(b)];
  const kind = Number(Number.isNaN(x)) - Number(Number.isNaN(y));
  return kind || x - y || (a < b ? -1 : a > b ? 1 : 0);
}
