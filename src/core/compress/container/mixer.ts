/** Predicts a bit from several contexts and learns from it: one adaptive probability per context, mixed in the logistic domain (PAQ). */
import { squash, stretch } from '../../coding/mixing';
import type { BitPort } from './bits';

/** Settings and state; a plain object of typed arrays, since this is the innermost loop of packing. */
export interface Mixer {
  /** Set by the caller before each bit: one cell number per context, each below `cells`. */
  contexts: Int32Array;
  cells: number;
  rate: number;
  probability: Float64Array;
  seen: Uint8Array;
  weights: Float64Array;
  logits: Float64Array;
}

export interface MixerOptions {
  contexts: number;
  /** Cells per context. */
  cells: number;
  /** Weight sets; the caller picks one per bit. */
  sets: number;
  /** Step of the weights. */
  rate: number;
}

/** A cell's step never falls below 1/limit, so that it follows what changes. */
const limit = 160;
/** The step of a cell that has seen n bits. */
const steps = Float64Array.from({ length: limit + 1 }, (_, n) => 1 / (n + 1.6));
/** How much a cell that has seen n bits is believed: few observations say little. */
const trust = Float64Array.from({ length: limit + 1 }, (_, n) => (n + 0.3) / (n + 1.8));

export function createMixer({ contexts, cells, sets, rate }: MixerOptions): Mixer {
  return {
    contexts: new Int32Array(contexts),
    cells,
    rate,
    probability: new Float64Array(contexts * cells).fill(0.5),
    seen: new Uint8Array(contexts * cells),
    weights: new Float64Array(contexts * sets).fill(1.4 / contexts),
    logits: new Float64Array(contexts),
  };
}

/** Codes one bit under `mixer.contexts` and weight set `set`; gives back the bit. */
export function mixBit(port: BitPort, mixer: Mixer, value: number, set: number): number {
  const { contexts, cells, probability, seen, weights, logits, rate } = mixer;
  const count = contexts.length;
  const first = set * count;
  let sum = 0;
  for (let k = 0; k < count; k++) {
    const cell = k * cells + contexts[k];
    const logit = stretch(probability[cell]) * trust[seen[cell]];
    logits[k] = logit;
    sum += weights[first + k] * logit;
  }
  const mixed = squash(sum);
  const p = Math.trunc(mixed * 65536);
  const bit = port.bit(value, p < 16 ? 16 : p > 65520 ? 65520 : p);
  const error = (bit - mixed) * rate;
  for (let k = 0; k < count; k++) {
    weights[first + k] += error * logits[k];
    const cell = k * cells + contexts[k];
    const n = seen[cell];
    probability[cell] += (bit - probability[cell]) * steps[n];
    if (n < limit) seen[cell] = n + 1;
  }
  return bit;
}
