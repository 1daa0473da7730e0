/** Starts the TensorBoard that the user has installed, on a port that the system chooses. */
import { spawn } from 'node:child_process';
import { homedir } from 'node:os';
import { KolmoError } from '../core/error';

export interface TensorBoardServer {
  url: string;
  stop(): void;
  /** Resolves when the process has ended, whoever ended it. */
  ended: Promise<void>;
}

/** Python takes this long to load TensorBoard on a slow disk, in milliseconds. */
const patience = 60_000;

/**
 * Serves a folder of event files.
 * @param pythons interpreters to ask for the package in turn; what the PATH calls `tensorboard` is tried last
 * @throws KolmoError with the command that installs TensorBoard where none of them has it
 */
export async function startTensorBoard(
  folder: string,
  pythons: string[],
): Promise<TensorBoardServer> {
  const commands = [
    ...pythons.map((python) => [python, '-m', 'tensorboard.main']),
    ['tensorboard'],
  ];
  for (const command of commands) {
    const server = await serve(command, folder);
    if (server) return server;
  }
  const [first = 'python3'] = pythons;
  throw new KolmoError(
    `TensorBoard is not installed: install it with \`${installCommand(first)}\` and open it again. Looked for by ${commands.map(([name]) => name).join(', ')}.`,
  );
}

const installCommand = (python: string): string =>
  `${/\s/.test(python) ? `"${python}"` : python} -m pip install tensorboard`;

/** Nothing where the command or its package is not there. */
function serve(
  [program, ...words]: string[],
  folder: string,
): Promise<TensorBoardServer | undefined> {
  const child = spawn(
    program,
    [...words, '--logdir', folder, '--host', 'localhost', '--port', '0', '--reload_interval', '5'],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
      // Python would import what lies in the folder that it is started in.
      cwd: homedir(),
      env: { ...process.env, PYTHONSAFEPATH: '1' },
    },
  );
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  return new Promise((resolve, reject) => {
    let said = '';
    const timer = setTimeout(() => {
      child.kill();
      reject(new KolmoError(`TensorBoard (${program}) did not start within a minute.`));
    }, patience);
    const listen = (chunk: Buffer): void => {
      said = (said + chunk.toString()).slice(-4000);
      const url = /TensorBoard \S+ at (https?:\/\/\S+)/.exec(said)?.[1];
      if (!url) return;
      clearTimeout(timer);
      resolve({ url, stop: () => child.kill(), ended });
    };
    child.stdout.on('data', listen);
    child.stderr.on('data', listen);
    child.on('error', ({ message, code }: NodeJS.ErrnoException) => {
      clearTimeout(timer);
      if (code === 'ENOENT') resolve(undefined);
      else reject(new KolmoError(`TensorBoard (${program}) could not be started: ${message}.`));
    });
    child.on('close', (code) => {
      clearTimeout(timer);
      // An interpreter that lacks the package says so and ends with 1.
      if (/No module named '?tensorboard/.test(said)) resolve(undefined);
      const words = said.trim().split('\n').at(-1) ?? '';
      reject(new KolmoError(`TensorBoard (${program}) ended (exit code ${code}): ${words}`));
    });
  });
}
