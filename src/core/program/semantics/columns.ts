/** Columns as their cells, read with the tracker that the program will use, so that both see the same ones. */
import { walkSource, withHooks, type Tracker } from '../model/fields';

/** A column as its cells, in the order of the file. */
export interface Column {
  column: number;
  name: string;
  cells: string[];
}

/** Those with more than eight cells in the bytes, which begin the file. */
export function readColumns(bytes: Uint8Array, tracker: Tracker, names?: string[]): Column[] {
  const byNumber = new Map<number, Column>();
  readFields(bytes, tracker, (column, start, end) => {
    const text = Buffer.from(bytes.subarray(start, end)).toString('latin1');
    const known = byNumber.get(column);
    if (known) known.cells.push(text);
    else
      byNumber.set(column, {
        column,
        name: names?.[column] ?? nameOf(bytes, start, text),
        cells: [text],
      });
  });
  return [...byNumber.values()].filter(({ cells }) => cells.length > 8);
}

/** Calls `found` for each field that ends before the last byte: its column, its first byte, and the byte that ended it. */
export function readFields(
  bytes: Uint8Array,
  tracker: Tracker,
  found: (column: number, start: number, end: number) => void,
): void {
  const hook = { state: '', ended: 'found(col, start, i - 1);', begun: '', inside: '' };
  new Function('data', 'found', walkSource(withHooks(tracker, [hook])))(bytes, found);
}

/** The name of a column by its first field: a table has it in the first row, JSON right before the value. */
export function nameOf(bytes: Uint8Array, start: number, text: string): string {
  const key = /"([^"]*)"\s*:$/.exec(
    Buffer.from(bytes.subarray(Math.max(0, start - 80), start)).toString('latin1'),
  );
  return key ? key[1] : text.replace(/"/g, '').trim();
}
