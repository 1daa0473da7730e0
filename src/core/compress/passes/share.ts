/** Weight sharing: k-means over a layer's weights, one stored value for each cluster (Han et al. 2015). */
import { KolmoError } from '../../error';
import { checkFinite } from '../finite';
import type { PassContext, PassEvent } from '../pass';
import { joinFloats } from '../../join';
import type { Encoding, Model, Parameter } from '../../train/model';
import { isWeights, weightsBut } from '../parameters';
import { storedCentroids } from '../stored';
import { quantizeParameter } from './quantize';
import { refine } from './refine';

export interface ShareOptions {
  clusters: number;
  /** A codebook for each layer, or one for all of them. */
  codebook: 'layer' | 'global';
  /** Epochs in which the centroids are trained, each by the sum of its weights' gradients. */
  epochs: number;
  learningRate: number;
  /** Lloyd's rounds at most; it usually settles before. */
  rounds: number;
  /** Names of weights to leave alone, separated by commas. */
  except: string;
}

/** Gives the weights of each cluster one value, then trains the values. */
export async function* share(
  model: Model,
  settings: ShareOptions,
  context: PassContext,
): AsyncGenerator<PassEvent, Model> {
  const shared = shareWeights(model, settings);
  for (const { name, encoding } of shared.parameters) {
    if (encoding.type !== 'codebook' || encoding.centroids.length >= settings.clusters) continue;
    yield {
      type: 'warning',
      message: `${name} has ${encoding.centroids.length} distinct weights, fewer than the ${settings.clusters} clusters asked for: it keeps each of them.`,
    };
  }
  const trained = yield* refine(shared, context, {
    epochs: settings.epochs,
    learningRate: settings.learningRate,
    before: 0,
    total: settings.epochs,
    note: `${settings.clusters} shared values`,
  });
  return storable(trained);
}

/**
 * Gives every weight layer a codebook; biases, too few for one, become 8-bit levels unless they already are.
 * A layer of fewer distinct weights than clusters keeps each of them. Throws a KolmoError when every layer has fewer,
 * and for a model without weights.
 */
export function shareWeights(
  model: Model,
  settings: Pick<ShareOptions, 'clusters' | 'rounds'> &
    Partial<Pick<ShareOptions, 'codebook' | 'except'>>,
): Model {
  checkFinite(model.parameters);
  if (!model.parameters.some(isWeights)) {
    throw new KolmoError(
      'The model has no weight matrix whose values could be shared, only vectors: quantize it instead.',
    );
  }
  const changes = weightsBut(model, settings.except);
  const weights = model.parameters.filter(changes);
  if (settings.codebook === 'global' && weights.length === 0) {
    throw new KolmoError(
      'One codebook for all layers needs weights to share it, and all of them are to be left alone: take a name out of except.',
    );
  }
  const sharing = settings.codebook === 'global' ? [weights] : weights.map((layer) => [layer]);
  const codebooks = codebooksOf(sharing, settings);
  return storable({
    ...model,
    parameters: model.parameters.map((parameter) => {
      const centroids = codebooks.get(parameter);
      return centroids ? withCodebook(parameter, centroids) : parameter;
    }),
  });
}

/** Training leaves float32 centroids and biases; files hold halves and 8-bit levels. Weights without a codebook were left alone, and stay as they are. */
function storable(model: Model): Model {
  return {
    ...model,
    parameters: model.parameters.map((parameter) => {
      const { encoding } = parameter;
      if (encoding.type === 'codebook') return withCentroids(parameter, encoding);
      if (encoding.type !== 'float32' || isWeights(parameter)) return parameter;
      return quantizeParameter(parameter, { bits: 8, granularity: 'tensor', scheme: 'symmetric' });
    }),
  };
}

function withCentroids(
  parameter: Parameter,
  { centroids, indices }: Extract<Encoding, { type: 'codebook' }>,
): Parameter {
  const stored = storedCentroids(centroids);
  const data = new Float32Array(indices.length);
  for (let i = 0; i < data.length; i++) if (indices[i] >= 0) data[i] = stored[indices[i]];
  return { ...parameter, data, encoding: { type: 'codebook', centroids: stored, indices } };
}

/**
 * The centroids of each layer, of what is left of the weights of all that share them.
 * @throws KolmoError where no codebook would hold less than what is there; it names the layer with most to share
 */
function codebooksOf(
  sharing: Parameter[][],
  { clusters, rounds }: Pick<ShareOptions, 'clusters' | 'rounds'>,
): Map<Parameter, Float32Array> {
  const groups = sharing.map((layers) => {
    const kept = joinFloats(
      layers.map(({ data, mask }) => (mask ? data.filter((_, i) => mask[i] !== 0) : data)),
    ).sort();
    return { layers, kept, distinct: kept.filter((value, i) => i === 0 || value !== kept[i - 1]) };
  });
  const [most] = groups.toSorted((a, b) => b.distinct.length - a.distinct.length);
  if (most && most.distinct.length < clusters) {
    const { layers, distinct } = most;
    throw new KolmoError(
      `${layers.length > 1 ? 'The model' : layers[0].name} has ${distinct.length} distinct weights, fewer than the ${clusters} clusters asked for: choose at most ${distinct.length} clusters, or share before quantizing.`,
    );
  }
  return new Map(
    groups.flatMap(({ layers, kept, distinct }) => {
      const centroids = distinct.length < clusters ? distinct : kMeans(kept, clusters, rounds);
      return layers.map((layer) => [layer, centroids] as const);
    }),
  );
}

/** Assigns every weight to its nearest centroid; what is pruned has none. */
function withCodebook(parameter: Parameter, centroids: Float32Array): Parameter {
  const rising = centroids.slice().sort();
  const indices = new Int32Array(parameter.data.length);
  const data = new Float32Array(parameter.data.length);
  for (let i = 0; i < data.length; i++) {
    indices[i] = parameter.mask?.[i] === 0 ? -1 : nearest(rising, parameter.data[i]);
    data[i] = indices[i] < 0 ? 0 : rising[indices[i]];
  }
  return { ...parameter, data, encoding: { type: 'codebook', centroids: rising, indices } };
}

/** Lloyd's algorithm on sorted values, where clusters are intervals; the start is linear between smallest and largest. */
export function kMeans(sorted: Float32Array, clusters: number, rounds: number): Float32Array {
  const sums = new Float64Array(sorted.length + 1);
  for (let i = 0; i < sorted.length; i++) sums[i + 1] = sums[i] + sorted[i];
  const lowest = sorted[0];
  const step = (sorted[sorted.length - 1] - lowest) / Math.max(1, clusters - 1);
  const centroids = Float64Array.from({ length: clusters }, (_, k) => lowest + k * step);
  for (let round = 0; round < rounds; round++) {
    let moved = false;
    let first = 0;
    for (let k = 0; k < clusters; k++) {
      const border = k + 1 < clusters ? (centroids[k] + centroids[k + 1]) / 2 : Infinity;
      const end = k + 1 < clusters ? lowerBound(sorted, border, first) : sorted.length;
      // An empty cluster keeps its place: linear starts leave some where no weights lie.
      if (end > first) {
        const mean = (sums[end] - sums[first]) / (end - first);
        if (mean !== centroids[k]) moved = true;
        centroids[k] = mean;
      }
      first = end;
    }
    if (!moved) break;
  }
  return Float32Array.from(centroids);
}

/** The first index from `from` on whose value is at least `value`. */
function lowerBound(sorted: Float32Array, value: number, from: number): number {
  let low = from;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle] < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

function nearest(rising: Float32Array, value: number): number {
  const above = lowerBound(rising, value, 0);
  if (above === 0) return 0;
  if (above === rising.length) return above - 1;
  return value - rising[above - 1] <= rising[above] - value ? above - 1 : above;
}
