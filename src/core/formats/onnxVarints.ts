/** Integers of an ONNX file that are written as varints, as if they were plain: `int32_data` holds 16-bit floats as their bits, too. */
import { KolmoError } from '../error';
import { shorten, type LocatedTensor } from './format';

/** @param bytes that the values take when each has the width of its type */
export function unpackVarints(
  { name, parameters, bytes: stored, file, offset }: LocatedTensor,
  bytes: number,
): LocatedTensor['file'] {
  const unpack = async (): Promise<Uint8Array> => {
    const packed = await file.read(offset, stored);
    const plain = new Uint8Array(bytes);
    // Of types of four bits, two values are one number.
    const numbers = bytes < parameters ? bytes : parameters;
    const width = numbers === 0 ? 0 : bytes / numbers;
    const view = new DataView(plain.buffer);
    let at = 0;
    for (let i = 0; i < numbers; i++) {
      let value = 0n;
      for (let shift = 0n; at < packed.length && shift < 70n; shift += 7n) {
        const byte = packed[at++];
        value |= BigInt(byte & 127) << shift;
        if (byte < 128) break;
      }
      if (width === 8) view.setBigInt64(8 * i, BigInt.asIntN(64, value), true);
      else if (width === 4) view.setInt32(4 * i, Number(BigInt.asIntN(32, value)), true);
      else if (width === 2) view.setInt16(2 * i, Number(BigInt.asIntN(16, value)), true);
      else plain[i] = Number(BigInt.asUintN(8, value));
    }
    if (at !== packed.length || (packed.length === 0 && numbers > 0)) {
      throw new KolmoError(
        `${file.name}: tensor “${shorten(name)}” stores other than ${numbers} numbers: the file is damaged.`,
      );
    }
    return plain;
  };
  let whole: Promise<Uint8Array> | undefined;
  return {
    name: `${file.name}, ${name}`,
    length: bytes,
    async read(from, count) {
      return (await (whole ??= unpack())).subarray(from, from + count);
    },
  };
}
