/** `kolmo program FILE` */
import { basename, join, resolve } from 'node:path';
import type { ProgramRequest } from '../jobs/protocol';
import type { ProgramSummary } from '../jobs/programSteps';
import { datasetPath, isRun, readRecord } from '../runs/folder';
import { formatCount } from '../core/count';
import { seedRange } from '../runs/range';
import { findingText, formatSeconds, metricText } from '../runs/units';
import { quote } from '../report/shell';
import { UsageError, type Command } from './command';
import { runJob } from './runJob';
import { textTable } from './table';

const efforts = ['fast', 'balanced', 'max'] as const;

export const program: Command = {
  usage: 'program FILE',
  summary:
    'Writes a program that prints the file byte for byte, runs it to prove it, and counts its bytes; of a run, the program of its dataset, or one that draws what its GAN draws.',
  operands: ['FILE'],
  flags: {
    effort: {
      type: 'text',
      description: 'How long to search for a shorter one.',
      values: efforts,
      default: 'balanced',
    },
    ascii: { type: 'switch', description: 'Use printable characters only.' },
    seed: {
      type: 'number',
      description: 'Seed of the network that a program may carry.',
      default: 0,
      integer: true,
      ...seedRange,
    },
    out: { type: 'text', description: 'Program to write, which ends in .mjs.' },
  },
  async run({ operands: [path], given, out, threads, ...parsed }) {
    if (out !== undefined && !out.endsWith('.mjs')) {
      throw new UsageError(`${out} does not end in .mjs, by which Node knows a program.`);
    }
    return runJob(
      {
        type: 'program',
        ...(await sourceOf(resolve(path), out && resolve(out))),
        effort: (given.get('effort') as ProgramRequest['effort'] | undefined) ?? 'balanced',
        ascii: given.has('ascii'),
        ...(given.has('seed') && { seed: given.get('seed') as number }),
        threads,
      },
      parsed,
    );
  },
  print(result) {
    const summary = result as ProgramSummary;
    const { bytes, baselines, bitsPerByte, seconds, findings, metrics, samples } = summary;
    const rows = [
      ...(samples === undefined ? [['the file', bytes.source]] : []),
      ['program', bytes.total],
      ['  runtime', bytes.runtime],
      ['  model', bytes.model],
      ...(samples === undefined ? [['  residual', bytes.residual]] : []),
      ...Object.entries(baselines).map(([name, length]) => [
        samples === undefined ? `${name}, without a decoder` : name,
        length,
      ]),
    ].map(([name, length]) => [String(name), formatCount(Number(length))]);
    return [
      textTable(['', 'bytes'], rows),
      ...findings.map((finding) => `${findingText(finding)}\n`),
      `${samples === undefined ? `${bitsPerByte.toFixed(3)} bits per byte` : 'Draws samples from a seed'}, written in ${formatSeconds(seconds.encode)}, verified in ${formatSeconds(seconds.decode)}\n`,
      ...(metrics ? [`What it draws: ${metricText(metrics)}\n`] : []),
      `${summary.program}\n`,
      ...(samples === undefined
        ? []
        : [`100 samples of seed 1: node ${quote(summary.program)} 100 1 png > samples.png\n`]),
    ].join('');
  },
};

/** What to write a program for, and where: for a run its dataset, beside what the run has made. */
async function sourceOf(
  path: string,
  out: string | undefined,
): Promise<Pick<ProgramRequest, 'file' | 'out' | 'run'>> {
  if (!isRun(path)) return { file: path, out: out ?? `${path}.program.mjs` };
  const file = datasetPath(await readRecord(path)) ?? join(path, 'model.kolmo');
  return { file, out: out ?? join(path, `${basename(file)}.program.mjs`), run: path };
}
