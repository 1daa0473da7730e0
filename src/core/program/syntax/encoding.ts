/** How the characters of a text stand in its bytes. */

/** `utf8` also stands for a text some of whose lines are not: there each byte is a character, as it is everywhere in `bytes`. */
export type Encoding = 'utf8' | 'utf16le' | 'utf16be' | 'bytes';

const marks: [Encoding, number[]][] = [
  ['utf8', [0xef, 0xbb, 0xbf]],
  ['utf16le', [0xff, 0xfe]],
  ['utf16be', [0xfe, 0xff]],
];

/** By the mark that a file begins with; one without is taken for UTF-8. */
export function encodingOf(bytes: Uint8Array): Encoding {
  return marks.find(([, mark]) => beginsWith(bytes, mark))?.[0] ?? 'utf8';
}

/** Bytes of the mark at the beginning of a text in this encoding, which an editor shows nothing of. */
export function markLength(bytes: Uint8Array, encoding: Encoding): number {
  const mark = marks.find(([marked]) => marked === encoding)?.[1] ?? [];
  return beginsWith(bytes, mark) ? mark.length : 0;
}

/** Bytes that a line end, a comma or a brace takes. */
export const unitBytes = (encoding: Encoding): number =>
  encoding === 'utf16le' || encoding === 'utf16be' ? 2 : 1;

/** Whether a unit goes on with the character of the one before it. */
export const isInside = (unit: number, encoding: Encoding): boolean =>
  encoding === 'utf8'
    ? (unit & 0xc0) === 0x80
    : unitBytes(encoding) === 2 && (unit & 0xfc00) === 0xdc00;

/** Reads the unit that begins at a byte. */
export function unitReader(bytes: Uint8Array, encoding: Encoding): (at: number) => number {
  switch (encoding) {
    case 'utf16le':
      return (at) => bytes[at] | (bytes[at + 1] << 8);
    case 'utf16be':
      return (at) => (bytes[at] << 8) | bytes[at + 1];
    case 'utf8':
    case 'bytes':
      return (at) => bytes[at];
    default:
      return encoding satisfies never;
  }
}

const beginsWith = (bytes: Uint8Array, mark: number[]): boolean =>
  mark.every((byte, i) => bytes[i] === byte);
