/** The contract of a command, and how its words on the command line are read. */
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { isWithin, rangeText, seedRange, threadRange, type Range } from '../runs/range';
import type { WordSchema } from '../runs/schema';

export interface Flag extends Range {
  /** A `boolean` is given as true or false, a `switch` by being there. */
  type: 'number' | 'text' | 'boolean' | 'switch';
  /** One sentence for the help. */
  description: string;
  /** Shown in the help. */
  default?: string | number;
  /** The only values that a text may have. */
  values?: readonly string[];
  /** Takes several values, separated by commas: what is given is an array. */
  several?: boolean;
}

export type FlagValue = string | number | boolean | FlagValue[];

export interface Command {
  /** `train DATASET`: what stands after `kolmo`. */
  usage: string;
  /** One sentence. */
  summary: string;
  /** Names of what stands without a flag; `…` at the end of the last allows several. */
  operands: string[];
  flags: Record<string, Flag>;
  /** Gives what --json prints. */
  run(parsed: Parsed): Promise<object>;
  /** The same for a person; ends with a newline, or is empty. */
  print(result: object): string;
  /** Whether a result means failure although nothing went wrong, as when a program does not reproduce its file. */
  failed?(result: object): boolean;
}

export interface Parsed {
  operands: string[];
  /** Flags that were given, in the order in which they were given. */
  given: Map<string, FlagValue>;
  json: boolean;
  quiet: boolean;
  help: boolean;
  threads: number;
  seed: number;
  out?: string;
}

/** Wrong words on the command line; the sentence says which and what was expected. */
export class UsageError extends Error {
  override name = 'UsageError';
}

/** `--out` is a flag of those commands that write something. */
export const commonFlags: Record<string, Flag> = {
  seed: {
    type: 'number',
    description: 'Seed of all chance.',
    default: 1,
    integer: true,
    ...seedRange,
  },
  threads: {
    type: 'number',
    description: 'Threads to compute on.',
    default: 'all but one',
    integer: true,
    ...threadRange,
  },
  json: { type: 'switch', description: 'Print one JSON object on stdout and nothing else there.' },
  quiet: { type: 'switch', description: 'Show no progress.' },
  help: { type: 'switch', description: 'Show this help.' },
};

/** The flag that says what one property of a file may say. */
export function flagOf(schema: WordSchema): Flag {
  const { description, default: usual } = schema;
  // A share such as 1/12 in as many digits as say something.
  const shown = typeof usual === 'number' ? +usual.toPrecision(3) : usual;
  if (schema.type === 'string') {
    return { type: 'text', description, default: shown, values: schema.enum };
  }
  const { minimum, maximum, exclusiveMinimum, type } = schema;
  const range = { minimum, maximum, exclusiveMinimum, integer: type === 'integer' };
  return { type: 'number', description, default: shown, ...range };
}

/** Reads the words after the command's name. Throws a UsageError that names the wrong one. */
export function parseCommand(command: Command, words: string[]): Parsed {
  const flags = { ...command.flags, ...commonFlags };
  const { tokens } = parseArgs({
    args: words.map((word) => (word === '-h' ? '--help' : word)),
    options: Object.fromEntries(
      Object.entries(flags).map(([name, { type }]) => [
        name,
        { type: type === 'switch' ? 'boolean' : 'string' } as const,
      ]),
    ),
    allowPositionals: true,
    strict: false,
    tokens: true,
  });
  const operands: string[] = [];
  const given = new Map<string, FlagValue>();
  for (const token of tokens) {
    if (token.kind === 'positional') operands.push(token.value);
    if (token.kind !== 'option') continue;
    const flag = Object.hasOwn(flags, token.name) ? flags[token.name] : undefined;
    if (!flag) {
      throw new UsageError(
        `There is no flag ${token.rawName}: ${meantAmong(token.name, Object.keys(flags))}`,
      );
    }
    given.set(token.name, valueOf(token.name, flag, token.value));
  }
  const help = given.has('help');
  if (!help) checkOperands(command, operands);
  return {
    operands,
    given,
    help,
    json: given.has('json'),
    quiet: given.has('quiet'),
    threads: (given.get('threads') as number | undefined) ?? defaultThreads(),
    seed: (given.get('seed') as number | undefined) ?? 1,
    ...(given.has('out') && { out: given.get('out') as string }),
  };
}

/** Which flags somebody who mistyped may have meant; where none is near, which there are. */
function meantAmong(typed: string, names: string[]): string {
  const written = (list: string[], between: string): string =>
    list.map((name) => `--${name}`).join(between);
  const near = names.filter((name) => isNear(bare(typed), bare(name)));
  return near.length > 0
    ? `is ${written(near, ' or ')} meant?`
    : `choose among ${written(names, ', ')}.`;
}

const bare = (name: string): string => name.replaceAll('-', '').toLowerCase();

/** Whether a name was cut off, or two signs of it are wrong at most; of a short one anything would be. */
const isNear = (typed: string, name: string): boolean =>
  typed.length >= 4 && (name.startsWith(typed) || editDistance(typed, name) <= 2);

/** Letters to add, drop or change (Levenshtein). */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const above = row;
    row = [i];
    for (let j = 1; j <= b.length; j++) {
      const changed = above[j - 1] + Number(a[i - 1] !== b[j - 1]);
      row.push(Math.min(above[j] + 1, row[j - 1] + 1, changed));
    }
  }
  return row[b.length];
}

/** One core stays free for the person who waits. */
const defaultThreads = (): number => Math.max(1, availableParallelism() - 1);

function checkOperands({ operands, usage }: Command, found: string[]): void {
  const several = operands.at(-1)?.endsWith('…') ?? false;
  if (found.length < operands.length) {
    throw new UsageError(`${operands[found.length]} is missing: kolmo ${usage}.`);
  }
  if (found.length > operands.length && !several) {
    throw new UsageError(`${found[operands.length]} is one word too many: kolmo ${usage}.`);
  }
}

function valueOf(name: string, flag: Flag, text: string | undefined): FlagValue {
  if (flag.type === 'switch') {
    if (text !== undefined) throw new UsageError(`--${name} takes no value.`);
    return true;
  }
  if (text === undefined || text === '') {
    throw new UsageError(`--${name} needs a value: ${flag.description}`);
  }
  if (flag.several) {
    return text.split(',').map((each) => valueOf(name, { ...flag, several: false }, each.trim()));
  }
  if (flag.type === 'boolean') {
    if (text !== 'true' && text !== 'false') {
      throw new UsageError(`--${name} is true or false, not ${text}.`);
    }
    return text === 'true';
  }
  if (flag.type === 'text') {
    if (flag.values && !flag.values.includes(text)) {
      throw new UsageError(`--${name} is ${flag.values.join(' or ')}, not ${text}.`);
    }
    return text;
  }
  const number = Number(text);
  if (!isWithin(number, flag)) {
    throw new UsageError(`--${name} is ${rangeText(flag)}, not ${text}.`);
  }
  return number;
}
