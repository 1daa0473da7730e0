/** A predictor whose decoder is a few hundred bytes, for data that hold too little law to pay for the large one. */
import { coder, finish, observe, type CoderForm } from './coder';
import { mixSource } from './fields';

/** Hashed contexts, one adaptive probability each, and one mixer whose weights are chosen by the bits of the byte so far. */
export interface MinimalSpec {
  type: 'minimal';
  /** One integer expression per context, as in `ModelSpec`. */
  contexts: string[];
  /** Binary logarithm of the slots of each context. */
  tableBits: number;
}

/** For text and tables: the last bytes, up to six, and the current word. */
export const minimalTextContexts = [
  'word4&255',
  'word4&65535',
  'word4<<8',
  'word4',
  'mix(word4,data[i-5]|data[i-6]<<8)',
];

/** The last four and five of every second byte: two interleaved streams follow their own past. */
export const alternate = {
  4: 'mix(data[i-2]|data[i-4]<<8|data[i-6]<<16,data[i-8])',
  5: 'mix(mix(data[i-2]|data[i-4]<<8|data[i-6]<<16,data[i-8]),data[i-10])',
};

/** For binary data: the bytes before, and every second one. */
export const minimalByteContexts = [
  '0',
  'word4&255',
  'other&255',
  'word4&65535',
  'other&65535',
  'other',
  'mix(other,data[i-10])',
];

/**
 * The body of a function of `source` that codes `size` bytes as `engineSource` does; the decoder turns `b` into the data.
 * Probabilities are mixed under the algebraic sigmoid x / sqrt(1 + x^2) instead of the logistic one, because it needs no tables.
 * Each is followed by how often it was taught, and those of one byte lie near one another, so that less has to be fetched.
 */
export function minimalSource(
  { contexts, tableBits }: MinimalSpec,
  size: number,
  form: CoderForm,
): string {
  const alternates = contexts.includes('other');
  return `
const N = ${contexts.length}, chance = new Float32Array(N << ${tableBits + 1}), weights = new Float32Array(N << 8).fill(${contexts.length > 1 ? 0.35 : 1}), slot = [], input = [];
${mixSource}
${coder[form].start(size)}
let word4 = 0${alternates ? ', other = 0, near = 0' : ''};
for (let i = 0; i < ${size}; i++) {
  ${form === 'decode' ? '' : 'if (!(i & 8191)) yield i;'}
  const hash = [${contexts.join()}].map(mix);
  let node = 1${form === 'decode' ? '' : ', bit = 8'};
  while (node < 256) {
    let dot = 0;
    for (let k = 0; k < N; k++) {
      const a = slot[k] = k << ${tableBits + 1} | (hash[k] >>> ${32 - tableBits} ^ node) * 2, q = chance[a];
      dot += weights[node * N + k] * (input[k] = q / Math.sqrt(0.25002 - q * q));
    }
    const size2 = Math.sqrt(1 + dot * dot);
    const p = 0.5 + 0.49999 * dot / size2;
    ${form === 'decode' ? '' : observe('source[i]', '--bit')}
    ${coder[form].bit}
    for (let k = 0; k < N; k++) {
      const a = slot[k];
      weights[node * N + k] += (y - p) * input[k] / size2 / 50;
      chance[a] += (y - 0.5 - chance[a]) / (chance[a + 1]++ + 1.5);
    }
    node = node * 2 + y;
  }
  data[i] = node;
  ${alternates ? '[other, near] = [near, other << 8 | data[i]];' : ''}
  word4 = word4 << 8 | data[i];
}
${finish[form]}
`;
}
