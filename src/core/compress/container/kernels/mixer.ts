// Predicts a bit from several contexts and learns from it: one adaptive probability per context, mixed in the logistic domain (PAQ).

/** The host's arithmetic coder: writes the bit that it is given, or ignores it and gives the one that it reads. */
declare function codeBit(value: i32, p1: i32): i32;

/** Tables of the host's `coding/mixing.ts`, over [-12, 12] and over [0, 1]. */
const squashSteps = 4096;
const stretchSteps = 4096;
const squashLimit: f64 = 12;
const squashValues = heap.alloc((squashSteps + 2) * 8);
const stretchValues = heap.alloc(stretchSteps * 8);

/** Where the host puts the tables, doubles end to end. */
export function squashTable(): usize {
  return squashValues;
}

export function stretchTable(): usize {
  return stretchValues;
}

/** Gives every cell the logit of a probability of which nothing is known; the tables must be in place. */
export function forget(mixer: Mixer): void {
  const logit = stretch(0.5) * unchecked(trust[0]);
  const end = mixer.table + mixer.count * mixer.cells * cellBytes;
  for (let cell = mixer.table; cell < end; cell += cellBytes) store<f64>(cell, logit, cellLogit);
}

/** A cell's step never falls below 1/limit, so that it follows what changes. */
const limit = 160;
/** The step of a cell that has seen n bits. */
const steps = new StaticArray<f64>(limit + 1);
/** How much a cell that has seen n bits is believed: few observations say little. */
const trust = new StaticArray<f64>(limit + 1);
for (let n = 0; n <= limit; n++) {
  unchecked((steps[n] = 1 / (<f64>n + 1.6)));
  unchecked((trust[n] = (<f64>n + 0.3) / (<f64>n + 1.8)));
}

/** An adaptive probability of a one: how often it was asked, itself, and its logit, scaled by how much it is believed. */
const cellBytes = 24;
const cellProbability = 8;
const cellLogit = 16;

/** What one kind of bit is predicted by: a cell per context, and the weights of their votes. */
export class Mixer {
  /** Set before each bit: one cell number per context, each below `cells`. */
  contexts: StaticArray<i32>;
  weights: StaticArray<f64>;
  /** Cells [context, number]. */
  table: usize;

  /** @param sets weight sets, of which each bit uses one; `rate` is their step */
  constructor(
    public count: i32,
    public cells: i32,
    sets: i32,
    public rate: f64,
  ) {
    this.contexts = new StaticArray<i32>(count);
    this.weights = new StaticArray<f64>(count * sets);
    for (let i = 0; i < count * sets; i++) unchecked((this.weights[i] = 1.4 / <f64>count));
    this.table = heap.alloc(count * cells * cellBytes);
    for (let i = 0; i < count * cells; i++) {
      const cell = this.table + i * cellBytes;
      store<i32>(cell, 0);
      store<f64>(cell, 0.5, cellProbability);
    }
  }
}

/** Codes one bit under `mixer.contexts` and weight set `set`; gives back the bit. */
export function mixBit(mixer: Mixer, value: i32, set: i32): i32 {
  const count = mixer.count;
  const stride = mixer.cells * cellBytes;
  const contexts = changetype<usize>(mixer.contexts);
  const weights = changetype<usize>(mixer.weights) + set * count * 8;
  let sum: f64 = 0;
  for (let k = 0, table = mixer.table; k < count; k++, table += stride) {
    const cell = table + load<i32>(contexts + k * 4) * cellBytes;
    sum += load<f64>(weights + k * 8) * load<f64>(cell, cellLogit);
  }
  const mixed = squash(sum);
  const p = <i32>(mixed * 65536);
  const bit = codeBit(value, min(max(p, 16), 65520));
  const error = (<f64>bit - mixed) * mixer.rate;
  for (let k = 0, table = mixer.table; k < count; k++, table += stride) {
    const cell = table + load<i32>(contexts + k * 4) * cellBytes;
    const weight = weights + k * 8;
    store<f64>(weight, load<f64>(weight) + error * load<f64>(cell, cellLogit));
    const n = load<i32>(cell);
    const before = load<f64>(cell, cellProbability);
    const after = before + (<f64>bit - before) * unchecked(steps[n]);
    const seen = n + i32(n < limit);
    store<i32>(cell, seen);
    store<f64>(cell, after, cellProbability);
    store<f64>(cell, stretch(after) * unchecked(trust[seen]), cellLogit);
  }
  return bit;
}

function squash(x: f64): f64 {
  const inside = x < -squashLimit ? 0 : x > squashLimit ? 2 * squashLimit : x + squashLimit;
  const place = inside * (<f64>squashSteps / (2 * squashLimit));
  const floor = <i32>place;
  const lower = load<f64>(squashValues + (floor << 3));
  return lower + (load<f64>(squashValues + (floor << 3), 8) - lower) * (place - <f64>floor);
}

function stretch(p: f64): f64 {
  const place = min(<i32>(p * <f64>stretchSteps), stretchSteps - 1);
  return load<f64>(stretchValues + (place << 3));
}
