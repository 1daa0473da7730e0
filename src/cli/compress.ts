/** `kolmo compress RUN|MODEL`: its flags are the table of passes. */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { passDescriptions } from '../core/compress/descriptions';
import type { PassName } from '../core/compress/pass';
import type { CompressSummary } from '../jobs/compressSummary';
import type { CompressRequest } from '../runs/runRequests';
import { isRun } from '../runs/folder';
import { formatCount } from '../core/count';
import { formatBytes, formatRatio, formatSeconds, metricText } from '../runs/units';
import { UsageError, type Command, type Parsed } from './command';
import { passFlags, passesOf } from './passFlags';
import { inRunFolder } from './runFolder';
import { runJob } from './runJob';
import { testColumn, textTable } from './table';

/** Without flags: what a model loses least by. */
const usualPasses: PassName[] = ['prune', 'share'];

export const compress: Command = {
  usage: 'compress RUN|MODEL',
  summary: `Applies passes in the order of their flags and packs the model. Without any: ${usualPasses.join(', then ')}.`,
  operands: ['RUN|MODEL'],
  flags: {
    ...passFlags,
    'no-fine-tune': { type: 'switch', description: 'Do not train on after a pass.' },
    out: { type: 'text', description: 'Folder of the run that is made of a model file.' },
  },
  async run({ operands: [subject], given, seed, threads, out, ...parsed }) {
    const path = resolve(subject);
    if (!existsSync(path)) throw new UsageError(`${subject} is not there.`);
    const ofRun = isRun(path);
    if (ofRun && out !== undefined) {
      throw new UsageError('--out is for a model file; a run is compressed in its own folder.');
    }
    const request: CompressRequest = {
      type: 'compress',
      run: path,
      passes: wantedPasses(given),
      fineTune: !given.has('no-fine-tune'),
      seed,
      threads,
    };
    if (ofRun) return runJob(request, parsed);
    return inRunFolder({ out, dataset: path, architecture: 'packed' }, (folder) =>
      runJob({ ...request, out: folder }, parsed),
    );
  },
  print: printCompressed,
};

/** What a person is told of a model that was compressed. */
export function printCompressed(result: object): string {
  const { run, stages, file, bytes, ratio, metrics } = result as CompressSummary;
  const [title, tests] = testColumn(stages.map((stage) => stage.metrics));
  const rows = stages.map((stage, i) => [
    passDescriptions[stage.name].title,
    formatCount(stage.bytes),
    tests[i],
    formatSeconds(stage.seconds),
  ]);
  const quality = metrics ? `, test ${metricText(metrics)}` : '';
  return [
    textTable(['pass', 'bytes', title, 'time'], rows),
    `${file}: ${formatBytes(bytes)}, ${formatRatio(ratio)}${quality}\n`,
    `${join(run, 'report.md')}\n`,
  ].join('');
}

/** The passes that the flags ask for, or the usual ones. */
export function wantedPasses(given: Parsed['given']): CompressRequest['passes'] {
  const asked = passesOf(given) as CompressRequest['passes'];
  return asked.length > 0 ? asked : usualPasses.map((name) => ({ name, options: {} }));
}
