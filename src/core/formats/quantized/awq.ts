/**
 * AWQ, as AutoAWQ stores it for its GEMM kernels (awq/modules/linear/gemm.py, https://github.com/casper-hansen/AutoAWQ):
 * [inputs, outputs], packed along the outputs, eight of them in an order of their own.
 */
import { codeAt, isWords, readCodes, readGrouped, readGroups } from './grouped';
import type { QuantizedLayout } from './layout';
import { groupEnding, groupSize, isMatrix, sharedBy, valuesOf } from './parts';

const bits = 4;

/** Which four bits of a word have each of eight neighbouring outputs: the even ones first. */
const places = [0, 4, 1, 5, 2, 6, 3, 7];

const codeOf = (words: Uint32Array, start: number, output: number): number =>
  codeAt(words, start, 1, output - (output & 7) + places[output & 7], bits);

export const awq: QuantizedLayout = {
  keys: ['qweight'],
  async join({ tensor }) {
    const [qweight, qzeros, scales] = ['qweight', 'qzeros', 'scales'].map(tensor);
    if (!isWords(qweight) || !isWords(qzeros) || !isMatrix(scales)) return undefined;
    const [groups, outputs] = scales.shape;
    const [inputs, width] = qweight.shape;
    const size = groupSize(inputs, groups);
    const fits =
      width * 8 === outputs &&
      qzeros.shape[0] === groups &&
      qzeros.shape[1] === width &&
      size !== undefined;
    if (!fits) return undefined;
    return {
      dtype: `awq-int4${groupEnding(size, inputs)}`,
      shape: [outputs, inputs],
      parts: [qweight, qzeros, scales],
      stored: `AWQ, 4 bits a weight, with a scale and a zero point ${sharedBy([1, size], [outputs, inputs])}`,
      read: readGrouped({
        shape: [outputs, inputs],
        codes: {
          words: qweight,
          rowsAWord: 8,
          partOf: (first, count) => ({ rows: [0, inputs], columns: [first / 8, count / 8] }),
          at: (words, columns, row, column) => codeOf(words, column * columns, row),
        },
        async load() {
          return {
            scales: await valuesOf(scales),
            zeros: await readCodes(qzeros, outputs, codeOf),
            steps: [1, outputs],
            groups: await readGroups(undefined, { inputs, groups, size }),
          };
        },
      }),
    };
  },
};
