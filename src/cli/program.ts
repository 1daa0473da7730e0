/** `kolmo program FILE` */
import { resolve } from 'node:path';
import type { ProgramRequest } from '../jobs/protocol';
import type { ProgramSummary } from '../jobs/program';
import { formatCount, formatSeconds } from '../runs/units';
import type { Command } from './command';
import { runJob } from './runJob';
import { textTable } from './table';

const efforts = ['fast', 'balanced', 'max'] as const;

export const program: Command = {
  usage: 'program FILE',
  summary:
    'Writes a program that prints the file byte for byte, runs it to prove it, and counts its bytes.',
  operands: ['FILE'],
  flags: {
    effort: {
      type: 'text',
      description: 'How long to search for a shorter one.',
      values: efforts,
      default: 'balanced',
    },
    ascii: { type: 'switch', description: 'Use printable characters only.' },
  },
  run: ({ operands: [file], given, out, ...parsed }) =>
    runJob<ProgramSummary>(
      {
        type: 'program',
        file: resolve(file),
        out: resolve(out ?? `${file}.program.mjs`),
        effort: (given.get('effort') as ProgramRequest['effort'] | undefined) ?? 'balanced',
        ascii: given.has('ascii'),
      },
      parsed,
    ),
  print(result) {
    const summary = result as ProgramSummary;
    const { bytes, baselines, bitsPerByte, seconds, findings } = summary;
    const rows = [
      ['the file', bytes.source],
      ['program', bytes.total],
      ['  runtime', bytes.runtime],
      ['  model', bytes.model],
      ['  residual', bytes.residual],
      ...Object.entries(baselines).map(([name, length]) => [`${name}, without a decoder`, length]),
    ].map(([name, length]) => [String(name), formatCount(Number(length))]);
    return [
      textTable(['', 'bytes'], rows),
      ...findings.map(({ sentence }) => `${sentence}\n`),
      `${bitsPerByte.toFixed(3)} bits per byte, written in ${formatSeconds(seconds.encode)}, verified in ${formatSeconds(seconds.decode)}\n`,
      `${summary.program}\n`,
    ].join('');
  },
};
