/** A model's parameters as the container codes them, levels and values, and back. */
import { KolmoError } from '../../error';
import { fitsHalf } from '../../formats/half';
import { maximumParameters, type KolmoTensor } from '../../formats/kolmo';
import type { KolmoEncoding } from '../../formats/kolmoEncoding';
import { layoutOf, listedLayout, type TensorLayout } from '../../formats/kolmoLayout';
import type { Encoding, Model, Parameter } from '../../train/model';
import { runsOf } from '../../train/scales';
import { checkFinite } from '../finite';
import { maximumClass } from './coder';

/** A tensor as it is coded: integers for positions and symbols, and float values where the encoding has any. */
export interface Plan {
  tensor: KolmoTensor;
  /** While writing perhaps the model's own: read only. */
  levels: Int32Array;
  values: Float32Array;
}

/** Every tensor of a model as it would be coded. Throws a KolmoError for what a file cannot hold. */
export function planOf(model: Model): Plan[] {
  checkFinite(model.parameters);
  const derived = layoutOf(model.architecture);
  const matches =
    derived?.length === model.parameters.length &&
    derived.every(
      (tensor, t) =>
        tensor.name === model.parameters[t].name &&
        tensor.shape.join() === model.parameters[t].shape.join(),
    );
  const parameters = model.parameters.reduce((sum, parameter) => sum + parameter.data.length, 0);
  if (parameters > maximumParameters) {
    throw new KolmoError(
      `The model has ${parameters} parameters, and a packed model holds at most ${maximumParameters}: keep it as ONNX, or prune neurons first.`,
    );
  }
  for (const { name, shape, data } of model.parameters) {
    if (data.length > 0) continue;
    throw new KolmoError(
      `${name} has the shape ${shape.join(' x ')}, and so no value that a packed model could hold: take its layer out of the model.`,
    );
  }
  const books = booksOf(model.parameters);
  return model.parameters.map((parameter, t) => {
    const layout = matches ? derived[t] : listedLayout(parameter.name, parameter.shape);
    return planTensor(parameter, layout, books);
  });
}

function planTensor(parameter: Parameter, layout: TensorLayout, books: Books): Plan {
  const { data, encoding } = parameter;
  const masked = parameter.mask !== undefined;
  const common = { ...layout, masked, streamBytes: 0 };
  switch (encoding.type) {
    case 'float32': {
      const levels = new Int32Array(data.length);
      let zeros = 0;
      for (let i = 0; i < data.length; i++) {
        if (data[i] === 0) zeros++;
        else levels[i] = 1;
      }
      const sparse = masked || zeros * 20 > data.length;
      const half = fitsHalf(sparse ? data.filter((value) => value !== 0) : data);
      return {
        tensor: { ...common, sparse, encoding: { type: 'float32', half } },
        levels: sparse ? levels : new Int32Array(0),
        values: data.slice(),
      };
    }
    case 'quantized': {
      const { bits, scales, zeroPoints, groupSize } = encoding;
      let { levels } = encoding;
      if (zeroPoints.some((zero) => zero !== 0)) {
        levels = levels.slice();
        runsOf(parameter, encoding).forEach(({ first, end, stride }, run) => {
          const zero = zeroPoints[run];
          for (let i = first; i < end; i += stride) levels[i] -= zero;
        });
      }
      checkLevels(parameter.name, levels);
      const stored: KolmoEncoding = { type: 'quantized', bits, scales, zeroPoints, groupSize };
      return {
        tensor: { ...common, sparse: true, encoding: stored },
        levels,
        values: new Float32Array(0),
      };
    }
    case 'codebook': {
      const { centroids, negative, levels } = rankOf(parameter.name, encoding, books);
      return {
        tensor: { ...common, sparse: true, encoding: { type: 'codebook', centroids, negative } },
        levels,
        values: new Float32Array(0),
      };
    }
    default:
      return encoding satisfies never;
  }
}

/** By `bookOf`: the centroids that any parameter of that codebook uses, rising and without zero. */
type Books = Map<string, Float32Array>;

/** Parameters with equal codebooks have the same centroids, so that the file holds the codebook once. */
function booksOf(parameters: Parameter[]): Books {
  const used = new Map<string, Set<number>>();
  for (const { encoding } of parameters) {
    if (encoding.type !== 'codebook') continue;
    const { centroids, indices } = encoding;
    const isUsed = new Uint8Array(centroids.length);
    for (const index of indices) if (index >= 0) isUsed[index] = 1;
    const book = bookOf(centroids);
    const values = used.get(book) ?? new Set();
    used.set(book, values);
    centroids.forEach((value, i) => isUsed[i] && value !== 0 && values.add(value));
  }
  return new Map([...used].map(([book, values]) => [book, Float32Array.from(values).sort()]));
}

/** Zero is stored as a level, and so does not tell two codebooks apart. */
const bookOf = (centroids: Float32Array): string => centroids.filter((value) => value !== 0).join();

/** Numbers the centroids in use by their rank away from zero, so that close values have close levels: -2, -1, (0), 1, 2… */
function rankOf(
  name: string,
  { centroids, indices }: Extract<Encoding, { type: 'codebook' }>,
  books: Books,
): { centroids: Float32Array; negative: number; levels: Int32Array } {
  const sorted = books.get(bookOf(centroids))!;
  const negative = sorted.filter((value) => value < 0).length;
  const ranks = Int32Array.from(centroids, (value) => {
    const i = sorted.indexOf(value);
    return i < 0 ? 0 : i < negative ? i - negative : i - negative + 1;
  });
  const levels = new Int32Array(indices.length);
  for (let i = 0; i < levels.length; i++) levels[i] = indices[i] < 0 ? 0 : ranks[indices[i]];
  checkLevels(name, levels);
  return { centroids: sorted, negative, levels };
}

/** The parameter that a plan states. Takes over the plan's arrays. */
export function parameterOf({ tensor, levels, values }: Plan): Parameter {
  const { name, shape } = tensor;
  const mask = tensor.masked ? new Uint8Array(levels.length) : undefined;
  if (mask) for (let i = 0; i < levels.length; i++) mask[i] = levels[i] === 0 ? 0 : 1;
  const common = { name, shape, ...(mask && { mask }) };
  const { encoding } = tensor;
  switch (encoding.type) {
    case 'float32':
      return { ...common, data: values, encoding: { type: 'float32' } };
    case 'quantized': {
      const data = new Float32Array(levels.length);
      runsOf(tensor, encoding).forEach(({ first, end, stride }, run) => {
        const scale = encoding.scales[run];
        const zero = encoding.zeroPoints[run];
        for (let i = first; i < end; i += stride) {
          data[i] = scale * levels[i];
          levels[i] += zero;
        }
      });
      return { ...common, data, encoding: { ...encoding, levels } };
    }
    case 'codebook': {
      const { negative } = encoding;
      const zero = !tensor.masked && levels.includes(0);
      // An unmasked zero is a centroid like any other; it takes its place in the rising order.
      const centroids = zero
        ? Float32Array.from([
            ...encoding.centroids.subarray(0, negative),
            0,
            ...encoding.centroids.subarray(negative),
          ])
        : encoding.centroids;
      const last = centroids.length - 1;
      const data = new Float32Array(levels.length);
      const indices = new Int32Array(levels.length).fill(zero ? negative : -1);
      for (let i = 0; i < levels.length; i++) {
        const level = levels[i];
        if (level === 0) continue;
        const index = negative + level - (level > 0 && !zero ? 1 : 0);
        indices[i] = index < 0 ? 0 : index > last ? last : index;
        data[i] = centroids[indices[i]];
      }
      return { ...common, data, encoding: { type: 'codebook', centroids, indices } };
    }
    default:
      return encoding satisfies never;
  }
}

function checkLevels(name: string, levels: Int32Array): void {
  const limit = 2 ** maximumClass;
  for (let i = 0; i < levels.length; i++) {
    const level = levels[i];
    if (level >= limit || level <= -limit) {
      throw new KolmoError(
        `${name} has the level ${level} at index ${i}, and a packed model holds levels below ${limit}: quantize it with a larger scale.`,
      );
    }
  }
}
