/**
 * Floats of four bits (E2M1), two a byte, the first in its low half, with a scale for each 16 or 32 inputs of an output:
 * mxfp4 with powers of two for scales, and nvfp4 with float8 scales and one more for all, which these are multiplied with
 * (`weight_scale_2` of NVIDIA's Model Optimizer, https://github.com/NVIDIA/Model-Optimizer) or divided by
 * (`weight_global_scale` of compressed-tensors, https://github.com/vllm-project/compressed-tensors).
 */
import { blocksOf, readBlocks } from './blocks';
import type { QuantizedLayout } from './layout';
import { isMatrix, sharedBy, valuesOf } from './parts';

export const float4: QuantizedLayout = {
  keys: ['weight_packed', 'weight_scale_2'],
  async join({ tensor }) {
    const [factor, divisor] = ['weight_scale_2', 'weight_global_scale'].map(tensor);
    const codes = tensor(factor ? 'weight' : 'weight_packed');
    const scales = tensor('weight_scale');
    const common = factor ?? divisor;
    if (!isMatrix(codes) || !isMatrix(scales) || codes.dtype !== 'u8') return undefined;
    const [rows, columns] = [codes.shape[0], 2 * codes.shape[1]];
    const blocks = blocksOf([rows, columns], scales);
    const isPower = scales.dtype === 'u8' && !common;
    const fits = isPower || (scales.dtype === 'f8_e4m3' && common?.parameters === 1);
    if (!blocks || !fits) return undefined;
    const type = isPower ? 'mxfp4' : 'nvfp4';
    const pairs = { ...codes, dtype: 'float4', parameters: rows * columns };
    return {
      dtype: type,
      shape: [rows, columns],
      parts: [codes, scales, ...(common ? [common] : [])],
      stored: `${type}, 4 bits a weight, with a scale ${sharedBy(blocks.block, [rows, columns])}${common ? ' and one for all' : ''}`,
      read: readBlocks(pairs, blocks, async () => {
        const stored = await valuesOf(scales);
        if (!common) return { scales: stored.map((exponent) => 2 ** (exponent - 127)) };
        const [one] = await valuesOf(common);
        return { scales: stored.map((scale) => Math.fround(factor ? scale * one : scale / one)) };
      }),
    };
  },
};
