/** What only the graph of an ONNX model tells, and what is in the file beside its tensors. */
import { formatCount } from '../count';
import { isLarge, leastBytes, list, type Finding } from './finding';
import { denseBytes, shorten } from './format';
import type { ModelFile } from './modelFile';
import { readOnnx, type OnnxModel, type OnnxRemarks } from './onnx';
import { isVarints } from './onnxTensor';

/** Float weights that are quantized when the model runs, integers written as varints, remarks of exporters, large settings. */
export async function findInOnnx(file: ModelFile): Promise<Finding[]> {
  const model = await readOnnx(file);
  return [
    ...findFloatCopies(model),
    ...findVarints(model),
    ...findRemarks(model.remarks, file.length),
    ...findSettings(model.remarks, file.length),
  ];
}

function findFloatCopies({ nodes, tensors }: OnnxModel): Finding[] {
  const byName = new Map(tensors.map((tensor) => [tensor.name, tensor]));
  const quantized = new Set(
    nodes
      .filter(({ type }) => type === 'QuantizeLinear' || type === 'FakeQuant')
      .map(({ inputs }) => inputs[0]),
  );
  const copies = [...quantized]
    .flatMap((name) => byName.get(name) ?? [])
    .filter(({ dtype }) => /^float/.test(dtype));
  if (copies.length === 0) return [];
  const bytes = copies.reduce((sum, tensor) => sum + tensor.bytes, 0);
  const are = copies.length === 1 ? 'is' : 'are';
  return [
    {
      type: 'floatCopies',
      message: `${list(copies.map(({ name }) => name))} ${are} stored as ${copies[0].dtype}, ${formatCount(bytes)} bytes, and quantized each time the model runs: the graph is quantized, the file is not.`,
      advice:
        'Fold QuantizeLinear into its weights (an offline constant folding), so that the integers are stored.',
      saves: copies.reduce((sum, tensor) => sum + tensor.bytes - tensor.parameters, 0),
      tensors: copies.map(({ name }) => name),
    },
  ];
}

function findVarints({ tensors }: OnnxModel): Finding[] {
  const dense = ({ dtype, parameters }: (typeof tensors)[number]): number =>
    denseBytes(dtype, parameters) ?? Infinity;
  const varints = tensors.filter(
    (tensor) => isVarints(tensor) && tensor.bytes >= leastBytes && tensor.bytes > dense(tensor),
  );
  if (varints.length === 0) return [];
  const stored = varints.reduce((sum, { bytes }) => sum + bytes, 0);
  const needed = varints.reduce((sum, tensor) => sum + dense(tensor), 0);
  const are = varints.length === 1 ? 'is' : 'are';
  return [
    {
      type: 'varints',
      message: `${list(varints.map(({ name }) => name))} ${are} ${varints[0].dtype} written as varints, ten bytes for each negative number: ${formatCount(stored)} bytes for values of ${formatCount(needed)}.`,
      advice: 'Write the tensors as raw_data (numpy_helper.from_array does).',
      saves: stored - needed,
      tensors: varints.map(({ name }) => name),
    },
  ];
}

/** What exporters write for people to read. */
function findRemarks({ docs, metadata, shapes, names }: OnnxRemarks, length: number): Finding[] {
  const parts: [bytes: number, what: string, where: string][] = [
    [docs, 'doc strings', 'doc_string of the model, its graphs and nodes'],
    [metadata, 'metadata of nodes', 'metadata_props of graphs and nodes'],
    [shapes, 'shapes between nodes', 'value_info of graphs'],
    [names, 'names of nodes', 'name of nodes'],
  ];
  const large = parts.filter(([bytes]) => bytes >= leastBytes).sort((a, b) => b[0] - a[0]);
  const all = large.reduce((sum, [bytes]) => sum + bytes, 0);
  if (!isLarge(all, length)) return [];
  const each = large.map(([bytes, what]) => `${formatCount(bytes)} of ${what}`).join(', ');
  return [
    {
      type: 'remarks',
      message: `${formatCount(all)} bytes are in no tensor and not needed to run the model: ${each}.`,
      advice: `Clear them before saving: ${large.map(([, , where]) => where).join(', ')}.`,
      saves: all,
      tensors: [],
    },
  ];
}

/** Metadata of the model, where an application may have put what it needs, and anything else. */
function findSettings({ settings }: OnnxRemarks, length: number): Finding[] {
  const large = settings.filter(({ bytes }) => isLarge(bytes, length));
  if (large.length === 0) return [];
  const bytes = large.reduce((sum, setting) => sum + setting.bytes, 0);
  const keys = list(large.map(({ key }) => `“${shorten(key)}”`));
  return [
    {
      type: 'settings',
      message: `The model's metadata_props ${keys} ${large.length === 1 ? 'takes' : 'take'} ${formatCount(bytes)} bytes.`,
      advice:
        'Remove from metadata_props what your application does not read; running the model needs none of it.',
      saves: bytes,
      tensors: [],
    },
  ];
}
