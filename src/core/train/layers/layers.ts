/** The table of layers, and what an architecture made of them has: shapes, parameters, a forward pass. */
import type * as tf from '../../engine/tf';
import { createRandom } from '../../random';
import { sizeOf } from '../../shape';
import type { Architecture, LayerSpec, Model } from '../model';
import { batchNorm } from './batchNorm';
import { columnEmbedding } from './columnEmbedding';
import { conv2d } from './conv2d';
import { dense } from './dense';
import { dropout } from './dropout';
import { embedding } from './embedding';
import { flatten } from './flatten';
import { gru } from './gru';
import type { LayerKind, LayerParameter } from './layer';
import { maxPool2d } from './maxPool2d';
import { reshape } from './reshape';

export const layers: { [T in LayerSpec['type']]: LayerKind<Extract<LayerSpec, { type: T }>> } = {
  flatten,
  reshape,
  dense,
  conv2d,
  maxPool2d,
  batchNorm,
  dropout,
  embedding,
  gru,
  columnEmbedding,
};

/** A layer at its place in an architecture. */
export interface PlacedLayer {
  /** `dense_1`: the kind and its number among the layers of that kind. */
  name: string;
  spec: LayerSpec;
  kind: LayerKind<LayerSpec>;
  inputShape: number[];
  outputShape: number[];
  parameters: LayerParameter[];
}

/** Throws a KolmoError when two layers do not fit together. */
export function placeLayers({ layers: specs, inputShape }: Architecture): PlacedLayer[] {
  const counts = new Map<string, number>();
  let shape = inputShape;
  return specs.map((spec) => {
    const kind = layers[spec.type] as LayerKind<LayerSpec>;
    const number = (counts.get(spec.type) ?? 0) + 1;
    counts.set(spec.type, number);
    const before = shape;
    shape = kind.outputShape(spec, before);
    return {
      name: `${spec.type}_${number}`,
      spec,
      kind,
      inputShape: before,
      outputShape: shape,
      parameters: kind.parameters(spec, before),
    };
  });
}

/** A model with fresh weights: the same seed gives the same bytes. */
export function initialize(architecture: Architecture, seed: number): Model {
  const random = createRandom(seed);
  const parameters = placeLayers(architecture).flatMap((layer) =>
    layer.parameters.map(({ role, shape, initialize: fill }) => {
      const data = new Float32Array(sizeOf(shape));
      fill(data, random);
      return { name: `${layer.name}/${role}`, shape, data, encoding: { type: 'float32' as const } };
    }),
  );
  return { architecture, parameters };
}

export interface ForwardPass {
  training: boolean;
  /** Leave out the last layer's activation, for losses that take logits. */
  logits: boolean;
  /** By layer name, as `noiseInputs` lists them. */
  noise: Record<string, tf.Tensor>;
  /** Gets what layers hand out, by parameter name. */
  record(parameter: string, value: tf.Tensor): void;
}

/** The pass of a model that is not trained. */
export const inference = (logits: boolean): ForwardPass => ({
  training: false,
  logits,
  noise: {},
  record: () => {},
});

/** @param x [batch, ...inputShape] */
export function forward(
  placed: PlacedLayer[],
  parameters: Record<string, tf.Tensor>,
  x: tf.Tensor,
  pass: ForwardPass,
): tf.Tensor {
  placed.forEach(({ name, spec, kind, parameters: own }, i) => {
    const byRole = Object.fromEntries(own.map(({ role }) => [role, parameters[`${name}/${role}`]]));
    x = kind.forward(spec, x, byRole, {
      training: pass.training,
      logits: pass.logits && i === placed.length - 1,
      noise: pass.noise[noiseName(name)],
      record: (role, value) => pass.record(`${name}/${role}`, value),
    });
  });
  return x;
}

/** Inputs of a training step that must be filled with fresh uniform noise each time. */
export function noiseInputs(
  placed: PlacedLayer[],
  batch: number,
): { name: string; shape: number[] }[] {
  return placed.flatMap(({ name, spec, kind, inputShape }) =>
    kind.noiseShape
      ? [{ name: noiseName(name), shape: [batch, ...kind.noiseShape(spec, inputShape)] }]
      : [],
  );
}

/** Multiplications and additions of one example's forward pass. */
export const flopsOf = (placed: PlacedLayer[]): number =>
  placed.reduce((sum, { kind, spec, inputShape }) => sum + kind.flops(spec, inputShape), 0);

const noiseName = (layer: string): string => `${layer}/noise`;
