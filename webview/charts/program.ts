/** The program beside the compressors: bytes by part, the regularities that paid, the learning curve and the proof. */
import { samplesPicture, type ProgramMeasure } from '../../src/runs/events';
import { commandText } from '../../src/report/shell';
import type { RunTitle } from '../../src/views/panelMessages';
import { isAdversarial, unwrittenSource, type RunState } from '../../src/runs/state';
import { formatCount } from '../../src/core/count';
import { formatBytes, formatRatio, formatSeconds, formatShortBytes } from '../../src/runs/units';
import type { Chart, ChartWishes } from '../chart';
import { button, element, withCode } from '../element';
import { createPlot } from './plot';
import { bars, fieldTable, findingTable, unmeasured } from './programTables';

export function createProgram(wishes: ChartWishes): Chart {
  const empty = element('p', { class: 'empty' });
  const body = element('div', {});
  // Where it flattens, nothing more is being learned.
  const curve = createPlot({
    name: 'curve-bits',
    title: 'Bits a byte while reading',
    format: (value) => value.toFixed(3),
    tick: (value) => String(+value.toPrecision(3)),
    // A tick is a round number: `5 kB`, not `5.00 kB`.
    over: { label: 'bytes read', format: (at) => formatShortBytes(at).replace(/\.0+ /, ' ') },
  });
  const root = element(
    'section',
    { 'data-view': 'program' },
    empty,
    body,
    element('div', { class: 'plots after' }, curve.element),
  );
  let drawn: ProgramMeasure | undefined;
  let drawnTrust: boolean | undefined;

  function draw(state: RunState, title: RunTitle, trusted: boolean): void {
    const result = state.stages.program?.result;
    const measure = result?.program;
    empty.hidden = measure !== undefined;
    empty.textContent = emptyWords(state, title);
    drawCurve(measure?.curve);
    if (measure === drawn && trusted === drawnTrust) return;
    drawn = measure;
    drawnTrust = trusted;
    root.dataset.verified = String(measure?.verified ?? '');
    root.dataset.total = String(measure?.bytes.total ?? '');
    body.replaceChildren(
      ...(measure === undefined
        ? []
        : measure.samples === undefined
          ? page(measure, wishes, trusted)
          : samplesPage(measure, result!.notes, title, wishes, trusted)),
    );
  }

  function drawCurve({ bytes, bitsPerByte }: ProgramMeasure['curve'] = noCurve): void {
    const average = {
      label: 'all bytes so far',
      color: ['--vscode-charts-blue', '#3794ff'] as [string, string],
      width: 2,
      step: bytes,
      values: bitsPerByte,
    };
    curve.draw(bytes.length < 2 ? [] : [average], String(bytes.at(-1)));
  }

  return { element: root, draw, restyle: () => curve.restyle() };
}

const noCurve: ProgramMeasure['curve'] = { bytes: [], bitsPerByte: [] };

function emptyWords(state: RunState, { ofFolder }: RunTitle): string {
  const { status, current, stages } = state;
  if (current !== 'program' && stages.train && isAdversarial(stages.train.training)) {
    return 'No program yet: Generate Program… writes one that draws samples from a seed as the generator does, and counts every byte of it.';
  }
  if (current !== 'program' && ofFolder) {
    return 'No program: one prints a single file, and this run learned from a folder. Right-click a file of it in the Explorer for Kolmo: Generate Program….';
  }
  if (current !== 'program') {
    return 'No program yet: Generate Program… writes one that prints the dataset byte for byte, and counts every byte of it.';
  }
  if (status === 'running') {
    return 'The program is being written: it stands here with its bytes and its proof when it has been run.';
  }
  if (unwrittenSource(state) !== undefined) return 'No program was written: Try Again begins anew.';
  return stages.train
    ? 'No program was written: Generate Program… begins anew.'
    : 'No program was written. Kolmo: Generate Program… on the file begins anew.';
}

function page(measure: ProgramMeasure, wishes: ChartWishes, trusted: boolean): Node[] {
  const { bytes, findings, fields } = measure;
  return [
    factLine(
      [
        `${formatBytes(bytes.total)} instead of ${formatBytes(bytes.source)}`,
        ...(bytes.source === 0
          ? []
          : [
              formatRatio(bytes.source / bytes.total),
              `${measure.bitsPerByte.toPrecision(4)} bits a byte`,
            ]),
      ],
      wishes,
    ),
    bars(measure, 'Bytes: the program with its decoder, the others without theirs'),
    proof(measure, wishes, trusted),
    ...(findings.length === 0 ? [] : [findingTable(findings), ...unmeasured(findings)]),
    ...(fields.length === 0 ? [] : [fieldTable(fields)]),
  ];
}

/** Of a program that draws: the dataset is a yardstick, and not what it prints. */
function samplesPage(
  measure: ProgramMeasure,
  notes: string[],
  { files }: RunTitle,
  wishes: ChartWishes,
  trusted: boolean,
): Node[] {
  const count = formatCount(measure.samples!);
  return [
    factLine([formatBytes(measure.bytes.total), 'draws samples from a seed'], wishes),
    element('ul', {}, ...notes.map((note) => element('li', {}, ...withCode(note)))),
    bars(measure, 'Bytes: the program, and what it was made from'),
    proof(measure, wishes, trusted),
    ...(files === undefined
      ? []
      : [
          element(
            'figure',
            { 'data-view': 'samples' },
            element('figcaption', {}, `The ${count} samples that it printed`),
            element('img', {
              class: 'drawn',
              src: `${files}/${samplesPicture}`,
              alt: `A grid of the ${count} images that the program draws`,
            }),
          ),
        ]),
  ];
}

/** The figures on top, with a link to the program. */
function factLine(facts: string[], wishes: ChartWishes): HTMLElement {
  const link = element('a', { href: '#', 'data-open': 'program' }, 'Open the program');
  link.addEventListener('click', (event) => {
    event.preventDefault();
    wishes.open('program');
  });
  return element('p', { class: 'facts' }, ...facts.map((fact) => element('span', {}, fact)), link);
}

/** What was run and what came of it, so that anyone can do the same. */
function proof(
  { verified, proof: last, file, samples }: ProgramMeasure,
  { verify }: ChartWishes,
  trusted: boolean,
): HTMLElement {
  const what = samples === undefined ? 'the data' : `the ${formatCount(samples)} samples`;
  const rows: [string, string][] = [
    ['file', file],
    ['SHA-256 of the file', last.expected],
    [`SHA-256 of the ${formatBytes(last.bytes)} printed`, last.printed],
    ['command', commandText(last.command)],
  ];
  return element(
    'div',
    { 'data-view': 'proof', 'data-verified': String(verified) },
    element('h2', {}, 'Proof'),
    element(
      'p',
      { ...(verified ? {} : { class: 'message', 'data-status': 'failed', role: 'alert' }) },
      verified
        ? `Verified: the program could read no other file and use no network, and printed exactly ${what}, in ${formatSeconds(last.seconds)}.`
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
