/** `kolmo explain FILE…` */
import { formatCount } from '../core/count';
import type { Explained } from '../jobs/files';
import { formatBytes, formatModelBytes } from '../runs/units';
import type { Command } from './command';
import { eachFile } from './eachFile';

export const explain: Command = {
  usage: 'explain FILE…',
  summary:
    'Says why model files are not smaller: what takes bytes in them that the model does not need, and what would save them. Looks at no more than 2 MiB of a tensor.',
  operands: ['FILE…'],
  flags: {},
  ...eachFile((file: string) => ({ type: 'explain', file }), textOf),
};

/** A line for the file, one for each finding, and what its values would take at least. */
function textOf(explained: Explained): string {
  const { file, format, parameters, quantized, findings, entropyBytes } = explained;
  const found = findings.map(
    ({ message, advice, saves }) => `- ${message} ${advice} Saves ${formatBytes(saves)}.\n`,
  );
  return [
    `${file}: ${format}, ${formatModelBytes(explained)}, ${formatCount(parameters)} parameters\n`,
    ...quantized.map((sentence) => `${sentence}\n`),
    ...(found.length > 0 ? found : ['Nothing was found that takes bytes without need.\n']),
    ...(entropyBytes === undefined
      ? []
      : [
          `Coded byte by byte by how often each occurs, its values take ${formatBytes(entropyBytes)}.\n`,
        ]),
  ].join('');
}
