/** `kolmo compress RUN|MODEL`: its flags are the table of passes. */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { passDescriptions } from '../core/compress/descriptions';
import type { PassDescription, PassName, PassOptions } from '../core/compress/pass';
import { flagName } from '../core/report/reproduce';
import type { CompressSummary } from '../jobs/compress';
import { runFolderFor } from '../runs/folder';
import { formatBytes, formatCount, formatPercent, formatRatio, formatSeconds } from '../runs/units';
import { UsageError, type Command, type Flag, type Parsed } from './command';
import { runJob } from './runJob';
import { textTable } from './table';

/** Without flags: what a model loses least by. */
const usualPasses: PassName[] = ['prune', 'share'];

export const compress: Command = {
  usage: 'compress RUN|MODEL',
  summary: `Applies passes in the order of their flags and packs the model. Without any: ${usualPasses.join(', then ')}.`,
  operands: ['RUN|MODEL'],
  flags: {
    ...Object.assign({}, ...Object.values<PassDescription>(passDescriptions).map(passFlags)),
    'no-fine-tune': { type: 'switch', description: 'Do not train on after a pass.' },
  },
  async run({ operands: [subject], given, seed, threads, out, ...parsed }) {
    const path = resolve(subject);
    if (!existsSync(path)) throw new UsageError(`${subject} is not there.`);
    const isRun = existsSync(join(path, 'run.json'));
    if (isRun && out !== undefined) {
      throw new UsageError('--out is for a model file; a run is compressed in its own folder.');
    }
    const folder = out
      ? resolve(out)
      : runFolderFor(process.cwd(), { dataset: path, architecture: 'packed', date: new Date() });
    return runJob<CompressSummary>(
      {
        type: 'compress',
        run: path,
        ...(!isRun && { out: folder }),
        passes: passesOf(given),
        fineTune: !given.has('no-fine-tune'),
        seed,
        threads,
      },
      parsed,
    );
  },
  print: printCompressed,
};

/** What a person is told of a model that was compressed. */
export function printCompressed(result: object): string {
  const { run, stages, file, bytes, ratio, testError } = result as CompressSummary;
  const percent = (error: number | undefined): string =>
    error === undefined ? '' : formatPercent(error);
  const rows = stages.map((stage) => [
    passDescriptions[stage.name].title,
    formatCount(stage.bytes),
    percent(stage.testError),
    formatSeconds(stage.seconds),
  ]);
  const quality = testError === undefined ? '' : `, test error ${percent(testError)}`;
  return [
    textTable(['pass', 'bytes', 'test error', 'time'], rows),
    `${file}: ${formatBytes(bytes)}, ${formatRatio(ratio)}${quality}\n`,
    `${join(run, 'report.md')}\n`,
  ].join('');
}

function passFlags({
  name,
  title,
  setting,
  defaults,
  choices,
}: PassDescription): Record<string, Flag> {
  const own: Flag = {
    type: 'number',
    description: `${title}: ${setting.prompt}`,
    default: setting.default,
    minimum: setting.minimum,
    maximum: setting.maximum,
    integer: setting.integer,
  };
  const further = Object.entries(defaults).map(([option, usual]): [string, Flag] => [
    `${flagName(name)}-${flagName(option)}`,
    {
      type: typeof usual === 'number' ? 'number' : 'text',
      description: `${title}: ${option}.`,
      default: usual === '' ? 'none' : String(usual),
      values: typeof usual === 'boolean' ? ['true', 'false'] : choices?.[option],
    },
  ]);
  return { [flagName(name)]: own, ...Object.fromEntries(further) };
}

/** The passes in the order in which their flags were given, a further option counting as its pass. */
export function passesOf(given: Parsed['given']): { name: PassName; options: PassOptions }[] {
  const passes = new Map<PassName, PassOptions>();
  for (const [flag, value] of given) {
    for (const { name, setting, defaults } of Object.values<PassDescription>(passDescriptions)) {
      const option =
        flag === flagName(name)
          ? setting.name
          : Object.keys(defaults).find((each) => flag === `${flagName(name)}-${flagName(each)}`);
      if (option === undefined) continue;
      const typed = typeof defaults[option] === 'boolean' ? value === 'true' : value;
      passes.set(name, { ...passes.get(name), [option]: typed });
    }
  }
  if (passes.size === 0) return usualPasses.map((name) => ({ name, options: {} }));
  return [...passes].map(([name, options]) => ({ name, options }));
}
