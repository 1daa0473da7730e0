/** What `--help` says, written from the commands themselves. */
import { rangeText } from '../runs/range';
import { commonFlags, type Command, type Flag } from './command';

export function overview(commands: Record<string, Command>): string {
  const rows = Object.values(commands).map(({ usage, summary }): [string, string] => [
    usage,
    summary,
  ]);
  return [
    'kolmo: train on your data, compress the model, find the shorter program, and see every byte.',
    '',
    ...columns(rows),
    '',
    'kolmo COMMAND --help tells the flags of a command.',
    '',
  ].join('\n');
}

export function commandHelp(name: string, command: Command): string {
  const own = Object.entries(command.flags).map(flagRow);
  const common = Object.entries(commonFlags)
    .filter(([flag]) => !(flag in command.flags))
    .map(flagRow);
  return [
    `kolmo ${command.usage} [flags]`,
    '',
    command.summary,
    '',
    ...(own.length > 0 ? [`Flags of ${name}:`, ...columns(own), ''] : []),
    'Flags of every command:',
    ...columns(common),
    '',
  ].join('\n');
}

function flagRow([name, flag]: [string, Flag]): [string, string] {
  const value = {
    number: ' N',
    text: flag.values ? ` ${flag.values.join('|')}` : ' TEXT',
    boolean: ' true|false',
    switch: '',
  };
  const several = flag.several ? ',…' : '';
  const least = flag.minimum ?? flag.exclusiveMinimum;
  const limits = least === undefined ? '' : ` (${rangeText(flag)})`;
  const usual = flag.default === undefined ? '' : ` Default: ${flag.default}.`;
  return [
    `--${name}${value[flag.type]}${several}`,
    `${flag.description.replace(/\.$/, '')}${limits}.${usual}`,
  ];
}

function columns(rows: [string, string][]): string[] {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`);
}
