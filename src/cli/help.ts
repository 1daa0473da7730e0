/** What `--help` says, written from the commands themselves. */
import { rangeText } from '../runs/range';
import { commonFlags, type Command, type Flag } from './command';

/** @param room columns of a line */
export function overview(commands: Record<string, Command>, room: number): string {
  const rows = Object.values(commands).map(({ usage, summary }): [string, string] => [
    usage,
    summary,
  ]);
  return [
    'kolmo: train on your data, compress the model, find the shorter program, and see every byte.',
    '',
    ...columns(rows, room),
    '',
    'kolmo COMMAND --help tells the flags of a command.',
    '',
  ].join('\n');
}

export function commandHelp(name: string, command: Command, room: number): string {
  const own = Object.entries(command.flags).map(flagRow);
  const common = Object.entries(commonFlags)
    .filter(([flag]) => !(flag in command.flags))
    .map(flagRow);
  return [
    `kolmo ${command.usage} [flags]`,
    '',
    ...wrapped(command.summary, room),
    '',
    ...(own.length > 0 ? [`Flags of ${name}:`, ...columns(own, room), ''] : []),
    'Flags of every command:',
    ...columns(common, room),
    '',
  ].join('\n');
}

function flagRow([name, flag]: [string, Flag]): [string, string] {
  const choices = flag.values?.join('|') ?? '';
  const isLong = choices.length > longestChoices;
  const value = {
    number: ' N',
    text: isLong ? ' NAME' : flag.values ? ` ${choices}` : ' TEXT',
    boolean: ' true|false',
    switch: '',
  };
  const several = flag.several ? ',…' : '';
  const least = flag.minimum ?? flag.exclusiveMinimum;
  const range = least === undefined ? '' : ` (${rangeText(flag)})`;
  const limits = isLong ? ` (${flag.values!.join(', ')})` : range;
  const usual = flag.default === undefined ? '' : ` Default: ${flag.default}.`;
  return [
    `--${name}${value[flag.type]}${several}`,
    `${flag.description.replace(/\.$/, '')}${limits}.${usual}`,
  ];
}

/** Characters of choices that the first column has room for. */
const longestChoices = 40;

/** Two columns; where the terminal leaves little room for the second, its words stand below those of the first. */
function columns(rows: [string, string][], room: number): string[] {
  const left = Math.max(...rows.map(([word]) => word.length)) + 4;
  const beside = room - left >= leastRoom;
  const indent = beside ? left : 6;
  return rows.flatMap(([word, sentence]) => {
    const lines = wrapped(sentence, Math.max(leastRoom, room - indent));
    const [first, ...others] = beside ? lines : ['', ...lines];
    return [
      `  ${word.padEnd(beside ? left - 2 : 0)}${first}`,
      ...others.map((line) => ' '.repeat(indent) + line),
    ];
  });
}

/** Columns below which a sentence is not squeezed. */
const leastRoom = 40;

/** Columns of a line; what is no terminal, as `grep`, gets each row in one line. */
export const roomOf = ({ columns: room = Infinity }: { columns?: number }): number => room - 1;

function wrapped(sentence: string, width: number): string[] {
  const lines = [''];
  for (const word of sentence.split(' ')) {
    const last = lines.length - 1;
    if (lines[last] === '') lines[last] = word;
    else if (lines[last].length + 1 + word.length <= width) lines[last] += ` ${word}`;
    else lines.push(word);
  }
  return lines;
}
