/** Pruning: the weights that matter least become zero (Han et al. 2015), step by step while the rest trains on. */
import { KolmoError } from '../../error';
import { checkFinite } from '../finite';
import type { PassContext, PassEvent } from '../pass';
import { joinFloats } from '../../join';
import type { Model, Parameter } from '../../train/model';
import { weightsBut, withData } from '../parameters';
import { removeGradually } from './gradual';
import { movementOf, type Movement } from './movement';

export interface PruneOptions {
  /** Share of all weights to remove. */
  sparsity: number;
  granularity: PruneGranularity;
  /** Names of weights to leave alone, separated by commas. */
  except: string;
  /** `2:4` keeps two of every four inputs instead; empty: off. */
  pattern: string;
  /** `magnitude`: large weights matter; `movement`: those that training moves away from zero. */
  importance: 'magnitude' | 'movement';
  /** Times that weights are removed, each followed by `stepEpochs` of training. */
  steps: number;
  stepEpochs: number;
  /** Epochs after the last removal. */
  epochs: number;
  learningRate: number;
}

/**
 * Removes weights in steps, between which the others train on.
 * @throws KolmoError of a layer that would keep none
 */
export async function* prune(
  model: Model,
  settings: PruneOptions,
  context: PassContext,
): AsyncGenerator<PassEvent, Model> {
  const keepOf = patternOf(settings.pattern);
  const movement = settings.importance === 'movement' ? movementOf(model, context) : undefined;
  return yield* removeGradually(model, context, {
    ...settings,
    share: settings.sparsity,
    steps: keepOf ? 1 : settings.steps,
    // Nothing has moved yet where nothing has been trained on.
    epochsBefore: movement ? Math.max(1, settings.stepEpochs) : 0,
    observe: movement?.observe,
    remove: (current, sparsity) =>
      pruneWeights(current, { ...settings, sparsity, keepOf, scores: movement?.scores }),
    note: (share) =>
      keepOf ? `Pattern ${settings.pattern}` : `Sparsity ${Math.round(share * 1000) / 10} %`,
  });
}

/** `2:4` as numbers; undefined for an empty pattern. */
function patternOf(pattern: string): [number, number] | undefined {
  if (pattern === '') return undefined;
  const [keep, of] = /^(\d+):(\d+)$/.exec(pattern)?.slice(1).map(Number) ?? [0, 0];
  if (keep >= 1 && keep < of) return [keep, of];
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
  /** Remove N - keep of every N weights in a row of inputs instead (`2:4`); undefined: off. */
  keepOf: [keep: number, of: number] | undefined;
  /** Names of weights to leave alone, separated by commas. */
  except?: string;
  /** What each weight matters, by parameter. Default: its magnitude. */
  scores?: Movement['scores'];
}

type Scores = Map<Parameter, Float32Array>;
type Masks = Map<Parameter, Uint8Array>;

/** A small layer is worth little and spoils much: below this share of all weights it keeps `smallLayerFactor` times as many. */
const smallLayer = 0.02;
const smallLayerFactor = 2.5;

/**
 * Masks the weights that matter least; biases are left alone, and what was pruned before stays pruned.
 * Throws a KolmoError when a layer would be left without any weight.
 */
export function pruneWeights(model: Model, settings: PruneSettings): Model {
  checkFinite(model.parameters);
  const weights = model.parameters.filter(weightsBut(model, settings.except));
  if (weights.length === 0) {
    throw new KolmoError(
      'The model has no weight matrix that could be pruned, only vectors: quantize it instead.',
    );
  }
  const scores = new Map(
    weights.map((parameter) => [parameter, scoresOf(parameter, settings.scores)]),
  );
  const masks = settings.keepOf
    ? patternMasks(scores, settings.keepOf)
    : settings.granularity === 'layer'
      ? layerMasks(scores, settings.sparsity)
      : globalMasks(scores, settings.sparsity);
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

/** How many weights each layer keeps, so that together they are 1 - sparsity of all. */
function layerMasks(scores: Scores, sparsity: number): Masks {
  const weights = [...scores.keys()];
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
      return [parameter, largest(scores.get(parameter)!, count)];
    }),
  );
}

function globalMasks(scores: Scores, sparsity: number): Masks {
  const weights = [...scores.keys()];
  const relative = [...scores.values()].map((all) => {
    let sum = 0;
    for (const value of all) if (value > -Infinity) sum += value * value;
    const deviation = Math.sqrt(sum / all.length) || 1;
    return all.map((value) => value / deviation);
  });
  const joined = joinFloats(relative);
  const mask = largest(joined, Math.round((1 - sparsity) * joined.length));
  let offset = 0;
  return new Map(
    weights.map((parameter) => {
      const part = mask.slice(offset, offset + parameter.data.length);
      offset += parameter.data.length;
      return [parameter, part];
    }),
  );
}

function patternMasks(scores: Scores, keepOf: [number, number]): Masks {
  return new Map(
    [...scores].map(([parameter, all]) => [parameter, patternMask(parameter, all, keepOf)]),
  );
}

/** N:M: of each `of` weights that follow each other along the inputs, the `keep` most important stay. */
function patternMask(
  parameter: Parameter,
  all: Float32Array,
  [keep, of]: [number, number],
): Uint8Array {
  const columns = parameter.shape[parameter.shape.length - 1];
  const rows = parameter.data.length / columns;
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

/** What each weight matters; one that was pruned before sorts below all others. */
function scoresOf(parameter: Parameter, given: PruneSettings['scores']): Float32Array {
  const measured = given?.get(parameter.name) ?? parameter.data.map(Math.abs);
  return measured.map((value, i) => (parameter.mask?.[i] === 0 ? -Infinity : value));
}

/** A mask of the `count` largest values; of equal ones the first stay, and what was pruned before never comes back. */
function largest(values: Float32Array, count: number): Uint8Array {
  const sorted = values.slice().sort();
  const threshold = count > 0 ? sorted[sorted.length - count] : Infinity;
  const mask = new Uint8Array(values.length);
  let left = count;
  for (let i = 0; i < values.length; i++) {
    if (values[i] > threshold) {
      mask[i] = 1;
      left--;
    }
  }
  for (let i = 0; i < values.length && left > 0; i++) {
    if (values[i] === threshold && values[i] > -Infinity) {
      mask[i] = 1;
      left--;
    }
  }
  return mask;
}
