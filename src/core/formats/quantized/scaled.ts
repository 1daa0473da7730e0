/**
 * Numbers of eight bits with scales beside them: float8 and int8 as compressed-tensors stores them (`weight_scale`),
 * float8 in blocks as DeepSeek does (`weight_scale_inv`), int8 as bitsandbytes does (`SCB`: the largest magnitude, which 127 stands for).
 */
import type { ListedTensor, QuantizedLayout } from './layout';
import { groupSize, holding, isMatrix, sharedBy, valuesOf } from './parts';

const keys = ['weight_scale', 'weight_scale_inv', 'SCB'];

export const scaled: QuantizedLayout = {
  keys,
  async join({ tensor }) {
    const key = keys.find((name) => tensor(name));
    const scales = key && tensor(key);
    const [codes, zeros, format] = ['weight', 'weight_zero_point', 'weight_format'].map(tensor);
    if (!scales || !isMatrix(codes) || !/^(f8_e4m3|f8_e5m2|i8)$/.test(codes.dtype))
      return undefined;
    const [rows, columns] = codes.shape;
    const [down, across] = sidesOf(scales);
    const [height, width] = [groupSize(rows, down), groupSize(columns, across)];
    const fits =
      height !== undefined &&
      width !== undefined &&
      scales.shape.length <= 2 &&
      (!zeros || zeros.parameters === scales.parameters);
    if (!fits) return undefined;
    const stands = key === 'SCB' ? 127 : 1;
    const type = codes.dtype === 'i8' ? 'int8' : codes.dtype.replace('f8', 'float8');
    const load = async (): Promise<{ factors: Float64Array; shifts?: Float64Array }> => ({
      factors: (await valuesOf(scales)).map((scale) => scale / stands),
      ...(zeros && { shifts: await valuesOf(zeros) }),
    });
    return {
      dtype: `scaled-${type}`,
      shape: [rows, columns],
      parts: [codes, scales, ...[zeros, format].flatMap((part) => (part ? [part] : []))],
      stored: `${type}, with a scale${zeros ? ' and a zero point' : ''} ${sharedBy([height, width], codes.shape)}`,
      read: holding(codes.parameters, load, async ({ factors, shifts }, first, count) =>
        (await valuesOf(codes, first, count)).map((code, i) => {
          const row = Math.floor((first + i) / columns);
          const column = first + i - row * columns;
          const block = Math.floor(row / height) * across + Math.floor(column / width);
          return Math.fround(factors[block] * (code - (shifts?.[block] ?? 0)));
        }),
      ),
    };
  },
};

/** Rows and columns of scales: one for all, one for each output, or those of a matrix. */
const sidesOf = ({ shape, parameters }: ListedTensor): [down: number, across: number] =>
  parameters === 1 ? [1, 1] : [shape[0], shape[1] ?? 1];
