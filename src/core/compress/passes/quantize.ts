/** Quantization: a weight becomes a small integer times a scale (Jacob et al. 2018), or one of -1, 0, 1 times a scale (Li and Liu 2016). */
import { KolmoError } from '../../error';
import { roundForRate } from '../entropy/rounding';
import { checkFinite } from '../finite';
import type { PassContext, PassEvent } from '../pass';
import type { Model, Parameter } from '../../train/model';
import { rowsOf, scaleRuns, type RowsPerScale, type ScaleRun } from '../../train/scales';
import { importanceOf, type Importance } from './importance';
import { isWeights, weightsBut } from '../parameters';
import { storedScale } from '../stored';
import { trainLevels } from './trainLevels';

export interface QuantizeOptions extends Required<QuantizeSettings> {
  /** Epochs of quantization-aware training (straight through), which few bits need and eight do not. */
  epochs: number;
  /** Adam's rate, in levels. */
  learningRate: number;
}

/** Rounds the weights to levels, and trains these where epochs are asked for. */
export async function* quantize(
  model: Model,
  settings: QuantizeOptions,
  context: PassContext,
): AsyncGenerator<PassEvent, Model> {
  if (settings.except && settings.epochs > 0) {
    throw new KolmoError(
      'Quantization-aware training trains the levels of all weights: leave none of them alone, or set epochs to 0.',
    );
  }
  const importance =
    settings.calibration === 'activations' ? await importanceOf(model, context) : undefined;
  const quantized = quantizeWeights(model, settings, importance);
  yield { type: 'progress', done: 1, total: 1 + settings.epochs, note: `${settings.bits} bits` };
  if (settings.epochs === 0) return quantized;
  // Training starts from the fractions of the levels, or from the levels themselves where bits decided on them.
  const start = settings.rate > 0 ? quantized : model;
  return yield* trainLevels(quantized, start, context, settings);
}

export interface QuantizeSettings {
  bits: number;
  /** What has a scale of its own: a layer's weights, those of an output, or `groupSize` inputs in a row of an output. */
  granularity: 'tensor' | 'channel' | 'group';
  /** Weights of a group; the field takes 32, 64 or 128. */
  groupSize?: number;
  /** `affine` uses all levels between the smallest and the largest weight; `symmetric` puts zero in the middle. */
  scheme: 'affine' | 'symmetric' | 'ternary';
  /** `full` spans all weights; `fitted` cuts off the outermost where that makes the squared error smaller, as it does at few bits. */
  range?: 'full' | 'fitted';
  /** What a bit of the file is worth in squared levels of error, 0.05 for instance; 0: every weight gets the level nearest to it. */
  rate?: number;
  /**
   * `activations` fits ranges for the least error of what a layer gives, not of its weights: a weight counts as
   * much as the mean square of what it is multiplied by.
   */
  calibration?: 'none' | 'activations';
  /** Names of weights to leave alone, separated by commas. */
  except?: string;
}

/** Biases need few bytes and much precision: they keep at least this many bits, in one scale. */
const biasBits = 8;

/** Quantizes weights and biases; the model's data become the decoded values, and pruned weights stay exactly zero. */
export function quantizeWeights(
  model: Model,
  settings: QuantizeSettings,
  importance?: Importance,
): Model {
  checkFinite(model.parameters);
  const changes = weightsBut(model, settings.except);
  const nearest: Model = {
    ...model,
    parameters: model.parameters.map((parameter) => {
      if (changes(parameter)) {
        return quantizeParameter(parameter, settings, importance?.get(parameter.name));
      }
      if (isWeights(parameter)) return parameter;
      return quantizeParameter(parameter, {
        bits: Math.max(biasBits, settings.bits),
        granularity: 'tensor',
        scheme: 'symmetric',
      });
    }),
  };
  return settings.rate ? roundForRate(nearest, model, settings.rate, changes) : nearest;
}

/**
 * Quantizes one parameter; its scales are rounded to half precision first, so that the file can store them in two bytes.
 * @param importance how much the error of each row matters: then ranges are fitted
 */
export function quantizeParameter(
  parameter: Parameter,
  settings: QuantizeSettings,
  importance?: Float32Array,
): Parameter {
  const { data, mask, shape } = parameter;
  const rows = rowsPerScale(shape, settings);
  const runs = scaleRuns(shape, rows);
  const scales = new Float32Array(runs.length);
  const zeroPoints = new Int32Array(runs.length);
  const levels = new Int32Array(data.length);
  const decoded = new Float32Array(data.length);
  runs.forEach((run, r) => {
    const full = gridOf(parameter, run, settings);
    const grid =
      settings.range === 'fitted' || importance ? fitted(full, parameter, run, importance) : full;
    const { scale, zeroPoint } = grid;
    scales[r] = scale;
    zeroPoints[r] = zeroPoint;
    for (let i = run.first; i < run.end; i += run.stride) {
      levels[i] = mask?.[i] === 0 ? zeroPoint : levelOf(data[i], grid);
      decoded[i] = scale * (levels[i] - zeroPoint);
    }
  });
  const bits = settings.scheme === 'ternary' ? 2 : settings.bits;
  // A group of all inputs is what a channel is.
  const groupSize = settings.granularity === 'group' && runs.length > columnsOf(shape) && rows;
  return {
    ...parameter,
    data: decoded,
    encoding: {
      type: 'quantized',
      bits,
      ...(groupSize && { groupSize }),
      scales,
      zeroPoints,
      levels,
    },
  };
}

function rowsPerScale(
  shape: number[],
  { granularity, groupSize = 0 }: QuantizeSettings,
): RowsPerScale {
  switch (granularity) {
    case 'tensor':
      return undefined;
    case 'channel':
      return rowsOf(shape);
    case 'group':
      if (Number.isInteger(groupSize) && groupSize > 0) return groupSize;
      throw new KolmoError(
        `A group of ${groupSize} weights cannot have a scale: set groupSize to a whole number, 32, 64 or 128 for instance.`,
      );
    default:
      return granularity satisfies never;
  }
}

const columnsOf = (shape: number[]): number => shape[shape.length - 1];

interface Grid {
  scale: number;
  zeroPoint: number;
  lowest: number;
  highest: number;
}

/** The level nearest to a value. */
function levelOf(value: number, { scale, zeroPoint, lowest, highest }: Grid): number {
  const level = Math.round(value / scale) + zeroPoint;
  return level < lowest ? lowest : level > highest ? highest : level;
}

/** Shares of the full range that are tried. */
const shares = Array.from({ length: 16 }, (_, i) => 1 - 0.05 * i);

/** The grid of the least squared error among narrower and narrower ones; zero stays the level that it was. */
function fitted(
  full: Grid,
  { data, mask, shape }: Parameter,
  { first, end, stride }: ScaleRun,
  importance?: Float32Array,
): Grid {
  const columns = columnsOf(shape);
  let best = full;
  let least = Infinity;
  for (const share of shares) {
    const grid = { ...full, scale: storedScale(full.scale * share) };
    let error = 0;
    for (let i = first; i < end; i += stride) {
      if (mask?.[i] === 0) continue;
      const weight = importance ? importance[Math.floor(i / columns)] : 1;
      error += weight * (data[i] - grid.scale * (levelOf(data[i], grid) - grid.zeroPoint)) ** 2;
    }
    if (error < least) {
      least = error;
      best = grid;
    }
  }
  return best;
}

function gridOf(
  { data, mask }: Parameter,
  { first, end, stride }: ScaleRun,
  { bits, scheme }: QuantizeSettings,
): Grid {
  let minimum = 0;
  let maximum = 0;
  let sum = 0;
  let count = 0;
  for (let i = first; i < end; i += stride) {
    if (mask?.[i] === 0) continue;
    const value = data[i];
    if (value < minimum) minimum = value;
    if (value > maximum) maximum = value;
    sum += Math.abs(value);
    count++;
  }
  const largest = Math.max(maximum, -minimum);
  switch (scheme) {
    case 'affine': {
      const highest = 2 ** bits - 1;
      const scale = storedScale((maximum - minimum) / highest);
      // Zero is a level of its own, or pruned weights would come back as something else.
      const zeroPoint = Math.min(highest, Math.max(0, Math.round(-minimum / scale)));
      return { scale, zeroPoint, lowest: 0, highest };
    }
    case 'symmetric': {
      const highest = 2 ** (bits - 1) - 1;
      return { scale: storedScale(largest / highest), zeroPoint: 0, lowest: -highest, highest };
    }
    case 'ternary': {
      // The threshold of 0.7 times the mean magnitude is close to the best for normal weights; the scale is the mean of what lies above.
      const threshold = count > 0 ? (0.7 * sum) / count : 0;
      let above = 0;
      let kept = 0;
      for (let i = first; i < end; i += stride) {
        if (mask?.[i] === 0 || Math.abs(data[i]) <= threshold) continue;
        above += Math.abs(data[i]);
        kept++;
      }
      const scale = storedScale(kept > 0 ? above / kept : largest);
      return { scale, zeroPoint: 0, lowest: -1, highest: 1 };
    }
    default:
      return scheme satisfies never;
  }
}
