/** The commands that make a run again. */
import type { CompressRequest, TrainRequest } from '../../jobs/protocol';
import type { RunRecord } from '../../runs/folder';
import { passDescriptions } from '../compress/descriptions';
import type { PassDescription } from '../compress/pass';

type Flag = [name: string, value: string | number | boolean | undefined];

/** One shell command a job, with every flag that decides its bytes; they share the run folder `again`. */
export function reproduceCommands({ request, compressions }: RunRecord): string[] {
  return [request, ...compressions].map((job, i) =>
    job.type === 'train' ? trainCommand(job) : compressCommand(job, i === 0),
  );
}

function trainCommand({ dataset, data, architecture, training }: TrainRequest): string {
  return command('train', dataset, [
    ['architecture', architecture],
    ['target', data.target],
    ['epochs', training.epochs],
    ['batch-size', training.batchSize],
    ['optimizer', training.optimizer],
    ['learning-rate', training.learningRate],
    ['patience', training.patience],
    ['weight-decay', training.weightDecay],
    ['clip-norm', training.clipNorm],
    ['label-smoothing', training.labelSmoothing],
    ['validation-share', data.validationShare],
    ['test-share', data.testShare],
    ['seed', training.seed],
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

/** Quotes for a POSIX shell, where quotes are needed. */
function quote(text: string): string {
  return /^[\w./:=@%+-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
