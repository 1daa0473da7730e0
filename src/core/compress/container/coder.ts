/** Writes or reads the stream of all tensors; what is learned from one serves the next. The work is `kernels/levels.ts`. */
import type { TensorLayout } from '../../formats/kolmoLayout';
import kernelBytes from './kernels/levels.ts?wasm';
import { squashTable, stretchTable } from './logistic';

/** Bits spent on where the nonzero levels are, and on what they are. */
export interface LevelCost {
  positions: number;
  symbols: number;
}

/** One walk serves both directions: a coder writes what it is given, or ignores it and answers what it reads. */
export interface Coder {
  /**
   * Writes `levels` [rows, columns], row-major, or fills it when the coder reads.
   * @param alive nonzero levels per channel of the tensor that feeds this one, if one does
   * @param binary levels are 0 or 1: only positions are coded
   * @returns the cost, and the nonzero levels per column: `alive` of the tensors that this one feeds
   */
  codeLevels(
    levels: Int32Array,
    layout: TensorLayout,
    alive: Int32Array | undefined,
    binary: boolean,
  ): { cost: LevelCost; alive: Int32Array };
  /** Gives the address of `count` cells of `cellBytes`: probabilities that learn from each bit. */
  roomForCells(count: number): number;
  /** Codes a bit under the cell at an address. */
  codeCell(cell: number, value: number): number;
  /** What the bits so far cost, in bits; 0 while reading. */
  cost(): number;
  /** Ends a stream that was written and returns it. */
  finish(): Uint8Array;
}

export const cellBytes = 4;

/** Magnitudes are below 2^maximumClass. */
export const maximumClass = 20;

/** Functions of `kernels/levels.ts`; pointers are byte offsets into its memory. */
interface Kernel {
  memory: WebAssembly.Memory;
  squashTable(): number;
  stretchTable(): number;
  start(): void;
  room(length: number): number;
  read(): void;
  finish(): number;
  written(): number;
  cost(): number;
  roomForCells(count: number): number;
  codeCell(cell: number, value: number): number;
  prepare(rows: number, columns: number): number;
  feed(columns: number): number;
  codeLevels(rows: number, columns: number, width: number, channels: number, binary: number): void;
  columnCounts(): number;
  symbolCost(): number;
}

let compiled: WebAssembly.Module | undefined;

/** @param stream what to read; without it the coder writes */
export function createCoder(stream?: Uint8Array): Coder {
  compiled ??= new WebAssembly.Module(kernelBytes);
  const kernel = new WebAssembly.Instance(compiled).exports as unknown as Kernel;
  const { memory } = kernel;
  const at = kernel.room(stream?.length ?? 1 << 14);
  new Float32Array(memory.buffer, kernel.squashTable(), squashTable.length).set(squashTable);
  new Float32Array(memory.buffer, kernel.stretchTable(), stretchTable.length).set(stretchTable);
  kernel.start();
  if (stream) {
    new Uint8Array(memory.buffer, at, stream.length).set(stream);
    kernel.read();
  }
  return {
    codeLevels(levels, { columns, grid: [, width, channels] }, alive, binary) {
      const rows = levels.length / columns;
      const start = kernel.cost();
      const [source, at] = [kernel.feed(alive?.length ?? 0), kernel.prepare(rows, columns)];
      // Views are made after both: growing the memory would detach them.
      if (alive) new Int32Array(memory.buffer, source, alive.length).set(alive);
      new Int32Array(memory.buffer, at, levels.length).set(levels);
      kernel.codeLevels(rows, columns, width, channels, binary ? 1 : 0);
      if (stream) levels.set(new Int32Array(memory.buffer, at, levels.length));
      const symbols = kernel.symbolCost();
      // A vector says of each of its entries what a matrix says of its columns.
      const counts =
        columns === 1
          ? Int32Array.from(levels, (level) => (level === 0 ? 0 : 1))
          : new Int32Array(memory.buffer, kernel.columnCounts(), columns).slice();
      return { cost: { positions: kernel.cost() - start - symbols, symbols }, alive: counts };
    },
    roomForCells: (count) => kernel.roomForCells(count),
    codeCell: (cell, value) => kernel.codeCell(cell, value),
    cost: () => kernel.cost(),
    finish() {
      const length = kernel.finish();
      return new Uint8Array(memory.buffer, kernel.written(), length).slice();
    },
  };
}
