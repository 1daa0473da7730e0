// Codes a matrix of small integers, most of them zero: where they are, which sign, how large (after DeepCABAC and the
// PAQ family). AssemblyScript: every place of a matrix passes through here. One walk both writes and reads; only integers
// and + - * / in a fixed order are computed, so every engine codes the same bits.

import { cost, isReading } from './coder';
import {
  codeMagnitude,
  openClasses,
  resetMagnitudes,
  seeMagnitude,
  unseeMagnitudes,
} from './magnitudes';
import { mixBit, Mixer } from './mixer';
import { average, clamp, density, scaleOf, sideOf, size, stepOf } from './steps';

export { cost, finish, read, room, written } from './coder';
export { codeCell, roomForCells, squashTable, stretchTable } from './mixer';

const rowMixer = new Mixer(1 << 10, 2, 0.03);
const columnMixer = new Mixer(1 << 8, 1, 0.03);
const significance = new Mixer(1 << 12, 12, 0.002);
const signs = new Mixer(1 << 8, 2, 0.02);

/** To be called once, when the host has filled the tables. */
export function start(): void {
  rowMixer.reset();
  columnMixer.reset();
  significance.reset();
  signs.reset();
  resetMagnitudes();
}

// What is known of the matrix at hand; allocated anew, larger, only for a larger one.

let levels: usize = 0;
let capacity = 0;
/** A row of zeros: what lies beyond a border. */
let beyond: usize = 0;
let beyondColumns = 0;
/** Whether rows and columns hold a level that is not zero: what is written of them. */
let rowHolds = new StaticArray<u8>(0);
let columnHolds = new StaticArray<u8>(0);
let rowAlive = new StaticArray<u8>(0);
let columnAlive = new StaticArray<u8>(0);
let rowCount = new StaticArray<i32>(0);
let columnCount = new StaticArray<i32>(0);
let columnSign = new StaticArray<i32>(0);
let magnitudeSum = new StaticArray<i32>(0);

let symbolBits: f64 = 0;

/** Bits that the last `codeLevels` spent on signs and magnitudes. */
export function symbolCost(): f64 {
  return symbolBits;
}

/** Makes room for a matrix; gives the address of its levels, [rows, columns] of i32. */
export function prepare(rows: i32, columns: i32): usize {
  if (rows * columns > capacity) {
    capacity = rows * columns;
    levels = heap.alloc((<usize>capacity) << 2);
  }
  if (columns > beyondColumns) {
    beyondColumns = columns;
    beyond = heap.alloc((<usize>columns) << 2);
    memory.fill(beyond, 0, (<usize>columns) << 2);
  }
  rowHolds = roomFor<u8>(rowHolds, rows);
  columnHolds = roomFor<u8>(columnHolds, columns);
  rowAlive = roomFor<u8>(rowAlive, rows);
  rowCount = roomFor<i32>(rowCount, rows);
  columnAlive = roomFor<u8>(columnAlive, columns);
  columnCount = roomFor<i32>(columnCount, columns);
  columnSign = roomFor<i32>(columnSign, columns);
  magnitudeSum = roomFor<i32>(magnitudeSum, columns);
  rowAlive.fill(1);
  columnAlive.fill(1);
  return levels;
}

function roomFor<T>(array: StaticArray<T>, count: i32): StaticArray<T> {
  if (array.length < count) return new StaticArray<T>(count);
  array.fill(<T>0);
  return array;
}

let aliveInSource = new StaticArray<i32>(0);
let sourceColumns = 0;

/** Nonzero levels per column of the tensor that feeds the next one; 0 columns: none does. */
export function feed(columns: i32): usize {
  sourceColumns = columns;
  aliveInSource = roomFor<i32>(aliveInSource, columns);
  return changetype<usize>(aliveInSource);
}

/** Nonzero levels per column of the matrix that was coded last. */
export function columnCounts(): usize {
  return changetype<usize>(columnCount);
}

/**
 * Writes the prepared levels, or fills them when the coder reads.
 * @param width rows lie in space as [height, width, channels]
 * @param binary levels are 0 or 1: only positions are coded
 */
export function codeLevels(rows: i32, columns: i32, width: i32, channels: i32, binary: bool): void {
  symbolBits = 0;
  const up = width * channels;
  const vector = columns === 1;
  if (!isReading()) survey(rows, columns);
  if (!vector && rows > 1) {
    codeRows(rows, columns, width, channels);
    codeColumns(columns);
  }
  if (!binary) openClasses(rows * columns);
  let lastColumn = columns - 1;
  while (lastColumn > 0 && !unchecked(columnAlive[lastColumn])) lastColumn--;

  let rowsSeen = 0;

  for (let row = 0; row < rows; row++) {
    if (!unchecked(rowAlive[row])) continue;
    const y = row / up;
    const x = (row - y * up) / channels;
    const c = row - y * up - x * channels;
    // A row without space leans on the one before it.
    const hasWest = x > 0;
    const hasNorth = y > 0;
    const hasNorthEast = hasNorth && x < width - 1;
    const hasBefore = c > 0;
    const here = rowAt(row, columns);
    const west = hasWest ? rowAt(row - channels, columns) : beyond;
    const north = hasNorth ? rowAt(row - up, columns) : beyond;
    const northWest = hasNorth && hasWest ? rowAt(row - up - channels, columns) : beyond;
    const northEast = hasNorthEast ? rowAt(row - up + channels, columns) : beyond;
    const rowBefore = hasBefore ? rowAt(row - 1, columns) : beyond;
    const fed = sourceColumns
      ? density(unchecked(aliveInSource[c % sourceColumns]), scaleOf(20))
      : 14;
    const around =
      ((hasWest ? rowShare(row - channels, columns) : 0) +
        (hasNorth ? rowShare(row - up, columns) : 0) +
        (hasNorthEast ? rowShare(row - up + channels, columns) : 0) +
        (hasBefore ? rowShare(row - 1, columns) : 0)) >>
      1;
    const rowsShare = scaleOf(rowsSeen + 2);
    let seen = 0;
    let inThisRow = 0;
    let rowSign = 0;
    let rowSum = 0;

    for (let column = 0; column < columns; column++) {
      if (!unchecked(columnAlive[column])) continue;
      const at = (<usize>column) << 2;
      const w = load<i32>(west + at);
      const n = load<i32>(north + at);
      const nw = load<i32>(northWest + at);
      const ne = load<i32>(northEast + at);
      const b = load<i32>(rowBefore + at);
      const near =
        i32(w !== 0) |
        (i32(n !== 0) << 1) |
        (i32(nw !== 0) << 2) |
        (i32(ne !== 0) << 3) |
        (i32(b !== 0) << 4);
      const level = load<i32>(here + at);

      let nonzero = 1;
      // A row that is known to live and has been empty up to its last column must end with a value.
      if (vector || rows === 1 || column !== lastColumn || inThisRow > 0) {
        const count = popcnt(near);
        const inRow = density(inThisRow, scaleOf(seen + 2));
        const inColumn = density(unchecked(columnCount[column]), rowsShare);
        const young = (seen > 15 ? 2 : seen > 3 ? 1 : 0) * 2 + i32(inThisRow === 0);
        nonzero = mixBit(
          significance,
          i32(level !== 0),
          vector ? 11 : min(count, 4) + (channels > 1 ? 5 : 0),
          vector ? 2048 + fed : (inRow * 16 + inColumn) * 6 + young,
          vector ? 1024 : inColumn * 16 + around,
          near * 16 + inColumn,
          (fed * 16 + inRow) * 4 + min(count, 3),
        );
      }
      seen++;
      if (!nonzero) {
        store<i32>(here + at, 0);
        continue;
      }
      inThisRow++;
      unchecked(columnCount[column]++);
      if (binary) {
        store<i32>(here + at, 1);
        continue;
      }

      const before = cost();
      const place = vector ? 128 : 0;
      const negative = mixBit(
        signs,
        i32(level < 0),
        i32(vector),
        sideOf(w) + 3 * sideOf(n) + 9 * sideOf(ne) + place,
        clamp(unchecked(columnSign[column]), 3) * 8 + clamp(rowSign, 3) + place,
        sideOf(b) * 9 + sideOf(nw) * 3 + sideOf(w) + place,
        0,
      );

      const neighbours = size(w) + size(n) + size(ne) + size(b);
      const magnitude = codeMagnitude(
        abs(level),
        vector ? 15 : min(neighbours, 12),
        average(rowSum, inThisRow - 1),
        average(unchecked(magnitudeSum[column]), unchecked(columnCount[column]) - 1),
      );
      rowSum += size(magnitude);
      unchecked((magnitudeSum[column] += size(magnitude)));
      rowSign += negative ? -1 : 1;
      unchecked((columnSign[column] += negative ? -1 : 1));
      store<i32>(here + at, negative ? -magnitude : magnitude);
      symbolBits += cost() - before;
    }
    unchecked((rowCount[row] = inThisRow));
    rowsSeen++;
  }
}

/** A row is dead when all its levels are zero; dead pixels lie together, and a dead neuron's row in the next layer is dead. */
function codeRows(rows: i32, columns: i32, width: i32, channels: i32): void {
  const up = width * channels;
  for (let row = 0; row < rows; row++) {
    const x = (row % up) / channels;
    const before = liveRow(row - 1);
    const west = liveRow(row - channels);
    const west2 = liveRow(row - 2 * channels);
    const north = liveRow(row - up);
    const northWest = liveRow(row - up - channels);
    const northEast = liveRow(row - up + channels);
    const north2 = liveRow(row - 2 * up);
    const fed = sourceColumns
      ? 1 + min(4, unchecked(aliveInSource[(row % channels) % sourceColumns]))
      : 0;
    const bit = mixBit(
      rowMixer,
      unchecked(rowHolds[row]),
      i32(sourceColumns > 0),
      west + 2 * north + 4 * northEast + 8 * northWest + 16 * west2 + 32 * north2,
      fed * 2 + before,
      width > 1 ? min(x, 63) : 64,
      (west + north + northEast + northWest + west2 + north2) * 8 + fed,
    );
    unchecked((rowAlive[row] = <u8>bit));
    if (!bit) memory.fill(levels + ((row * columns) << 2), 0, columns << 2);
  }
}

function codeColumns(columns: i32): void {
  for (let column = 0; column < columns; column++) {
    const before = column > 0 ? unchecked(columnAlive[column - 1]) : 0;
    const before2 = column > 1 ? unchecked(columnAlive[column - 2]) : 0;
    const context = 1 + before + 2 * before2;
    const bit = mixBit(columnMixer, unchecked(columnHolds[column]), 0, 0, context, 0, 0);
    unchecked((columnAlive[column] = <u8>bit));
  }
}

/** Goes over the levels once: which rows and columns hold any, and of which classes they are. */
function survey(rows: i32, columns: i32): void {
  unseeMagnitudes();
  for (let row = 0, at = levels; row < rows; row++) {
    for (let column = 0; column < columns; column++, at += 4) {
      const level = load<i32>(at);
      if (level === 0) continue;
      unchecked((rowHolds[row] = 1));
      unchecked((columnHolds[column] = 1));
      seeMagnitude(abs(level));
    }
  }
}

function rowAt(row: i32, columns: i32): usize {
  return levels + ((<usize>(row * columns)) << 2);
}

function liveRow(row: i32): i32 {
  return row < 0 ? 0 : unchecked(rowAlive[row]);
}

/** How full a finished row was: 0 to 7. */
function rowShare(row: i32, columns: i32): i32 {
  return stepOf((<f64>unchecked(rowCount[row]) * 2048) / <f64>columns) >> 1;
}
