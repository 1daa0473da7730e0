/** The entry of the job process: takes one request, runs it, streams its events, ends. */
import { existsSync } from 'node:fs';
import { DiskError, KolmoError } from '../core/error';
import { fileError } from '../runs/diskError';
import type { RunEvent, StampedEvent } from '../runs/events';
import { createRunFolder, isRun } from '../runs/folder';
import { openHistory } from '../runs/history';
import { lockRun } from '../runs/lock';
import type { JobContext } from './context';
import { runJob } from './jobs';
import type { FromWorker, JobRequest, ToWorker } from './protocol';
import { endOf, runOf, stoppedWithResult } from './request';
import { reportRun } from './report';
import { createStream } from './stream';
import { openEventFiles } from './tensorboard';

let stopping = false;
const outlivesHost = process.argv.includes('--outlives-host');

process.on('message', (message: ToWorker) => {
  if (message.type === 'stop') stopping = true;
  else void work(message.request).then(end, (error: unknown) => end(failure(error)));
});
process.on('SIGTERM', () => (stopping = true));
// Ctrl+C reaches the whole group of a terminal: the CLI, which is asked too, decides what it means.
process.on('SIGINT', () => {});
process.on('disconnect', () => {
  if (!outlivesHost) stopping = true;
});
// Without a host there is nobody to read the complaints.
process.stderr.on('error', () => {});

/** Runs the request and gives the last message. */
async function work(request: JobRequest): Promise<FromWorker> {
  let heard = false;
  const context: JobContext = {
    now,
    stopping() {
      if (stopping && !heard) tell({ type: 'stopping' });
      heard = stopping;
      return stopping;
    },
  };
  const send = (events: StampedEvent[]): void => tell({ type: 'events', events });
  const run = runOf(request);
  if (run === undefined) {
    const { emit } = createStream({ write: () => {}, send, now });
    return { type: 'done', result: await drain(runJob(request, context), emit) };
  }
  if (!existsSync(run)) await createRunFolder(run);
  const unlock = lockRun(run, () => (stopping = true));
  try {
    const history = openHistory(run);
    const board = openEventFiles(run, now);
    const stream = createStream({
      write: (events) => {
        history.append(events);
        board.append(events);
      },
      send,
      now,
    });
    try {
      const result = await drain(runJob(request, { ...context, board }), stream.emit);
      stream.emit(
        endOf(
          request,
          heard ? { type: 'stopped', message: stoppedWithResult } : { type: 'finished' },
        ),
      );
      if (isRun(run)) await reportRun({ run });
      return { type: 'done', result };
    } catch (error) {
      const end = failure(error);
      const event = endOf(request, { type: heard ? 'stopped' : 'failed', message: end.message });
      try {
        stream.emit(event);
      } catch {
        // The history itself cannot be written: the host still gets the sentence.
        send([{ ...event, at: now() }]);
      }
      return heard ? { ...end, reason: 'stopped' } : end;
    } finally {
      history.close();
      board.close();
    }
  } finally {
    unlock();
  }
}

/** Takes all events; every 50 ms the process's own messages get a turn, or a stop would never be heard. */
async function drain(
  job: AsyncGenerator<RunEvent, unknown>,
  emit: (event: RunEvent) => void,
): Promise<unknown> {
  let turn = now();
  for (;;) {
    const step = await job.next();
    if (step.done) return step.value;
    emit(step.value);
    if (now() - turn < 0.05) continue;
    await new Promise((resolve) => setImmediate(resolve));
    turn = now();
  }
}

/** A KolmoError is a sentence already; anything else is a defect, and says where. */
function failure(error: unknown): Extract<FromWorker, { type: 'error' }> {
  const known = fileError(error);
  if (known instanceof KolmoError) {
    const reason = known instanceof DiskError ? 'broken' : 'refused';
    return { type: 'error', reason, message: known.message };
  }
  process.stderr.write(`${known.stack}\n`);
  return { type: 'error', reason: 'broken', message: `Unexpected ${known.name}: ${known.message}` };
}

function tell(message: FromWorker): void {
  if (process.connected) process.send!(message, () => {});
}

function end(message: FromWorker): void {
  if (!process.connected) process.exit(0);
  process.send!(message, () => process.exit(0));
}

function now(): number {
  return Date.now() / 1000;
}
