/** `kolmo run FILE.kolmo.json` */
import { readFile } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import { parsePipeline, requestOf } from '../runs/pipelineFile';
import { UsageError, type Command } from './command';
import { printCompressed } from './compress';
import { engineChoice, engineFlag, refuseUnasked } from './engine';
import { newRunFolder } from './runFolder';
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
  async run({ operands: [file], given, threads, seed, out, ...parsed }) {
    const path = resolve(file);
    const text = await readFile(path, 'utf8').catch((error: Error) => {
      throw new UsageError(`${file} cannot be read: ${error.message}.`);
    });
    const written = parsePipeline(text, file);
    refuseUnasked(written, given, file);
    const { engine, modules } = engineChoice(given, resolve(dirname(path), written.dataset));
    const pipeline = {
      ...written,
      ...(engine !== undefined && { engine }),
      ...(given.has('threads') && { threads }),
      ...(given.has('seed') && { seed }),
    };
    const { dataset, architecture = 'auto' } = pipeline;
    const folder = out ?? (await newRunFolder(dataset, architecture));
    const request = requestOf(pipeline, { file: path, run: resolve(folder), threads, modules });
    const result = await runJob(request, parsed);
    return { pipeline: basename(file), ...result };
  },
  print: printCompressed,
};
