/** The arithmetic coder of coding/arithmetic.ts as source text, written out in the loop of the small predictor. */

/** Which of its forms the small predictor's body takes. */
export type CoderForm = 'encode' | 'decode';

// The product has 48 bits, which a number holds exactly.
const range = `const middle = low + ((high - low) * p / 65536 >>> 0);`;
const narrow = `if (y) high = middle; else low = middle + 1;`;

/** The encoder knows the bit, and notes what it costs. */
export const observe = `const y = data[i] >> bit & 1; costs[i] -= Math.log2((y ? p : 65536 - p) / 65536);`;

/** `start` comes before the first byte; `bit` codes `y` with the probability `p` of a one, in 1/65536. */
export const coder: Record<CoderForm, { start: string; bit: string }> = {
  encode: {
    start: `const data = source, costs = new Float32Array(size), out = new Uint8Array(size + (size >> 1) + 1024); let written = 0, low = 0, high = 0xffffffff;`,
    bit: `${range} ${narrow}
    while (!((low ^ high) >>> 24)) { out[written++] = high >>> 24; low = low << 8 >>> 0; high = (high << 8 | 255) >>> 0; }`,
  },
  // An empty interval is shifted out first, which reads the first four bytes.
  decode: {
    start: `const data = new Uint8Array(size); let code = 0, read = 0, low = 0, high = 0;`,
    bit: `while (!((low ^ high) >>> 24)) { code = (code << 8 | source[read++]) >>> 0; low = low << 8 >>> 0; high = (high << 8 | 255) >>> 0; }
    ${range} const y = code <= middle ? 1 : 0; ${narrow}`,
  },
};

/** Past the payload the decoder reads zeros, so one byte above the lower end of the interval closes the stream. */
export const finish: Record<CoderForm, string> = {
  encode:
    'if (low) out[written++] = (low >>> 24) + 1; return { payload: out.slice(0, written), costs };',
  decode: 'return data;',
};
