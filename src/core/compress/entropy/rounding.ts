/** Rate-distortion optimised quantization (Wiedemann et al. 2020, DeepCABAC): rounds to what the error and the bits together are least for. */
import type { Model, Parameter } from '../../train/model';
import { perWeight, runsOf } from '../../train/scales';
import { bitsOf, pricesOf } from './rate';

/** The prices depend on which levels stay, and they on the prices: two rounds settle most. */
const rounds = 2;

/**
 * Moves levels of a quantized model's matrices one step towards zero, or to it, where the bits saved outweigh the error.
 * Every level that costs more in error than it saves stays as it is.
 * @param original the model before it was quantized
 * @param rate what a bit is worth, in squared steps of the grid
 * @param changes tells the matrices that may change
 */
export function roundForRate(
  quantized: Model,
  original: Model,
  rate: number,
  changes: (parameter: Parameter) => boolean,
): Model {
  return {
    ...quantized,
    parameters: quantized.parameters.map((parameter, p) =>
      changes(parameter) ? roundParameter(parameter, original.parameters[p].data, rate) : parameter,
    ),
  };
}

function roundParameter(parameter: Parameter, values: Float32Array, rate: number): Parameter {
  const { encoding } = parameter;
  if (encoding.type !== 'quantized') return parameter;
  const columns = parameter.shape[parameter.shape.length - 1];
  const runs = runsOf(parameter, encoding);
  const scales = perWeight(encoding.scales, runs, values.length);
  const zeroPoints = perWeight(encoding.zeroPoints, runs, values.length);
  // Levels counted from zero.
  const nearest = encoding.levels.map((level, i) => level - zeroPoints[i]);
  const chosen = Float32Array.from(nearest);
  for (let round = 0; round < rounds; round++) {
    const prices = pricesOf(chosen, columns);
    for (let i = 0; i < nearest.length; i++) {
      const magnitude = Math.abs(nearest[i]);
      if (magnitude === 0) continue;
      const exact = Math.abs(values[i] / scales[i]);
      const [row, column] = [Math.floor(i / columns), i % columns];
      let best = 0;
      let least = exact * exact;
      for (let candidate = Math.max(1, magnitude - 1); candidate <= magnitude; candidate++) {
        const cost = (exact - candidate) ** 2 + rate * bitsOf(prices, row, column, candidate);
        if (cost >= least) continue;
        best = candidate;
        least = cost;
      }
      chosen[i] = nearest[i] < 0 ? 0 - best : best;
    }
  }
  return {
    ...parameter,
    data: chosen.map((level, i) => level * scales[i]),
    encoding: {
      ...encoding,
      levels: nearest.map((_, i) => chosen[i] + zeroPoints[i]),
    },
  };
}
