/** The second kind of learner: a small network trained beforehand, whose weights the program carries and whose opinion is mixed in. */
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
  /** Levels as signed bytes: of each layer the biases, then the weights [inputs, units]. They are coded in front of the data. */
  weights: Uint8Array;
}

/** The byte that has a decision of its own, and 16 groups of the others by their upper four bits. */
export const networkClasses = 17;
export const classOf = (byte: number, sole: number): number =>
  byte === sole ? 0 : 1 + (byte >> 4);

/** Each byte is shown as its amount, and as whether it is there and whether it is full, as kernels/network.ts does. */
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
  spec: { state: string; step: string },
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

const vectors = (floats: number): number => (floats + 3) & ~3;

/**
 * What the kernel keeps of a network: the bytes shown, then as floats what each layer takes, and its biases and weights
 * [1 + inputs, units], all in whole vectors of four; last come the logits.
 */
export function networkBytes({ inputs, layers }: Network): number {
  const floats = layers.map(({ inputs, units }) => vectors(inputs) + (1 + inputs) * vectors(units));
  return (
    ((inputs.count + 15) & ~15) +
    4 * floats.reduce((sum, count) => sum + count, vectors(networkClasses))
  );
}

/** State, and statements after a model's `step`: the network's opinion on the first 16 decisions of the next byte, in log-odds. */
export function networkSource(
  { inputs, layers, weights }: Network,
  { expert, at, front }: { expert: number; at: number; front: number },
): { state: string; step: string } {
  // Three digits of a scale are as good as all.
  const table = layers.map(({ inputs, units, biasScale, scale }) => [
    inputs,
    units,
    Number(biasScale.toPrecision(3)),
    Number(scale.toPrecision(3)),
  ]);
  return {
    state: `
const x = new Uint8Array(kernel.memory.buffer, ${at}, ${inputs.count}), floats = new Float32Array(kernel.memory.buffer);`,
    step: `
if (i === ${weights.length}) {
  let p = 0, at = ${(at + ((inputs.count + 15) & ~15)) / 4};
  for (const [inputs, units, ...scales] of ${JSON.stringify(table)}) {
    at += inputs + 3 & ~3;
    for (let k = 0; k <= inputs; k++, at += units + 3 & ~3) for (let j = 0; j < units; j++) floats[at + j] = (data[p++] << 24 >> 24) * scales[k && 1];
  }
}
if (i >= ${front} && (${inputs.when})) {
  ${inputs.source}
  kernel.show(${at}, ${inputs.count});
  ${layers.map(({ inputs, units }) => `kernel.dense(${inputs}, ${units});`).join('')}
  kernel.vote();
} else floats.fill(0, ${expert / 4}, ${expert / 4 + 16});`,
  };
}
