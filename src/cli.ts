#!/usr/bin/env node
/** `kolmo …`: the same jobs without VS Code. Exit code 0, 1 (failed: one sentence on stderr) or 2 (wrong usage). */
import { KolmoError } from './core/error';
import { parseCommand, UsageError, type Command } from './cli/command';
import { analyse } from './cli/analyse';
import { compare } from './cli/compare';
import { compress } from './cli/compress';
import { diff } from './cli/diff';
import { explain } from './cli/explain';
import { inspect } from './cli/inspect';
import { program } from './cli/program';
import { report } from './cli/report';
import { run } from './cli/run';
import { runs } from './cli/runs';
import { surprisal } from './cli/surprisal';
import { sweep } from './cli/sweep';
import { train } from './cli/train';
import { unpack } from './cli/unpack';
import { verify } from './cli/verify';
import { commandHelp, overview, roomOf } from './cli/help';
import { version } from '../package.json';

const commands: Record<string, Command> = {
  train,
  compress,
  run,
  analyse,
  sweep,
  program,
  verify,
  surprisal,
  inspect,
  explain,
  diff,
  unpack,
  report,
  runs,
  compare,
};

const room = roomOf(process.stdout);

const commandOf = (name: string): Command | undefined =>
  Object.hasOwn(commands, name) ? commands[name] : undefined;

async function main([name, ...rest]: string[]): Promise<number> {
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    if (name === 'help' && rest[0] !== undefined) return main([rest[0], '--help']);
    process.stdout.write(overview(commands, room));
    return name === undefined ? 2 : 0;
  }
  if (name === '--version') {
    process.stdout.write(`${version}\n`);
    return 0;
  }
  try {
    const command = commandOf(name);
    if (!command) {
      throw new UsageError(
        `There is no command ${name}: choose one of ${Object.keys(commands).join(', ')}.`,
      );
    }
    const parsed = parseCommand(command, rest);
    if (parsed.help) {
      process.stdout.write(commandHelp(name, command, room));
      return 0;
    }
    const result = await command.run(parsed);
    process.stdout.write(parsed.json ? `${JSON.stringify(result)}\n` : command.print(result));
    return command.failed?.(result) ? 1 : 0;
  } catch (error) {
    return complain(error, name);
  }
}

function complain(error: unknown, name: string): number {
  if (error instanceof UsageError) {
    const shown = commandOf(name) ? `${name} ` : '';
    process.stderr.write(`${error.message}\nSee kolmo ${shown}--help.\n`);
    return 2;
  }
  if (error instanceof KolmoError) {
    process.stderr.write(`${error.message}\n`);
    return 1;
  }
  const { stack, message } = error as Error;
  process.stderr.write(`${stack ?? message}\n`);
  return 1;
}

process.stdout.on('error', ({ code, message }: NodeJS.ErrnoException) => {
  // Whoever reads only the beginning, as `head` does, has what it wanted.
  if (code === 'EPIPE') process.exit(0);
  const why = code === 'ENOSPC' || code === 'EDQUOT' ? 'the disk is full' : message;
  process.stderr.write(`The result could not be written to standard output: ${why}.\n`);
  process.exit(1);
});

void main(process.argv.slice(2)).then((code) => (process.exitCode = code));
