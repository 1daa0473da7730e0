// A binary arithmetic coder: 32-bit interval, 16-bit probabilities, no carries (the coder of the PAQ family).

/** Writes bits; each costs -log2 of the probability it was given. */
export interface Encoder {
  /** `p1` is the probability of a one in 1/65536, from 1 to 65535. */
  encode(bit: number, p1: number): void;
  /** Ends the stream and returns it; the encoder must not be used afterwards. */
  flush(): Uint8Array;
}

/** Reads the bits back, given the same probabilities in the same order. */
export interface Decoder {
  decode(p1: number): 0 | 1;
}

/** An encoder that starts with `capacity` bytes of room and doubles it as needed. */
export function createEncoder({ capacity = 1 << 12 } = {}): Encoder {
  let bytes = new Uint8Array(capacity);
  let length = 0;
  let low = 0;
  let high = 0xffffffff;

  function put(byte: number): void {
    if (length === bytes.length) {
      const larger = new Uint8Array(bytes.length * 2 + 16);
      larger.set(bytes);
      bytes = larger;
    }
    bytes[length++] = byte;
  }

  return {
    encode(bit, p1) {
      const middle = split(low, high, p1);
      if (bit) high = middle;
      else low = middle + 1;
      // The leading byte is settled as soon as both ends of the interval agree on it.
      while (((low ^ high) & 0xff000000) === 0) {
        put(high >>> 24);
        low = (low << 8) >>> 0;
        high = ((high << 8) | 255) >>> 0;
      }
    },
    flush() {
      // The shortest number of bytes after which any continuation stays inside the interval.
      for (let size = 1; size <= 4; size++) {
        const unit = 2 ** (32 - 8 * size);
        const value = Math.ceil(low / unit) * unit;
        if (value + unit - 1 > high) continue;
        for (let i = 0; i < size; i++) put((value >>> (24 - 8 * i)) & 255);
        break;
      }
      return bytes.slice(0, length);
    },
  };
}

/** A decoder of the stream that begins at `offset` of `bytes`; whatever follows the stream does not disturb it. */
export function createDecoder(bytes: Uint8Array, offset = 0): Decoder {
  let position = offset;
  let low = 0;
  let high = 0xffffffff;
  let code = 0;
  for (let i = 0; i < 4; i++) code = ((code << 8) | (bytes[position++] ?? 0)) >>> 0;

  return {
    decode(p1) {
      const middle = split(low, high, p1);
      const bit = code <= middle ? 1 : 0;
      if (bit) high = middle;
      else low = middle + 1;
      while (((low ^ high) & 0xff000000) === 0) {
        low = (low << 8) >>> 0;
        high = ((high << 8) | 255) >>> 0;
        code = ((code << 8) | (bytes[position++] ?? 0)) >>> 0;
      }
      return bit;
    },
  };
}

/** The last point of the part of [low, high] that stands for a one; the product is split to stay below 2^32. */
function split(low: number, high: number, p1: number): number {
  const range = high - low;
  return low + (range >>> 16) * p1 + (((range & 0xffff) * p1) >>> 16);
}
