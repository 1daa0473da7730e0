/** `kolmo inspect FILE…` */
import { resolve } from 'node:path';
import type { ModelSummary } from '../core/formats/summary';
import { formatBytes, formatCount, formatShape } from '../runs/units';
import type { Command } from './command';
import { runJob } from './runJob';
import { textTable } from './table';

type Inspected = ModelSummary & { file: string };

export const inspect: Command = {
  usage: 'inspect FILE…',
  summary: 'Shows what is in model files: tensors, types, parameters, bytes. Reads only headers.',
  operands: ['FILE…'],
  flags: {},
  async run({ operands, ...parsed }) {
    const files: Inspected[] = [];
    for (const file of operands) {
      files.push(await runJob<Inspected>({ type: 'inspect', file: resolve(file) }, parsed));
    }
    return files.length === 1 ? files[0] : { files };
  },
  print(result) {
    const files = 'files' in result ? (result.files as Inspected[]) : [result as Inspected];
    return files
      .map(({ file, format, bytes, parameters, tensors, notes }) =>
        [
          `${file}: ${format}, ${formatBytes(bytes)}, ${formatCount(parameters)} parameters\n`,
          textTable(
            ['tensor', 'type', 'shape', 'parameters', 'bytes'],
            tensors.map((tensor) => [
              tensor.name,
              tensor.dtype,
              formatShape(tensor.shape),
              formatCount(tensor.parameters),
              formatCount(tensor.bytes),
            ]),
          ),
          ...notes.map((note) => `${note}\n`),
        ].join(''),
      )
      .join('\n');
  },
};
