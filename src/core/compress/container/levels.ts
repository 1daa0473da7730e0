/** Codes a matrix of small integers, most of them zero: where they are, which sign, how large (after DeepCABAC and the PAQ family). */
import type { TensorLayout } from '../../formats/kolmoLayout';
import { createCells, type BitPort, type Cells } from './bits';
import { createMixer, mixBit, type Mixer } from './mixer';

/** What stays learned from one tensor to the next. */
export interface LevelModels {
  rows: Mixer;
  columns: Mixer;
  significance: Mixer;
  sign: Mixer;
  magnitude: Mixer;
  mantissa: Cells;
}

/** Bits spent on where the nonzero levels are, and on what they are. */
export interface LevelCost {
  positions: number;
  symbols: number;
}

/** Magnitudes are below 2^maximumClass. */
export const maximumClass = 20;

export function createLevelModels(): LevelModels {
  return {
    rows: createMixer({ contexts: 4, cells: 1 << 10, sets: 2, rate: 0.03 }),
    columns: createMixer({ contexts: 2, cells: 1 << 8, sets: 1, rate: 0.03 }),
    significance: createMixer({ contexts: 6, cells: 1 << 12, sets: 12, rate: 0.015 }),
    sign: createMixer({ contexts: 3, cells: 1 << 8, sets: 2, rate: 0.02 }),
    magnitude: createMixer({ contexts: 4, cells: 1 << 12, sets: 4, rate: 0.02 }),
    mantissa: createCells(1 << 14),
  };
}

/**
 * Writes `levels` [rows, columns], row-major, or fills it when the port reads.
 * @param alive nonzero levels per channel of the tensor that feeds this one, if one does
 * @param binary levels are 0 or 1: only positions are coded
 * @returns the cost, and the nonzero levels per column: `alive` of the tensors that this one feeds
 */
export function codeLevels(
  port: BitPort,
  levels: Int32Array,
  layout: TensorLayout,
  models: LevelModels,
  alive: Int32Array | undefined,
  binary: boolean,
): { cost: LevelCost; alive: Int32Array } {
  const [, width, channels] = layout.grid;
  const columns = layout.columns;
  const rows = levels.length / columns;
  const start = port.cost();
  let symbols = 0;

  const rowAlive = new Uint8Array(rows).fill(1);
  const columnAlive = new Uint8Array(columns).fill(1);
  if (columns > 1 && rows > 1) {
    codeRows(port, levels, rowAlive, layout, models, alive);
    codeColumns(port, levels, columnAlive, columns, models);
  }
  let lastColumn = columns - 1;
  while (lastColumn > 0 && !columnAlive[lastColumn]) lastColumn--;

  const left = channels;
  const up = width * channels;
  const rowCount = new Int32Array(rows);
  const columnCount = new Int32Array(columns);
  const columnSign = new Int32Array(columns);
  const magnitudeSum = new Int32Array(columns);
  const { contexts } = models.significance;
  const signContexts = models.sign.contexts;
  const vector = columns === 1;
  let rowsSeen = 0;

  for (let row = 0; row < rows; row++) {
    if (!rowAlive[row]) continue;
    const y = Math.trunc(row / up);
    const x = Math.trunc((row - y * up) / channels);
    const c = row - y * up - x * channels;
    // Rows of the neighbours in space, or -1; a row without space leans on the one before it.
    const west = x > 0 ? row - left : -1;
    const north = y > 0 ? row - up : -1;
    const northWest = y > 0 && x > 0 ? row - up - left : -1;
    const northEast = y > 0 && x < width - 1 ? row - up + left : -1;
    const before = c > 0 ? row - 1 : -1;
    const fed = alive ? density(alive[c % alive.length] + 0.4, 20) : 14;
    const around =
      (rowShare(rowCount, west, columns) +
        rowShare(rowCount, north, columns) +
        rowShare(rowCount, northEast, columns) +
        rowShare(rowCount, before, columns)) >>
      1;
    let seen = 0;
    let rowSign = 0;
    let rowSum = 0;

    for (let column = 0; column < columns; column++) {
      if (!columnAlive[column]) continue;
      const at = row * columns + column;
      const w = west < 0 ? 0 : levels[at - left * columns];
      const n = north < 0 ? 0 : levels[at - up * columns];
      const nw = northWest < 0 ? 0 : levels[at - (up + left) * columns];
      const ne = northEast < 0 ? 0 : levels[at - (up - left) * columns];
      const b = before < 0 ? 0 : levels[at - columns];
      const near =
        (w !== 0 ? 1 : 0) |
        (n !== 0 ? 2 : 0) |
        (nw !== 0 ? 4 : 0) |
        (ne !== 0 ? 8 : 0) |
        (b !== 0 ? 16 : 0);
      const count = near === 0 ? 0 : bitCount[near];

      let nonzero: number;
      // A row that is known to live and has been empty up to its last column must end with a value.
      if (!vector && rows > 1 && column === lastColumn && rowCount[row] === 0) nonzero = 1;
      else {
        const inRow = density(rowCount[row] + 0.4, seen + 2);
        const inColumn = density(columnCount[column] + 0.4, rowsSeen + 2);
        const young = (seen > 15 ? 2 : seen > 3 ? 1 : 0) * 2 + (rowCount[row] === 0 ? 1 : 0);
        contexts[0] = vector ? 1024 + fed : inRow * 6 + young;
        contexts[1] = vector ? 1024 : inColumn * 16 + around;
        contexts[2] = inRow * 16 + inColumn;
        contexts[3] = near * 16 + inColumn;
        contexts[4] = (vector ? 2048 : 0) + (column & 2047);
        contexts[5] = (fed * 16 + inRow) * 4 + (count > 3 ? 3 : count);
        const set = vector ? 11 : (count > 4 ? 4 : count) + (channels > 1 ? 5 : 0);
        nonzero = mixBit(port, models.significance, levels[at] !== 0 ? 1 : 0, set);
      }
      seen++;
      if (!nonzero) {
        levels[at] = 0;
        continue;
      }
      rowCount[row]++;
      columnCount[column]++;
      if (binary) {
        levels[at] = 1;
        continue;
      }

      const before2 = port.cost();
      signContexts[0] = sideOf(w) + 3 * sideOf(n) + 9 * sideOf(ne) + (vector ? 128 : 0);
      signContexts[1] = clamp(columnSign[column], 3) * 8 + clamp(rowSign, 3) + (vector ? 128 : 0);
      signContexts[2] = sideOf(b) * 9 + sideOf(nw) * 3 + sideOf(w) + (vector ? 128 : 0);
      const negative = mixBit(port, models.sign, levels[at] < 0 ? 1 : 0, vector ? 1 : 0);

      const neighbours = size(w) + size(n) + size(ne) + size(b);
      const level = codeMagnitude(
        port,
        models,
        levels[at] < 0 ? -levels[at] : levels[at],
        vector ? 15 : neighbours > 12 ? 12 : neighbours,
        average(rowSum, rowCount[row] - 1),
        average(magnitudeSum[column], columnCount[column] - 1),
      );
      rowSum += size(level);
      magnitudeSum[column] += size(level);
      rowSign += negative ? -1 : 1;
      columnSign[column] += negative ? -1 : 1;
      levels[at] = negative ? -level : level;
      symbols += port.cost() - before2;
    }
    rowsSeen++;
  }

  // A vector says of each of its entries what a matrix says of its columns.
  const fedBy = vector ? Int32Array.from(levels, (level) => (level === 0 ? 0 : 1)) : columnCount;
  return { cost: { positions: port.cost() - start - symbols, symbols }, alive: fedBy };
}

/** A row is dead when all its levels are zero; dead pixels lie together, and a dead neuron's row in the next layer is dead. */
function codeRows(
  port: BitPort,
  levels: Int32Array,
  rowAlive: Uint8Array,
  layout: TensorLayout,
  models: LevelModels,
  alive: Int32Array | undefined,
): void {
  const [, width, channels] = layout.grid;
  const up = width * channels;
  const { contexts } = models.rows;
  for (let row = 0; row < rowAlive.length; row++) {
    const x = Math.trunc((row % up) / channels);
    const before = row > 0 ? rowAlive[row - 1] : 0;
    const west = row >= channels ? rowAlive[row - channels] : 0;
    const west2 = row >= 2 * channels ? rowAlive[row - 2 * channels] : 0;
    const north = row >= up ? rowAlive[row - up] : 0;
    const northWest = row >= up + channels ? rowAlive[row - up - channels] : 0;
    const northEast = row >= up - channels ? rowAlive[row - up + channels] : 0;
    const north2 = row >= 2 * up ? rowAlive[row - 2 * up] : 0;
    const fed = alive ? 1 + Math.min(4, alive[(row % channels) % alive.length]) : 0;
    contexts[0] = west + 2 * north + 4 * northEast + 8 * northWest + 16 * west2 + 32 * north2;
    contexts[1] = fed * 2 + before;
    contexts[2] = width > 1 ? Math.min(x, 63) : 64;
    contexts[3] = (west + north + northEast + northWest + west2 + north2) * 8 + fed;
    const holdsAny = holds(levels, row * layout.columns, 1, layout.columns);
    const bit = mixBit(port, models.rows, holdsAny, alive ? 1 : 0);
    rowAlive[row] = bit;
    if (!bit) levels.fill(0, row * layout.columns, (row + 1) * layout.columns);
  }
}

function codeColumns(
  port: BitPort,
  levels: Int32Array,
  columnAlive: Uint8Array,
  columns: number,
  models: LevelModels,
): void {
  const { contexts } = models.columns;
  const rows = levels.length / columns;
  for (let column = 0; column < columns; column++) {
    contexts[1] =
      1 +
      (column > 0 ? columnAlive[column - 1] : 0) +
      (column > 1 ? 2 * columnAlive[column - 2] : 0);
    const bit = mixBit(port, models.columns, holds(levels, column, columns, rows), 0);
    columnAlive[column] = bit;
  }
}

/** Class = bits after the leading one, in unary; then those bits. Each decision of the first two levels of the tree is mixed. */
function codeMagnitude(
  port: BitPort,
  models: LevelModels,
  magnitude: number,
  near: number,
  inRow: number,
  inColumn: number,
): number {
  const { contexts } = models.magnitude;
  const wanted = 31 - Math.clz32(magnitude | 1);
  let k = 0;
  while (k < maximumClass) {
    const bit = mix(k, wanted > k ? 1 : 0);
    if (!bit) break;
    k++;
  }
  let value = 1;
  for (let i = k - 1; i >= 0; i--) {
    const bit = (magnitude >>> i) & 1;
    const prefix = value;
    if (i === k - 1) value = value * 2 + mix(32 + k, bit);
    else {
      // The exact path is the context down to the eighth bit, then only the place.
      const cell = prefix < 256 ? k * 256 + prefix : 8192 + k * 32 + i;
      value = value * 2 + models.mantissa.code(port, cell, bit);
    }
  }
  return value;

  function mix(node: number, bit: number): number {
    contexts[0] = node;
    contexts[1] = node * 16 + near;
    contexts[2] = node * 16 + inRow;
    contexts[3] = node * 16 + inColumn;
    const set = node === 0 ? 0 : node < 3 ? 1 : node < 32 ? 2 : 3;
    return mixBit(port, models.magnitude, bit, set);
  }
}

const bitCount = Uint8Array.from({ length: 32 }, (_, mask) => {
  let count = 0;
  for (let rest = mask; rest; rest >>= 1) count += rest & 1;
  return count;
});

/** 1 when one of `count` levels from `first` in steps of `stride` is not zero; 0 while reading, where the answer is not used. */
function holds(levels: Int32Array, first: number, stride: number, count: number): number {
  for (let i = 0; i < count; i++) if (levels[first + i * stride] !== 0) return 1;
  return 0;
}

/** A share in fourteen steps, each 1.5 times the one before: 0 is below 1/290, 13 above 2/3. */
function density(part: number, whole: number): number {
  const share = Math.trunc((part * 2048) / whole);
  return share < 2048 ? densitySteps[share] : 13;
}

const densitySteps = Uint8Array.from({ length: 2048 }, (_, share) => {
  let step = 0;
  for (let bound = 2048 / 291; share >= bound && step < 13; bound *= 1.5) step++;
  return step;
});

/** How full a finished row was: 0 to 7, or 0 for no row. */
function rowShare(counts: Int32Array, row: number, columns: number): number {
  return row < 0 ? 0 : density(counts[row], columns) >> 1;
}

/** Mean magnitude so far in sixteen steps; 0 where nothing was seen. */
function average(sum: number, count: number): number {
  if (count <= 0) return 0;
  const mean = Math.trunc((sum * 4) / count);
  if (mean < 8) return mean - 3;
  const log = 31 - Math.clz32(mean);
  return Math.min(15, 2 * log - 1 + ((mean >> (log - 1)) & 1));
}

const size = (level: number): number =>
  level < 0 ? (level < -255 ? 255 : -level) : level > 255 ? 255 : level;
const sideOf = (level: number): number => (level > 0 ? 1 : level < 0 ? 2 : 0);
const clamp = (value: number, limit: number): number =>
  (value > limit ? limit : value < -limit ? -limit : value) + limit;
