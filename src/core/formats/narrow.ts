/** Which smaller types would hold the values of a tensor, and lose nothing. */
import { bitsOf } from './format';
import { roundToHalf } from './half';

export interface Narrowing {
  /** Takes another value into account. */
  see(value: number): void;
  /** The types that hold all that was seen, the smallest first. */
  types(): string[];
}

/** @param dtype of plain numbers, or of the codes of quantized ones */
export function createNarrowing(dtype: string): Narrowing {
  const bits = bitsOf(dtype);
  if (/^(f|float|double)(16|32|64)?$/.test(dtype)) {
    let types = floats.filter(({ width }) => width < bits);
    return {
      see(value) {
        if (types.length > 0 && types.some(({ holds }) => !holds(value))) {
          types = types.filter(({ holds }) => holds(value));
        }
      },
      types: () => types.map(({ name }) => name),
    };
  }
  if (!/^(i|u|int|uint)\d+$/.test(dtype)) return { see: () => {}, types: () => [] };
  let [least, most] = [Infinity, -Infinity];
  return {
    see(value) {
      if (value < least) least = value;
      if (value > most) most = value;
    },
    types: () =>
      integers
        .filter(([, width, low, high]) => width < bits && least >= low && most <= high)
        .map(([name]) => name),
  };
}

const float = new Float32Array(1);
const word = new Uint32Array(float.buffer);

const floats: { name: string; width: number; holds: (value: number) => boolean }[] = [
  {
    name: 'bfloat16',
    width: 16,
    holds(value) {
      float[0] = value;
      return Object.is(float[0], value) && (word[0] & 0xffff) === 0;
    },
  },
  { name: 'float16', width: 16, holds: (value) => Object.is(roundToHalf(value), value) },
  { name: 'float32', width: 32, holds: (value) => Object.is(Math.fround(value), value) },
];

const integers: [name: string, width: number, low: number, high: number][] = [
  ['int4', 4, -8, 7],
  ['int8', 8, -128, 127],
  ['uint8', 8, 0, 255],
  ['int16', 16, -32768, 32767],
  ['uint16', 16, 0, 65535],
  ['int32', 32, -(2 ** 31), 2 ** 31 - 1],
  ['uint32', 32, 0, 2 ** 32 - 1],
];
