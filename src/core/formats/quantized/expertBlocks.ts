/**
 * The experts of gpt-oss, stacked, in mxfp4: floats of four bits (E2M1), two a byte, the first in its low half, 32 a block,
 * and a power of two for each block (`convert_moe_packed_tensors` in integrations/mxfp4.py, https://github.com/huggingface/transformers).
 */
import { readBlocks } from './blocks';
import type { QuantizedLayout } from './layout';
import { valuesOf } from './parts';

const names = ['gate_up_proj', 'down_proj'];

/** Weights a block. */
const width = 32;

export const expertBlocks: QuantizedLayout = {
  keys: names.map((name) => `${name}_blocks`),
  async join({ tensor, key }) {
    const name = key.replace('_blocks', '');
    const [codes, exponents] = [tensor(key), tensor(`${name}_scales`)];
    const [experts, outputs, across] = exponents?.shape ?? [];
    const fits =
      codes?.dtype === 'u8' &&
      exponents?.dtype === 'u8' &&
      exponents.shape.length === 3 &&
      exponents.parameters > 0 &&
      codes.shape.join() === [experts, outputs, across, width / 2].join();
    if (!fits) return undefined;
    const shape: [number, number] = [experts * outputs, across * width];
    const pairs = { ...codes, dtype: 'float4', parameters: shape[0] * shape[1] };
    return {
      name,
      dtype: 'mxfp4',
      shape: [experts, outputs, across * width],
      parts: [codes, exponents],
      stored: `mxfp4, 4 bits a weight, with a scale for each ${width} inputs of an output`,
      read: readBlocks(pairs, { shape, block: [1, width], across }, async () => ({
        scales: (await valuesOf(exponents)).map((exponent) => 2 ** (exponent - 127)),
      })),
    };
  },
};
