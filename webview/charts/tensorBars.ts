/** The largest tensors of two model files as bars: bytes on either side, and how well the values are kept. */
import type { TensorPair, TensorSide } from '../../src/core/compare/comparison';
import { plural } from '../../src/core/count';
import { formatDecibels, verdictOf } from '../../src/report/difference';
import { formatBytes, formatShortBytes } from '../../src/runs/units';
import { breakable, element } from '../element';
import { legend, stackedBar, table, type Row, type Segment } from '../table';

/** More bars than this are no picture any more. */
const mostBars = 24;

/** A legend, and the tensors in the order of the first file. */
export function tensorBars(pairs: TensorPair[]): Node[] {
  const sizeOf = ({ a, b }: TensorPair): number => Math.max(a.bytes, b.bytes);
  const largest = new Set(pairs.toSorted((a, b) => sizeOf(b) - sizeOf(a)).slice(0, mostBars));
  const shown = pairs.filter((pair) => largest.has(pair));
  const whole = Math.max(...shown.map(sizeOf));
  const decibels = shown.flatMap(({ difference }) => difference?.sqnr ?? []);
  const top = Math.max(10, Math.ceil(Math.max(0, ...decibels) / 10) * 10);
  const bytesOf = (name: string, letter: string, { bytes }: TensorSide): HTMLElement[] =>
    measure(
      { name, size: bytes, title: `${letter}: ${formatBytes(bytes)}` },
      whole,
      formatShortBytes(bytes),
    );
  const rows = shown.map((pair): Row => {
    const { a, b, difference } = pair;
    const sqnr = difference?.sqnr;
    return {
      attributes: { 'data-tensor': a.name },
      cells: [
        element('span', {}, ...breakable(a.name)),
        element(
          'div',
          { class: 'measures' },
          ...bytesOf('before', 'A', a),
          ...bytesOf('after', 'B', b),
        ),
        sqnr === undefined
          ? element('span', { class: 'muted' }, verdictOf(pair))
          : element(
              'div',
              { class: 'measures' },
              ...measure(
                { name: 'kept', size: Math.max(0, sqnr), title: formatDecibels(sqnr) },
                top,
                formatDecibels(sqnr),
              ),
            ),
      ],
    };
  });
  const part =
    pairs.length > shown.length
      ? `The ${mostBars} largest of ${plural(pairs.length, 'tensor')} that are in both`
      : 'Tensors that are in both';
  return [
    legend([
      ['before', 'bytes in A'],
      ['after', 'bytes in B'],
      ['kept', 'SQNR of B against A'],
    ]),
    table(
      'bars',
      `${part}, in the order of the file`,
      [
        { head: 'Tensor' },
        { head: 'Bytes', class: 'diff-bytes' },
        { head: decibels.length > 0 ? `SQNR, up to ${top} dB` : 'SQNR', class: 'diff-kept' },
      ],
      rows,
    ),
    element(
      'p',
      { class: 'hint' },
      'SQNR is the energy of the values over that of their errors. A bit more is worth 6 dB; with 20 dB the error is a tenth of the values.',
    ),
  ];
}

/** A bar, and its number beside it, which says the same and is read. */
function measure(bar: Segment, whole: number, words: string): HTMLElement[] {
  const drawn = stackedBar([bar], whole, bar.title);
  drawn.setAttribute('aria-hidden', 'true');
  const number = element(
    'span',
    { class: 'measure', title: bar.title, 'aria-hidden': 'true' },
    words,
  );
  return [drawn, number, element('span', { class: 'visually-hidden' }, bar.title)];
}
