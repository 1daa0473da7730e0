/** `kolmo verify PROGRAM FILE` */
import { resolve } from 'node:path';
import { formatCount } from '../core/count';
import type { VerifySummary } from '../jobs/verify';
import { formatBytes } from '../runs/units';
import type { Command } from './command';
import { runJob } from './runJob';

export const verify: Command = {
  usage: 'verify PROGRAM FILE',
  summary:
    'Runs a program that may read no other file and use no network, and compares what it prints with a file.',
  operands: ['PROGRAM', 'FILE'],
  flags: {},
  run: ({ operands: [program, file], ...parsed }) =>
    runJob({ type: 'verify', program: resolve(program), file: resolve(file) }, parsed),
  print(result) {
    const { verified, bytes, sha256, file, expected, agreed } = result as VerifySummary;
    const printed = `${formatBytes(bytes)}, SHA-256 ${sha256}`;
    if (verified) return `The program prints just the bytes of ${file}: ${printed}\n`;
    return [
      `The program prints something else than ${file}\n`,
      `it prints ${printed}\n`,
      `the file has ${formatBytes(expected.bytes)}, SHA-256 ${expected.sha256}\n`,
      `the first ${formatCount(agreed)} are the same in both\n`,
    ].join('');
  },
  failed: (result) => !(result as VerifySummary).verified,
};
