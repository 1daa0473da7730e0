/** Why is this file not smaller? Names what takes bytes that the model does not need, and what would save them. */
import { formatCount } from '../count';
import { bitsOf, denseBytes, shorten, type FormatName } from './format';
import { findFormat, formats } from './formats';
import { withModelFile, type ModelFile } from './modelFile';
import { readOnnx } from './onnx';
import { findPartlyUsed } from './pytorch';
import { mostDistinct, sampleTensor, type Sample } from './sample';
import type { FilesBeside, TensorSummary } from './summary';

export interface Explanation {
  format: FormatName;
  /** Length of the file on disk. */
  bytes: number;
  /** Files beside it that hold its weights. */
  beside?: FilesBeside;
  parameters: number;
  /** The largest saving first. */
  findings: Finding[];
  /** What an entropy coder would make of the values as they are, in bytes; absent where they cannot be read. */
  entropyBytes?: number;
}

export type FindingType =
  | 'zeros'
  | 'fewValues'
  | 'duplicates'
  | 'views'
  | 'optimizer'
  | 'masks'
  | 'floatCopies'
  | 'varints'
  | 'doublePrecision';

export interface Finding {
  type: FindingType;
  /** What was found, as a sentence with its numbers. */
  message: string;
  /** What to do, as a sentence. */
  advice: string;
  /** Bytes that this would save; findings about the same tensors overlap. */
  saves: number;
  tensors: string[];
}

/** From this share on, zeros are worth a finding. */
const manyZeros = 0.3;

/** Tensors below this are not worth one. */
const leastBytes = 256;

/**
 * Explains a model file. Reads its header and at most 2 MiB of each tensor's values.
 * Sparsity and different values of larger tensors are therefore estimates.
 */
export async function explain(path: string): Promise<Explanation> {
  return withModelFile(path, async (file) => {
    const format = findFormat(file.name, await file.read(0, 4096));
    const { tensors, parameters, beside } = await formats[format].read(file);
    const located = (await formats[format].locate?.(file)) ?? [];
    const samples: Sample[] = [];
    const places = new Set<string>();
    for (const tensor of located) {
      // Tensors that share their bytes are one.
      const place = `${tensor.file.name}:${tensor.offset}`;
      if (places.has(place)) continue;
      places.add(place);
      const sample = await sampleTensor(tensor);
      if (sample) samples.push(sample);
    }
    const findings = [
      ...findZeros(samples),
      ...findFewValues(samples),
      ...findDuplicates(samples),
      ...findByName(tensors),
      ...findDoubles(tensors),
      ...(format === 'onnx' ? await findInGraph(file) : []),
      ...(format === 'pytorch' ? await findViews(file) : []),
    ];
    return {
      format,
      bytes: file.length,
      beside,
      parameters,
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

/** Pruned weights that are stored as numbers like all others. */
function findZeros(samples: Sample[]): Finding[] {
  const sparse = samples.filter(
    ({ zeros, tensor }) => zeros >= manyZeros && zeros < 1 && tensor.bytes >= leastBytes,
  );
  if (sparse.length === 0) return [];
  let [zeros, parameters, saves] = [0, 0, 0];
  for (const { zeros: share, tensor } of sparse) {
    zeros += share * tensor.parameters;
    parameters += tensor.parameters;
    // The others keep their bytes; where they stand costs the entropy of zero or not.
    const positions = (tensor.parameters * binaryEntropy(share)) / 8;
    saves += share * tensor.bytes - positions;
  }
  return [
    {
      type: 'zeros',
      message: `${formatCount(zeros)} of ${formatCount(parameters)} weights in ${list(namesOf(sparse))} are zero, and each is stored in full: pruning alone makes no file smaller.`,
      advice:
        'Pack the model: zeros then cost a fraction of a bit each. A gzip of the file shows the same.',
      saves: Math.floor(saves),
      tensors: namesOf(sparse),
    },
  ];
}

/** Quantized or shared weights that are still written as floating point numbers. */
function findFewValues(samples: Sample[]): Finding[] {
  const few = samples.filter(
    ({ distinct, values, tensor }) =>
      bitsOf(tensor.dtype) >= 16 &&
      tensor.bytes >= leastBytes &&
      distinct > 0 &&
      distinct <= mostDistinct &&
      distinct * 4 <= values,
  );
  if (few.length === 0) return [];
  const saves = few.reduce((sum, { distinct, tensor }) => {
    const bits = Math.max(1, Math.ceil(Math.log2(distinct + 1)));
    return (
      sum + tensor.bytes - (tensor.parameters * bits) / 8 - (distinct * bitsOf(tensor.dtype)) / 8
    );
  }, 0);
  const most = Math.max(...few.map(({ distinct }) => distinct));
  return [
    {
      type: 'fewValues',
      message: `${list(namesOf(few))} hold at most ${most} different values other than zero, written as ${few[0].tensor.dtype}: they were quantized or shared, and the file does not use it.`,
      advice:
        'Store a codebook and indices, or integers and a scale: quantize or share, then pack the model.',
      saves: Math.floor(saves),
      tensors: namesOf(few),
    },
  ];
}

function findDuplicates(samples: Sample[]): Finding[] {
  const groups = new Map<string, Sample[]>();
  for (const sample of samples) {
    const { dtype, bytes } = sample.tensor;
    // All zeros are as likely two fresh biases as one tensor twice.
    if (bytes < leastBytes || sample.zeros === 1) continue;
    const key = `${dtype} ${bytes} ${sample.hash}`;
    groups.set(key, [...(groups.get(key) ?? []), sample]);
  }
  return [...groups.values()]
    .filter((group) => group.length > 1)
    .map((group) => ({
      type: 'duplicates' as const,
      message: `${list(namesOf(group))} hold the same ${formatCount(group[0].tensor.bytes)} bytes ${group.length} times.`,
      advice: 'Tie them: store the tensor once and refer to it.',
      saves: (group.length - 1) * group[0].tensor.bytes,
      tensors: namesOf(group),
    }));
}

const slotNames =
  /(^|[./_])(exp_avg|exp_avg_sq|max_exp_avg_sq|momentum_buffer|square_avg|optimizer|optim|adam|rmsprop)([./_]|$)|\/(m|v|momentum)(:\d+)?$/i;
const maskNames = /(_mask|\/mask|\.mask)(:\d+)?$/i;

/** What training needs and using the model does not. */
function findByName(tensors: TensorSummary[]): Finding[] {
  const findings: Finding[] = [];
  const add = (type: FindingType, found: TensorSummary[], what: string, advice: string): void => {
    if (found.length === 0) return;
    const saves = found.reduce((sum, { bytes }) => sum + bytes, 0);
    const names = found.map(({ name }) => name);
    const message = `${found.length} tensors of ${formatCount(saves)} bytes ${what}: ${list(names)}.`;
    findings.push({ type, message, advice, saves, tensors: names });
  };
  const slots = tensors.filter(({ name }) => slotNames.test(name));
  add(
    'optimizer',
    slots,
    'belong to the optimizer',
    'Save the model alone (state_dict, or a model without its optimizer); keep the checkpoint to continue training.',
  );
  const masks = tensors.filter(({ name }) => maskNames.test(name) && !slotNames.test(name));
  add(
    'masks',
    masks,
    'are pruning masks beside the weights',
    'Make the pruning permanent before saving (prune.remove, strip_pruning): the zeros say what the mask says.',
  );
  return findings;
}

function findDoubles(tensors: TensorSummary[]): Finding[] {
  const doubles = tensors.filter(
    ({ dtype, bytes }) =>
      /^(f|float|double)(64)?$/.test(dtype) && bitsOf(dtype) === 64 && bytes >= leastBytes,
  );
  if (doubles.length === 0) return [];
  const bytes = doubles.reduce((sum, tensor) => sum + tensor.bytes, 0);
  return [
    {
      type: 'doublePrecision',
      message: `${doubles.length} tensors of ${formatCount(bytes)} bytes are of double precision.`,
      advice: 'Convert them to float32: weights do not have sixteen digits.',
      saves: Math.floor(bytes / 2),
      tensors: doubles.map(({ name }) => name),
    },
  ];
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

/** What only the graph tells: float weights that are quantized when the model runs, and integers written as varints. */
async function findInGraph(file: ModelFile): Promise<Finding[]> {
  const { nodes, tensors } = await readOnnx(file);
  const byName = new Map(tensors.map((tensor) => [tensor.name, tensor]));
  const quantized = new Set(
    nodes
      .filter(({ type }) => type === 'QuantizeLinear' || type === 'FakeQuant')
      .map(({ inputs }) => inputs[0]),
  );
  const copies = [...quantized]
    .flatMap((name) => byName.get(name) ?? [])
    .filter(({ dtype }) => /^float/.test(dtype));
  const findings: Finding[] = [];
  if (copies.length > 0) {
    const bytes = copies.reduce((sum, tensor) => sum + tensor.bytes, 0);
    findings.push({
      type: 'floatCopies',
      message: `${list(copies.map(({ name }) => name))} are stored as ${copies[0].dtype}, ${formatCount(bytes)} bytes, and quantized each time the model runs: the graph is quantized, the file is not.`,
      advice:
        'Fold QuantizeLinear into its weights (an offline constant folding), so that the integers are stored.',
      saves: copies.reduce((sum, tensor) => sum + tensor.bytes - tensor.parameters, 0),
      tensors: copies.map(({ name }) => name),
    });
  }
  const varints = tensors.filter(({ storage, dtype, parameters, bytes }) => {
    const dense = denseBytes(dtype, parameters);
    return (
      (storage === 'int32_data' || storage === 'int64_data') && dense !== undefined && bytes > dense
    );
  });
  if (varints.length > 0) {
    const stored = varints.reduce((sum, { bytes }) => sum + bytes, 0);
    const dense = varints.reduce(
      (sum, { dtype, parameters }) => sum + denseBytes(dtype, parameters)!,
      0,
    );
    findings.push({
      type: 'varints',
      message: `${list(varints.map(({ name }) => name))} are ${varints[0].dtype} written as varints, ten bytes for each negative number: ${formatCount(stored)} bytes for values of ${formatCount(dense)}.`,
      advice: 'Write the tensors as raw_data (numpy_helper.from_array does).',
      saves: stored - dense,
      tensors: varints.map(({ name }) => name),
    });
  }
  return findings;
}

function binaryEntropy(share: number): number {
  if (share <= 0 || share >= 1) return 0;
  return -share * Math.log2(share) - (1 - share) * Math.log2(1 - share);
}

function namesOf(samples: Sample[]): string[] {
  return samples.map(({ tensor }) => tensor.name);
}

/** The first names, and how many more there are. */
function list(all: string[]): string {
  const names = all.slice(0, 3).map(shorten);
  const more = all.length - names.length;
  return more > 0 ? `${names.join(', ')} and ${more} more` : names.join(' and ');
}
