/** The packed model file: `encode` above `decode`; FORMAT.md beside this file describes every byte. */
import { KolmoError } from '../../error';
import { fitsHalf } from '../../formats/half';
import {
  decodeHeader,
  encodeHeader,
  magic,
  maximumParameters,
  type KolmoTensor,
} from '../../formats/kolmo';
import type { KolmoEncoding } from '../../formats/kolmoEncoding';
import { layoutOf, listedLayout, type TensorLayout } from '../../formats/kolmoLayout';
import { sizeOf } from '../../train/layers/layer';
import type { Encoding, Model, Parameter } from '../../train/model';
import { runsOf } from '../../train/scales';
import { checkFinite } from '../finite';
import { createCoder, maximumClass, type Coder } from './coder';
import { crc32 } from './crc';
import {
  codeFloat,
  createFloatModels,
  readingTail,
  tailBytes,
  writingTail,
  type FloatModels,
  type Tail,
} from './floats';
import { apportion, type Ledger, type LedgerEntry } from './ledger';

/** Packs a model; `decode` gives back exactly its parameters' values. Throws a KolmoError for NaN and infinite weights. */
export function encode(model: Model): Uint8Array {
  return encodeWithLedger(model).bytes;
}

/** Packs a model and says what every byte is for; the ledger sums to the file's length. */
export function encodeWithLedger(model: Model): { bytes: Uint8Array; ledger: Ledger } {
  const plans = planOf(model);
  const coder = createCoder();
  const tail = writingTail();
  const costs = codeTensors(coder, tail, plans);
  const stream = coder.finish();
  const plain = tail.finish();

  // The stream's bytes are shared out by what its bits cost; the tail belongs to the values it holds.
  const shares = apportion(
    costs.flatMap((cost) => [cost.positions, cost.symbols]),
    stream.length,
  );
  const tensors = plans.map(({ tensor }, t): KolmoTensor => ({
    ...tensor,
    streamBytes: shares[2 * t] + shares[2 * t + 1] + costs[t].tail,
  }));
  const { bytes: header, bits } = encodeHeader({ architecture: model.architecture, tensors });
  const bytes = new Uint8Array(header.length + stream.length + plain.length + 4);
  bytes.set(header);
  bytes.set(stream, header.length);
  bytes.set(plain, header.length + stream.length);
  new DataView(bytes.buffer).setUint32(bytes.length - 4, crc32(bytes.subarray(0, -4)));

  const headerShares = apportion(
    [bits.header, ...bits.tensors.flatMap((part) => [part.header, part.scales, part.codebook])],
    header.length,
  );
  const entries = tensors.map((tensor, t): LedgerEntry => {
    const values = shares[2 * t + 1] + costs[t].tail;
    const vector = tensor.shape.length === 1;
    return {
      name: tensor.name,
      positions: shares[2 * t],
      symbols: vector ? 0 : values,
      codebook: headerShares[3 * t + 3],
      scales: headerShares[3 * t + 2],
      biases: vector ? values : 0,
      header: headerShares[3 * t + 1],
    };
  });
  return { bytes, ledger: { bytes: bytes.length, header: headerShares[0] + 4, tensors: entries } };
}

/**
 * Unpacks a model. Throws a KolmoError for a file that was cut, altered, or is of another kind.
 * @param name what to call the file in that sentence
 */
export function decode(bytes: Uint8Array, name = 'The packed model'): Model {
  if (bytes.length < 4 || magic.some((byte, i) => bytes[i] !== byte)) decodeHeader(bytes, name);
  const stored =
    bytes.length < 12
      ? -1
      : new DataView(bytes.buffer, bytes.byteOffset).getUint32(bytes.length - 4);
  if (stored !== crc32(bytes.subarray(0, -4))) {
    throw new KolmoError(
      `${name} does not match its checksum (${bytes.length} bytes, CRC-32 at byte ${Math.max(0, bytes.length - 4)}): it was cut off or altered. Copy or write it again.`,
    );
  }
  const header = decodeHeader(bytes.subarray(0, -4), name);
  const coder = createCoder(bytes.subarray(header.length, -4));
  const tail = readingTail(bytes, bytes.length - 4);
  const plans = header.tensors.map((tensor): Plan => {
    const count = sizeOf(tensor.shape);
    const float = tensor.encoding.type === 'float32';
    return {
      tensor,
      levels: new Int32Array(float && !tensor.sparse ? 0 : count),
      values: new Float32Array(float ? count : 0),
    };
  });
  codeTensors(coder, tail, plans);
  return { architecture: header.architecture, parameters: plans.map(parameterOf) };
}

/** A tensor as it is coded: integers for positions and symbols, and float values where the encoding has any. */
export interface Plan {
  tensor: KolmoTensor;
  /** While writing perhaps the model's own: read only. */
  levels: Int32Array;
  values: Float32Array;
}

/** Bits of the coded stream, and bytes of the tail. */
export interface TensorCost {
  positions: number;
  symbols: number;
  tail: number;
}

/** The one walk over all tensors, in file order, that writes, reads or counts. */
export function codeTensors(coder: Coder, tail: Tail, plans: Plan[]): TensorCost[] {
  let floatModels: FloatModels | undefined;
  const alive: (Int32Array | undefined)[] = [];
  return plans.map((plan, t) => {
    const source = plan.tensor.source;
    const fed = source === undefined ? undefined : alive[source];
    const cost = { positions: 0, symbols: 0, tail: 0 };
    if (plan.levels.length > 0) {
      const binary = plan.tensor.encoding.type === 'float32';
      const coded = coder.codeLevels(plan.levels, plan.tensor, fed, binary);
      Object.assign(cost, coded.cost);
      alive[t] = coded.alive;
    }
    if (plan.tensor.encoding.type === 'float32') {
      const start = coder.cost();
      floatModels ??= createFloatModels(coder);
      cost.tail = codeValues(coder, tail, plan, floatModels, plan.tensor.encoding.half);
      cost.symbols = coder.cost() - start;
    }
    return cost;
  });
}

/** @returns bytes of the tail that were used */
function codeValues(
  coder: Coder,
  tail: Tail,
  plan: Plan,
  models: FloatModels,
  half: boolean,
): number {
  const role = plan.tensor.shape.length > 1 ? 0 : 1;
  let used = 0;
  for (let i = 0; i < plan.values.length; i++) {
    if (plan.tensor.sparse && plan.levels[i] === 0) continue;
    plan.values[i] = codeFloat(coder, tail, models, plan.values[i], half, role);
    used += tailBytes(half);
  }
  return used;
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

function parameterOf({ tensor, levels, values }: Plan): Parameter {
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
