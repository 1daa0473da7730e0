/**
 * GPTQ, as AutoGPTQ and GPTQModel store it (`pack` in auto_gptq/nn_modules/qlinear/qlinear_cuda.py,
 * https://github.com/AutoGPTQ/AutoGPTQ): [inputs, outputs], packed along the inputs.
 */
import { codeAt, isWords, readCodes, readGrouped, readGroups, type Scaling } from './grouped';
import type { Layer, ListedTensor, QuantizedLayout } from './layout';
import { groupEnding, groupSize, isMatrix, sharedBy, valuesOf } from './parts';

export const gptq: QuantizedLayout = {
  keys: ['qweight'],
  async join(layer) {
    const [qweight, qzeros, scales] = ['qweight', 'qzeros', 'scales'].map(layer.tensor);
    const order = layer.tensor('g_idx');
    if (!isWords(qweight) || !isWords(qzeros) || !isMatrix(scales)) return undefined;
    const [groups, outputs] = scales.shape;
    const bits = (32 * qzeros.shape[1]) / outputs;
    const inputs = (32 * qweight.shape[0]) / bits;
    const size = groupSize(inputs, groups);
    const fits =
      qweight.shape[1] === outputs &&
      qzeros.shape[0] === groups &&
      [2, 3, 4, 8].includes(bits) &&
      Number.isInteger(inputs) &&
      size !== undefined &&
      (!order || order.parameters === inputs);
    if (!fits) return undefined;
    const load = async (): Promise<Scaling> => ({
      scales: await valuesOf(scales),
      zeros: await readZeros(qzeros, outputs, bits, layer),
      steps: [1, outputs],
      groups: await readGroups(order, { inputs, groups, size }),
    });
    return {
      dtype: `gptq-int${bits}${groupEnding(size, inputs)}`,
      shape: [outputs, inputs],
      parts: [qweight, qzeros, scales, ...(order ? [order] : [])],
      stored: `GPTQ, ${bits} bits a weight, with a scale and a zero point ${sharedBy([1, size], [outputs, inputs])}${order ? ' and the group of each input' : ''}`,
      read: readGrouped({
        shape: [outputs, inputs],
        codes: {
          words: qweight,
          rowsAWord: 1,
          partOf: (first, count) => ({
            rows: [0, qweight.shape[0]],
            columns: [first, count],
          }),
          at: (words, width, row, column) => codeAt(words, row, width, column, bits),
        },
        load,
      }),
    };
  },
};

/** [groups, outputs], packed along the outputs; the first version of the format stores each less one. */
async function readZeros(
  qzeros: ListedTensor,
  outputs: number,
  bits: number,
  layer: Layer,
): Promise<Uint16Array> {
  const zeros = await readCodes(qzeros, outputs, (words, start, output) =>
    codeAt(words, start, 1, output, bits),
  );
  const settings = await layer.settings();
  const said = settings?.checkpoint_format ?? settings?.format;
  // Where nothing says so: the second version alone has the middle itself as the zero point of symmetric codes.
  const isSecond = settings ? said === 'gptq_v2' : zeros.every((zero) => zero === 1 << (bits - 1));
  return isSecond ? zeros : zeros.map((zero) => zero + 1);
}
