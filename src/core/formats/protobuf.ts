/** The wire format of protobuf, walked field by field (https://protobuf.dev/programming-guides/encoding/). */
import { formatCount } from '../count';
import { KolmoError } from '../error';
import type { Cursor } from './cursor';
import { longestName } from './format';
import type { ModelFile } from './modelFile';

/** A protobuf field; `end` is the offset after its payload. */
export interface Field {
  number: number;
  wire: number;
  /** Offset of its key. */
  start: number;
  end: number;
  /** The value of a varint field. */
  value: number;
}

/** Visits the fields of one message up to `end`; whatever the visitor does not read is stepped over. */
export async function walk(
  cursor: Cursor,
  file: ModelFile,
  end: number,
  visit: (field: Field) => Promise<void> | void,
): Promise<void> {
  while (cursor.position() < end) {
    const start = cursor.position();
    if (cursor.available() < 20) await cursor.need(Math.min(20, file.length - start));
    const key = cursor.varint();
    const [number, wire] = [Math.floor(key / 8), key % 8];
    let value = 0;
    let size = 0;
    if (wire === 0) value = cursor.varint();
    else if (wire === 1) size = 8;
    else if (wire === 2) size = cursor.varint();
    else if (wire === 5) size = 4;
    if (number === 0 || (wire !== 0 && wire !== 1 && wire !== 2 && wire !== 5)) {
      throw new KolmoError(
        `${file.name}: no protobuf field at offset ${start} (key ${key}). The file is damaged, or of another format.`,
      );
    }
    const fieldEnd = cursor.position() + size;
    if (fieldEnd > end) {
      throw new KolmoError(
        `${file.name}: the field at offset ${start} claims ${formatCount(size)} bytes, and ${formatCount(end - cursor.position())} are left. The file is cut, damaged, or of another format.`,
      );
    }
    await visit({ number, wire, start, end: fieldEnd, value });
    cursor.seek(fieldEnd);
  }
}

/** The text of a field, cut at 4096 bytes. */
export async function readText(cursor: Cursor, field: Field): Promise<string> {
  const length = Math.min(field.end - cursor.position(), longestName);
  return new TextDecoder().decode(await cursor.bytes(length));
}

/** Bytes that a value takes as a varint. */
export function varintLength(value: number): number {
  let length = 1;
  for (let rest = value; rest >= 128; rest = Math.floor(rest / 128)) length++;
  return length;
}
