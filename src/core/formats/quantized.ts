/** Quantized weights that safetensors files of the field hold as several tensors: the layouts, one row each, and what joins them. */
import { plural } from '../count';
import { KolmoError } from '../error';
import { groupBy } from '../group';
import { sizeOf } from '../shape';
import type { LocatedTensor } from './format';
import type { ModelFile } from './modelFile';
import { awq } from './quantized/awq';
import { bitsandbytes } from './quantized/bitsandbytes';
import { expertBlocks } from './quantized/expertBlocks';
import { float4 } from './quantized/float4';
import { gptq } from './quantized/gptq';
import type { JoinedWeight, ListedTensor, QuantizedLayout } from './quantized/layout';
import { packed } from './quantized/packed';
import { scaled } from './quantized/scaled';
import { bitsPerParameter, type TensorSummary } from './summary';

/** The first that fits the tensors of a layer is taken. */
const layouts: QuantizedLayout[] = [gptq, awq, packed, float4, expertBlocks, bitsandbytes, scaled];

/** A tensor of the file, or a weight that several of them hold. */
export interface Joined {
  summary: TensorSummary;
  /** Where it lies; of a weight of several tensors first itself, then these. */
  located: LocatedTensor[];
}

/** Takes tensors that hold a weight together for one, by the name that it has unquantized, at the place of its codes. */
export async function joinQuantized(tensors: ListedTensor[], file: ModelFile): Promise<Joined[]> {
  const byName = new Map(tensors.map((tensor) => [tensor.name, tensor]));
  let read: ReturnType<typeof readSettings> | undefined;
  const settings = (): ReturnType<typeof readSettings> => (read ??= readSettings(file));
  const weights = new Map<ListedTensor, Joined>();
  const taken = new Set<ListedTensor>();
  for (const { name } of tensors) {
    for (const { keys, join } of layouts) {
      const key = keys.find((each) => name === each || name.endsWith(`.${each}`));
      if (key === undefined) continue;
      const prefix = name.slice(0, name.length - key.length);
      const weight = await join({ key, tensor: (part) => byName.get(prefix + part), settings });
      const whole = byName.get(`${prefix}${weight?.name ?? 'weight'}`);
      if (!weight || (whole && !weight.parts.includes(whole))) continue;
      weights.set(weight.parts[0], joinedOf(prefix, weight));
      for (const part of weight.parts) taken.add(part);
      break;
    }
  }
  return tensors.flatMap((tensor): Joined[] => {
    const weight = weights.get(tensor);
    if (weight) return [weight];
    if (taken.has(tensor)) return [];
    const { name, dtype, shape, parameters, bytes } = tensor;
    return [{ summary: { name, dtype, shape, parameters, bytes }, located: [tensor] }];
  });
}

function joinedOf(prefix: string, weight: JoinedWeight): Joined {
  const { dtype, shape, parts, stored, read } = weight;
  const name = `${prefix}${weight.name ?? 'weight'}`;
  const [codes, ...others] = parts;
  const parameters = sizeOf(shape);
  const bytes = parts.reduce((sum, part) => sum + part.bytes, 0);
  const whole: LocatedTensor = {
    name,
    dtype,
    parameters,
    bytes: codes.bytes,
    file: codes.file,
    offset: codes.offset,
    parts: others.map((part) => part.name),
    read,
  };
  return {
    summary: { name, dtype, shape, parameters, bytes, stored },
    located: [whole, ...others],
  };
}

/** A sentence for each way in which weights are quantized, with what all that belongs to them takes. */
export function quantizedNotes(tensors: TensorSummary[]): string[] {
  const quantized = tensors.flatMap(({ stored, ...tensor }) =>
    stored ? [{ stored, ...tensor }] : [],
  );
  return [...groupBy(quantized, ({ stored }) => stored)].map(([stored, group]) => {
    const sum = (of: 'bytes' | 'parameters'): number =>
      group.reduce((all, tensor) => all + tensor[of], 0);
    const bits = bitsPerParameter({ bytes: sum('bytes'), parameters: sum('parameters') });
    return `${plural(group.length, 'weight')} quantized as ${stored}: ${bits.toFixed(2)} bits a weight in all.`;
  });
}

const longestSettings = 1 << 24;

/** What Transformers is told of the quantization: a part of `config.json`, or a file of its own. */
async function readSettings(file: ModelFile): Promise<Record<string, unknown> | undefined> {
  for (const name of ['config.json', 'quantize_config.json']) {
    const beside = await file.sibling(name);
    if (!beside || beside.length > longestSettings) continue;
    const text = new TextDecoder().decode(await beside.read(0, beside.length));
    let parsed: unknown;
    try {
      parsed = JSON.parse(text);
    } catch (error) {
      throw new KolmoError(`${name} beside ${file.name} is not JSON: ${(error as Error).message}.`);
    }
    const said = name === 'config.json' ? asRecord(parsed)?.quantization_config : parsed;
    if (asRecord(said)) return asRecord(said);
  }
  return undefined;
}

const asRecord = (value: unknown): Record<string, unknown> | undefined =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
