/** Integers of an ONNX file that are written as varints, as if they were plain: `int32_data` holds 16-bit floats as their bits, too. */
import { KolmoError } from '../error';
import { shorten, type LocatedTensor } from './format';
import type { Unpacked } from './lastUnpacked';

/**
 * @param bytes that the values take when each has the width of its type
 * @param unpacked keeps them until another tensor is read
 */
export function unpackVarints(
  { name, parameters, bytes: stored, file, offset }: LocatedTensor,
  bytes: number,
  unpacked: Unpacked,
): LocatedTensor['file'] {
  const unpack = async (): Promise<Uint8Array> => {
    const packed = await file.read(offset, stored);
    const plain = new Uint8Array(bytes);
    // Of types of four bits, two values are one number.
    const numbers = bytes < parameters ? bytes : parameters;
    const width = numbers === 0 ? 0 : bytes / numbers;
    const view = new DataView(plain.buffer);
    const damaged = (what: string): KolmoError =>
      new KolmoError(`${file.name}: tensor “${shorten(name)}” ${what}: the file is damaged.`);
    let at = 0;
    for (let i = 0; i < numbers; i++) {
      if (at >= packed.length) throw damaged(`stores ${i} numbers instead of ${numbers}`);
      let value = 0n;
      for (let shift = 0n, more = true; more; shift += 7n) {
        if (at >= packed.length || shift >= 70n) {
          throw damaged(`has no end of its number ${i + 1} in ${packed.length} bytes`);
        }
        const byte = packed[at++];
        value |= BigInt(byte & 127) << shift;
        more = byte >= 128;
      }
      if (width === 8) view.setBigInt64(8 * i, BigInt.asIntN(64, value), true);
      else if (width === 4) view.setInt32(4 * i, Number(BigInt.asIntN(32, value)), true);
      else if (width === 2) view.setInt16(2 * i, Number(BigInt.asIntN(16, value)), true);
      else plain[i] = Number(BigInt.asUintN(8, value));
    }
    if (at < packed.length) throw damaged(`stores more than ${numbers} numbers`);
    return plain;
  };
  return {
    name: `${file.name}, ${name}`,
    length: bytes,
    async read(from, count) {
      return (await unpacked(unpack)).subarray(from, from + count);
    },
  };
}
