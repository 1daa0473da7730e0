/** The commands that make a run again. */
import type { CompressRequest, TrainRequest } from '../runs/runRequests';
import type { RunRecord } from '../runs/folder';
import { formatPipeline, pipelineOf } from '../runs/pipelineFile';
import type { RunState } from '../runs/state';
import { trainSettings } from '../runs/trainSettings';
import { passDescriptions } from '../core/compress/descriptions';
import type { PassDescription } from '../core/compress/pass';
import { trainDefaults } from '../core/train/options';
import { quote } from './shell';

type Flag = [name: string, value: string | number | boolean | undefined];

/** How a run is made again: shell commands that share the run folder `again`. */
export interface Reproduction {
  commands: string[];
  /** What `again.kolmo.json` holds, where the commands read it: no flag says all that the run was asked. */
  pipeline?: string;
}

/** Names everything that decides the bytes: one command a job, or the pipeline file of the run. */
export function reproduce(record: RunRecord, state: Pick<RunState, 'chain'>): Reproduction {
  const { request, compressions } = record;
  if (request.type === 'train' && !hasFlags(request)) {
    const { dataset } = request;
    const file = 'again.kolmo.json';
    const flags: Flag[] = [
      ['engine', request.engine],
      ['out', 'again'],
    ];
    return {
      commands: [command('run', file, flags)],
      pipeline: formatPipeline({ ...pipelineOf(record, state, dataset), dataset }),
    };
  }
  const commands = [request, ...compressions].map((job, i) =>
    job.type === 'train' ? trainCommand(job) : compressCommand(job, i === 0),
  );
  return { commands };
}

/** Whether flags say all that a training was asked. */
const hasFlags = ({ data, training }: TrainRequest): boolean =>
  training.schedule === undefined && data.seed === (training.seed ?? trainDefaults.seed);

function trainCommand({
  dataset,
  data,
  architecture,
  training,
  engine,
  threads,
}: TrainRequest): string {
  const chosen = Object.keys(trainSettings) as (keyof typeof trainSettings)[];
  return command('train', dataset, [
    ['architecture', architecture],
    ['target', data.target],
    ...chosen.map((name): Flag => [flagName(name), training[name]]),
    ['engine', engine],
    ['validation-share', data.validationShare],
    ['test-share', data.testShare],
    ['seed', training.seed],
    ['threads', threads],
    ['out', 'again'],
  ]);
}

function compressCommand(job: CompressRequest, fromFile: boolean): string {
  const flags = job.passes.flatMap(({ name, options }) => {
    const { setting, defaults }: PassDescription = passDescriptions[name];
    const { [setting.name]: value = setting.default, ...rest } = options;
    return [
      [flagName(name), value] as Flag,
      ...Object.entries(rest)
        .filter(([option, each]) => each !== defaults[option])
        .map(([option, each]): Flag => [`${flagName(name)}-${flagName(option)}`, String(each)]),
    ];
  });
  return command('compress', fromFile ? job.run : 'again', [
    ...flags,
    ['seed', job.seed],
    ['threads', job.threads],
    ...(job.fineTune ? [] : [['no-fine-tune', true] as Flag]),
    ...(fromFile ? [['out', 'again'] as Flag] : []),
  ]);
}

function command(name: string, subject: string, flags: Flag[]): string {
  const words = flags.flatMap(([flag, value]) => {
    if (value === undefined || value === false) return [];
    return value === true ? [`--${flag}`] : [`--${flag} ${quote(String(value))}`];
  });
  return ['kolmo', name, quote(subject), ...words].join(' ');
}

/** `inputChannels` is the flag `input-channels`. */
export function flagName(option: string): string {
  return option.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
