/** The threads that code blocks and try models, as many as are asked for and as memory has room for. */
import { freemem } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { KolmoError } from '../core/error';
import type { BlockTask, CodedBlock } from '../core/program/blocks';
import type { Trial } from '../core/program/model/evaluate';
import { ownThread, type Trials } from '../core/program/trials';

/** What a thread is to do: code a block, which is a part of a file or these bytes, or try a model as long as nobody sets the first of `dropped`. */
export type ToThread =
  | { type: 'block'; from: string | Uint8Array; task: BlockTask }
  | { type: 'trial'; trial: Trial; dropped: Int32Array };

/** What it tells of a block: how many of its bytes are done, and in the end what they became. */
export type FromBlock =
  | { type: 'done'; bytes: number }
  | { type: 'coded'; block: CodedBlock }
  | { type: 'refused'; message: string };

/** What it tells of a trial: the bytes that the model leaves. */
export type FromTrial =
  { type: 'tried'; cost: number } | { type: 'dropped' } | { type: 'refused'; message: string };

export interface Thread {
  send(message: ToThread): void;
  end(): Promise<unknown>;
}

/** Starts a thread, which tells so much of what it is sent; what ends it before anybody does is heard as an error. */
export function startThread<From>(hear: (message: From | Error) => void): Thread {
  const worker = new Worker(join(__dirname, 'codingThread.js'));
  worker.on('error', hear);
  worker.on('message', hear);
  return {
    send: (message) => worker.postMessage(message),
    end: () => worker.terminate(),
  };
}

/** As many threads of so many bytes as were asked for and memory has room for, at least one. */
export const fitting = (threads: number, bytes: number): number =>
  Math.max(1, Math.min(threads, Math.floor(freemem() / bytes)));

/** Bytes of a thread's own heap. */
export const heap = 60e6;

/** Bytes of a thread that tries models: what the largest table and the kernel take beside the heap. */
const mostTrial = heap + 75e6;

/** A trial that runs, or waits for a thread. */
interface Waiting {
  trial: Trial;
  dropped: Int32Array;
  tell(cost: number): void;
  fail(error: Error): void;
}

/** Tries models on so many threads, which are started as they are needed and stay until they are ended. */
export function threadedTrials(threads: number): Trials & { end(): Promise<void> } {
  const atOnce = fitting(threads, mostTrial);
  if (atOnce === 1) return { ...ownThread(), end: () => Promise.resolve() };
  const started = new Set<Thread>();
  const idle: ((next: Waiting) => void)[] = [];
  const queue: Waiting[] = [];
  const start = (): void => {
    let running: Waiting | undefined;
    const thread = startThread<FromTrial>((message) => {
      const { tell, fail } = running!;
      if (message instanceof Error) {
        started.delete(thread);
        const at = idle.indexOf(run);
        if (at >= 0) idle.splice(at, 1);
        fail(message);
      } else {
        if (message.type === 'tried') tell(message.cost);
        if (message.type === 'refused') fail(new KolmoError(message.message));
        idle.push(run);
      }
      runNext();
    });
    const run = (next: Waiting): void => {
      running = next;
      const { trial, dropped } = next;
      // A copy, because a thread is sent the whole of what a part belongs to.
      const bytes = new Uint8Array(trial.bytes);
      thread.send({ type: 'trial', trial: { ...trial, bytes }, dropped });
    };
    started.add(thread);
    idle.push(run);
  };
  const runNext = (): void => {
    if (queue.length === 0) return;
    if (idle.length === 0 && started.size < atOnce) start();
    const run = idle.pop();
    if (run) run(queue.shift()!);
  };
  return {
    atOnce,
    begin(trial) {
      const dropped = new Int32Array(new SharedArrayBuffer(4));
      const cost = new Promise<number>((tell, fail) => {
        queue.push({ trial, dropped, tell, fail });
        runNext();
      });
      return {
        cost,
        drop() {
          Atomics.store(dropped, 0, 1);
          const at = queue.findIndex((waiting) => waiting.dropped === dropped);
          if (at >= 0) queue.splice(at, 1);
        },
      };
    },
    async end() {
      const ending = [...started];
      started.clear();
      idle.length = 0;
      await Promise.all(ending.map((thread) => thread.end()));
    },
  };
}
