/** The predictor as source text: one body, specialised for a file, which the encoder evaluates and the emitted program carries. */

import { coder, finish, observe, type EngineForm } from './coder';
import { mixSource } from './fields';

/** What distinguishes the predictor of one file from that of another. */
export interface ModelSpec {
  type: 'mixing';
  /** Statements run once before the first byte: the state that contexts are computed from. */
  state: string;
  /** Statements run before each byte `i`; they may read `data`, `i` and the last bytes `c1`…`c4`, `word4`. */
  step: string;
  /** One integer expression per hashed context. */
  contexts: string[];
  /** Weight sets of the mixer: an expression and the number of values that it takes. */
  selectors: { expression: string; size: number }[];
  /** Integer expression for the second refinement stage. */
  refine: string;
  /** Shortest repeats that the match models follow, in bytes. */
  matches: number[];
  /** Binary logarithm of the 32-bit slots of the one hash table that all contexts share. */
  tableBits: number;
  /** Learning rate that the mixer decays to. */
  rate: number;
  /** How many observations a slot's probability averages over at most. */
  memory: number;
}

/**
 * The body of a function of `(source, size)`.
 * `decode`: source is the payload, the result the data.
 * `encode`: a generator; source is the data, the result `{ payload, costs }`, costs being a Float32Array of bits per byte.
 * `measure`: as encode, but nothing is coded and there is no payload.
 * `explain`: as measure, and says in `best` which context or, counted after them, which repeat predicted each byte best; 255 for none.
 * All but `decode` yield the bytes done now and then.
 */
export function engineSource(spec: ModelSpec, form: EngineForm): string {
  const decoding = form === 'decode';
  const count = spec.contexts.length;
  const matches = spec.matches.length;
  const sets = spec.selectors.length + 2;
  // Even, because dot products run in two halves that the processor can overlap.
  const inputs = (3 * count + 2 * matches + 2) & ~1;
  const hashContexts = spec.contexts
    .map((expression, k) => `hash[${k}] = mix(${expression}, ${k + 1});`)
    .join('\n');
  const selectSets = spec.selectors
    .map(
      ({ expression }, m) =>
        `select[${m + 2}] = (${257 + count + offsetOf(spec, m)} + (${expression})) * INPUTS;`,
    )
    .join('\n');
  const weightSets = spec.selectors.reduce((sum, { size }) => sum + size, 257 + count);

  return `
const N = ${count}, MATCHES = ${matches}, SETS = ${sets}, INPUTS = ${inputs}, MASK = ${2 ** spec.tableBits - 16};
${coder[form].start}
${tables}
${memory(spec, weightSets)}
let c1 = 0, c2 = 0, c3 = 0, c4 = 0, word4 = 0, a2 = 0;
${spec.state}
for (let i = 0; i < size; i++) {
  ${decoding ? '' : 'if (!(i & 8191)) yield i;'}
  ${spec.step}
  ${hashContexts}
  ${matches ? matchStep(spec.matches) : ''}
  ${selectSets}
  const refineContext = mix(${spec.refine}, 77);
  const rate = ${spec.rate} + 0.016 / (1 + i / 4096);
  let node = 1;
  for (let bit = 7; bit >= 0; bit--) {
    ${findSlots}
    ${gatherInputs}
    ${matches ? gatherMatches : ''}
    ${mixInputs}
    ${refineMix}
    ${decoding ? '' : observe}
    ${form === 'explain' ? weighEvidence : ''}
    ${coder[form].bit}
    ${learn(spec)}
    node = node * 2 + y;
  }
  ${form === 'explain' ? bestContext : ''}
  data[i] = node;
  c4 = c3; c3 = c2; c2 = c1; c1 = node & 255; word4 = word4 << 8 | c1;
  for (let k = 0; k < N; k++) {
    const a = first[k], s = table[a];
    if (s >>> 16 === checks[k]) {
      const run = s & 255;
      table[a] = (s & 0xffff0000 | c1 << 8 | ((s >>> 8 & 255) === c1 && run ? run < 255 ? run + 1 : 255 : 1)) >>> 0;
    }
  }
}
${finish[form]}
`;
}

const offsetOf = (spec: ModelSpec, index: number): number =>
  spec.selectors.slice(0, index).reduce((sum, { size }) => sum + size, 0);

/** Logistic tables from power series, because Math.exp and Math.log may differ between engines in the last bit. */
const tables = `
const ln = z => { let e = 0, r = 0; while (z < 0.5) z *= 2, e++; while (z > 1) z /= 2, e--; const y = (z - 1) / (z + 1); let q = y; for (let m = 1; m < 40; m += 2) r += q / m, q *= y * y; return 2 * r - e * 0.6931471805599453; };
const exp = z => { let r = 1, q = 1; for (let m = 1; m < 90; m++) q *= z / m, r += q; return r; };
${mixSource}
const stretch = new Float64Array(4096), squash = new Float64Array(4097), pace = new Float64Array(256);
for (let k = 0; k < 4096; k++) stretch[k] = ln((k + 0.5) / 4096) - ln(1 - (k + 0.5) / 4096);
for (let k = 0; k < 4097; k++) squash[k] = 1 / (1 + exp((2048 - k) / 170.6));
for (let k = 0; k < 256; k++) pace[k] = 1 / (k + 1.2);
const clip = d => d > 11.9 ? 11.9 : d < -11.9 ? -11.9 : d;
`;

/** Everything that learns. A slot holds a probability (16 bits), the last seven bits seen (8) and how many were seen (8). */
const memory = (spec: ModelSpec, weightSets: number): string => `
const table = new Uint32Array(${2 ** spec.tableBits}), hash = new Int32Array(N), first = new Int32Array(N), base = new Int32Array(N), slot = new Int32Array(N), checks = new Int32Array(N);
const input = new Float64Array(INPUTS), history = new Int32Array(N), runs = new Int32Array(N);
const historyP = new Float64Array(N << 10).fill(0.5), historyN = new Uint8Array(N << 10), runP = new Float64Array(N * 512).fill(0.75);
const weights = new Float64Array(INPUTS * ${weightSets}).fill(${spec.contexts.length ? 0.3 / Math.sqrt(spec.contexts.length) : 0.3}), select = new Int32Array(SETS), dots = new Float64Array(SETS);
const top = new Float64Array(SETS * 256).fill(1 / SETS);
const refineA = new Float64Array(33 << 16), refineB = new Float64Array(33 << 16), identity = new Float64Array(33);
for (let k = 0; k < 33; k++) identity[k] = 1 / (1 + exp(8 - k / 2));
const matchAt = new Int32Array(MATCHES), matchLength = new Int32Array(MATCHES), matchBucket = new Int32Array(MATCHES), matchByte = new Int32Array(MATCHES), matchP = new Float64Array(MATCHES * 64).fill(0.75), matchSlot = new Int32Array(MATCHES);
const recent = new Int32Array(MATCHES << 20);
`;

/** Repeats: each model follows the last place where the same bytes stood, for as long as it predicts well. */
const matchStep = (lengths: number[]): string => `
  for (let m = 0; m < MATCHES; m++) {
    const least = m ? ${lengths[1] ?? 0} : ${lengths[0]};
    let length = matchLength[m], at = matchAt[m];
    if (length && data[at] === c1) { at++; if (length < 65535) length++; } else length = 0;
    if (i > least) {
      let key = 0;
      for (let j = 1; j <= least; j++) key = Math.imul(key + data[i - j] + 1, 0x2f0b4c47);
      key = (m << 20) + ((key ^ key >>> 15) >>> 12);
      if (!length && (at = recent[key]) > 0) {
        while (length < 32 && at > length && data[at - 1 - length] === data[i - 1 - length]) length++;
        if (length < least) length = 0;
      }
      recent[key] = i;
    }
    matchAt[m] = at; matchLength[m] = length;
    matchBucket[m] = length ? length < 16 ? length : length < 32 ? 16 + (length - 16 >> 2) : length < 512 ? 20 + (length >> 6) : length < 2048 ? 28 : 29 : 0;
    matchByte[m] = length ? data[at] | 256 : 0;
  }
`;

/** A bucket of 16 slots serves a nibble; of two places for it the less used one is taken over. */
const findSlots = `
    if (bit === 7 || bit === 3) for (let k = 0; k < N; k++) {
      const h = mix(hash[k], bit === 3 ? node : 9999), check = h & 65535 | 1;
      let a = Math.imul(h, 0x2f0b4c47) >>> 4 & MASK;
      const b = a ^ 16;
      if (table[a] >>> 16 !== check) {
        if (table[b] >>> 16 === check) a = b;
        else {
          if ((table[a + 1] & 255) > (table[b + 1] & 255)) a = b;
          for (let j = a + 15; j > a; j--) table[j] = 0;
          table[a] = check << 16;
        }
      }
      base[k] = a;
      if (bit === 7) {
        first[k] = a; checks[k] = check;
        runs[k] = table[a] & 65535;
      }
    }
`;

/** Three inputs a context: its probability, what followed its last bits elsewhere, and the byte that ran on in it. */
const gatherInputs = `
    const place = bit > 3 ? node : node & (1 << 3 - bit) - 1 | 1 << 3 - bit;
    for (let k = 0, j = 0; k < N; k++, j += 3) {
      const a = slot[k] = base[k] + place, s = table[a], h = s >>> 8 & 255;
      if (h) {
        const n = s & 255, q = history[k] = k << 10 | (n < 8 ? 0 : n < 20 ? 1 : n < 60 ? 2 : 3) << 8 | h;
        input[j] = stretch[s >>> 20]; input[j + 1] = stretch[historyP[q] * 4095.99 | 0];
      } else { history[k] = -1; input[j] = input[j + 1] = 0; }
      const r = runs[k];
      if (r && (r >>> 8 | 256) >>> bit + 1 === node) {
        const expected = r >>> 8 + bit & 1, q = stretch[runP[k << 9 | r & 255 | expected << 8] * 4095.99 | 0];
        input[j + 2] = expected ? q : -q;
      } else input[j + 2] = 0;
    }
`;

const gatherMatches = `
    for (let m = 0, j = 3 * N; m < MATCHES; m++, j += 2) {
      if (matchByte[m] && matchByte[m] >>> bit + 1 === node) {
        const expected = matchByte[m] >>> bit & 1, q = stretch[matchP[matchSlot[m] = m << 6 | matchBucket[m]] * 4095.99 | 0], z = matchLength[m] < 32 ? matchLength[m] / 16 : 2;
        input[j] = expected ? q : -q; input[j + 1] = expected ? z : -z;
      } else { matchSlot[m] = -1; input[j] = input[j + 1] = 0; }
    }
`;

/** A weight set per selector gives an opinion; a second mixer, chosen by the bits of this byte so far, weighs the opinions. */
const mixInputs = `
    input[3 * N + 2 * MATCHES] = 0.4;
    let dot = 0;
    const t0 = node * SETS;
    select[0] = node * INPUTS;
    if (bit === 7 || bit === 3) {
      let known = 256;
      for (let k = 0; k < N; k++) if (table[base[k] + 1]) known++;
      select[1] = known * INPUTS;
    }
    for (let m = 0; m < SETS; m++) {
      const o = select[m];
      let d = 0, e = 0;
      for (let k = 0; k < INPUTS; k += 2) { d += input[k] * weights[o + k]; e += input[k + 1] * weights[o + k + 1]; }
      d += e;
      dots[m] = d = clip(d);
      dot += d * top[t0 + m];
    }
    dot = clip(dot);
    const mixed = squash[dot * 170.6 + 2048.5 | 0];
`;

/** Two refinements learn by how much the mix is wrong in a context, and are averaged with it. */
const refineMix = `
    const t = (dot > 7.99 ? 7.99 : dot < -7.99 ? -7.99 : dot) * 2 + 16, ti = t | 0, tw = t - ti;
    let ra = (node | c1 << 8) * 33 + ti, rb = (Math.imul(refineContext, 0x2f0b4c47) >>> 16 ^ node * 61 & 65535) * 33 + ti;
    const plain = identity[ti] * (1 - tw) + identity[ti + 1] * tw, pa = plain + refineA[ra] * (1 - tw) + refineA[ra + 1] * tw, pb = plain + refineB[rb] * (1 - tw) + refineB[rb + 1] * tw;
    let p = (mixed * 0.3 + pa * 0.35 + pb * 0.35) * 65536 | 0;
    p = p < 1 ? 1 : p > 65535 ? 65535 : p;
`;

/** What the mixers add up in log-odds is split among those who said it: for the bit that came it counts, against it it does not. */
const weighEvidence = `
    for (let j = 0; j < 3 * N + 2 * MATCHES; j++) {
      const k = j < 3 * N ? j / 3 | 0 : N + (j - 3 * N >> 1);
      for (let m = 0; m < SETS; m++) evidence[k] += (y ? 1 : -1) * top[t0 + m] * input[j] * weights[select[m] + j];
    }
`;

const bestContext = `
  best[i] = 255;
  for (let k = 0, most = 0; k < N + MATCHES; k++) { if (evidence[k] > most) most = evidence[best[i] = k]; evidence[k] = 0; }
`;

const learn = (spec: ModelSpec): string => `
    let error = (y - mixed) * 0.0015;
    for (let m = 0; m < SETS; m++) {
      const d = dots[m], o = select[m], step = (y - squash[d * 170.6 + 2048.5 | 0]) * rate;
      top[t0 + m] += error * d;
      for (let k = 0; k < INPUTS; k++) weights[o + k] += step * input[k];
    }
    const up = tw > 0.5 ? 1 : 0, gap = y - identity[ti + up];
    ra += up; rb += up;
    refineA[ra] += (gap - refineA[ra]) * 0.02; refineB[rb] += (gap - refineB[rb]) * 0.02;
    for (let m = 0; m < MATCHES; m++) {
      const q = matchSlot[m];
      if (matchByte[m] && q >= 0) {
        const right = (matchByte[m] >>> bit & 1) === y;
        matchP[q] += ((right ? 1 : 0) - matchP[q]) * 0.01;
        if (!right) matchLength[m] = matchByte[m] = 0;
      }
    }
    for (let k = 0; k < N; k++) {
      const a = slot[k], s = table[a], n = s & 255, q = history[k], r = runs[k];
      let h = s >>> 8 & 255, v = s >>> 16;
      if (h) {
        const g = historyN[q];
        historyP[q] += (y - historyP[q]) * pace[g];
        if (g < 250) historyN[q]++;
      } else v = 32768;
      v += ((y ? 65535 : 0) - v) * pace[n < ${spec.memory} ? n : ${spec.memory}] | 0;
      h = h ? h < 128 ? h * 2 + y : 128 | h * 2 & 127 | y : 2 + y;
      table[a] = (v << 16 | h << 8 | (n < 255 ? n + 1 : n)) >>> 0;
      if (r && (r >>> 8 | 256) >>> bit + 1 === node) {
        const expected = r >>> 8 + bit & 1, z = k << 9 | r & 255 | expected << 8;
        runP[z] += ((expected === y ? 1 : 0) - runP[z]) * 0.02;
      }
    }
`;
