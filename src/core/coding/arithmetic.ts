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
  const interval = wholeInterval();

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
      narrow(interval, bit, split(interval, p1));
      while (isSettled(interval)) {
        put(interval[1] >>> 24);
        widen(interval);
      }
    },
    flush() {
      const [low, high] = interval;
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
  const interval = wholeInterval();
  const code = new Uint32Array(1);
  for (let i = 0; i < 4; i++) code[0] = (code[0] << 8) | (bytes[position++] ?? 0);

  return {
    decode(p1) {
      const middle = split(interval, p1);
      const bit = code[0] <= middle ? 1 : 0;
      narrow(interval, bit, middle);
      while (isSettled(interval)) {
        widen(interval);
        code[0] = (code[0] << 8) | (bytes[position++] ?? 0);
      }
      return bit;
    },
  };
}

/** [low, high]; an array of its type, because numbers above 2^31 in variables of a closure are boxed at each change. */
type Interval = Uint32Array;

const wholeInterval = (): Interval => Uint32Array.of(0, 0xffffffff);

/** The last point of the part that stands for a one; the product is split to stay below 2^32. */
function split(interval: Interval, p1: number): number {
  const range = interval[1] - interval[0];
  return interval[0] + (range >>> 16) * p1 + (((range & 0xffff) * p1) >>> 16);
}

function narrow(interval: Interval, bit: number, middle: number): void {
  if (bit) interval[1] = middle;
  else interval[0] = middle + 1;
}

/** The leading byte is settled as soon as both ends agree on it. */
const isSettled = (interval: Interval): boolean => ((interval[0] ^ interval[1]) & 0xff000000) === 0;

function widen(interval: Interval): void {
  interval[0] <<= 8;
  interval[1] = (interval[1] << 8) | 255;
}
