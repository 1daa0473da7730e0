/** Why is this file not smaller? Names what takes bytes that the model does not need, and what would save them. */
import { formatCount, plural } from '../count';
import { findInKeras } from './explainKeras';
import { findInOnnx } from './explainOnnx';
import { findInValues } from './explainValues';
import { list, type Finding, type FindingType } from './finding';
import type { FormatName, LocatedTensor } from './format';
import { findFormat, formats } from './formats';
import { withModelFile, type ModelFile } from './modelFile';
import { findPartlyUsed } from './pytorch';
import { quantizedNotes } from './quantized';
import { sampleTensor, type Sample } from './sample';
import type { FilesBeside, TensorSummary } from './summary';

export interface Explanation {
  format: FormatName;
  /** Length of the file on disk. */
  bytes: number;
  /** Files beside it that hold its weights. */
  beside?: FilesBeside;
  parameters: number;
  /** How weights are quantized that are stored as several tensors, a sentence each way. */
  quantized: string[];
  /** The largest saving first. */
  findings: Finding[];
  /** What an entropy coder would make of the values as they are, in bytes; absent where they cannot be read. */
  entropyBytes?: number;
}

/**
 * Explains a model file. Reads its header and at most 2 MiB of each tensor's values, so that what is said
 * of larger tensors is an estimate; of a Keras model also what is around its tensors, up to 64 MiB.
 * What is packed is unpacked into memory, a tensor or a member of an archive at a time.
 */
export async function explain(path: string): Promise<Explanation> {
  return withModelFile(path, async (file) => {
    const format = findFormat(file.name, await file.read(0, 4096));
    const { tensors, parameters, beside } = await formats[format].read(file);
    const located = (await formats[format].locate?.(file)) ?? [];
    const samples: Sample[] = [];
    const places = new Map<LocatedTensor['file'], Set<string>>();
    for (const tensor of located) {
      if (tensor.bytes === 0) continue;
      // Tensors that share their bytes are one.
      const known = places.get(tensor.file) ?? new Set();
      places.set(tensor.file, known);
      const place = `${tensor.offset}:${tensor.bytes}`;
      if (known.has(place)) continue;
      known.add(place);
      const sample = await sampleTensor(tensor);
      if (sample) samples.push(sample);
    }
    const packed = new Map(
      located.flatMap((tensor) =>
        tensor.packed === undefined ? [] : [[tensor.name, tensor.packed]],
      ),
    );
    const byName = findByName(tensors, packed, format);
    // What need not be in the file at all needs no advice how to store it; scales and zero points are asked for as they are.
    const parts = located.flatMap(({ read, parts = [] }) => (read ? parts : []));
    const others = new Set([...byName.flatMap((finding) => finding.tensors), ...parts]);
    const kept = samples.filter(({ tensor }) => !others.has(tensor.name));
    // llama.cpp adds and multiplies vectors as float32 alone.
    const vectors = new Set(
      tensors.flatMap(({ name, shape }) => (format === 'gguf' && shape.length < 2 ? [name] : [])),
    );
    const free = kept.map((sample) =>
      vectors.has(sample.tensor.name) ? { ...sample, narrower: [] } : sample,
    );
    const findings = [
      ...findInValues(free, format),
      ...byName,
      ...(format === 'onnx' ? await findInOnnx(file) : []),
      ...(format === 'pytorch' ? await findViews(file) : []),
      ...(format === 'keras' ? await findInKeras(file) : []),
    ];
    return {
      format,
      bytes: file.length,
      beside,
      parameters,
      quantized: quantizedNotes(tensors),
      findings: findings.filter(({ saves }) => saves > 0).sort((a, b) => b.saves - a.saves),
      entropyBytes: samples.length > 0 ? estimate(samples) : undefined,
    };
  });
}

function estimate(samples: Sample[]): number {
  const bits = samples.reduce(
    (sum, { bitsPerValue, tensor }) => sum + bitsPerValue * tensor.parameters,
    0,
  );
  return Math.ceil(bits / 8);
}

const slotNames =
  /(^|[./_])(exp_avg|exp_avg_sq|max_exp_avg_sq|momentum_buffer|square_avg|optimizer|optim|adam|rmsprop)([./_]|$)|\/(m|v|momentum)(:\d+)?$/i;
const maskNames = /(_mask|\/mask|\.mask)(:\d+)?$/i;

/**
 * What training needs and using the model does not.
 * @param packed bytes in the file of tensors that are packed there
 */
function findByName(
  tensors: TensorSummary[],
  packed: Map<string, number>,
  format: FormatName,
): Finding[] {
  const findings: Finding[] = [];
  const add = (
    type: FindingType,
    found: TensorSummary[],
    [one, many]: [one: string, many: string],
    advice: string,
  ): void => {
    if (found.length === 0) return;
    const bytes = found.reduce((sum, tensor) => sum + tensor.bytes, 0);
    const saves = found.reduce(
      (sum, tensor) => sum + Math.min(tensor.bytes, packed.get(tensor.name) ?? Infinity),
      0,
    );
    const names = found.map(({ name }) => name);
    const into = saves < bytes ? `, packed into ${formatCount(saves)},` : '';
    const message = `${plural(found.length, 'tensor')} of ${formatCount(bytes)} bytes${into} ${found.length === 1 ? one : many}: ${list(names)}.`;
    findings.push({ type, message, advice, saves, tensors: names });
  };
  const slots = tensors.filter(({ name }) => slotNames.test(name));
  add(
    'optimizer',
    slots,
    ['belongs to the optimizer', 'belong to the optimizer'],
    format === 'keras'
      ? 'Load the model with compile=False and save it again; keep this file to continue training.'
      : 'Save the model alone (state_dict, or a model without its optimizer); keep the checkpoint to continue training.',
  );
  const masks = tensors.filter(({ name }) => maskNames.test(name) && !slotNames.test(name));
  add(
    'masks',
    masks,
    ['is a pruning mask beside the weights', 'are pruning masks beside the weights'],
    'Make the pruning permanent before saving (prune.remove, strip_pruning): the zeros say what the mask says.',
  );
  return findings;
}

/** Tensors that show a part of a storage, which torch.save writes whole. */
async function findViews(file: ModelFile): Promise<Finding[]> {
  const partly = await findPartlyUsed(file);
  const saves = partly.reduce((sum, { idle }) => sum + idle, 0);
  if (saves === 0) return [];
  const names = partly.flatMap(({ tensors }) => tensors);
  return [
    {
      type: 'views',
      message: `${list(names)} show only a part of what was saved with them: a view is saved with all that it is a view of, and ${formatCount(saves)} bytes are in no tensor.`,
      advice: 'Save copies: clone() each view before torch.save.',
      saves,
      tensors: names,
    },
  ];
}
