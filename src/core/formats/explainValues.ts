/** What the values of tensors tell: zeros and few values stored in full, half precision in float32, the same bytes twice. */
import { formatCount, plural } from '../count';
import { groupBy } from '../group';
import { leastBytes, list, type Finding } from './finding';
import { bitsOf, type FormatName } from './format';
import { mostDistinct, type Sample } from './sample';

/** The findings about what was looked at. */
export const findInValues = (samples: Sample[], format: FormatName): Finding[] => [
  ...findZeros(samples),
  ...findConstants(samples, format),
  ...findFewValues(samples),
  ...findWidened(samples, format),
  ...findDoubles(samples),
  ...findDuplicates(samples, format),
];

/** What a tensor takes in the file. */
const storedBytes = ({ tensor }: Sample): number => tensor.packed ?? tensor.bytes;

/** From this share on, zeros are worth a finding. */
const manyZeros = 0.3;

/** Pruned weights that are stored as numbers like all others. */
function findZeros(samples: Sample[]): Finding[] {
  const sparse = samples.filter(
    (sample) =>
      sample.zeros >= manyZeros &&
      sample.zeros < 1 &&
      sample.tensor.bytes >= leastBytes &&
      !sample.tensor.packed &&
      savedByZeros(sample) > 0,
  );
  if (sparse.length === 0) return [];
  const sum = (of: (sample: Sample) => number): number =>
    sparse.reduce((all, sample) => all + of(sample), 0);
  const zeros = sum((sample) => sample.zeros * sample.tensor.parameters);
  const parameters = sum(({ tensor }) => tensor.parameters);
  return [
    {
      type: 'zeros',
      message: `${formatCount(zeros)} of ${formatCount(parameters)} weights in ${list(namesOf(sparse))} are zero, and each is stored in full: pruning alone makes no file smaller.`,
      advice:
        'Pack the model: zeros then cost a fraction of a bit each. A gzip of the file shows the same.',
      saves: Math.floor(sum(savedByZeros)),
      tensors: namesOf(sparse),
    },
  ];
}

/** The others keep their bytes; where they stand costs the entropy of zero or not. */
function savedByZeros({ zeros, tensor }: Sample): number {
  // Truth values are not pruned.
  if (tensor.dtype.startsWith('bool')) return 0;
  // The scales of blocks stay; in those of fewer bits, zero is one code of a few.
  const bits = tensor.dtype === 'q8_0' ? 8 : bitsOf(tensor.dtype);
  return (tensor.parameters * (zeros * bits - binaryEntropy(zeros))) / 8;
}

const isConstant = ({ distinct, zeros, values }: Sample): boolean =>
  values > 1 && distinct + (zeros > 0 ? 1 : 0) === 1;

/** Tensors that were never trained, or are added and multiplied without effect. */
function findConstants(samples: Sample[], format: FormatName): Finding[] {
  // What runs GGUF asks for each tensor that its architecture has.
  if (format === 'gguf') return [];
  const constants = samples.filter(
    (sample) => isConstant(sample) && storedBytes(sample) >= leastBytes,
  );
  if (constants.length === 0) return [];
  const bytes = constants.reduce((sum, sample) => sum + storedBytes(sample), 0);
  const each = constants.length === 1 ? 'holds one value' : 'hold one value each';
  return [
    {
      type: 'constant',
      message: `${list(namesOf(constants))} ${each} all over${lookedAt(constants)}, in ${formatCount(bytes)} bytes.`,
      advice:
        'Leave them out and fill them in when the model is built (ONNX: ConstantOfShape, or Expand), or drop the layer where a zero is added or a one multiplied.',
      saves: constants.reduce((sum, sample) => sum + storedBytes(sample) - oneValue(sample), 0),
      tensors: namesOf(constants),
    },
  ];
}

const oneValue = ({ tensor }: Sample): number => Math.ceil(tensor.bytes / tensor.parameters);

/** Few enough values for a codebook, of floating point numbers: integers are few for other reasons. */
const areFew = ({ distinct, room, values, tensor }: Sample): boolean =>
  /^(bf|f|half|double)/.test(tensor.dtype) &&
  bitsOf(tensor.dtype) >= 16 &&
  distinct > 0 &&
  distinct <= mostDistinct &&
  distinct * 4 <= values &&
  // Norms near 1 hold few values of 16 bits because there are few.
  distinct * 4 <= room;

/** Quantized or shared weights that are still written as floating point numbers. */
function findFewValues(samples: Sample[]): Finding[] {
  const saved = (sample: Sample): number => storedBytes(sample) - codedBytes(sample);
  const few = samples.filter(
    (sample) =>
      areFew(sample) &&
      !isConstant(sample) &&
      sample.tensor.bytes >= leastBytes &&
      saved(sample) > 0,
  );
  if (few.length === 0) return [];
  const most = Math.max(...few.map(({ distinct }) => distinct));
  return [
    {
      type: 'fewValues',
      message: `${list(namesOf(few))} ${few.length === 1 ? 'holds' : 'hold'} at most ${most} different values other than zero, written as ${few[0].tensor.dtype}${lookedAt(few)}: ${few.length === 1 ? 'it was' : 'they were'} quantized or shared, and the file does not use it.`,
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

/** Those that llama.cpp takes for each other in most architectures: of others it asks for both. */
const tiedInGguf = ['token_embd.weight', 'output.weight'];

function findDuplicates(samples: Sample[], format: FormatName): Finding[] {
  const likely = samples.filter(
    (sample) =>
      sample.tensor.bytes >= leastBytes &&
      (format !== 'gguf' || tiedInGguf.includes(sample.tensor.name)) &&
      // Tensors of one value are as likely two fresh biases as one tensor twice.
      !isConstant(sample),
  );
  const sameBytes = groupBy(
    likely,
    ({ tensor, hash }) => `${tensor.dtype} ${tensor.bytes} ${hash}`,
  );
  const repeated = [...sameBytes.values()]
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
      message: `${list(namesOf(largest))} hold the same ${formatCount(storedBytes(largest[0]))} bytes ${largest.length} times${others}${lookedAt(repeated.flat())}.`,
      advice:
        format === 'gguf'
          ? 'Leave output.weight out: in most architectures llama.cpp takes token_embd.weight in its place.'
          : 'Tie them: store the tensor once and refer to it.',
      saves: repeated.reduce((sum, group) => sum + savedOf(group), 0),
      tensors: repeated.flatMap(namesOf),
    },
  ];
}

/** Bytes of all but one of tensors that are the same. */
const savedOf = (group: Sample[]): number => (group.length - 1) * storedBytes(group[0]);

/** Numbers of a small type that were saved as a large one: half precision that was loaded as float32, positions as int64. */
function findWidened(samples: Sample[], format: FormatName): Finding[] {
  const fitting = samples.flatMap((sample) => {
    const { tensor } = sample;
    const type = sample.narrower.find((name) => isStoredIn(name, sample, format));
    if (!type || tensor.packed || tensor.bytes < leastBytes) return [];
    return isConstant(sample) || areFew(sample) ? [] : [{ type, sample }];
  });
  const byTypes = groupBy(fitting, ({ type, sample }) => `${sample.tensor.dtype} ${type}`);
  return [...byTypes.values()].map((fit) => {
    const [{ type }] = fit;
    const group = fit.map(({ sample }) => sample);
    const bytes = group.reduce((sum, { tensor }) => sum + tensor.bytes, 0);
    // A graph of ONNX computes in the type of its inputs; four bits have operators of their own.
    const cast = format === 'onnx' && type !== 'int4' ? ', with a Cast behind each' : '';
    return {
      type: 'widened',
      message: `Each value in ${list(namesOf(group))} fits ${type}${lookedAt(group)}: ${formatCount(bytes)} bytes of ${group[0].tensor.dtype} hold no more than that.`,
      advice: `Save them as ${type}${cast}, which loses nothing.`,
      saves: group.reduce(
        (sum, { tensor }) => sum + tensor.bytes - Math.ceil((tensor.parameters * bitsOf(type)) / 8),
        0,
      ),
      tensors: namesOf(group),
    };
  });
}

/** Whether files of a format can have a tensor in that type, and what runs them can use it. */
function isStoredIn(type: string, { tensor }: Sample, format: FormatName): boolean {
  // Keras saves each variable in its own type, whatever its values are.
  if (format === 'keras') return false;
  if (type === 'bfloat16') return !['tflite', 'tfjs', 'npz', 'npy'].includes(format);
  if (!/^u?int/.test(type)) return true;
  const quantized = tensor.coding?.type === 'quantized';
  // Biases and activations of more bits are asked for as they are.
  if (type === 'int4') {
    return quantized && bitsOf(tensor.dtype) === 8 && (format === 'tflite' || format === 'onnx');
  }
  return !quantized && ['safetensors', 'pytorch', 'onnx', 'npz', 'npy'].includes(format);
}

/** What to say where the rest of a tensor may differ. */
const lookedAt = (samples: Sample[]): string =>
  samples.every(({ whole }) => whole) ? '' : ', as far as was looked at';

function findDoubles(samples: Sample[]): Finding[] {
  const doubles = samples.filter(
    ({ tensor, narrower }) =>
      narrower.length === 0 &&
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
