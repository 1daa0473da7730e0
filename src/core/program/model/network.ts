/** The second kind of learner: a small network trained beforehand, whose weights the program carries and whose opinion is mixed in. */
import type { ModelSpec } from './engine';
import { mixSource } from './fields';

/** What a kind of file shows its network: bytes that the decoder knows, and when they are worth a look. */
export interface NetworkInputs {
  /** How many bytes it is shown. */
  count: number;
  /** Statements that put them into `x`; they see what the model's `step` has computed. */
  source: string;
  /** Where the network has nothing to say, this expression is false, and it is not asked. */
  when: string;
}

/** A dense layer of levels: what it adds up is `scale` times levels times inputs, plus `biasScale` times its biases. */
export interface NetworkLayer {
  inputs: number;
  units: number;
  scale: number;
  biasScale: number;
}

/** Rectified layers, of which the last one gives logits of the classes of `classOf`. */
export interface Network {
  inputs: NetworkInputs;
  layers: NetworkLayer[];
  /** Levels as signed bytes: of each layer the weights [inputs, units], then the biases. They are coded in front of the data. */
  weights: Uint8Array;
}

/** The byte that has a decision of its own, and 16 groups of the others by their upper four bits. */
export const networkClasses = 17;
export const classOf = (byte: number, sole: number): number =>
  byte === sole ? 0 : 1 + (byte >> 4);

/** Each byte is shown as its amount, and as whether it is there and whether it is full. */
export const featuresPerInput = 3;
const fullFrom = 250;
export const featuresOf = (byte: number): number[] => [
  byte / 255,
  byte ? 1 : 0,
  byte >= fullFrom ? 1 : 0,
];

export interface Windows {
  /** Bytes at which a network is asked. */
  asked: number;
  /** Of those that were taken the bytes shown, [bytes.length, inputs.count], and those to be told. */
  shown: Uint8Array;
  bytes: Uint8Array;
}

/** The body of a function of `(data, every, room)`, which takes every so many of the bytes at which the network is asked, `room` in all. */
export function windowsSource(
  spec: Pick<ModelSpec, 'state' | 'step'>,
  inputs: NetworkInputs,
): string {
  return `
${mixSource}
const x = new Uint8Array(${inputs.count}), match = new Int32Array(32), bytes = new Uint8Array(room), shown = new Uint8Array(room * ${inputs.count});
let c1 = 0, c2 = 0, c3 = 0, c4 = 0, word4 = 0, a2 = 0, asked = 0, taken = 0;
${spec.state}
for (let i = 0; i < data.length; i++) {
  ${spec.step}
  if (${inputs.when}) {
    if (room && asked % every === 0) { ${inputs.source} shown.set(x, taken * ${inputs.count}); bytes[taken++] = data[i]; }
    asked++;
  }
  c4 = c3; c3 = c2; c2 = c1; c1 = data[i]; word4 = word4 << 8 | c1;
}
return { asked, shown, bytes };`;
}

/**
 * State, and statements after a model's `step`: the network's opinion on the first 16 decisions of the next byte, in log-odds.
 * The kernel's table turns shares into log-odds; e^z is (1 + z/1024)^1024, which is the same everywhere.
 */
export function networkSource(
  { inputs, layers, weights }: Network,
  { expert, stretch }: { expert: number; stretch: number },
): { state: string; step: string } {
  const shapes = layers.map((layer) => [layer.inputs, layer.units, layer.scale, layer.biasScale]);
  return {
    state: `const expert = new Float32Array(memory.buffer, ${expert}, 16), stretch = new Float32Array(memory.buffer, ${stretch}, 4096), x = new Uint8Array(${inputs.count}), shares = new Float64Array(32), network = [];
const ask = () => {
  let y = [];
  for (const v of x) y.push(v / 255, v ? 1 : 0, v < ${fullFrom} ? 0 : 1);
  for (const [w, biases] of network) {
    const z = biases.slice(), units = z.length;
    for (let k = 0, p = 0; k < y.length; k++, p += units) { const v = y[k]; if (v > 0) for (let j = 0; j < units; j++) z[j] += v * w[p + j]; }
    y = z;
  }
  const most = Math.max(...y);
  for (let k = 0; k < 17; k++) { let e = Math.max(0, 1 + (y[k] - most) / 1024); for (let j = 10; j--; ) e *= e; shares[k ? 15 + k : 0] = e + 1e-9; }
  for (let k = 16; --k; ) { shares[k] = shares[2 * k] + shares[2 * k + 1]; expert[k] = stretch[4096 * shares[2 * k + 1] / shares[k] | 0]; }
  expert[0] = stretch[4096 * shares[1] / (shares[0] + shares[1]) | 0];
};`,
    step: `if (i === ${weights.length}) { let p = 0; for (const [inputs, units, scale, biasScale] of ${JSON.stringify(shapes)}) { const read = (count, scale) => Float64Array.from(data.subarray(p, p += count), v => (v << 24 >> 24) * scale); network.push([read(inputs * units, scale), read(units, biasScale)]); } }
if (i >= ${weights.length} && (${inputs.when})) { ${inputs.source} ask(); } else expert.fill(0);`,
  };
}
