/** Starts a job process, streams what happens, stops it; used by the extension host and the CLI alike. */
import { fork, type ChildProcess } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { KolmoError } from '../core/error';
import type { RunEvent, StampedEvent } from '../runs/events';
import { openHistory } from '../runs/history';
import { isStopUnheard, jobFiles, requestStop, runOwner } from '../runs/lock';
import type { FailureReason, FromWorker, JobRequest, ToWorker } from './protocol';
import { endOf, runOf } from './request';
import type { ResultOf } from './results';

/** Why a job has no result. */
export class JobError extends KolmoError {
  constructor(
    readonly reason: FailureReason,
    message: string,
  ) {
    super(message);
  }
}

export interface Job<Result = unknown> {
  /** The job's result; rejects with a JobError when it fails, is stopped too early to have one, or dies. */
  result: Promise<Result>;
  /** Asks for an end at the next batch, and kills a process that does not hear it in time. */
  stop(): void;
  /** Id of the job process. */
  pid: number | undefined;
}

export interface JobOptions {
  /** Path of the worker bundle. */
  worker: string;
  /** Everything that happens, in order, a `done` or `error` last. */
  onMessage?: (message: FromWorker) => void;
  /** Milliseconds that a job has to hear a stop before it is killed. */
  patience?: number;
  /** The job goes on when this process ends, as a training does when a window is reloaded. */
  outlivesHost?: boolean;
}

/** Starts a job in a process of its own, which a crash or a kill cannot take this one down with. */
export function startJob<Request extends JobRequest>(
  request: Request,
  { worker, onMessage = () => {}, patience = 3000, outlivesHost = false }: JobOptions,
): Job<ResultOf<Request>> {
  const child = fork(worker, outlivesHost ? ['--outlives-host'] : [], {
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    serialization: 'advanced',
    // A debugger of the host must not wait for its children, nor may an editor's own setting reach them.
    execArgv: [],
    env: { ...process.env, ELECTRON_RUN_AS_NODE: '1' },
  });
  let stopping = false;
  let ended = false;
  let killer: NodeJS.Timeout | undefined;
  const result = new Promise<ResultOf<Request>>((resolve, reject) => {
    let last: Extract<FromWorker, { type: 'done' | 'error' }> | undefined;
    let complaint = '';
    child.stderr!.on('data', (chunk: Buffer) => {
      complaint = (complaint + chunk.toString()).slice(-4000);
    });
    child.on('message', (message: FromWorker) => {
      if (message.type === 'done' || message.type === 'error') {
        last = message;
        return;
      }
      // Who has heard the wish may take the time to keep the model.
      if (message.type === 'stopping') clearTimeout(killer);
      onMessage(message);
    });
    child.on('error', (error) => {
      reject(new JobError('broken', `The job process could not be started: ${error.message}.`));
    });
    child.on('close', (code, signal) => {
      ended = true;
      clearTimeout(killer);
      const end = last ?? died({ request, code, signal, stopping, complaint, onMessage });
      onMessage(end);
      // The table of jobs holds that a request is answered so.
      if (end.type === 'done') resolve(end.result as ResultOf<Request>);
      else reject(new JobError(end.reason, end.message));
    });
  });
  // Whoever wants the result awaits it; a job that nobody awaits must not end its host.
  result.catch(() => {});
  send(child, { type: 'start', request });
  return {
    result,
    pid: child.pid,
    stop() {
      if (stopping || ended) return;
      stopping = true;
      send(child, { type: 'stop' });
      killer = setTimeout(() => child.kill('SIGKILL'), patience);
    },
  };
}

/**
 * Asks a job that another process started, and that still works on the run, to stop, as after a window reload. It is never
 * signalled: a folder may have come from anywhere, and what it says of a process is no proof.
 * @param onUnheard is told what to do where the job has not heard it in time
 * @returns false where nobody works on the run
 */
export function stopRun(
  run: string,
  onUnheard: (sentence: string) => void,
  { patience = 30_000 } = {},
): boolean {
  if (!requestStop(run)) return false;
  setTimeout(() => {
    if (!isStopUnheard(run)) return;
    onUnheard(
      `The job that works on ${run} (process ${runOwner(run)}) has not heard the wish to stop: wait until it does, or end that process in the system's list of processes; what it had finished is kept.`,
    );
  }, patience).unref();
  return true;
}

/** Marks a run whose job has died without a word, so that it does not look as if it still went on. */
export function markInterrupted(run: string, reason: string): void {
  markEnded(run, { type: 'interrupted', message: interruption(run, reason) });
}

function interruption(run: string, reason: string): string {
  return `${reason} ${
    existsSync(join(run, 'checkpoint'))
      ? 'Start the training again on this run to go on from its last checkpoint.'
      : 'What it had finished before is kept; start it again to repeat the rest.'
  }`;
}

/** Writes the last event of a job that could not write it itself. */
export function markEnded(run: string, event: RunEvent): StampedEvent {
  const stamped = { ...event, at: Date.now() / 1000 };
  for (const name of jobFiles) rmSync(join(run, name), { force: true });
  const history = openHistory(run);
  history.append([stamped]);
  history.close();
  return stamped;
}

interface Death {
  request: JobRequest;
  code: number | null;
  signal: NodeJS.Signals | null;
  stopping: boolean;
  complaint: string;
  onMessage: (message: FromWorker) => void;
}

function died({
  request,
  code,
  signal,
  stopping,
  complaint,
  onMessage,
}: Death): Extract<FromWorker, { type: 'error' }> {
  const failure = { type: 'error', reason: stopping ? 'stopped' : 'broken' } as const;
  const how = signal ? `was killed (${signal})` : `ended unexpectedly (exit code ${code})`;
  const words = stopping
    ? 'The job did not stop in time and was ended.'
    : `The job process ${how}${lastLine(complaint)}.`;
  const run = runOf(request);
  if (run === undefined || !existsSync(join(run, 'events.jsonl'))) {
    return { ...failure, message: words };
  }
  try {
    const message = request.type === 'analyse' ? words : interruption(run, words);
    const event = markEnded(run, endOf(request, { type: 'interrupted', message }));
    onMessage({ type: 'events', events: [event] });
    return { ...failure, message };
  } catch (error) {
    return { ...failure, message: `${words} ${(error as Error).message}` };
  }
}

function lastLine(complaint: string): string {
  const line = complaint.trim().split('\n').at(-1);
  return line ? `; its last words: ${line}` : '';
}

function send(child: ChildProcess, message: ToWorker): void {
  // A child that has just died cannot be told; its end is reported by 'close'.
  if (child.connected) child.send(message, () => {});
}
