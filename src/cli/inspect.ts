/** `kolmo inspect FILE…` */
import { resolve } from 'node:path';
import { entryBytes, ledgerParts, type Ledger } from '../core/compress/container/ledger';
import type { Inspected } from '../jobs/files';
import { formatCount } from '../core/count';
import { formatBytes, formatShape } from '../runs/units';
import type { Command } from './command';
import { runJob } from './runJob';
import { textTable } from './table';

export const inspect: Command = {
  usage: 'inspect FILE…',
  summary:
    'Shows what is in model files: tensors, types, parameters, bytes. Reads only headers; of a packed model (.kolmo) also what each byte is for.',
  operands: ['FILE…'],
  flags: {},
  async run({ operands, ...parsed }) {
    const files: Inspected[] = [];
    for (const file of operands) {
      files.push(await runJob({ type: 'inspect', file: resolve(file), ledger: true }, parsed));
    }
    return files.length === 1 ? files[0] : { files };
  },
  print(result) {
    const files = 'files' in result ? (result.files as Inspected[]) : [result as Inspected];
    return files
      .map(({ file, format, bytes, parameters, tensors, notes, ledger }) =>
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
          ...(ledger ? [`\n${ledgerTable(ledger)}`] : []),
          ...notes.map((note) => `${note}\n`),
        ].join(''),
      )
      .join('\n');
  },
};

/** Bytes by tensor and by what they are for; the last row is the file. */
function ledgerTable({ bytes, header, tensors }: Ledger): string {
  const rows = tensors.map((entry) => [
    entry.name,
    ...ledgerParts.map((part) => formatCount(entry[part])),
    formatCount(entryBytes(entry)),
  ]);
  const empty = ledgerParts.slice(0, -1).map(() => '');
  return textTable(
    ['bytes of', ...ledgerParts, 'all'],
    [
      ...rows,
      ['architecture, checksum', ...empty, formatCount(header), formatCount(header)],
      ['the file', ...ledgerParts.map(() => ''), formatCount(bytes)],
    ],
  );
}
