/** Sound as what a linear predictor leaves of it: how each sample is expected, and how what is left is predicted in turn. */
import type { Contexts } from './contexts';
import { leastSquaresSource } from './leastSquares';

/** What a sample that teaches leaves of those before it, about 500 of which count; of one in four as few. */
const memory = (every: number): number => (every > 1 ? 0.992 : 0.998);

/** Samples before in the same channel, and in the channel before, that a sample is expected from. */
const taps = { own: 24, other: 8 };

export type Expectation = (
  samples: Int32Array,
  channels: number,
  each: (k: number, expected: number) => void,
) => void;

/**
 * Source of an `Expectation`, a function of (x, channels, each): for each sample in turn it calls `each(k, expected)`, which sees to it that x [k]
 * holds the sample, and learns from it, each channel by its own least squares. One sample in `every`, a power of two, teaches it.
 */
export const expectSource = (channels: number, every = 1): string => {
  const n = taps.own + (channels > 1 ? taps.other : 0);
  return `(x, channels, each) => {
  ${leastSquaresSource({ most: n, memory: memory(every), largest: 1e15 })}
  const h = new Float64Array(${n}), state = Array.from({ length: channels }, () => [new Float64Array(${n}), new Float64Array(${n * n})]);
  for (let k = 0; k < x.length; k++) {
    const [w, P] = state[k % channels];
    for (let j = 0; j < ${n}; j++) h[j] = x[j < ${taps.own} ? k - (j + 1) * channels : k - 1 - (j - ${taps.own}) * channels] || 0;
    const p = guess(w, P, h, ${n});
    each(k, Math.round(p));
    ${every > 1 ? `if (!(k / channels & ${every - 1})) ` : ''}teach(w, P, h, ${n}, x[k] - p);
  }
}`;
};

/** Where residuals are: as many bytes each as a sample had, the first the highest, its sign in the lowest bit. */
export interface Residuals {
  header: number;
  count: number;
  sample: number;
  channels: number;
  /** One sample in so many teaches what is expected; all do where it is not told. */
  every?: number;
}

/** The bytes of this residual so far, beside how large those before it were, lately and for longer, here and in the channel before. */
export const residualModel = ({ header, count, sample, channels }: Residuals): Contexts => ({
  state: `const quick = new Float64Array(${channels}), slow = new Float64Array(${channels}); let part = 0, so = 0, q = 0, s = 0, o = 0, m1 = 0, m2 = 0;
  const level = v => { let e = 0; for (v += 0.5; v >= 1; v /= 1.25) e++; return e; };`,
  step: `const at = i - ${header}, channel = at < 0 ? 0 : (at / ${sample} | 0) % ${channels};
  if (at > 0 && at <= ${count * sample}) {
    so = so << 8 | c1;
    if (at % ${sample} === 0) {
      const c = (at / ${sample} - 1) % ${channels}, size = so + 1 >>> 1;
      quick[c] += (size - quick[c]) * 0.12; slow[c] += (size - slow[c]) * 0.01; m2 = m1; m1 = size; so = 0;
    }
  }
  part = at < 0 || at >= ${count * sample} ? ${sample} : at % ${sample};
  q = level(quick[channel]); s = level(slow[channel]); o = level(${channels > 1 ? 'm1' : 'm1 + m2'});`,
  contexts: [
    'mix(so,part)',
    'mix(so|q<<24,part+8)',
    'mix(so|s<<24,part+16)',
    'mix(mix(so,q>>1),part+24|s>>1<<8)',
    'mix(mix(so,q),part+32|o>>1<<8)',
    'mix(mix(so,o),part+40|s>>2<<8)',
    'mix(c1|c2<<8,part+48)',
  ],
  selectors: [
    { expression: `part*64+Math.min(q,63)`, size: (sample + 1) * 64 },
    { expression: `part*64+Math.min(s,63)`, size: (sample + 1) * 64 },
  ],
  refine: 'mix(so,q)',
  matches: [16],
});
