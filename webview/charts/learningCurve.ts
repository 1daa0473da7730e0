/** Bits a byte against bytes seen: where the curve flattens, nothing more is being learned. */
import type { ProgramMeasure } from '../../src/runs/events';
import { formatBytes } from '../../src/runs/units';
import { element } from '../element';
import { strip } from './strip';

export function learningCurve({ bytes, bitsPerByte }: ProgramMeasure['curve']): HTMLElement {
  const width = 600;
  const height = 120;
  const highest = Math.max(...bitsPerByte, 1e-9);
  const end = bytes.at(-1)!;
  const path = bytes
    .map((at, i) => {
      const x = ((at / end) * width).toFixed(1);
      const y = (height - (bitsPerByte[i] / highest) * (height - 4)).toFixed(1);
      return `${i === 0 ? 'M' : 'L'}${x} ${y}`;
    })
    .join('');
  const said = `From ${bitsPerByte[0].toFixed(2)} bits a byte at the beginning to ${bitsPerByte.at(-1)!.toFixed(2)} over all ${formatBytes(end)}`;
  return element(
    'div',
    { class: 'learning-curve' },
    element('h2', {}, 'Bits a byte while reading'),
    strip(width, height, said, [
      [path, 'learning'],
      [`M0 ${height + 0.5}H${width}`, 'histogram-axis'],
    ]),
    element(
      'div',
      { class: 'histogram-range muted' },
      element('span', {}, `${bitsPerByte[0].toFixed(2)} bits a byte`),
      element('span', {}, `${bitsPerByte.at(-1)!.toFixed(2)} over ${formatBytes(end)}`),
    ),
  );
}
