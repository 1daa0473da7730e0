/** A range coder with carries as source text, written out in the loop of a predictor in JavaScript; of its two forms the decoder is short. */

/** Which of its forms a predictor's body takes. */
export type CoderForm = 'encode' | 'decode';

const shift = `for (; range < 2 ** 24; range *= 256) { out[written++] = low / 2 ** 24; low = low % 2 ** 24 * 256; }`;

/** The encoder knows the decision at `bit` of `code`, and notes what it costs. */
export const observe = (code: string, bit: string): string =>
  `const y = ${code} >> ${bit} & 1; costs[i] -= Math.log2(y ? p : 1 - p);`;

/**
 * `start` comes before the first byte of `size`; `bit` codes `y` with the probability `p` of a one. A range of one is widened to three
 * bytes first: the decoder reads them, and what the encoder shifts out before them lands in front of `out`, where nothing is kept.
 */
export const coder: Record<CoderForm, { start: (size: number) => string; bit: string }> = {
  encode: {
    start: (
      size,
    ) => `const data = new Uint8Array(${size}), costs = new Float32Array(${size}), out = new Uint8Array(${size + (size >> 1) + 1024});
let written = -4, low = 0, range = 1;
const carry = () => { if (low >= 2 ** 32) { let k = written - 1; for (; out[k] === 255; k--) out[k] = 0; out[k]++; low -= 2 ** 32; } };`,
    bit: `${shift}
    const part = range * p >>> 0; if (y) range = part; else { low += part; range -= part; carry(); }`,
  },
  decode: {
    start: (size) => `const data = new Uint8Array(${size}); let coded = 0, read = 0, range = 1;`,
    bit: `for (; range < 2 ** 24; range *= 256) coded = coded * 256 + b[read++];
    const part = range * p >>> 0, y = coded < part; if (y) range = part; else { coded -= part; range -= part; }`,
  },
};

/**
 * The decoder turns `b`, the payload and zeros behind it, into the data: whatever the range, a byte above its lower end lies
 * within after widening.
 */
export const finish: Record<CoderForm, string> = {
  encode: `${shift}
low += 2 ** 24 - 1; carry(); low = low / 2 ** 24 | 0; if (low) out[written++] = low;
return { payload: out.slice(0, written), costs };`,
  decode: 'b = data;',
};
