/** A generator's forward pass as source text: what the encoder evaluates and the emitted program carries. */
import type { Activation } from '../../train/model';

/**
 * How a dense layer's weights [inputs, units] stand in the bytes, row by row. `palette`: each a byte that names one of `size`
 * floats; `levels`: each a byte, 128 more than the level, with a scale and a zero point a unit; `floats`: as they are.
 */
export type Weights = { type: 'palette'; size: number } | { type: 'levels' } | { type: 'floats' };

/** A layer as the program knows it; its numbers are read in this order: weights, then the biases; factors, then shifts. */
export type Step =
  | { type: 'dense'; units: number; activation: Activation; weights: Weights }
  /** y = x * factor + shift */
  | { type: 'scale' };

export interface Shape {
  /** Normal numbers that a sample is drawn from. */
  noise: number;
  steps: Step[];
  /** Bytes of the indices that stand before the floats. */
  floatsFrom: number;
  /** Of a sample; 1 or 3 channels. */
  height: number;
  width: number;
  channels: number;
}

/** Samples that a program draws when it is told nothing. */
const usual = { count: 100, seed: 1 };

/**
 * The source of a function of `(bytes, words)`: `bytes` are the weights as generate/generative.ts lays them out, `words` are a count, a seed and `idx` or
 * `png`; it throws where they are something else. The result are the bytes of an IDX file, or of a PNG with the samples in a square. It uses `+ - * /` and `sqrt` in a
 * fixed order and no other arithmetic on fractions, so that every engine gives the same bytes.
 */
export function inferenceSource(shape: Shape): string {
  const { noise, steps, floatsFrom, height, width, channels } = shape;
  const size = height * width * channels;
  const most = Math.floor((2 ** 31 - 1) / size);
  const dims = channels > 1 ? ['count', height, width, channels] : ['count', height, width];
  return `(bytes, words) => {
const [count, seed, form] = [+(words[0] ?? ${usual.count}), +(words[1] ?? ${usual.seed}), words[2] ?? 'idx'], noise = [];
if (!(count >= 1 && count <= ${most} && count % 1 === 0 && seed % 1 === 0 && (form === 'idx' || form === 'png'))) throw new Error('Expected a count from 1 to ${most}, a seed that is a whole number, and idx or png, not: ' + words.join(' '));
let state = seed | 0, levels = 0, floats = ${floatsFrom};
const view = new DataView(bytes.buffer, bytes.byteOffset), pixels = new Uint8Array(count * ${size});
const float = () => view.getFloat32((floats += 4) - 4, true);
const array = length => { const a = []; while (length--) a.push(float()); return a; };
${arithmetic}
const layers = [${steps.map(stepSource(noise)).join(',')}];
for (let k = 0; k < count; k++) {
  let x = [];
  while (x.length < ${noise}) {
    const a = 2 * uniform() - 1, b = 2 * uniform() - 1, s = a * a + b * b;
    if (s && s < 1) { const r = Math.sqrt(-2 * ln(s) / s); x.push(a * r, b * r); }
  }
  x.length = ${noise};
  for (const layer of layers) x = layer(x);
  for (let i = 0; i < ${size}; i++) pixels[k * ${size} + i] = Math.max(0, Math.min(255, Math.round((x[i] + 1) * 127.5)));
}
const big = v => [v >>> 24, v >>> 16 & 255, v >>> 8 & 255, v & 255];
if (form === 'idx') { const out = new Uint8Array(${4 + 4 * dims.length} + pixels.length); out.set([0, 0, 8, ${dims.length}, ...[${dims.join()}].flatMap(big)]); out.set(pixels, ${4 + 4 * dims.length}); return out; }
${pngSource({ height, width, channels })}
}`;
}

/** mulberry32, as core/random.ts has it, and the functions that Math has too, but not to the last bit the same everywhere. */
const arithmetic = `
const uniform = () => { state = state + 0x6d2b79f5 | 0; let t = Math.imul(state ^ state >>> 15, 1 | state); t = t + Math.imul(t ^ t >>> 7, 61 | t) ^ t; return ((t ^ t >>> 14) >>> 0) / 4294967296; };
const ln = z => { let e = 0, r = 0; while (z < 0.5) z *= 2, e++; const y = (z - 1) / (z + 1); let q = y; for (let m = 1; m < 40; m += 2) r += q / m, q *= y * y; return 2 * r - e * 0.6931471805599453; };
const exp = z => { if (z < 0) return 1 / exp(-z); let n = 0, r = 1, q = 1; if (z > 40) z = 40; while (z > 0.5) z /= 2, n++; for (let m = 1; m < 18; m++) q *= z / m, r += q; while (n--) r *= r; return r; };
`;

const activations: Record<Activation, string> = {
  linear: 'v',
  relu: 'v > 0 ? v : 0',
  leakyRelu: 'v > 0 ? v : v * 0.2',
  sigmoid: '1 / (1 + exp(-v))',
  tanh: '1 - 2 / (exp(2 * v) + 1)',
  // A generator of images does not end in one, and nothing else would ask for it.
  softmax: 'v',
};

const stepSource = (noise: number) => {
  let inputs = noise;
  return (step: Step): string => {
    if (step.type === 'scale') {
      return `(() => { const factor = array(${inputs}), shift = array(${inputs}); return x => x.map((v, i) => v * factor[i] + shift[i]); })()`;
    }
    const from = inputs;
    inputs = step.units;
    const count = from * inputs;
    return `(() => { ${readWeights(step.weights, count, inputs)} const biases = array(${inputs});
return x => { const y = biases.slice(); for (let i = 0, p = 0; i < ${from}; i++) { const v = x[i]; if (v) for (let j = 0; j < ${inputs}; j++) y[j] += v * w[p + j]; p += ${inputs}; } return y.map(v => ${activations[step.activation]}); }; })()`;
  };
};

/** `w`: the model's 32-bit floats, widened. */
function readWeights(weights: Weights, count: number, units: number): string {
  const next = `bytes.subarray(levels, levels += ${count})`;
  switch (weights.type) {
    case 'palette':
      return `const palette = array(${weights.size}), w = Float64Array.from(${next}, v => palette[v]);`;
    case 'levels':
      return `const scales = array(${units}), zeros = array(${units}), w = Float64Array.from(${next}, (v, i) => Math.fround(scales[i % ${units}] * (v - 128 - zeros[i % ${units}])));`;
    case 'floats':
      return `const w = Float64Array.from(array(${count}));`;
    default:
      return weights satisfies never;
  }
}

/** PNG (ISO/IEC 15948) with stored blocks of deflate: no compressor has to be at hand. */
const pngSource = ({
  height,
  width,
  channels,
}: Pick<Shape, 'height' | 'width' | 'channels'>): string => `
let across = 1; while (across * across < count) across++;
const down = Math.ceil(count / across), row = across * ${width * channels} + 1, raw = new Uint8Array(down * ${height} * row), out = [137, 80, 78, 71, 13, 10, 26, 10], body = [120, 1];
for (let k = 0; k < count; k++) for (let y = 0; y < ${height}; y++) raw.set(pixels.subarray((k * ${height} + y) * ${width * channels}, (k * ${height} + y + 1) * ${width * channels}), ((k / across | 0) * ${height} + y) * row + 1 + k % across * ${width * channels});
let a = 1, b = 0; for (const v of raw) a = (a + v) % 65521, b = (b + a) % 65521;
for (let p = 0; p < raw.length; p += 65535) { const part = raw.subarray(p, p + 65535), n = part.length; body.push(p + n < raw.length ? 0 : 1, n & 255, n >> 8, ~n & 255, ~n >> 8 & 255); for (const v of part) body.push(v); }
body.push(b >> 8, b & 255, a >> 8, a & 255);
const chunk = (name, data) => { const all = [...name].map(c => c.charCodeAt()); for (const v of data) all.push(v); let c = -1; for (const v of all) { c ^= v; for (let k = 8; k--; ) c = c & 1 ? c >>> 1 ^ 0xedb88320 : c >>> 1; } for (const v of big(all.length - 4).concat(all, big(~c))) out.push(v); };
chunk('IHDR', [...big(across * ${width}), ...big(down * ${height}), 8, ${channels > 1 ? 2 : 0}, 0, 0, 0]); chunk('IDAT', body); chunk('IEND', []);
return Uint8Array.from(out);
`;
