/** What the values of tensors tell: zeros and few values stored in full, half precision in float32, the same bytes twice. */
import { formatCount, plural } from '../count';
import { leastBytes, list, type Finding } from './finding';
import { bitsOf } from './format';
import { mostDistinct, type Sample } from './sample';

/** The findings about what was looked at. */
export const findInValues = (samples: Sample[]): Finding[] => [
  ...findZeros(samples),
  ...findFewValues(samples),
  ...findWidened(samples),
  ...findDoubles(samples),
  ...findDuplicates(samples),
];

/** What a tensor takes in the file. */
const storedBytes = ({ tensor }: Sample): number => tensor.packed ?? tensor.bytes;

/** From this share on, zeros are worth a finding. */
const manyZeros = 0.3;

/** Pruned weights that are stored as numbers like all others. */
function findZeros(samples: Sample[]): Finding[] {
  const sparse = samples.filter(
    ({ zeros, tensor }) =>
      zeros >= manyZeros && zeros < 1 && tensor.bytes >= leastBytes && !tensor.packed,
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
  const candidates = samples.filter(
    ({ distinct, values, tensor }) =>
      bitsOf(tensor.dtype) >= 16 &&
      tensor.bytes >= leastBytes &&
      distinct > 0 &&
      distinct <= mostDistinct &&
      distinct * 4 <= values,
  );
  const saved = (sample: Sample): number => storedBytes(sample) - codedBytes(sample);
  const few = candidates.filter((sample) => saved(sample) > 0);
  if (few.length === 0) return [];
  const most = Math.max(...few.map(({ distinct }) => distinct));
  return [
    {
      type: 'fewValues',
      message: `${list(namesOf(few))} hold at most ${most} different values other than zero, written as ${few[0].tensor.dtype}: they were quantized or shared, and the file does not use it.`,
      advice:
        'Store a codebook and indices, or integers and a scale: quantize or share, then pack the model.',
      saves: Math.floor(few.reduce((sum, sample) => sum + saved(sample), 0)),
      tensors: namesOf(few),
    },
  ];
}

/** Bytes of a codebook and its indices. */
function codedBytes({ distinct, tensor }: Sample): number {
  const bits = Math.max(1, Math.ceil(Math.log2(distinct + 1)));
  return (tensor.parameters * bits + distinct * bitsOf(tensor.dtype)) / 8;
}

function findDuplicates(samples: Sample[]): Finding[] {
  const groups = new Map<string, Sample[]>();
  for (const sample of samples) {
    const { dtype, bytes } = sample.tensor;
    // Tensors of one value are as likely two fresh biases as one tensor twice.
    const constant = sample.distinct + (sample.zeros > 0 ? 1 : 0) <= 1;
    if (bytes < leastBytes || constant) continue;
    const key = `${dtype} ${bytes} ${sample.hash}`;
    groups.set(key, [...(groups.get(key) ?? []), sample]);
  }
  const repeated = [...groups.values()]
    .filter((group) => group.length > 1)
    .sort((a, b) => savedOf(b) - savedOf(a));
  if (repeated.length === 0) return [];
  const [largest] = repeated;
  const others =
    repeated.length > 1
      ? `, and ${plural(repeated.length - 1, 'other set')} of tensors likewise`
      : '';
  return [
    {
      type: 'duplicates',
      message: `${list(namesOf(largest))} hold the same ${formatCount(storedBytes(largest[0]))} bytes ${largest.length} times${others}.`,
      advice: 'Tie them: store the tensor once and refer to it.',
      saves: repeated.reduce((sum, group) => sum + savedOf(group), 0),
      tensors: repeated.flatMap(namesOf),
    },
  ];
}

/** Bytes of all but one of tensors that are the same. */
const savedOf = (group: Sample[]): number => (group.length - 1) * storedBytes(group[0]);

/** Half precision that was loaded as float32 and saved again. */
function findWidened(samples: Sample[]): Finding[] {
  const widened = samples.filter(
    ({ widened, distinct, tensor }) =>
      widened && distinct > mostDistinct && tensor.bytes >= leastBytes && !tensor.packed,
  );
  if (widened.length === 0) return [];
  const bytes = widened.reduce((sum, { tensor }) => sum + tensor.bytes, 0);
  return [
    {
      type: 'widened',
      message: `The lower 16 bits of each value in ${list(namesOf(widened))} are zero: they are bfloat16 in ${formatCount(bytes)} bytes of float32.`,
      advice: 'Save them as bfloat16, which loses nothing.',
      saves: bytes / 2,
      tensors: namesOf(widened),
    },
  ];
}

function findDoubles(samples: Sample[]): Finding[] {
  const doubles = samples.filter(
    ({ tensor }) =>
      /^(f|float|double)(64)?$/.test(tensor.dtype) &&
      bitsOf(tensor.dtype) === 64 &&
      tensor.bytes >= leastBytes &&
      !tensor.packed,
  );
  if (doubles.length === 0) return [];
  const bytes = doubles.reduce((sum, { tensor }) => sum + tensor.bytes, 0);
  return [
    {
      type: 'doublePrecision',
      message: `${plural(doubles.length, 'tensor')} of ${formatCount(bytes)} bytes ${doubles.length === 1 ? 'is' : 'are'} of double precision.`,
      advice: 'Convert them to float32: weights do not have sixteen digits.',
      saves: Math.floor(bytes / 2),
      tensors: namesOf(doubles),
    },
  ];
}

function binaryEntropy(share: number): number {
  if (share <= 0 || share >= 1) return 0;
  return -share * Math.log2(share) - (1 - share) * Math.log2(1 - share);
}

function namesOf(samples: Sample[]): string[] {
  return samples.map(({ tensor }) => tensor.name);
}
