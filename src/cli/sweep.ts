/** `kolmo sweep FILE.kolmo-sweep.json`, or with its values as flags: `kolmo sweep DATASET|RUN --prune 0.8,0.9`. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, join, parse, resolve } from 'node:path';
import { readError } from '../core/error';
import { formatCount } from '../core/count';
import { settingsText, yardstickOf } from '../report/yardstick';
import { formatRatio } from '../runs/units';
import { isRun, readRecord, readState } from '../runs/folder';
import { pipelineOf } from '../runs/pipelineFile';
import { parseSweep, sweepExtension, type Sweep, type SweepSummary } from '../runs/sweepFile';
import { UsageError, type Command, type Parsed } from './command';
import { compress } from './compress';
import { engineFlag, overruled } from './engine';
import { passListFlags, passesOf } from './passFlags';
import { runJob } from './runJob';
import { textTable } from './table';
import { train } from './train';

/** How a dataset is trained; a run says it itself. */
const trainingFlags = Object.fromEntries(
  ['architecture', 'target', 'epochs'].map((name) => [name, train.flags[name]]),
);

/** What a sweep file says instead. */
const valueFlags = {
  ...passListFlags,
  ...trainingFlags,
  'no-fine-tune': compress.flags['no-fine-tune'],
};

export const sweep: Command = {
  usage: 'sweep FILE.kolmo-sweep.json|DATASET|RUN',
  summary:
    'Trains and compresses every combination of a sweep file, or of the values of the flags of passes, on all cores; goes on where it was interrupted.',
  operands: ['FILE.kolmo-sweep.json|DATASET|RUN'],
  flags: {
    ...valueFlags,
    engine: engineFlag,
    workers: {
      type: 'number',
      description: 'Combinations at a time.',
      default: 'one for each core',
      minimum: 1,
      integer: true,
    },
    out: { type: 'text', description: 'Folder of the sweep.' },
  },
  async run({ operands: [subject], out, ...parsed }) {
    const base = resolve(subject);
    if (!existsSync(base)) throw new UsageError(`${subject} is not there.`);
    const isFile = subject.endsWith(sweepExtension);
    const { given } = parsed;
    const asked = await (isFile ? sweepOfFile(subject, given) : sweepOfFlags(subject, given));
    const { wanted, modules } = overruled(asked, subject, parsed);
    const workers = given.get('workers') as number | undefined;
    const name = isFile ? basename(base).replace(sweepExtension, '') : parse(base).name;
    const folder = resolve(out ?? join('.kolmo', 'sweeps', name));
    return runJob({ type: 'sweep', sweep: wanted, base, folder, workers, modules }, parsed);
  },
  print(result) {
    const { points, file } = result as SweepSummary;
    const yardstick = yardstickOf(points);
    const rows = points
      .toSorted((a, b) => (a.bytes ?? Infinity) - (b.bytes ?? Infinity))
      .map((point) => {
        const { bytes, ratio, problem } = point;
        const value = yardstick.of(point);
        return [
          settingsText(point),
          bytes === undefined ? '' : formatCount(bytes),
          ratio === undefined ? '' : formatRatio(ratio),
          value === undefined ? '' : yardstick.format(value),
          problem ?? '',
        ];
      });
    return `${textTable(['settings', 'bytes', 'ratio', yardstick.name, ''], rows)}${file}\n`;
  },
};

async function sweepOfFile(file: string, given: Parsed['given']): Promise<Sweep> {
  const flag = [...given.keys()].find((name) => name in valueFlags);
  if (flag) throw new UsageError(`--${flag} is for a dataset or a run; write it into ${file}.`);
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw new UsageError(readError(error, file).message);
  });
  return parseSweep(text, file);
}

/** The sweep of a dataset, or of a run's pipeline, over the values that the flags of the passes have. */
async function sweepOfFlags(subject: string, given: Parsed['given']): Promise<Sweep> {
  const asked = passesOf(given);
  if (asked.length === 0) {
    throw new UsageError('A sweep needs values of a pass, as in --prune 0.8,0.9,0.95.');
  }
  const passes = asked.map(({ name, options }) => ({
    pass: name,
    ...options,
    ...(given.has('no-fine-tune') && { fineTune: false }),
  })) as Sweep['passes'];
  const path = resolve(subject);
  if (isRun(path)) {
    const flag = Object.keys(trainingFlags).find((name) => given.has(name));
    if (flag) throw new UsageError(`--${flag} is for a dataset; a run is trained as it was.`);
    return { ...pipelineOf(await readRecord(path), await readState(path), path), passes };
  }
  const { architecture, target, epochs } = Object.fromEntries(given);
  return {
    dataset: basename(path),
    ...(target !== undefined && { preprocessing: { target: target as string } }),
    ...(architecture !== undefined && { architecture: architecture as string }),
    ...(epochs !== undefined && { training: { epochs: epochs as number } }),
    passes,
  };
}
