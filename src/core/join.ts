/** Arrays end to end, as files, payloads and checkpoints hold their parts. */

/** A copy of all parts, one after another. */
export const joinBytes = (parts: Uint8Array[]): Uint8Array =>
  fill(new Uint8Array(lengthOf(parts)), parts);

/** A copy of all parts, one after another. */
export const joinFloats = (parts: Float32Array[]): Float32Array =>
  fill(new Float32Array(lengthOf(parts)), parts);

/** The other way: fills `parts`, one after another. */
export function splitFloats(all: Float32Array, parts: Float32Array[]): void {
  let offset = 0;
  for (const part of parts) {
    part.set(all.subarray(offset, offset + part.length));
    offset += part.length;
  }
}

const lengthOf = (parts: { length: number }[]): number =>
  parts.reduce((sum, { length }) => sum + length, 0);

function fill<Whole extends Uint8Array | Float32Array>(whole: Whole, parts: Whole[]): Whole {
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}
