/** Arrays of floats end to end, as checkpoints and the state of an optimizer hold them. */

/** A copy of all parts, one after another. */
export function joinFloats(parts: Float32Array[]): Float32Array {
  const all = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    all.set(part, offset);
    offset += part.length;
  }
  return all;
}

/** The other way: fills `parts`, one after another. */
export function splitFloats(all: Float32Array, parts: Float32Array[]): void {
  let offset = 0;
  for (const part of parts) {
    part.set(all.subarray(offset, offset + part.length));
    offset += part.length;
  }
}
