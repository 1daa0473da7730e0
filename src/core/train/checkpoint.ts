/** Everything that the rest of a training run depends on, as bytes: a resumed run equals an uninterrupted one. */
import { KolmoError } from '../error';

export interface Checkpoint {
  /** What must be the same for the checkpoint to make sense: architecture and settings, as JSON. */
  identity: string;
  epoch: number;
  /** Batches of this epoch that are done. */
  batch: number;
  /** State of the generator before it shuffled this epoch. */
  shuffleState: number;
  /** State of the generator of noise and image shifts. */
  noiseState: number;
  optimizerUpdates: number;
  /** Sums since the last point on the curve, and since the epoch began. */
  point: Sum;
  epochSum: Sum;
  /** Mean loss of the last whole epoch; absent before the end of the first. */
  epochLoss?: number;
  bestLoss: number;
  bestEpoch: number;
  arrays: {
    /** As they lie while they are trained (see `turned.ts`), like the moments. */
    parameters: Float32Array;
    moments: Float32Array;
    /** Parameters with the best validation loss so far; empty before the first validation. */
    best: Float32Array;
  };
}

export interface Sum {
  steps: number;
  loss: number;
  error?: number;
}

const magic = 'KOLMOCP2';

/** Magic, length of the JSON header (uint32, little endian), header, then the arrays as float32. */
export function encodeCheckpoint({ arrays, ...state }: Checkpoint): Uint8Array {
  const names = Object.keys(arrays) as (keyof Checkpoint['arrays'])[];
  const lengths = names.map((name) => arrays[name].length);
  const header = new TextEncoder().encode(
    JSON.stringify({ ...state, bestLoss: String(state.bestLoss), names, lengths }),
  );
  const bytes = new Uint8Array(12 + header.length + 4 * lengths.reduce((a, b) => a + b, 0));
  bytes.set(new TextEncoder().encode(magic));
  new DataView(bytes.buffer).setUint32(8, header.length, true);
  bytes.set(header, 12);
  let offset = 12 + header.length;
  for (const name of names) {
    const { buffer, byteOffset, byteLength } = arrays[name];
    bytes.set(new Uint8Array(buffer, byteOffset, byteLength), offset);
    offset += byteLength;
  }
  return bytes;
}

export function decodeCheckpoint(bytes: Uint8Array): Checkpoint {
  const cut = new KolmoError(
    'The checkpoint is damaged: it is shorter than its header says. Train the run again from the start.',
  );
  if (bytes.length < 12 || new TextDecoder().decode(bytes.subarray(0, 8)) !== magic) {
    throw new KolmoError(
      'The checkpoint is not one of this version of Kolmo. Train the run again from the start.',
    );
  }
  const headerLength = new DataView(bytes.buffer, bytes.byteOffset).getUint32(8, true);
  if (bytes.length < 12 + headerLength) throw cut;
  const { names, lengths, ...state } = JSON.parse(
    new TextDecoder().decode(bytes.subarray(12, 12 + headerLength)),
  ) as Omit<Checkpoint, 'arrays' | 'bestLoss'> & {
    bestLoss: string;
    names: (keyof Checkpoint['arrays'])[];
    lengths: number[];
  };
  let offset = 12 + headerLength;
  if (bytes.length !== offset + 4 * lengths.reduce((a, b) => a + b, 0)) throw cut;
  const arrays = {
    parameters: new Float32Array(),
    moments: new Float32Array(),
    best: new Float32Array(),
  };
  names.forEach((name, i) => {
    // A copy, since the header leaves the floats unaligned.
    arrays[name] = new Float32Array(bytes.slice(offset, offset + 4 * lengths[i]).buffer);
    offset += 4 * lengths[i];
  });
  return { ...state, bestLoss: Number(state.bestLoss), arrays };
}

/** The state before the first step. */
export const beginning = (identity: string, seed: number): Checkpoint => ({
  identity,
  epoch: 0,
  batch: 0,
  shuffleState: seed,
  // Another sequence than the shuffle's.
  noiseState: seed ^ 0x9e3779b9,
  optimizerUpdates: 0,
  point: { steps: 0, loss: 0 },
  epochSum: { steps: 0, loss: 0 },
  bestLoss: Infinity,
  bestEpoch: 0,
  arrays: {
    parameters: new Float32Array(),
    moments: new Float32Array(),
    best: new Float32Array(),
  },
});

/** The state that a checkpoint holds. Throws a KolmoError when it belongs to another run. */
export function resumeFrom(bytes: Uint8Array, identity: string): Checkpoint {
  const state = decodeCheckpoint(bytes);
  if (state.identity === identity) return state;
  throw new KolmoError(
    'The checkpoint belongs to another model, dataset or other settings: ' +
      'resume with those of the run, or train from the start.',
  );
}
