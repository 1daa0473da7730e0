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

/** Where a layer's floats lie in the kernel's memory: its outputs [stride], then its weights [inputs, stride]. */
interface PlacedLayer extends NetworkLayer {
  read: number;
  outputs: number;
  weights: number;
  /** Units, filled up to whole vectors of four. */
  stride: number;
}

/** Places the network's floats from `at` on: what it is shown, and layer by layer what comes of it. */
export function placeNetwork({ inputs, layers }: Network, at: number) {
  const shown = { at, length: inputs.count * featuresPerInput };
  let read = at;
  let free = at + 4 * ((shown.length + 3) & ~3);
  const placed = layers.map((layer): PlacedLayer => {
    const stride = (layer.units + 3) & ~3;
    const place = { ...layer, read, outputs: free, weights: free + 4 * stride, stride };
    read = place.outputs;
    free = place.weights + 4 * layer.inputs * stride;
    return place;
  });
  return { shown, layers: placed, end: free };
}

/**
 * State, and statements after a model's `step`: the network's opinion on the first 16 decisions of the next byte, in log-odds.
 * The kernel's table turns shares into log-odds; e^z is (1 + z/1024)^1024, which is the same everywhere.
 */
export function networkSource(
  network: Network,
  { expert, stretch, at, front }: { expert: number; stretch: number; at: number; front: number },
): { state: string; step: string } {
  const { inputs, weights } = network;
  const { shown, layers } = placeNetwork(network, at);
  const table = layers.map((layer) => [
    layer.read,
    layer.weights,
    layer.outputs,
    layer.inputs,
    layer.stride,
    layer.units,
    layer.scale,
    layer.biasScale,
  ]);
  return {
    state: `
const view = (at, count) => new Float32Array(memory.buffer, at, count), expert = view(${expert}, 16), stretch = view(${stretch}, 4096), shown = view(${shown.at}, ${shown.length}), logits = view(${layers.at(-1)!.outputs}, ${networkClasses}), x = new Uint8Array(${inputs.count}), shares = new Float64Array(32), layers = [];
const ask = () => {
  for (let k = 0, p = 0; k < ${inputs.count}; k++) { const v = x[k]; shown[p++] = v / 255; shown[p++] = v ? 1 : 0; shown[p++] = v < ${fullFrom} ? 0 : 1; }
  for (const { a, z, biases } of layers) { z.set(biases); kernel.dense(a[0], a[1], a[2], a[3], a[4]); }
  let most = logits[0];
  for (const v of logits) most = Math.max(most, v);
  for (let k = 0; k < ${networkClasses}; k++) { let e = Math.max(0, 1 + (logits[k] - most) / 1024); for (let j = 10; j--; ) e *= e; shares[k ? 15 + k : 0] = e + 1e-9; }
  for (let k = 16; --k; ) { shares[k] = shares[2 * k] + shares[2 * k + 1]; expert[k] = stretch[4096 * shares[2 * k + 1] / shares[k] | 0]; }
  expert[0] = stretch[4096 * shares[1] / (shares[0] + shares[1]) | 0];
};`,
    step: `
if (i === ${weights.length}) {
  let p = 0;
  const level = () => data[p++] << 24 >> 24;
  for (const a of ${JSON.stringify(table)}) {
    const w = view(a[1], a[3] * a[4]), biases = new Float32Array(a[4]);
    for (let k = 0; k < w.length; k += a[4]) for (let j = 0; j < a[5]; j++) w[k + j] = level() * a[6];
    for (let j = 0; j < a[5]; j++) biases[j] = level() * a[7];
    layers.push({ a, z: view(a[2], a[4]), biases });
  }
}
if (i >= ${front} && (${inputs.when})) { ${inputs.source} ask(); } else expert.fill(0);`,
  };
}
