/** The tensors that hold a weight together: what they are read with, and which scale is whose. */
import { KolmoError } from '../../error';
import { shorten } from '../format';
import { readValues } from '../values';
import type { JoinedWeight, ListedTensor } from './layout';

/**
 * Reads with what `load` gives, which is kept from the first value to the last one: that of all weights
 * of a file does not fit in memory.
 */
export function holding<Held>(
  parameters: number,
  load: () => Promise<Held>,
  read: (held: Held, first: number, count: number) => Promise<Float64Array>,
): JoinedWeight['read'] {
  let held: Held | undefined;
  return async (first, count) => {
    const now = (held ??= await load());
    const values = await read(now, first, count);
    if (first + count >= parameters) held = undefined;
    return values;
  };
}

/** Values `first` to `first + count` of a tensor of plain numbers. */
export async function valuesOf(
  tensor: ListedTensor,
  first = 0,
  count = tensor.parameters,
): Promise<Float64Array> {
  const values = await readValues(tensor, first, count);
  if (values?.length === count) return values;
  throw values
    ? endsWithin(tensor)
    : new KolmoError(
        `${tensor.file.name}: tensor “${shorten(tensor.name)}” belongs to a quantized weight, and values of type ${tensor.dtype} are not decoded.`,
      );
}

/** Bytes `first` to `first + count` of a tensor. */
export async function bytesOf(
  tensor: ListedTensor,
  first = 0,
  count = tensor.bytes,
): Promise<Uint8Array> {
  const bytes = await tensor.file.read(tensor.offset + first, count);
  if (bytes.length === count) return bytes;
  throw endsWithin(tensor);
}

const endsWithin = ({ file, name }: ListedTensor): KolmoError =>
  new KolmoError(`${file.name} ends within tensor “${shorten(name)}”: the file is cut or damaged.`);

/** Whether a tensor has rows and columns. */
export const isMatrix = (tensor: ListedTensor | undefined): tensor is ListedTensor =>
  tensor?.shape.length === 2 && tensor.parameters > 0;

/** How many places in a row share each of `scales`, the last of which may have fewer; undefined where that is not certain. */
export function groupSize(places: number, scales: number): number | undefined {
  if (scales === 1) return places;
  for (let size = 1; size < places; size *= 2) if (Math.ceil(places / size) === scales) return size;
  return places % scales === 0 ? places / scales : undefined;
}

/** Which weights share a scale, as sentences say it. */
export function sharedBy(
  [height, width]: [height: number, width: number],
  [rows, columns]: number[],
): string {
  if (height === rows && width === columns) return 'for all';
  if (height > 1) return `for each block of ${height} x ${width}`;
  return width === columns ? 'for each output' : `for each ${width} inputs of an output`;
}

/** `-g128` at the end of a type; nothing where all inputs of an output share a scale. */
export const groupEnding = (size: number, inputs: number): string =>
  size === inputs ? '' : `-g${size}`;
