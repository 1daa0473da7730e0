/**
 * Integers as compressed-tensors packs them, the format of llm-compressor
 * (`pack_to_int32` in compressed_tensors/compressors/pack_quantized, https://github.com/vllm-project/compressed-tensors):
 * [outputs, inputs], packed along the inputs.
 */
import { allWords, codeAt, isWords, readGrouped, readGroups } from './grouped';
import type { QuantizedLayout } from './layout';
import { groupEnding, groupSize, sharedBy, valuesOf } from './parts';

export const packed: QuantizedLayout = {
  keys: ['weight_packed'],
  async join({ tensor }) {
    const [words, scales, shape] = ['weight_packed', 'weight_scale', 'weight_shape'].map(tensor);
    const [zeroWords, order] = ['weight_zero_point', 'weight_g_idx'].map(tensor);
    if (!isWords(words) || !scales || shape?.parameters !== 2) return undefined;
    const [outputs, inputs] = await valuesOf(shape);
    const [rows, width] = words.shape;
    const bits = Math.floor((32 * width) / inputs);
    // A scale for each group, for each output, or one for all.
    const groups = scales.parameters === 1 ? 1 : scales.parameters / outputs;
    const size = groupSize(inputs, groups);
    const fits =
      rows === outputs &&
      bits >= 1 &&
      bits <= 8 &&
      Math.ceil((inputs * bits) / 32) === width &&
      Number.isInteger(groups) &&
      size !== undefined &&
      (!order || order.parameters === inputs) &&
      (!zeroWords ||
        (isWords(zeroWords) &&
          zeroWords.shape.join() === [Math.ceil((outputs * bits) / 32), groups].join()));
    if (!fits) return undefined;
    const height = scales.parameters === 1 ? outputs : 1;
    return {
      dtype: `packed-int${bits}${groupEnding(size, inputs)}`,
      shape: [outputs, inputs],
      parts: [words, scales, shape, ...(zeroWords ? [zeroWords] : []), ...(order ? [order] : [])],
      stored: `compressed-tensors, ${bits} bits a weight, with a scale${zeroWords ? ' and a zero point' : ''} ${sharedBy([height, size], [outputs, inputs])}${order ? ' and the group of each input' : ''}`,
      read: readGrouped({
        shape: [outputs, inputs],
        codes: {
          words,
          rowsAWord: 1,
          partOf: (first, count) => ({ rows: [first, count], columns: [0, width] }),
          at: (inPart, columns, row, column) => codeAt(inPart, row * columns, 1, column, bits),
        },
        async load() {
          let zeros = Uint8Array.of(1 << (bits - 1));
          if (zeroWords) {
            // Packed along the outputs.
            const all = await allWords(zeroWords);
            zeros = Uint8Array.from({ length: outputs * groups }, (_, i) =>
              codeAt(all, i % groups, groups, Math.floor(i / groups), bits),
            );
          }
          return {
            scales: await valuesOf(scales),
            zeros,
            steps: scales.parameters === 1 ? [0, 0] : [groups, 1],
            groups: await readGroups(order, { inputs, groups, size }),
          };
        },
      }),
    };
  },
};
