/** Low-rank factorisation: a dense layer becomes two thinner ones whose product is close to it (truncated singular value decomposition). */
import { KolmoError } from '../../error';
import type { LayerSpec, Model, Parameter } from '../../train/model';
import { passDescriptions } from '../descriptions';
import { checkFinite } from '../finite';
import type { Pass, PassContext, PassEvent, PassOptions } from '../pass';
import { refine } from './refine';
import { singularVectors } from './singular';

export const factorise: Pass = { ...passDescriptions.factorise, run };

export interface FactoriseOptions {
  /** Share of the squared singular values that each layer keeps. */
  energy: number;
  epochs: number;
  learningRate: number;
}

export const factoriseDefaults: FactoriseOptions = {
  energy: passDescriptions.factorise.setting.default,
  ...passDescriptions.factorise.defaults,
};

async function* run(
  model: Model,
  options: PassOptions,
  context: PassContext,
): AsyncGenerator<PassEvent, Model> {
  const settings = { ...factoriseDefaults, ...options } as FactoriseOptions;
  return yield* refine(factoriseDense(model, settings.energy), context, {
    epochs: settings.epochs,
    learningRate: settings.learningRate,
    before: 0,
    total: settings.epochs,
    note: `${Math.round(settings.energy * 100)} % of the energy kept`,
  });
}

/**
 * Splits every dense layer whose factors are together smaller than itself; the others stay.
 * Throws a KolmoError when no layer gets smaller.
 */
export function factoriseDense(model: Model, energy: number): Model {
  checkFinite(model.parameters);
  const layers: LayerSpec[] = [];
  const parameters: Parameter[] = [];
  const counts: Record<string, number> = {};
  let old = 0;
  let split = 0;
  for (const layer of model.architecture.layers) {
    if (layer.type !== 'dense') {
      layers.push(layer);
      const name = `${layer.type}_${(counts[layer.type] = (counts[layer.type] ?? 0) + 1)}/`;
      while (model.parameters[old]?.name.startsWith(name)) parameters.push(model.parameters[old++]);
      continue;
    }
    const [weights, biases] = model.parameters.slice(old, old + 2);
    old += 2;
    const factors = layer.units > 1 ? factorsOf(weights, energy) : undefined;
    const add = (spec: LayerSpec, matrix: Parameter, vector: Float32Array): void => {
      const name = `dense_${(counts.dense = (counts.dense ?? 0) + 1)}`;
      layers.push(spec);
      parameters.push({ ...matrix, name: `${name}/weights` });
      const shape = [vector.length];
      parameters.push({
        name: `${name}/biases`,
        shape,
        data: vector,
        encoding: { type: 'float32' },
      });
    };
    if (factors) {
      split++;
      const rank = factors.left.shape[1];
      add(
        { type: 'dense', units: rank, activation: 'linear' },
        factors.left,
        new Float32Array(rank),
      );
    }
    add(layer, factors?.right ?? weights, biases.data);
  }
  if (split === 0) {
    throw new KolmoError(
      `No dense layer becomes smaller when ${energy * 100} % of its energy is kept: choose a lower energy, or prune neurons instead.`,
    );
  }
  return { architecture: { ...model.architecture, layers }, parameters };
}

/** Of weights that were decomposed before: one layer is asked about at several energies. */
const decompositions = new WeakMap<Float32Array, ReturnType<typeof singularVectors>>();

/** left [inputs, rank] @ right [rank, outputs], each carrying the root of the singular values; undefined where that is not smaller. */
function factorsOf(
  weights: Parameter,
  energy: number,
): { left: Parameter; right: Parameter } | undefined {
  const [inputs, outputs] = weights.shape;
  const decomposition =
    decompositions.get(weights.data) ?? singularVectors(weights.data, inputs, outputs);
  decompositions.set(weights.data, decomposition);
  const { values, vectors } = decomposition;
  const total = values.reduce((sum, value) => sum + value, 0);
  let rank = 0;
  for (let kept = 0; rank < values.length && kept < energy * total; rank++) kept += values[rank];
  if (rank === 0 || rank * (inputs + outputs) >= inputs * outputs) return undefined;

  const left = new Float32Array(inputs * rank);
  const right = new Float32Array(rank * outputs);
  for (let r = 0; r < rank; r++) {
    // The fourth root of a squared singular value is the root of the singular value.
    const root = Math.sqrt(Math.sqrt(values[r])) || 1;
    // The right vectors v of W: left column = W v / root, right row = root v.
    for (let i = 0; i < inputs; i++) {
      let sum = 0;
      for (let j = 0; j < outputs; j++)
        sum += weights.data[i * outputs + j] * vectors[r * outputs + j];
      left[i * rank + r] = sum / root;
    }
    for (let j = 0; j < outputs; j++) right[r * outputs + j] = vectors[r * outputs + j] * root;
  }
  const parameter = (shape: number[], data: Float32Array): Parameter => ({
    name: weights.name,
    shape,
    data,
    encoding: { type: 'float32' },
  });
  return { left: parameter([inputs, rank], left), right: parameter([rank, outputs], right) };
}
