/** `kolmo inspect FILE…` */
import { entryBytes, ledgerParts, type Ledger } from '../core/compress/container/ledger';
import type { Inspected } from '../jobs/files';
import { formatCount } from '../core/count';
import { formatBitsPerParameter, formatModelBytes, formatShape } from '../runs/units';
import type { Command } from './command';
import { eachFile } from './eachFile';
import { textTable } from './table';

export const inspect: Command = {
  usage: 'inspect FILE…',
  summary:
    'Shows what is in model files: tensors, types, parameters, bytes. Reads only headers; of a packed model (.kolmo) also what each byte is for.',
  operands: ['FILE…'],
  flags: {},
  ...eachFile((file: string) => ({ type: 'inspect', file, ledger: true }), textOf),
};

/** A line for the file, a table of its tensors, and of a packed model the ledger. */
function textOf(inspected: Inspected): string {
  const { file, format, parameters, tensors, notes, ledger } = inspected;
  const bits = parameters > 0 ? `, ${formatBitsPerParameter(inspected)}` : '';
  return [
    `${file}: ${format}, ${formatModelBytes(inspected)}, ${formatCount(parameters)} parameters${bits}\n`,
    tensors.length === 0
      ? 'No tensors are in it.\n'
      : textTable(
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
  ].join('');
}

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
