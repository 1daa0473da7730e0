/**
 * Four bits a weight as bitsandbytes stores them (`QuantState.as_dict` in bitsandbytes/functional.py,
 * https://github.com/bitsandbytes-foundation/bitsandbytes): blocks of weights that share the largest magnitude among them,
 * codes that a table gives a share of it, and these magnitudes, where they are quantized again, as codes of a second table.
 */
import { KolmoError } from '../../error';
import { sizeOf } from '../../shape';
import { shorten } from '../format';
import type { ListedTensor, QuantizedLayout } from './layout';
import { bytesOf, holding, valuesOf } from './parts';

const types = ['nf4', 'fp4'];
const stateName = (type: string): string => `weight.quant_state.bitsandbytes__${type}`;

/** What a state of some numbers and names takes at most. */
const longestState = 1 << 16;

export const bitsandbytes: QuantizedLayout = {
  keys: types.map(stateName),
  async join({ tensor, key }) {
    const type = types.find((name) => stateName(name) === key);
    const stateTensor = tensor(key);
    const [codes, magnitudes, table] = ['weight', 'weight.absmax', 'weight.quant_map'].map(tensor);
    if (!stateTensor || !codes || !magnitudes || table?.parameters !== 16) return undefined;
    const state = await readState(stateTensor);
    const shape = state?.shape ?? [];
    const parameters = sizeOf(shape);
    const size = state?.blocksize ?? 0;
    const nested = ['weight.nested_absmax', 'weight.nested_quant_map'].map(tensor);
    const isNested = magnitudes.dtype === 'u8';
    const fits =
      shape.length > 0 &&
      Number.isInteger(size) &&
      size > 0 &&
      codes.dtype === 'u8' &&
      codes.parameters === Math.ceil(parameters / 2) &&
      magnitudes.parameters === Math.ceil(parameters / size) &&
      (!isNested || nested.every((part) => part));
    if (!fits) return undefined;
    const second = nested.flatMap((part) => (part ? [part] : []));
    const load = async (): Promise<{ shares: Float64Array; largest: Float64Array }> => ({
      shares: await valuesOf(table),
      largest: isNested ? await readNested(magnitudes, second, state!) : await valuesOf(magnitudes),
    });
    return {
      dtype: `${type}-g${size}`,
      shape,
      parts: [codes, magnitudes, table, ...second, stateTensor],
      stored: `bitsandbytes ${type}, 4 bits a weight, with a magnitude${isNested ? ' of 8 bits' : ''} for each block of ${size}`,
      read: holding(parameters, load, async ({ shares, largest }, first, count) => {
        const from = Math.floor(first / 2);
        const bytes = await bytesOf(codes, from, Math.ceil((first + count) / 2) - from);
        return Float64Array.from({ length: count }, (_, i) => {
          const at = first + i;
          const byte = bytes[Math.floor(at / 2) - from];
          // The first of two has the high half.
          const code = at % 2 ? byte & 15 : byte >> 4;
          return Math.fround(shares[code] * largest[Math.floor(at / size)]);
        });
      }),
    };
  },
};

interface State {
  shape: number[];
  blocksize: number;
  nested_blocksize?: number;
  nested_offset?: number;
}

/** A state is JSON, as a tensor of bytes; undefined where it lacks what is read of it. */
async function readState(tensor: ListedTensor): Promise<State | undefined> {
  const { bytes, file, name } = tensor;
  if (bytes > longestState) return undefined;
  const text = new TextDecoder().decode(await bytesOf(tensor));
  let state: Partial<State> | null;
  try {
    state = JSON.parse(text) as Partial<State> | null;
  } catch (error) {
    throw new KolmoError(
      `${file.name}: “${shorten(name)}” is not JSON: ${(error as Error).message}.`,
    );
  }
  const { shape, blocksize } = state ?? {};
  const isShape =
    Array.isArray(shape) && shape.every((side) => Number.isSafeInteger(side) && side > 0);
  return isShape && typeof blocksize === 'number' ? (state as State) : undefined;
}

async function readNested(
  codes: ListedTensor,
  [largest, table]: ListedTensor[],
  { nested_blocksize: size = 256, nested_offset: offset = 0 }: State,
): Promise<Float64Array> {
  const [magnitudes, shares] = [await valuesOf(largest), await valuesOf(table)];
  return (await valuesOf(codes)).map((code, i) =>
    Math.fround(Math.fround(shares[code] * magnitudes[Math.floor(i / size)]) + Math.fround(offset)),
  );
}
