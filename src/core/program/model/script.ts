/**
 * The predictor of kernels/mixing.ts as JavaScript, for programs that are to be short: minified and deflated it takes half the bytes
 * of the WebAssembly, and several times the time. Encoder and decoder are one source text.
 */
import { coder, finish, observe, type CoderForm } from './coder';
import { callOf, expectedSource } from './expected';
import { bitsFor, firstRow, treeSource, usesOf, type ModelSpec } from './engine';
import { mixSource } from './fields';

/** What a script knows of a model: all but what images are predicted with, and what decides bytes quickly. */
export interface ScriptSpec extends Omit<
  ModelSpec,
  'type' | 'sole' | 'quiet' | 'network' | 'resampling' | 'largestTable'
> {
  type: 'script';
}

/** The model in JavaScript with bytes of eight decisions, and then with the file's own tree, which is faster; none where only the kernel can do what it asks. */
export function scriptsOf(spec: ModelSpec): ScriptSpec[] {
  const { sole, quiet, network, resampling, lengths, expected } = spec;
  if (sole !== undefined || quiet || network || resampling || expected?.isAround) return [];
  const script = { ...spec, type: 'script' as const };
  // The file's own tree takes a hundred bytes to tell, and half of the decisions.
  return lengths ? [{ ...script, lengths: undefined }, script] : [script];
}

/** Slots for each byte and each context: every byte asks for eight, of which about half are new. */
const tableShare = 8;

/** Binary logarithm of the most slots, of four bytes each, so that programs take no more than 160 MB of memory. */
const mostSlots = 24;

/** Bytes of a file whose contexts are asked often enough that what their counts say is rather waited for. */
const long = 1 << 18;

/** Numbers between two repeats in `match`, as in the kernel's memory: at, length, bucket, and the expected byte's decisions. */
const stride = 8;

/**
 * The body of a function of `source` that codes `size` bytes as `minimalSource` does; the decoder turns `b` into the data.
 *
 * A slot of `slots` has four bytes: a check, how many zeros and ones, and the last five bits behind a one. The 16 slots of four
 * decisions lie together. `chances` holds pairs: a probability, which begins as what the counts say, and how often it was taught.
 * `weights` holds rows, and behind each how often it learned; `biases` are added to the log-odds of the mix. Log-odds are the sums
 * of their derivative, and the logistic is a power of 2^10, since engines need not agree on logarithms.
 */
export function scriptSource(spec: ScriptSpec, size: number, form: CoderForm): string {
  const { contexts, selectors, matches, refine, rate, opinion, expected, leastError } = spec;
  const [N, M, S] = [contexts.length, matches.length, selectors.length + 2];
  const told = 2 * N + M;
  const inputs = told + N + (opinion || expected ? 2 : 1);
  const wanted = size * N * tableShare;
  const tableBits = bitsFor(wanted, 16, mostSlots);
  // Two places for each and the choice of the less used one are worth their code.
  const isCrowded = wanted > 1 << mostSlots;
  const tree = treeSource(spec, `new Uint16Array(768)`);
  const byBit = form === 'encode' || M > 0;
  return `
const floats = n => new Float32Array(n), logits = floats(4096), chances = floats(${(N << 18) + (M << 7)}), weights = floats(${firstRow(spec, selectors.length) * (inputs + 1)}).fill(0.1), trusts = floats(${S << 8}).fill(1 / ${S}), biases = floats(262144), inputs = floats(${inputs}), sums = floats(${S}), rowOf = [], chanceOf = [], slotOf = [], homes = [], slots = new Uint8ClampedArray(${4 << tableBits});
for (let k = 0, t = -8.9; k < 4096; t += 1 / (k * (1 - k / 4096))) logits[k++] = t;
const logistic = d => { let z = 1 - d / 1024, k = 10; while (k--) z *= z; return 0.99999 / (1 + z) + 5e-6; };
${isCrowded ? `const used = a => slots[a + 1] + slots[a + 2], roomier = (a, b, check) => slots[a] ^ check && (slots[b] === check || used(b) < used(a)) ? b : a;` : ''}
${tree}
${M ? `const match = new Int32Array(${M * stride}), recent = new Int32Array(${M << 18});` : ''}
${mixSource}
${coder[form].start(size)}
${usesOf(spec)}
let c1 = 0, c2 = 0, c3 = 0, c4 = 0, word4 = 0, a2 = 0;
${opinion ? 'const opinion = floats(256);' : ''}
${opinion || expected ? 'const odds = logits;' : ''}
${expected ? expectedSource(expected) : ''}
${spec.state}
for (let i = 0; i < ${size}; i++) {
  ${form === 'encode' ? 'if (!(i & 8191)) yield i;' : ''}
  ${spec.step}
  ${opinion ?? ''}
  ${expected ? `centre = ${callOf(expected)};` : ''}
  const hashes = [${contexts.join()}].map(mix), refinement = ${refine};
  ${selectors.map(({ expression }, m) => `rowOf[${m + 2}] = (${firstRow(spec, m)} + (${expression})) * ${inputs + 1};`).join('\n  ')}
  {
    let node = 1, next = 0, local = 1${byBit ? ', bit = 8' : ''};
    while (!next) {
      let known = 256, dot = 0;
      for (let k = 0; k < ${N}; k++) {
        if (local < 2) homes[k] = mix(hashes[k], node) >>> ${32 - tableBits};
        const check = hashes[k] & 255, own = (homes[k] ^ local) * 4, a = slotOf[k] = ${isCrowded ? 'roomier(own, own ^ 64, check)' : 'own'};
        if (slots[a] ^ check) slots[a] = check, slots[a + 1] = slots[a + 2] = slots[a + 3] = 0;
        const zeros = slots[a + 1], ones = slots[a + 2], both = zeros + ones, q = (ones + 0.4) / (both + 0.8);
        if (both) known++;
        const x = inputs[k] = logits[(chances[chanceOf[k] = k << 18 | zeros << 9 | ones * 2] ||= q) * 4096 | 0];
        inputs[k + ${N}] = logits[(chances[chanceOf[k + ${N}] = k << 18 | 131072 | slots[a + 3] << 9 | node * 2] ||= q) * 4096 | 0];
        inputs[k + ${told}] = zeros && ones ? -x : x;
      }
      ${byBit ? 'bit--;' : ''}
      ${
        M
          ? `for (let m = 0; m < ${M}; m++) {
        const [, , bucket, expects] = match.subarray(m * ${stride});
        inputs[m + ${2 * N}] = logits[(chances[chanceOf[m + ${2 * N}] = ${N << 18} | m << 7 | (expects && bucket << 1 | expects >> bit & 1) << 1] ||= 0.5) * 4096 | 0];
      }`
          : ''
      }
      ${opinion ? `inputs[${inputs - 2}] = opinion[node];` : ''}
      ${expected ? `inputs[${inputs - 2}] = thought(node);` : ''}
      inputs[${inputs - 1}] = 0.4;
      rowOf[0] = node * ${inputs + 1}; rowOf[1] = known * ${inputs + 1};
      for (let m = 0; m < ${S}; m++) {
        let sum = 0;
        for (let j = 0; j < ${inputs}; j++) sum += inputs[j] * weights[rowOf[m] + j];
        dot += (sums[m] = sum) * trusts[node * ${S} + m];
      }
      const byLast = mix(c1 << 16 | node << 8 | dot + 24.5, 0) >>> 14, byContext = mix(refinement, node << 8 | dot + 24.5) >>> 14;
      const p = logistic(dot + biases[byLast] + biases[byContext]);
      ${form === 'encode' ? observe(tree ? 'tree[source[i]]' : 'source[i]', 'bit') : ''}
      ${coder[form].bit}
      ${leastError ? `if (Math.abs(y - p) > ${leastError})` : ''} {
        if (Math.abs(y - p) > 0.01) for (let m = 0; m < ${S}; m++) {
          const row = rowOf[m], step = (y - logistic(sums[m])) * (${rate} + 0.015 / (1 + (weights[row + ${inputs}] += 0.003)));
          for (let j = 0; j < ${inputs}; j++) weights[row + j] += step * inputs[j];
          trusts[node * ${S} + m] += (y - p) * 0.003 * sums[m];
        }
        biases[byLast] += (y - p) * 0.015; biases[byContext] += (y - p) * 0.015;
        for (const a of chanceOf) chances[a] += (y - chances[a]) / (chances[a + 1]++ + ${size > long ? 24 : 6});
        for (const a of slotOf) {
          slots[a + 3] = slots[a + 3] * 2 & 31 | y | (slots[a + 3] > 15) * 32;
          slots[a + 1 + y]++;
        }
      }
      ${M ? `for (let m = 0; m < ${M << 3}; m += ${stride}) if ((match[m + 3] >> bit & 1) - y) match[m + 3] = 0;` : ''}
      ${expected ? 'follow(y);' : ''}
      node = node * 2 + y; local = local > 7 ? 1 : local * 2 + y;
      next = ${tree ? 'tree[256 + node]' : 'node > 255 && node'};
    }
    data[i] = next;
  }
  c4 = c3; c3 = c2; c2 = c1; c1 = data[i]; word4 = word4 << 8 | c1;
  ${M ? repeatsSource(matches, tree !== '') : ''}
}
${finish[form]}
`;
}

/** Follows or finds repeats behind byte `i`, as kernels/repeats.ts does. */
const repeatsSource = (matches: number[], tree: boolean): string => `
  [${matches.join()}].map((least, m) => {
    const state = match.subarray(m * ${stride});
    let [at, length] = state, key = m, j = 0;
    while (j < least) key = mix(key, data[i - j++]);
    key = m << 18 | key >>> 14;
    length = length && data[at++] === c1 ? length + 1 : 0;
    if (length < least) {
      for (at = recent[key], j = 0; j < 32 && j < at && data[at - 1 - j] === data[i - j]; ) j++;
      length = j < least ? 0 : j;
    }
    recent[key] = i + 1;
    state[0] = at; state[1] = length;
    state[2] = Math.min(length, 15) + Math.min(length >> 4, 16);
    state[3] = length && ${tree ? 'tree[data[at]]' : 'data[at] | 256'};
  });`;
