/** The program beside the compressors: bytes by part, the regularities that paid, the learning curve and the proof. */
import type { ProgramMeasure } from '../../src/runs/events';
import type { RunState } from '../../src/runs/state';
import { formatBytes, formatCount, formatRatio, formatSeconds } from '../../src/runs/units';
import type { Chart, ChartWishes } from '../chart';
import { element } from '../element';

type Part = 'runtime' | 'model' | 'residual';

const parts: { name: Part; title: string }[] = [
  { name: 'runtime', title: 'decoder' },
  { name: 'model', title: 'model' },
  { name: 'residual', title: 'residual' },
];

export function createProgram(wishes: ChartWishes): Chart {
  const empty = element(
    'p',
    { class: 'empty' },
    'No program yet: Generate Program… writes one that prints the dataset byte for byte, and counts every byte of it.',
  );
  const body = element('div', {});
  const root = element('section', { 'data-view': 'program' }, empty, body);
  let drawn: ProgramMeasure | undefined;

  function draw(state: RunState): void {
    const measure = state.stages.program?.result?.program;
    empty.hidden = measure !== undefined;
    if (measure === drawn) return;
    drawn = measure;
    root.dataset.verified = String(measure?.verified ?? '');
    root.dataset.total = String(measure?.bytes.total ?? '');
    body.replaceChildren(...(measure ? page(measure, wishes) : []));
  }

  return { element: root, draw };
}

function page(measure: ProgramMeasure, wishes: ChartWishes): Node[] {
  const { bytes, findings, curve } = measure;
  const link = element('a', { href: '#', 'data-open': 'program' }, 'Open the program');
  link.addEventListener('click', (event) => {
    event.preventDefault();
    wishes.open('program');
  });
  return [
    element(
      'p',
      { class: 'facts' },
      ...[
        `${formatBytes(bytes.total)} instead of ${formatBytes(bytes.source)}`,
        formatRatio(bytes.source / Math.max(1, bytes.total)),
        `${measure.bitsPerByte.toPrecision(4)} bits a byte`,
      ].map((fact) => element('span', {}, fact)),
      link,
    ),
    bars(measure),
    proof(measure),
    ...(findings.length === 0 ? [] : [element('h2', {}, 'Regularities'), findingTable(findings)]),
    ...(curve.bytes.length < 2
      ? []
      : [element('h2', {}, 'Bits a byte while reading'), learningCurve(curve)]),
  ];
}

/** The program as one stacked bar, each compressor as a plain one, all on the scale of the longest. */
function bars({ bytes, baselines }: ProgramMeasure): HTMLElement {
  const others = Object.entries(baselines).sort(([, a], [, b]) => a - b);
  const longest = Math.max(bytes.total, ...others.map(([, size]) => size), 1);
  const segment = (size: number, name: string, title: string): HTMLElement => {
    const made = element('span', { class: `segment ${name}`, title });
    made.style.width = `${((size / longest) * 100).toFixed(3)}%`;
    return made;
  };
  const row = (title: string, size: number, segments: HTMLElement[], note: string): HTMLElement =>
    element(
      'tr',
      { 'data-program': title, 'data-bytes': size },
      element('th', { scope: 'row' }, title),
      element('td', { class: 'number' }, formatCount(size)),
      element('td', { class: 'number' }, note),
      element('td', { class: 'stack', 'aria-hidden': 'true' }, ...segments),
    );
  const used = parts.filter(({ name }) => bytes[name] > 0);
  return element(
    'div',
    {},
    element(
      'div',
      { class: 'scroll' },
      element(
        'table',
        { 'data-view': 'program-bytes' },
        element('caption', {}, 'Bytes, everything counted'),
        element(
          'thead',
          {},
          element(
            'tr',
            {},
            element('th', { scope: 'col' }, 'Form'),
            element('th', { scope: 'col', class: 'number' }, 'Bytes'),
            element('th', { scope: 'col', class: 'number' }, 'Program is'),
            element('th', { scope: 'col' }, element('span', { class: 'visually-hidden' }, 'Bar')),
          ),
        ),
        element(
          'tbody',
          {},
          row(
            'program',
            bytes.total,
            used.map(({ name, title }) =>
              segment(bytes[name], name, `${title}: ${formatBytes(bytes[name])}`),
            ),
            '',
          ),
          ...others.map(([name, size]) =>
            row(
              name,
              size,
              [segment(size, 'other', formatBytes(size))],
              comparison(bytes.total, size),
            ),
          ),
        ),
      ),
    ),
    element(
      'p',
      { class: 'hint' },
      ...used.flatMap(({ name, title }, i) => [
        ...(i > 0 ? [' · '] : []),
        element('span', { class: `swatch ${name}` }),
        ` ${title} ${formatBytes(bytes[name])}`,
      ]),
    ),
  );
}

/** `12.3 % shorter` */
function comparison(total: number, other: number): string {
  const share = (total - other) / Math.max(1, other);
  if (Math.abs(share) < 0.0005) return 'as long';
  return `${Math.abs(share * 100).toFixed(1)} % ${share < 0 ? 'shorter' : 'longer'}`;
}

function proof({ verified, sha256, seconds }: ProgramMeasure): HTMLElement {
  return element(
    'p',
    { 'data-view': 'proof' },
    verified
      ? `Verified: the program was run without network or files and printed exactly the data, SHA-256 ${sha256.slice(0, 16)}…, in ${formatSeconds(seconds.decode)}.`
      : 'Not verified: the program has not been run yet.',
  );
}

function findingTable(findings: ProgramMeasure['findings']): HTMLElement {
  return element(
    'div',
    { class: 'scroll' },
    element(
      'table',
      { 'data-view': 'findings' },
      element(
        'thead',
        {},
        element(
          'tr',
          {},
          element('th', { scope: 'col' }, 'Finding'),
          element('th', { scope: 'col', class: 'number' }, 'Bytes saved'),
        ),
      ),
      element(
        'tbody',
        {},
        ...[...findings]
          .sort((a, b) => b.savedBytes - a.savedBytes)
          .map(({ sentence, savedBytes }) =>
            element(
              'tr',
              {},
              element('td', { class: 'sentence' }, sentence),
              element('td', { class: 'number' }, formatCount(savedBytes)),
            ),
          ),
      ),
    ),
  );
}

function learningCurve({ bytes, bitsPerByte }: ProgramMeasure['curve']): HTMLElement {
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
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  svg.setAttribute('viewBox', `0 0 ${width} ${height + 1}`);
  svg.setAttribute('preserveAspectRatio', 'none');
  svg.setAttribute('role', 'img');
  svg.setAttribute(
    'aria-label',
    `From ${bitsPerByte[0].toFixed(2)} bits a byte at the beginning to ${bitsPerByte.at(-1)!.toFixed(2)} over all ${formatBytes(end)}`,
  );
  for (const [d, name] of [
    [path, 'learning'],
    [`M0 ${height + 0.5}H${width}`, 'histogram-axis'],
  ]) {
    const made = document.createElementNS('http://www.w3.org/2000/svg', 'path');
    made.setAttribute('d', d);
    made.setAttribute('class', name);
    svg.append(made);
  }
  return element(
    'div',
    { class: 'learning-curve' },
    svg,
    element(
      'div',
      { class: 'histogram-range muted' },
      element('span', {}, `${bitsPerByte[0].toFixed(2)} bits a byte`),
      element('span', {}, `${bitsPerByte.at(-1)!.toFixed(2)} over ${formatBytes(end)}`),
    ),
  );
}
