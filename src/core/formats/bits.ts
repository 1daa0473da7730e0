/** Bit-packed numbers, most significant bit first: fixed width, or Exp-Golomb where small numbers are common. */
import { KolmoError } from '../error';

/** The bits end before what is read of them does: more of the file may help. */
export class EndOfBits extends KolmoError {}

export interface BitWriter {
  /** Bits written so far. */
  length(): number;
  /** The low `width` bits (0 to 32) of `value`. */
  bits(value: number, width: number): void;
  /** A whole number from 0 to 2^31, Exp-Golomb of order `order`: about 2 log2(value) - order bits. */
  number(value: number, order: number): void;
  /** Pads with zeros to a whole byte. */
  finish(): Uint8Array;
}

export interface BitReader {
  bits(width: number): number;
  number(order: number): number;
  /** Bytes used so far, the current one counted whole. */
  bytes(): number;
}

export function createBitWriter(): BitWriter {
  const bytes: number[] = [];
  let length = 0;
  function bits(value: number, width: number): void {
    for (let i = width - 1; i >= 0; i--) {
      if ((length & 7) === 0) bytes.push(0);
      bytes[length >> 3] |= ((value >>> i) & 1) << (7 - (length & 7));
      length++;
    }
  }
  return {
    length: () => length,
    bits,
    number(value, order) {
      let width = order;
      let rest = value;
      while (rest >= 2 ** width) {
        bits(1, 1);
        rest -= 2 ** width;
        width++;
      }
      bits(0, 1);
      bits(rest, width);
    },
    finish: () => Uint8Array.from(bytes),
  };
}

/** Reads from byte `offset`; `what` names the file part in the sentence that a premature end gives. */
export function createBitReader(source: Uint8Array, offset: number, what: string): BitReader {
  let position = offset * 8;
  function bits(width: number): number {
    if (position + width > source.length * 8) {
      throw new EndOfBits(
        `${what} ends after ${source.length} bytes, in the middle of its header: the file was cut off. Copy or write it again.`,
      );
    }
    let value = 0;
    for (let i = 0; i < width; i++, position++) {
      value = value * 2 + ((source[position >> 3] >> (7 - (position & 7))) & 1);
    }
    return value;
  }
  return {
    bits,
    number(order) {
      let width = order;
      let base = 0;
      while (bits(1)) {
        base += 2 ** width;
        width++;
        if (width > 31) {
          throw damaged(what, `it holds a number beyond 2^31 at byte ${position >> 3}`);
        }
      }
      return base + bits(width);
    },
    bytes: () => (position + 7) >> 3,
  };
}

/** What to throw where the bits of the file `name` say something that no writer says. */
export function damaged(name: string, what: string): KolmoError {
  return new KolmoError(`${name} is damaged: ${what}. Copy or write it again.`);
}
