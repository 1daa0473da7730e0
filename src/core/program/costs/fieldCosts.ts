/** What each column of a table and each key of JSON costs: the bits of its fields, their ends included. */
import { keyTracker } from '../model/fields';
import { trackerFor } from '../model/kinds';
import { nameOf, readFields } from '../semantics/columns';
import { analyseSyntax, type Syntax } from '../syntax';
import { sumOf } from './ranges';

export interface FieldCost {
  /** The column's head or the key; where there is none, the number of the column. */
  name: string;
  /** Bytes of the file that belong to it, and what they cost. */
  bytes: number;
  bits: number;
}

/** In the order in which columns first occur; every byte belongs to one. Other files than tables and JSON have none, nor has one in which no field ends. */
export function fieldCosts(bytes: Uint8Array, costs: Float32Array, syntax: Syntax): FieldCost[] {
  const tracker = syntax.type === 'json' ? keyTracker : trackerFor(syntax);
  // A log's columns are as many as its templates have words, and text has no keys.
  if (!tracker || syntax.type === 'log' || (syntax.type === 'json' && syntax.isLoose)) return [];
  // A line end closes the field that the file may leave open; a field is told when the byte after its end comes.
  const closed = new Uint8Array(bytes.length + 2).fill(10, bytes.length);
  closed.set(bytes);
  const known = syntax.type === 'table' ? syntax.names : undefined;
  const found = new Map<number, FieldCost>();
  let from = 0;
  const give = (field: FieldCost, to: number): void => {
    field.bytes += to - from;
    field.bits += sumOf(costs, from, to);
    from = to;
  };
  let field: FieldCost | undefined;
  readFields(closed, tracker, (column, start, end) => {
    field = found.get(column);
    if (!field) {
      const text = Buffer.from(closed.subarray(start, end)).toString('latin1');
      const between = syntax.type === 'json' && column === 0 ? 'keys and punctuation' : undefined;
      const name = between ?? known?.[column] ?? (nameOf(closed, start, text) || `${column + 1}`);
      field = { name, bytes: 0, bits: 0 };
      found.set(column, field);
    }
    give(field, Math.min(end + 1, bytes.length));
  });
  // Behind a quote that the file leaves open no field ends any more.
  if (field) give(field, bytes.length);
  return [...found.values()];
}

/** The fields of a file and what they cost where it is restated: those of a table by their places, the keys of JSON by their names. */
export function costsInFile(file: Uint8Array, restated: FieldCost[]): FieldCost[] {
  if (restated.length === 0) return [];
  const syntax = analyseSyntax(file);
  const own = fieldCosts(file, new Float32Array(file.length), syntax);
  if (syntax.type !== 'json')
    return own.map((field, k) => ({ ...field, bits: restated[k]?.bits ?? 0 }));
  // Between the values stand all others: what holds records or lies within a value, and what records are called.
  const [between, ...keys] = own.map((field) => ({ ...field, isTold: false }));
  between.isTold = true;
  for (const { name, bits } of restated) {
    const named = keys.filter((key) => `.${name}`.endsWith(`.${key.name}`));
    const field = named.reduce(
      (a, b) => (b.name.length > a.name.length ? b : a),
      named[0] ?? between,
    );
    field.bits += bits;
    field.isTold = true;
  }
  for (const { isTold, bytes } of keys) if (!isTold) between.bytes += bytes;
  return [between, ...keys]
    .filter(({ isTold }) => isTold)
    .map(({ name, bytes, bits }) => ({ name, bytes, bits }));
}
