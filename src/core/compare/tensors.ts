/** The tensors of a model file with what reads their values. */
import { decode } from '../compress/container/container';
import { formatCount } from '../count';
import { KolmoError } from '../error';
import { shorten, type FormatName, type LocatedTensor } from '../formats/format';
import { findFormat, formats } from '../formats/formats';
import type { ModelFile } from '../formats/modelFile';
import type { ModelSummary, TensorSummary } from '../formats/summary';
import { codeOf, readValues } from '../formats/values';
import { groupBy } from '../group';
import { turn } from './layouts';

export interface StoredTensor extends TensorSummary {
  /** Numbers that are no levels of a quantizer: of these the value is known only where a scale is. */
  integer: boolean;
  values: Values | Unread;
}

/** Reads values row by row of the shape, from `first` on. */
export type Values = (first: number, count: number) => Promise<Float64Array>;

/** Why values are not read, as a sentence. */
interface Unread {
  problem: string;
}

export interface OpenedModel {
  format: FormatName;
  summary: Omit<ModelSummary, 'format' | 'bytes'>;
  tensors: StoredTensor[];
}

/** Values that a tensor may have that is held in memory whole, because they lie in another order. */
export const mostTurned = 1 << 25;

/** Reads the header of a model file, and of a packed model all of it: its tensors share one stream. */
export async function openModel(file: ModelFile): Promise<OpenedModel> {
  const format = findFormat(file.name, await file.read(0, 4096));
  const summary = await formats[format].read(file);
  if (format === 'kolmo') return { format, summary, tensors: await unpack(file, summary.tensors) };
  const located = (await formats[format].locate?.(file)) ?? [];
  return { format, summary, tensors: listTensors(summary.tensors, located) };
}

async function unpack(file: ModelFile, tensors: TensorSummary[]): Promise<StoredTensor[]> {
  const { parameters } = decode(await file.read(0, file.length), file.name);
  return tensors.map((tensor, t): StoredTensor => {
    const { data } = parameters[t];
    const values: Values = async (first, count) =>
      Float64Array.from(data.subarray(first, first + count));
    return { ...tensor, integer: false, values };
  });
}

/** Scales and zero points are counted with the tensor that they belong to, the first where there are several. */
function listTensors(summaries: TensorSummary[], located: LocatedTensor[]): StoredTensor[] {
  const places = groupBy(located, ({ name }) => name);
  const parts = new Map(located.flatMap(({ parts = [] }) => parts.map((name) => [name, 0])));
  for (const { name, bytes } of summaries) if (parts.has(name)) parts.set(name, bytes);
  const listed = summaries.filter(({ name }) => !parts.has(name));
  for (const [name, { length }] of groupBy(listed, ({ name }) => name)) {
    // Which of several of one name is the one without a place cannot be told.
    if ((places.get(name)?.length ?? 0) < length) places.delete(name);
  }
  return listed.map((summary): StoredTensor => {
    const waiting = places.get(summary.name) ?? [];
    const at = waiting.findIndex(
      ({ parameters, dtype }) => parameters === summary.parameters && dtype === summary.dtype,
    );
    const place = at < 0 ? undefined : waiting.splice(at, 1)[0];
    let { bytes } = summary;
    for (const part of place?.parts ?? []) {
      bytes += parts.get(part) ?? 0;
      parts.set(part, 0);
    }
    const coding = place?.coding?.type;
    const scaled = coding === 'quantized' || coding === 'scaled';
    return {
      ...summary,
      bytes,
      integer: !scaled && /^(u?i(nt)?\d|u\d|bool)/.test(summary.dtype),
      values: place ? readerOf(summary, place) : { problem: unlocated },
    };
  });
}

const unlocated =
  'Its values are packed, lie in the file with gaps between them, or in another file that is not there: “kolmo inspect” says which are missing.';

function readerOf({ shape, dtype }: TensorSummary, place: LocatedTensor): Values | Unread {
  const { order, parameters } = place;
  if (place.unscaled) return { problem: 'Its scales are stored in a way that is not read.' };
  const read: Values = async (first, count) => {
    const values = await readValues(place, first, count);
    if (values?.length === count) return values;
    throw new KolmoError(
      `${place.file.name} ends within tensor “${shorten(place.name)}”: the file is cut or damaged.`,
    );
  };
  if (!place.read && !codeOf(place)?.decode)
    return { problem: `Values of type ${dtype} are not decoded.` };
  if (!order) return read;
  if (parameters > mostTurned) {
    return {
      problem: `Its ${formatCount(parameters)} values lie in another order than that of its axes, and at most ${formatCount(mostTurned)} are put into order.`,
    };
  }
  const back = order.map((_, axis) => order.indexOf(axis));
  return inMemory(async () =>
    turn(
      await read(0, parameters),
      order.map((axis) => shape[axis]),
      back,
    ),
  );
}

/** Values that are read all at once, and kept until the last of them was asked for. */
function inMemory(readAll: () => Promise<Float64Array>): Values {
  let all: Float64Array | undefined;
  return async (first, count) => {
    all ??= await readAll();
    const part = all.subarray(first, first + count);
    if (first + count >= all.length) all = undefined;
    return part;
  };
}
