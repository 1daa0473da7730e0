/** `kolmo run FILE.kolmo.json` */
import { readFile } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { readError } from '../core/error';
import { parsePipeline, requestOf } from '../runs/pipelineFile';
import { UsageError, type Command } from './command';
import { printCompressed } from './compress';
import { engineFlag, overruled } from './engine';
import { inRunFolder } from './runFolder';
import { runJob } from './runJob';

export const run: Command = {
  usage: 'run FILE.kolmo.json',
  summary:
    'Runs a pipeline file: train, then compress. One that was interrupted goes on with --out RUN.',
  operands: ['FILE.kolmo.json'],
  flags: {
    engine: engineFlag,
    out: { type: 'text', description: 'Folder of the run.' },
  },
  async run({ operands: [file], out, ...parsed }) {
    const path = resolve(file);
    const text = await readFile(path, 'utf8').catch((error: unknown) => {
      throw new UsageError(readError(error, file).message);
    });
    const { wanted, modules } = overruled(parsePipeline(text, file), file, parsed);
    const { dataset, architecture = 'auto' } = wanted;
    const result = await inRunFolder({ out, dataset, architecture }, (folder) => {
      const options = { file: path, run: folder, threads: parsed.threads, modules };
      return runJob(requestOf(wanted, options), parsed);
    });
    return { pipeline: basename(file), ...result };
  },
  print: printCompressed,
};
