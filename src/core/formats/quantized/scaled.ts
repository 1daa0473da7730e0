/**
 * Numbers of eight bits with scales beside them: float8 and int8 as compressed-tensors stores them (`weight_scale`),
 * float8 in blocks as DeepSeek does (`weight_scale_inv`), int8 as bitsandbytes does (`SCB`: the largest magnitude, which 127 stands for).
 */
import { blocksOf, readBlocks } from './blocks';
import type { QuantizedLayout } from './layout';
import { isMatrix, sharedBy, valuesOf } from './parts';

export const scaled: QuantizedLayout = {
  keys: ['weight_scale', 'weight_scale_inv', 'SCB'],
  async join({ tensor, key }) {
    const scales = tensor(key);
    const [codes, zeros, format] = ['weight', 'weight_zero_point', 'weight_format'].map(tensor);
    if (!scales || !isMatrix(codes) || !/^(f8_e4m3|f8_e5m2|i8)$/.test(codes.dtype)) {
      return undefined;
    }
    const [rows, columns] = codes.shape;
    const blocks = blocksOf([rows, columns], scales);
    if (!blocks || (zeros && zeros.parameters !== scales.parameters)) return undefined;
    const stands = key === 'SCB' ? 127 : 1;
    const type = codes.dtype === 'i8' ? 'int8' : codes.dtype.replace('f8', 'float8');
    return {
      dtype: `scaled-${type}`,
      shape: [rows, columns],
      parts: [codes, scales, ...[zeros, format].flatMap((part) => (part ? [part] : []))],
      stored: `${type}, with a scale${zeros ? ' and a zero point' : ''} ${sharedBy(blocks.block, codes.shape)}`,
      read: readBlocks(codes, blocks, async () => ({
        scales: (await valuesOf(scales)).map((scale) => scale / stands),
        ...(zeros && { zeros: await valuesOf(zeros) }),
      })),
    };
  },
};
