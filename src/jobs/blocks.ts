/** Codes the blocks of a large file on several threads, each of which reads its own part of the file. */
import { access, constants, open, stat } from 'node:fs/promises';
import type { BlockCoder, Source } from '../core/program/blocks';
import { pagesOf } from '../core/program/model/engine';
import { KolmoError, readError } from '../core/error';
import { fitting, heap, startThread, type FromBlock, type Thread } from './threads';

/** Per byte of the block the bits that it cost. */
const perByte = 5;

/** Of a file, or of bytes, gives the same blocks whatever the number of threads, of which there are fewer where memory is short. */
export function threadedCoder(whole: string | Uint8Array, threads: number): BlockCoder {
  return async function* (tasks) {
    const total = tasks.reduce((sum, { from, to }) => sum + to - from, 0);
    const note = tasks.length === 1 ? 'Predicting' : `Predicting ${tasks.length} blocks`;
    const done = tasks.map(() => 0);
    const told = createQueue<(FromBlock & { index: number }) | Error>();
    const started: Thread[] = [];
    // Each block has a thread of its own, with which all of its memory goes.
    const startNext = (): void => {
      const index = started.length;
      if (index >= tasks.length) return;
      const task = tasks[index];
      const from = typeof whole === 'string' ? whole : whole.slice(task.from, task.to);
      const thread = startThread<FromBlock>((message) =>
        told.put(message instanceof Error ? message : { ...message, index }),
      );
      thread.send({ type: 'block', from, task });
      started.push(thread);
    };
    try {
      const [{ model, room }] = tasks;
      const bytes = heap + perByte * room + 65536 * pagesOf(model, room);
      for (let k = fitting(threads, bytes); k > 0; k--) startNext();
      for (let left = tasks.length; left > 0;) {
        const message = await told.take();
        if (message instanceof Error) throw message;
        if (message.type === 'refused') throw new KolmoError(message.message);
        const { from, to } = tasks[message.index];
        done[message.index] = message.type === 'done' ? message.bytes : to - from;
        yield { type: 'progress', done: done.reduce((a, b) => a + b), total, note };
        if (message.type === 'done') continue;
        left--;
        await started[message.index].end();
        startNext();
        yield message;
      }
    } finally {
      await Promise.all(started.map((thread) => thread.end()));
    }
  };
}

/** What is put in is taken out in the same order by one who waits for it. */
function createQueue<Item>(): { put(item: Item): void; take(): Promise<Item> } {
  const items: Item[] = [];
  let wake = (): void => {};
  return {
    put(item) {
      items.push(item);
      wake();
    },
    async take() {
      while (items.length === 0) await new Promise<void>((resolve) => (wake = resolve));
      return items.shift()!;
    },
  };
}

/**
 * The file for whoever reads it in parts; it is opened for each of them, so that nothing has to be closed.
 * @throws KolmoError with a sentence, here and when it is read
 */
export async function openSource(path: string): Promise<Source> {
  const refuse = (error: Error): never => {
    throw readError(error, path);
  };
  const found = await stat(path).catch(refuse);
  if (!found.isFile())
    throw new KolmoError(`${path} is not a file: name one, since a program prints a single file.`);
  await access(path, constants.R_OK).catch(refuse);
  const { size } = found;
  return {
    length: size,
    read: (offset, length) => readPart(path, offset, Math.min(length, size - offset)),
  };
}

/** @throws KolmoError where the file has not so many bytes */
export async function readPart(path: string, offset: number, length: number): Promise<Uint8Array> {
  const file = await open(path).catch((error: Error) => {
    throw readError(error, path);
  });
  try {
    const bytes = new Uint8Array(length);
    for (let filled = 0; filled < length;) {
      const { bytesRead } = await file.read(bytes, filled, length - filled, offset + filled);
      if (bytesRead === 0) {
        throw new KolmoError(
          `${path} became shorter while it was read. Write the program again when the file is at rest.`,
        );
      }
      filled += bytesRead;
    }
    return bytes;
  } finally {
    await file.close();
  }
}
