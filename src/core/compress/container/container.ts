/** The packed model file: `encode` above `decode`; FORMAT.md beside this file describes every byte. */
import { KolmoError } from '../../error';
import { decodeHeader, encodeHeader, magic, type KolmoTensor } from '../../formats/kolmo';
import { sizeOf } from '../../shape';
import type { Model } from '../../train/model';
import { createCoder, type Coder } from './coder';
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
import { parameterOf, planOf, type Plan } from './plan';

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
