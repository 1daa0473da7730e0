// Context mixing over bits: adaptive cells predict, a gated linear mixer in the logistic domain weighs them (PAQ; Mattern 2012).
// Only integers and IEEE + - * / in a fixed order are used, so every engine computes the same bits.

/** Logits beyond this are cut off: e^-12 is about 2/5 of the smallest probability that the coder takes. */
const LIMIT = 12;
const SQUASH_STEPS = 4096;
const STRETCH_STEPS = 4096;

/** Settings of a bit predictor. */
export interface PredictorOptions {
  /** Cells per context, a power of two; context numbers are taken modulo this. */
  cells: number;
  /** Contexts that vote on each bit. */
  contexts: number;
  /** Weight sets of the mixer; the caller picks one per bit. */
  sets: number;
  /** A cell stops slowing down after this many bits: higher for stationary data. */
  memory: number;
  /** Step of the mixer's weights. */
  rate: number;
}

const defaults: PredictorOptions = {
  cells: 1 << 16,
  contexts: 6,
  sets: 1,
  memory: 255,
  rate: 0.02,
};

/** Predicts one bit at a time and learns from it. */
export interface BitPredictor {
  /** Probability of a one in 1/65536 (1 to 65535), given one cell number per context and the weight set to use. */
  predict(contexts: ArrayLike<number>, set?: number): number;
  /** Learns the bit that the last `predict` was about. */
  update(bit: number): void;
}

/**
 * Mixes `contexts` adaptive cells, two inputs each: the logit, and the logit scaled by the cell's confidence.
 * A refined probability of the mix given the weight set (SSE) is averaged in.
 */
export function createPredictor(options: Partial<PredictorOptions> = {}): BitPredictor {
  const { cells, contexts: count, sets, memory, rate } = { ...defaults, ...options };
  const mask = cells - 1;
  const inputs = 2 * count + 1;
  const probability = new Float64Array(cells * count).fill(0.5);
  const seen = new Uint16Array(cells * count);
  const weights = new Float64Array(inputs * sets).fill(0.6 / count);
  const input = new Float64Array(inputs);
  const slot = new Int32Array(count);
  const refine = createRefinement(sets);
  let mixed = 0.5;
  let weightBase = 0;

  return {
    predict(contexts, set = 0) {
      for (let k = 0; k < count; k++) {
        const s = (slot[k] = k * cells + (contexts[k] & mask));
        const logit = stretch(probability[s]);
        const n = seen[s];
        input[2 * k] = n === 0 ? 0 : logit;
        input[2 * k + 1] = (logit * n) / (n + 8);
      }
      input[inputs - 1] = 0.3;
      weightBase = set * inputs;
      let sum = 0;
      for (let k = 0; k < inputs; k++) sum += input[k] * weights[weightBase + k];
      const logit = sum > LIMIT ? LIMIT : sum < -LIMIT ? -LIMIT : sum;
      mixed = squash(logit);
      const p = Math.trunc((mixed + refine.predict(logit, set)) * 32768);
      return p < 1 ? 1 : p > 65535 ? 65535 : p;
    },
    update(bit) {
      const step = (bit - mixed) * rate;
      for (let k = 0; k < inputs; k++) weights[weightBase + k] += step * input[k];
      for (let k = 0; k < count; k++) {
        const s = slot[k];
        probability[s] += (bit - probability[s]) / (seen[s] + 1.5);
        if (seen[s] < memory) seen[s]++;
      }
      refine.update(bit);
    },
  };
}

/** Secondary estimation: the probability that was seen to follow each (logit bucket, context), interpolated. */
function createRefinement(contexts: number): {
  predict(logit: number, context: number): number;
  update(bit: number): void;
} {
  const steps = 33;
  const table = new Float64Array(contexts * steps);
  for (let i = 0; i < table.length; i++) table[i] = squash((i % steps) / 2 - 8);
  let lower = 0;
  let share = 0;
  return {
    predict(logit, context) {
      const place = (logit > 7.99 ? 7.99 : logit < -7.99 ? -7.99 : logit) * 2 + 16;
      const floor = Math.trunc(place);
      lower = context * steps + floor;
      share = place - floor;
      return table[lower] * (1 - share) + table[lower + 1] * share;
    },
    update(bit) {
      table[lower] += (bit - table[lower]) * (1 - share) * 0.03;
      table[lower + 1] += (bit - table[lower + 1]) * share * 0.03;
    },
  };
}

/** 1 / (1 + e^-x), interpolated from a table of 4096 steps over [-12, 12]. */
export function squash(x: number): number {
  const place = (x < -LIMIT ? 0 : x > LIMIT ? 2 * LIMIT : x + LIMIT) * (SQUASH_STEPS / (2 * LIMIT));
  const floor = Math.trunc(place);
  return squashTable[floor] + (squashTable[floor + 1] - squashTable[floor]) * (place - floor);
}

/** ln(p / (1 - p)) at the middle of the 1/4096 that `p` (0 to 1) lies in. */
export function stretch(p: number): number {
  const place = Math.trunc(p * STRETCH_STEPS);
  return stretchTable[place < STRETCH_STEPS ? place : STRETCH_STEPS - 1];
}

/** e^x as a power series: Math.exp may differ in the last bit between engines. */
function exponential(x: number): number {
  let sum = 1;
  let term = 1;
  for (let n = 1; n < 90; n++) {
    term *= x / n;
    sum += term;
  }
  return sum;
}

/** ln z as 2 artanh((z - 1) / (z + 1)), after z is brought to [1/2, 1]. */
function logarithm(z: number): number {
  let halvings = 0;
  while (z < 0.5) {
    z *= 2;
    halvings++;
  }
  const y = (z - 1) / (z + 1);
  let sum = 0;
  let term = y;
  for (let n = 1; n < 40; n += 2) {
    sum += term / n;
    term *= y * y;
  }
  return 2 * sum - halvings * 0.6931471805599453;
}

/** 1 / (1 + e^-x) at 4097 places over [-12, 12], and one more. */
export const squashTable = Float64Array.from({ length: SQUASH_STEPS + 2 }, (_, i) => {
  // The series is summed for positive arguments only, where no digits cancel.
  const x = (i * 2 * LIMIT) / SQUASH_STEPS - LIMIT;
  return x < 0 ? 1 / (1 + exponential(-x)) : 1 - 1 / (1 + exponential(x));
});

/** ln(p / (1 - p)) in the middle of each 1/4096. */
export const stretchTable = Float64Array.from({ length: STRETCH_STEPS }, (_, i) => {
  const p = (i + 0.5) / STRETCH_STEPS;
  return logarithm(p) - logarithm(1 - p);
});
