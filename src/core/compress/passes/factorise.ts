/** Low-rank factorisation: a dense layer becomes two thinner ones whose product is close to it (truncated singular value decomposition). */
import { KolmoError } from '../../error';
import { createRandom } from '../../random';
import type { LayerSpec, Model, Parameter } from '../../train/model';
import { checkFinite } from '../finite';
import type { PassContext, PassEvent } from '../pass';
import { refine } from './refine';
import { singularValues, singularVectors } from './singular';

export interface FactoriseOptions {
  /** Share of the squared singular values that each layer keeps. */
  energy: number;
  epochs: number;
  learningRate: number;
}

/** Splits dense layers where two thinner ones keep the energy, then trains on. */
export async function* factorise(
  model: Model,
  settings: FactoriseOptions,
  context: PassContext,
): AsyncGenerator<PassEvent, Model> {
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
export function factoriseDense(model: Model, energy: number, split = factorsOf): Model {
  checkFinite(model.parameters);
  const layers: LayerSpec[] = [];
  const parameters: Parameter[] = [];
  const counts: Record<string, number> = {};
  let old = 0;
  let smaller = 0;
  for (const layer of model.architecture.layers) {
    if (layer.type !== 'dense') {
      layers.push(layer);
      const name = `${layer.type}_${(counts[layer.type] = (counts[layer.type] ?? 0) + 1)}/`;
      while (model.parameters[old]?.name.startsWith(name)) parameters.push(model.parameters[old++]);
      continue;
    }
    const [weights, biases] = model.parameters.slice(old, old + 2);
    old += 2;
    const factors = layer.units > 1 ? split(weights, energy) : undefined;
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
      smaller++;
      const rank = factors.left.shape[1];
      add(
        { type: 'dense', units: rank, activation: 'linear' },
        factors.left,
        new Float32Array(rank),
      );
    }
    add(layer, factors?.right ?? weights, biases.data);
  }
  if (smaller === 0) {
    throw new KolmoError(
      `No dense layer becomes smaller when ${+(energy * 100).toPrecision(6)} % of its energy is kept: choose a lower energy, or prune neurons instead.`,
    );
  }
  return { architecture: { ...model.architecture, layers }, parameters };
}

/** The same layers with factors of the same ranks and sizes, but of chance: their bytes are known long before their vectors. */
export function factoriseRoughly(model: Model, energy: number): Model {
  return factoriseDense(model, energy, likelyFactors);
}

interface Factors {
  left: Parameter;
  right: Parameter;
}

/** left [inputs, rank] @ right [rank, outputs], each carrying the root of the singular values; undefined where that is not smaller. */
function factorsOf(weights: Parameter, energy: number): Factors | undefined {
  const [inputs, outputs] = weights.shape;
  const { values, vectors } = singularVectors(weights.data, inputs, outputs);
  const rank = rankOf(values, energy, weights);
  if (rank === undefined) return undefined;
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
  return factorsFrom(weights, rank, left, right);
}

/** Singular values of weights that were asked about before, at another energy. */
const known = new WeakMap<Float32Array, Float64Array>();

/** Vectors of length one have normal entries, nearly; what reads or gives nothing stays zero. */
function likelyFactors(weights: Parameter, energy: number): Factors | undefined {
  const { data } = weights;
  const [inputs, outputs] = weights.shape;
  const values = known.get(data) ?? singularValues(data, inputs, outputs);
  known.set(data, values);
  const rank = rankOf(values, energy, weights);
  if (rank === undefined) return undefined;
  const random = createRandom(1);
  const roots = values.map((value) => Math.sqrt(Math.sqrt(value)));
  const rows = new Uint8Array(inputs);
  const columns = new Uint8Array(outputs);
  for (let i = 0, at = 0; i < inputs; i++) {
    for (let j = 0; j < outputs; j++, at++) if (data[at] !== 0) rows[i] = columns[j] = 1;
  }
  const left = Float32Array.from({ length: inputs * rank }, (_, at) =>
    rows[Math.floor(at / rank)] ? (roots[at % rank] * random.normal()) / Math.sqrt(inputs) : 0,
  );
  const right = Float32Array.from({ length: rank * outputs }, (_, at) =>
    columns[at % outputs]
      ? (roots[Math.floor(at / outputs)] * random.normal()) / Math.sqrt(outputs)
      : 0,
  );
  return factorsFrom(weights, rank, left, right);
}

/** Singular values to keep; undefined where the factors would not be smaller than the layer. */
function rankOf(values: Float64Array, energy: number, { shape }: Parameter): number | undefined {
  const [inputs, outputs] = shape;
  const total = values.reduce((sum, value) => sum + value, 0);
  let rank = 0;
  for (let kept = 0; rank < values.length && kept < energy * total; rank++) kept += values[rank];
  return rank === 0 || rank * (inputs + outputs) >= inputs * outputs ? undefined : rank;
}

function factorsFrom(
  { name, shape: [inputs, outputs] }: Parameter,
  rank: number,
  left: Float32Array,
  right: Float32Array,
): Factors {
  const parameter = (shape: number[], data: Float32Array): Parameter => ({
    name,
    shape,
    data,
    encoding: { type: 'float32' },
  });
  return { left: parameter([inputs, rank], left), right: parameter([rank, outputs], right) };
}
