/** Codes the levels of one tensor after another; what is learned from one serves the next. The work is `kernels/levels.ts`. */
import { squashTable, stretchTable } from '../../coding/mixing';
import type { TensorLayout } from '../../formats/kolmoLayout';
import { createCells, type BitPort } from './bits';
import kernelBytes from './kernels/levels.ts?wasm';

/** Bits spent on where the nonzero levels are, and on what they are. */
export interface LevelCost {
  positions: number;
  symbols: number;
}

export interface LevelCoder {
  /**
   * Writes `levels` [rows, columns], row-major, or fills it when the port reads.
   * @param alive nonzero levels per channel of the tensor that feeds this one, if one does
   * @param binary levels are 0 or 1: only positions are coded
   * @returns the cost, and the nonzero levels per column: `alive` of the tensors that this one feeds
   */
  code(
    levels: Int32Array,
    layout: TensorLayout,
    alive: Int32Array | undefined,
    binary: boolean,
  ): { cost: LevelCost; alive: Int32Array };
}

/** Magnitudes are below 2^maximumClass. */
export const maximumClass = 20;

/** Functions of `kernels/levels.ts`; pointers are byte offsets into its memory. */
interface Kernel {
  squashTable(): number;
  stretchTable(): number;
  begin(): void;
  prepare(rows: number, columns: number): number;
  feed(columns: number): number;
  codeLevels(rows: number, columns: number, width: number, channels: number, binary: number): void;
  columnCounts(): number;
  symbolCost(): number;
}

/** Magnitudes' lower bits: 8192 cells for their paths, 32 for each class beyond. */
const mantissaCells = 1 << 14;

let compiled: WebAssembly.Module | undefined;

export function createLevelCoder(port: BitPort): LevelCoder {
  compiled ??= new WebAssembly.Module(kernelBytes);
  const memory = new WebAssembly.Memory({ initial: 16 });
  const mantissa = createCells(mantissaCells);
  const instance = new WebAssembly.Instance(compiled, {
    env: { memory },
    mixer: { codeBit: (value: number, p1: number) => port.bit(value, p1) },
    levels: {
      codeCell: (cell: number, value: number) => mantissa.code(port, cell, value),
      costSoFar: () => port.cost(),
    },
  });
  const kernel = instance.exports as unknown as Kernel;
  new Float64Array(memory.buffer, kernel.squashTable(), squashTable.length).set(squashTable);
  new Float64Array(memory.buffer, kernel.stretchTable(), stretchTable.length).set(stretchTable);
  kernel.begin();
  return {
    code(levels, { columns, grid: [, width, channels] }, alive, binary) {
      const rows = levels.length / columns;
      const start = port.cost();
      const [source, at] = [kernel.feed(alive?.length ?? 0), kernel.prepare(rows, columns)];
      // Views are made after both: growing the memory would detach them.
      if (alive) new Int32Array(memory.buffer, source, alive.length).set(alive);
      new Int32Array(memory.buffer, at, levels.length).set(levels);
      kernel.codeLevels(rows, columns, width, channels, binary ? 1 : 0);
      levels.set(new Int32Array(memory.buffer, at, levels.length));
      const symbols = kernel.symbolCost();
      // A vector says of each of its entries what a matrix says of its columns.
      const counts =
        columns === 1
          ? Int32Array.from(levels, (level) => (level === 0 ? 0 : 1))
          : new Int32Array(memory.buffer, kernel.columnCounts(), columns).slice();
      return { cost: { positions: port.cost() - start - symbols, symbols }, alive: counts };
    },
  };
}
