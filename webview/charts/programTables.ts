/** The tables of a program: its bytes beside the compressors', what its columns cost, and the regularities that paid. */
import { formatCount } from '../../src/core/count';
import type { ProgramMeasure } from '../../src/runs/events';
import { formatBytes, formatRatio } from '../../src/runs/units';
import { element } from '../element';
import { legend, stackedBar, table, type Row, type Segment } from '../table';

type Part = 'runtime' | 'model' | 'residual';

const parts: { name: Part; title: string }[] = [
  { name: 'runtime', title: 'decoder' },
  { name: 'model', title: 'model' },
  { name: 'residual', title: 'residual' },
];

/** Columns beyond these cost next to nothing. */
const mostFields = 40;

/** The program as one stacked bar, each compressor as a plain one, all on the scale of the longest. */
export function bars({ bytes, baselines }: ProgramMeasure, caption: string): HTMLElement {
  const others = Object.entries(baselines).sort(([, a], [, b]) => a - b);
  const longest = Math.max(bytes.total, ...others.map(([, size]) => size), 1);
  const used = parts.filter(({ name }) => bytes[name] > 0);
  const segments = used.map(({ name, title }) => ({
    name,
    size: bytes[name],
    title: `${title}: ${formatBytes(bytes[name])}`,
  }));
  const row = (title: string, size: number, note: string, bar: Segment[]): Row => ({
    attributes: { 'data-program': title, 'data-bytes': size },
    cells: [
      title,
      formatCount(size),
      note,
      stackedBar(bar, longest, bar.map((segment) => segment.title).join(', ')),
    ],
  });
  return element(
    'div',
    {},
    table(
      'program-bytes',
      caption,
      [
        { head: 'Form' },
        { head: 'Bytes', number: true },
        { head: 'Program is', number: true },
        { head: 'Parts', class: 'stack' },
      ],
      [
        row('program', bytes.total, '', segments),
        ...others.map(([name, size]) =>
          row(name, size, comparison(bytes.total, size), [
            { name: 'other', size, title: formatBytes(size) },
          ]),
        ),
      ],
    ),
    legend(used.map(({ name, title }) => [name, `${title} ${formatBytes(bytes[name])}`])),
  );
}

/** `12.3 % shorter`, of next to nothing `11.2x as long` */
function comparison(total: number, other: number): string {
  if (other === 0) return 'longer';
  if (total >= 10 * other) return `${formatRatio(total / other)} as long`;
  const share = (total - other) / other;
  if (Math.abs(share) < 0.0005) return 'as long';
  return `${Math.abs(share * 100).toFixed(1)} % ${share < 0 ? 'shorter' : 'longer'}`;
}

/** Bits by column or key, the dearest first, each with its share of the whole. */
export function fieldTable(fields: ProgramMeasure['fields']): HTMLElement {
  const total = fields.reduce((sum, { bits }) => sum + bits, 0);
  const dearest = [...fields].sort((a, b) => b.bits - a.bits).slice(0, mostFields);
  const most = Math.max(...dearest.map(({ bits }) => bits), 1e-9);
  return table(
    'fields',
    'Columns',
    [
      { head: 'Column' },
      { head: 'Bytes in the file', number: true },
      { head: 'Bytes of surprise', number: true },
      { head: 'Bits a byte', number: true },
      { head: 'Share', number: true },
      { head: 'Surprise', class: 'stack' },
    ],
    dearest.map(({ name, bytes, bits }) => {
      const share = `${((100 * bits) / Math.max(1e-9, total)).toFixed(1)} %`;
      return {
        attributes: { 'data-field': name },
        cells: [
          name,
          formatCount(bytes),
          formatCount(bits / 8),
          (bits / Math.max(1, bytes)).toFixed(2),
          share,
          stackedBar([{ name: 'residual', size: bits, title: share }], most, share),
        ],
      };
    }),
  );
}

export function findingTable(findings: ProgramMeasure['findings']): HTMLElement {
  return table(
    'findings',
    'Regularities',
    [
      { head: 'Finding', class: 'sentence' },
      { head: 'Bytes saved', number: true },
    ],
    [...findings]
      .sort((a, b) => b.savedBytes - a.savedBytes)
      .map(({ sentence, savedBytes }) => ({
        cells: [sentence, savedBytes > 0 ? formatCount(savedBytes) : '–'],
      })),
  );
}

/** Why some have no number, where some have one. */
export const unmeasured = (findings: ProgramMeasure['findings']): HTMLElement[] =>
  findings.some(({ savedBytes }) => savedBytes > 0) && findings.some((each) => each.savedBytes <= 0)
    ? [
        element(
          'p',
          { class: 'hint' },
          'Saved is what the program grows by without the regularity, the rest being as it is. Where no number stands, others tell the same, or it was not measured.',
        ),
      ]
    : [];
