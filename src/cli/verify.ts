/** `kolmo verify PROGRAM FILE` */
import { resolve } from 'node:path';
import type { VerifySummary } from '../jobs/program';
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
    runJob<VerifySummary>(
      { type: 'verify', program: resolve(program), file: resolve(file) },
      parsed,
    ),
  print(result) {
    const { verified, bytes, sha256, file } = result as VerifySummary;
    const words = verified ? 'just the bytes of' : 'something else than';
    return `The program prints ${words} ${file}: ${formatBytes(bytes)}, SHA-256 ${sha256}\n`;
  },
  failed: (result) => !(result as VerifySummary).verified,
};
