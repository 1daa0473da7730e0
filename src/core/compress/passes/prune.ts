/** Magnitude pruning: the smallest weights become zero (Han et al. 2015), step by step while the rest trains on (Zhu and Gupta 2017). */
import { KolmoError } from '../../error';
import { passDescriptions } from '../descriptions';
import { checkFinite } from '../finite';
import type { Pass, PassContext, PassEvent, PassOptions } from '../pass';
import type { Model, Parameter } from '../../train/model';
import { weightsBut, withData } from './parameters';
import { refine } from './refine';

export const prune: Pass = { ...passDescriptions.prune, run };

export interface PruneOptions {
  /** Share of all weights to remove. */
  sparsity: number;
  granularity: PruneGranularity;
  /** Names of weights to leave alone, separated by commas. */
  except: string;
  /** `2:4` keeps two of every four inputs instead; empty: off. */
  pattern: string;
  /** Times that weights are removed, each followed by `stepEpochs` of training. */
  steps: number;
  stepEpochs: number;
  /** Epochs after the last removal. */
  epochs: number;
  learningRate: number;
}

export const pruneDefaults: PruneOptions = {
  sparsity: passDescriptions.prune.setting.default,
  ...passDescriptions.prune.defaults,
};

async function* run(
  model: Model,
  options: PassOptions,
  context: PassContext,
): AsyncGenerator<PassEvent, Model> {
  const settings = { ...pruneDefaults, ...options } as PruneOptions;
  const keepOf = patternOf(settings.pattern);
  // Without training in between, going step by step would end at the same weights.
  const steps = context.dataset && !keepOf ? settings.steps : 1;
  const total = (steps - 1) * settings.stepEpochs + settings.epochs;
  let pruned = model;
  for (let step = 1; step <= steps; step++) {
    const sparsity = scheduledSparsity(settings.sparsity, step, steps);
    const masked = pruneMagnitudes(pruned, { ...settings, sparsity, keepOf });
    pruned = yield* refine(masked, context, {
      epochs: step < steps ? settings.stepEpochs : settings.epochs,
      learningRate: settings.learningRate,
      before: (step - 1) * settings.stepEpochs,
      total,
      note: keepOf
        ? `Pattern ${settings.pattern}`
        : `Sparsity ${Math.round(sparsity * 1000) / 10} %`,
    });
  }
  return pruned;
}

/** `2:4` as numbers; undefined for an empty pattern. */
function patternOf(pattern: string): [number, number] | undefined {
  if (pattern === '') return undefined;
  const [keep, of] = pattern.split(':').map(Number);
  if (Number.isInteger(keep) && Number.isInteger(of) && keep >= 1 && keep < of) return [keep, of];
  throw new KolmoError(
    `The pattern “${pattern}” is not of the form N:M with N below M: 2:4 keeps two of every four weights.`,
  );
}

export type PruneGranularity = 'layer' | 'global';

export interface PruneSettings {
  /** Share of all weights to remove. */
  sparsity: number;
  /** `layer`: each layer loses its smallest; `global`: one threshold for all, in units of each layer's own deviation. */
  granularity: PruneGranularity;
  /** Remove N - keep of every N weights in a row of inputs instead (`2:4`); 0 = off. */
  keepOf: [keep: number, of: number] | undefined;
  /** Names of weights to leave alone, separated by commas. */
  except?: string;
}

/** A small layer is worth little and spoils much: below this share of all weights it keeps `smallLayerFactor` times as many. */
const smallLayer = 0.02;
const smallLayerFactor = 2.5;

/**
 * Masks the smallest weights; biases are left alone, and what was pruned before stays pruned.
 * Throws a KolmoError when a layer would be left without any weight.
 */
export function pruneMagnitudes(model: Model, settings: PruneSettings): Model {
  checkFinite(model.parameters);
  const weights = model.parameters.filter(weightsBut(model, settings.except));
  if (weights.length === 0) {
    throw new KolmoError(
      'The model has no weight matrix that could be pruned, only vectors: quantize it instead.',
    );
  }
  const masks = settings.keepOf
    ? new Map(weights.map((parameter) => [parameter, patternMask(parameter, settings.keepOf!)]))
    : settings.granularity === 'layer'
      ? layerMasks(weights, settings.sparsity)
      : globalMasks(weights, settings.sparsity);
  return {
    ...model,
    parameters: model.parameters.map((parameter) => {
      const mask = masks.get(parameter);
      if (!mask) return parameter;
      if (!mask.includes(1)) {
        throw new KolmoError(
          `A sparsity of ${settings.sparsity} leaves none of the ${parameter.data.length} weights of ${parameter.name}: choose a lower sparsity, or granularity "layer".`,
        );
      }
      const data = parameter.data.map((value, i) => (mask[i] ? value : 0));
      return { ...withData(parameter, data), mask };
    }),
  };
}

/** The sparsity after step `step` of `steps`: fast at first, when there is much to spare (cubic). */
export function scheduledSparsity(target: number, step: number, steps: number): number {
  return target * (1 - (1 - step / steps) ** 3);
}

/** How many weights each layer keeps, so that together they are 1 - sparsity of all. */
function layerMasks(weights: Parameter[], sparsity: number): Map<Parameter, Uint8Array> {
  const total = weights.reduce((sum, parameter) => sum + parameter.data.length, 0);
  const keep = (1 - sparsity) * total;
  const isSmall = (parameter: Parameter): boolean => parameter.data.length < smallLayer * total;
  const small = weights.filter(isSmall).reduce((sum, parameter) => sum + parameter.data.length, 0);
  const smallShare = Math.min(1, smallLayerFactor * (1 - sparsity));
  const largeShare = small < total ? (keep - smallShare * small) / (total - small) : 1 - sparsity;
  return new Map(
    weights.map((parameter) => {
      const share = isSmall(parameter) && small < total ? smallShare : largeShare;
      const count = Math.round(share * parameter.data.length);
      return [parameter, largest(magnitudes(parameter), count)];
    }),
  );
}

function globalMasks(weights: Parameter[], sparsity: number): Map<Parameter, Uint8Array> {
  const scores = weights.map((parameter) => {
    const all = magnitudes(parameter);
    let sum = 0;
    for (const value of all) sum += value * value;
    const deviation = Math.sqrt(sum / all.length) || 1;
    return all.map((value) => value / deviation);
  });
  const joined = new Float32Array(scores.reduce((sum, all) => sum + all.length, 0));
  let offset = 0;
  for (const all of scores) {
    joined.set(all, offset);
    offset += all.length;
  }
  const mask = largest(joined, Math.round((1 - sparsity) * joined.length));
  offset = 0;
  return new Map(
    weights.map((parameter) => {
      const part = mask.slice(offset, offset + parameter.data.length);
      offset += parameter.data.length;
      return [parameter, part];
    }),
  );
}

/** N:M: of each `of` weights that follow each other along the inputs, the `keep` largest stay. */
function patternMask(parameter: Parameter, [keep, of]: [number, number]): Uint8Array {
  const columns = parameter.shape[parameter.shape.length - 1];
  const rows = parameter.data.length / columns;
  const all = magnitudes(parameter);
  const mask = new Uint8Array(all.length);
  for (let column = 0; column < columns; column++) {
    for (let first = 0; first < rows; first += of) {
      const group = Math.min(of, rows - first);
      const values = Float32Array.from(
        { length: group },
        (_, k) => all[(first + k) * columns + column],
      );
      const kept = largest(values, Math.min(keep, group));
      for (let k = 0; k < group; k++) mask[(first + k) * columns + column] = kept[k];
    }
  }
  return mask;
}

function magnitudes(parameter: Parameter): Float32Array {
  // A weight that was pruned before sorts below one that happens to be zero.
  return parameter.data.map((value, i) => (parameter.mask?.[i] === 0 ? -1 : Math.abs(value)));
}

/** A mask of the `count` largest values; of equal ones the first stay, and what was pruned before never comes back. */
function largest(values: Float32Array, count: number): Uint8Array {
  const sorted = values.slice().sort();
  const threshold = count > 0 ? sorted[sorted.length - count] : Infinity;
  const mask = new Uint8Array(values.length);
  let left = count;
  for (let i = 0; i < values.length; i++) {
    if (values[i] > threshold && values[i] >= 0) {
      mask[i] = 1;
      left--;
    }
  }
  for (let i = 0; i < values.length && left > 0; i++) {
    if (values[i] === threshold && values[i] >= 0) {
      mask[i] = 1;
      left--;
    }
  }
  return mask;
}
