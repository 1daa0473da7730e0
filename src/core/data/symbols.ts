/** Any file as a sequence of bytes, for models that predict the next one: text by preference. */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename, extname } from 'node:path';
import { formatCount } from '../count';
import { KolmoError } from '../error';
import type { Dataset, DatasetOptions, Examples } from './dataset';
import { hashFile, openBytes } from './files';
import type { CollectEvent, DatasetDescription, Reader } from './reader';
import { nothingToTrainOn, refuseShares } from './split';

export const symbols: Reader = {
  title: 'any other file as a sequence of bytes',
  takes: 'file',
  matches: () => true,
  describe,
  collect,
};

/** Bytes that the model reads in one example. */
const window = 64;

/** Fewer windows than this cannot be split into three parts that mean anything. */
const fewestWindows = 10;

async function describe(path: string): Promise<DatasetDescription> {
  const { size } = await stat(path);
  const problem = whyTooShort(size, basename(path));
  return { kind: 'symbols', rows: Math.floor(size / window), inputShape: [window], problem };
}

function whyTooShort(size: number, name: string): string | undefined {
  const least = fewestWindows * (window + 1);
  if (size >= least) return undefined;
  return `${name} has ${size} bytes: at least ${least} are needed to learn what follows what.`;
}

/** The parts are contiguous, the test part last: what is predicted there was never read before. */
async function* collect(
  path: string,
  options: DatasetOptions,
): AsyncGenerator<CollectEvent, Dataset> {
  const name = basename(path);
  const file = yield* hashFile(path);
  const problem = whyTooShort(file.bytes, name);
  if (problem !== undefined) throw new KolmoError(problem);
  refuseShares({ validation: options.validationShare, test: options.testShare });
  const lengthOf = (share: number, of: number): number =>
    Math.max(window + 1, Math.round(share * of));
  const testStart = file.bytes - lengthOf(options.testShare, file.bytes);
  const validationStart = testStart - lengthOf(options.validationShare, testStart);
  if (validationStart <= window)
    throw nothingToTrainOn(`${formatCount(file.bytes)} bytes of ${name}`);

  const { training, test } = await countBytes(path, validationStart, testStart);
  const values = [...training.keys()].filter((byte) => training[byte] > 0);
  const unseen = test.reduce((sum, count, byte) => sum + (training[byte] === 0 ? count : 0), 0);
  // Bytes that training never saw share one more symbol.
  const count = Math.min(256, values.length + 1);
  const symbolOf = new Uint8Array(256).fill(count - 1);
  values.forEach((byte, symbol) => (symbolOf[byte] = symbol));

  const bytes = await openBytes(path, file.bytes, options.memoryBytes);
  const part = (start: number, end: number): Examples => ({
    count: Math.floor((end - start - 1) / window),
    read(indices, inputs, targets) {
      for (let row = 0; row < indices.length; row++) {
        const read = bytes.read(start + indices[row] * window, window + 1);
        for (let i = 0; i < window; i++) {
          inputs[row * window + i] = symbolOf[read[i]];
          targets[row * window + i] = symbolOf[read[i + 1]];
        }
      }
    },
  });
  return {
    name: basename(path, extname(path)),
    files: [file],
    task: { type: 'nextSymbol', symbols: count },
    inputShape: [window],
    targetSize: window,
    splits: {
      training: part(0, validationStart),
      validation: part(validationStart, testStart),
      test: part(testStart, file.bytes),
    },
    preprocessing: { type: 'symbols', window, bytes: values },
    notes: [
      `Each byte is a symbol: ${values.length} different ones in training.`,
      `Training reads the first ${validationStart} bytes, validation the next ${testStart - validationStart}, test the last ${file.bytes - testStart}.`,
      ...(unseen > 0
        ? [
            `${formatCount(unseen)} bytes of the test part never occur in training; they share one symbol.`,
          ]
        : []),
    ],
    close: () => Promise.resolve(bytes.close()),
  };
}

/** How often each byte occurs in the training part and in the test part. */
async function countBytes(
  path: string,
  trainingEnd: number,
  testStart: number,
): Promise<{ training: Float64Array; test: Float64Array }> {
  const [training, test] = [new Float64Array(256), new Float64Array(256)];
  let position = 0;
  for await (const piece of createReadStream(path, { highWaterMark: 1 << 20 })) {
    for (const byte of piece as Uint8Array) {
      if (position < trainingEnd) training[byte]++;
      else if (position >= testStart) test[byte]++;
      position++;
    }
  }
  return { training, test };
}
