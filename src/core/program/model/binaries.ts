/** Binary files: records of one length, and bytes of which nothing is known. */
import { byLastByte, byMatch, order, type Contexts } from './contexts';
import { alternate } from './minimal';

/** Records: the bytes above, to the left and above the left, at each place of the record. */
export const recordModel = ({ stride, header }: { stride: number; header: number }): Contexts => ({
  state: 'let place = 0, up = 0, up2 = 0, upLeft = 0, upRight = 0;',
  step: `place = (i + ${stride - (header % stride)}) % ${stride};
  up = i < ${stride} ? 0 : data[i - ${stride}]; up2 = i < ${2 * stride} ? 0 : data[i - ${2 * stride}];
  upLeft = i > ${stride} ? data[i - ${stride + 1}] : 0; upRight = i < ${stride} ? 0 : data[i - ${stride - 1}];`,
  contexts: [
    order[1],
    order[2],
    order[3],
    order[4],
    order[6],
    'place',
    'place<<8|up',
    'place<<8|c1',
    'mix(up|up2<<8,place)',
    'mix(up|c1<<8,place)',
    'mix(up|upLeft<<8|upRight<<16,place)',
    'mix(c1|c2<<8|up<<16,place)',
    'mix(c1+up-upLeft&255,place)',
    ...Object.values(alternate),
  ],
  selectors: [byMatch, { expression: 'place&511', size: 512 }, byLastByte],
  refine: 'up|place<<8',
  matches: [4, 12],
});

export const byteModel: Contexts = {
  state: '',
  step: '',
  contexts: [
    '0',
    ...Object.values(order),
    'c2',
    'c2|c3<<8',
    'c3',
    'c4',
    ...Object.values(alternate),
  ],
  selectors: [byMatch, byLastByte],
  refine: order[2],
  matches: [5, 12],
};
