/** The program beside the compressors: bytes by part, the regularities that paid, the learning curve and the proof. */
import type { ProgramMeasure } from '../../src/runs/events';
import type { RunTitle } from '../../src/runs/panelMessages';
import type { RunState } from '../../src/runs/state';
import { formatBytes, formatCount, formatRatio, formatSeconds } from '../../src/runs/units';
import { stageTitles } from '../../src/core/report/mermaid';
import type { Chart, ChartWishes } from '../chart';
import { button, element } from '../element';

type Part = 'runtime' | 'model' | 'residual';

const parts: { name: Part; title: string }[] = [
  { name: 'runtime', title: 'decoder' },
  { name: 'model', title: 'model' },
  { name: 'residual', title: 'residual' },
];

/** Columns beyond these cost next to nothing. */
const mostFields = 40;

export function createProgram(wishes: ChartWishes): Chart {
  const empty = element('p', { class: 'empty' });
  const body = element('div', {});
  const root = element('section', { 'data-view': 'program' }, empty, body);
  let drawn: ProgramMeasure | undefined;
  let drawnTrust: boolean | undefined;

  function draw(state: RunState, _title: RunTitle, trusted: boolean): void {
    const measure = state.stages.program?.result?.program;
    empty.hidden = measure !== undefined;
    empty.textContent = emptyWords(state);
    if (measure === drawn && trusted === drawnTrust) return;
    drawn = measure;
    drawnTrust = trusted;
    root.dataset.verified = String(measure?.verified ?? '');
    root.dataset.total = String(measure?.bytes.total ?? '');
    body.replaceChildren(...(measure ? page(measure, wishes, trusted) : []));
  }

  return { element: root, draw };
}

function emptyWords({ status, current, progress }: RunState): string {
  if (status !== 'running' || current !== 'program') {
    return 'No program yet: Generate Program… writes one that prints the dataset byte for byte, and counts every byte of it.';
  }
  const share =
    progress && progress.total > 0
      ? `${Math.round((100 * progress.done) / progress.total)} %`
      : undefined;
  const left =
    progress?.secondsLeft === undefined ? undefined : `${formatSeconds(progress.secondsLeft)} left`;
  return [stageTitles.program, progress?.note, share, left].filter(Boolean).join(' · ');
}

function page(measure: ProgramMeasure, wishes: ChartWishes, trusted: boolean): Node[] {
  const { bytes, findings, fields, curve } = measure;
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
    proof(measure, wishes, trusted),
    ...(findings.length === 0 ? [] : [element('h2', {}, 'Regularities'), findingTable(findings)]),
    ...(fields.length === 0 ? [] : [element('h2', {}, 'Columns'), fieldTable(fields)]),
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

/** What was run and what came of it, so that anyone can do the same. */
function proof(
  { verified, proof: last, file }: ProgramMeasure,
  { verify }: ChartWishes,
  trusted: boolean,
): HTMLElement {
  const rows: [string, string][] = [
    ['file', file],
    ['SHA-256 of the file', last.expected],
    [`SHA-256 of the ${formatBytes(last.bytes)} printed`, last.printed],
    ['command', last.command.join(' ')],
  ];
  return element(
    'div',
    { 'data-view': 'proof', 'data-verified': String(verified) },
    element('h2', {}, 'Proof'),
    element(
      'p',
      { ...(verified ? {} : { class: 'message', 'data-status': 'failed', role: 'alert' }) },
      verified
        ? `Verified: the program was run without network or files and printed exactly the data, in ${formatSeconds(last.seconds)}.`
        : 'The program printed something else than what the file holds now: the file has changed since the program was written, or the program was altered.',
    ),
    element(
      'dl',
      { class: 'proof' },
      ...rows.flatMap(([name, value]) => [element('dt', {}, name), element('dd', {}, value)]),
    ),
    ...(trusted
      ? [button('Verify Again', { icon: 'verified', secondary: true, action: 'verify' }, verify)]
      : []),
  );
}

/** Bits by column or key, the dearest first, each with its share of the whole. */
function fieldTable(fields: ProgramMeasure['fields']): HTMLElement {
  const total = fields.reduce((sum, { bits }) => sum + bits, 0);
  const most = Math.max(...fields.map(({ bits }) => bits), 1e-9);
  const head = (title: string, number = true) =>
    element('th', { scope: 'col', ...(number && { class: 'number' }) }, title);
  const shown = [...fields].sort((a, b) => b.bits - a.bits).slice(0, mostFields);
  return element(
    'div',
    { class: 'scroll' },
    element(
      'table',
      { 'data-view': 'fields', 'data-rows': shown.length },
      element(
        'thead',
        {},
        element(
          'tr',
          {},
          head('Column', false),
          head('Bytes in the file'),
          head('Bytes of surprise'),
          head('Bits a byte'),
          head('Share'),
          element('th', { scope: 'col' }, element('span', { class: 'visually-hidden' }, 'Bar')),
        ),
      ),
      element(
        'tbody',
        {},
        ...shown.map(({ name, bytes, bits }) => {
          const bar = element('span', { class: 'segment residual' });
          bar.style.width = `${((100 * bits) / most).toFixed(2)}%`;
          const number = (text: string) => element('td', { class: 'number' }, text);
          return element(
            'tr',
            { 'data-field': name },
            element('th', { scope: 'row' }, name),
            number(formatCount(bytes)),
            number(formatCount(bits / 8)),
            number((bits / Math.max(1, bytes)).toFixed(2)),
            number(`${((100 * bits) / Math.max(1e-9, total)).toFixed(1)} %`),
            element('td', { class: 'stack', 'aria-hidden': 'true' }, bar),
          );
        }),
      ),
    ),
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
