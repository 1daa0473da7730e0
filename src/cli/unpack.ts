/** `kolmo unpack FILE.kolmo` */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { UnpackSummary } from '../jobs/files';
import { formatBytes } from '../runs/units';
import { UsageError, type Command } from './command';
import { runJob } from './runJob';

export const unpack: Command = {
  usage: 'unpack FILE.kolmo',
  summary:
    'Writes a packed model as ONNX, beside it where no such file is yet, or to --out; as safetensors where that ends so.',
  operands: ['FILE.kolmo'],
  flags: { out: { type: 'text', description: 'File to write.' } },
  async run({ operands: [file], out, ...parsed }) {
    if (!file.endsWith('.kolmo') && out === undefined) {
      throw new UsageError(`${file} does not end in .kolmo: say with --out where the model goes.`);
    }
    const target = out ?? file.replace(/\.kolmo$/, '.onnx');
    // Beside the packed model of a run is the model that was trained.
    if (out === undefined && existsSync(target)) {
      throw new UsageError(`${target} is there already: say with --out where the model goes.`);
    }
    return runJob({ type: 'unpack', file: resolve(file), out: resolve(target) }, parsed);
  },
  print(result) {
    const { out, bytes } = result as UnpackSummary;
    return `${out}: ${formatBytes(bytes.unpacked)} from ${formatBytes(bytes.packed)}\n`;
  },
};
