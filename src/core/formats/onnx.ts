/** ONNX: walks the protobuf (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto) and steps over the weights. */
import { formatCount, plural } from '../count';
import { KolmoError } from '../error';
import { createCursor, type Cursor } from './cursor';
import { denseBytes, mostTensors, summarise, type Format, type LocatedTensor } from './format';
import { keepLast } from './lastUnpacked';
import type { ModelFile } from './modelFile';
import { findScales, type ScaledNode } from './onnxScales';
import { isVarints, readTensor, tooMany, type OnnxTensor } from './onnxTensor';
import { unpackVarints } from './onnxVarints';
import { readText, walk, type Field } from './protobuf';
import type { FilesBeside } from './summary';

export const onnx: Format = {
  title: 'ONNX',
  extensions: ['.onnx'],
  async read(file) {
    const model = await readOnnx(file);
    const { producer, opsets, nodes, tensors } = model;
    const external = await checkExternal(file, tensors);
    const notes = [
      ...(producer ? [`Made by ${producer}.`] : []),
      ...(opsets.length > 0 ? [`Operator sets: ${opsets.join(', ')}.`] : []),
      `${plural(nodes.length, 'node')}.`,
      ...external.notes,
    ];
    return summarise(
      tensors.map(({ name, dtype, shape, parameters, bytes }) => ({
        name,
        dtype,
        shape,
        parameters,
        bytes,
      })),
      notes,
      external.beside,
    );
  },
  async locate(file) {
    const { tensors, nodes } = await readOnnx(file);
    const located: LocatedTensor[] = [];
    const holders = new Map<string, ModelFile | undefined>();
    const unpacked = keepLast();
    for (const tensor of tensors) {
      const { name, dtype, parameters, bytes, offset, storage, location, scattered } = tensor;
      const plain = storage === 'raw_data' || storage === 'float_data' || storage === 'external';
      // Tensors that share a file beside this one are told by its being the same.
      if (location !== undefined && !holders.has(location)) {
        holders.set(location, await file.sibling(location));
      }
      const holder = location === undefined ? file : holders.get(location);
      if (!holder || scattered) continue;
      const place = { name, dtype, parameters, bytes, file: holder, offset };
      const dense = denseBytes(dtype, parameters);
      if (plain) located.push(place);
      else if (isVarints(tensor) && dense !== undefined) {
        located.push({
          ...place,
          bytes: dense,
          packed: bytes,
          file: unpackVarints(place, dense, unpacked),
          offset: 0,
        });
      }
    }
    await findScales(tensors, nodes, located);
    return located;
  },
};

export interface OnnxModel {
  producer: string;
  /** `ai.onnx 17`. */
  opsets: string[];
  nodes: OnnxNode[];
  /** Initializers, and tensors that nodes hold as attributes (named after the node's output). */
  tensors: OnnxTensor[];
  remarks: OnnxRemarks;
}

/** Bytes of fields that nothing reads which runs the model. */
export interface OnnxRemarks {
  /** `doc_string` of the model, its graphs and nodes: exporters put stack traces there. */
  docs: number;
  /** `metadata_props` of graphs and nodes. */
  metadata: number;
  /** `value_info`: types and shapes of what nodes compute. */
  shapes: number;
  /** `name` of nodes. */
  names: number;
  /** `metadata_props` of the model itself by their keys, which applications do read. */
  settings: { key: string; bytes: number }[];
}

export interface OnnxNode extends ScaledNode {
  outputs: string[];
}

/** Walks the whole graph, subgraphs and functions included; memory grows with names, not with weights. */
export async function readOnnx(file: ModelFile): Promise<OnnxModel> {
  const cursor = createCursor(file, file.name);
  const remarks = { docs: 0, metadata: 0, shapes: 0, names: 0, settings: [] };
  const model: OnnxModel = { producer: '', opsets: [], nodes: [], tensors: [], remarks };
  let graphs = 0;
  await walk(cursor, file, file.length, async (field) => {
    if (field.number === 2) model.producer = await readText(cursor, field);
    else if (field.number === 7 && field.wire === 2) {
      graphs++;
      await readGraph(cursor, file, field.end, model, 0);
    } else if (field.number === 8) await readOpset(cursor, file, field, model);
    else if (field.number === 25 && field.wire === 2) {
      await walk(cursor, file, field.end, async (part) => {
        if (part.number === 7 && part.wire === 2) await readNode(cursor, file, part.end, model, 0);
        else if (part.number === 8) model.remarks.docs += lengthOf(part);
        else if (part.number === 12) model.remarks.shapes += lengthOf(part);
        else if (part.number === 14) model.remarks.metadata += lengthOf(part);
      });
    } else if (field.number === 6) model.remarks.docs += lengthOf(field);
    else if (field.number === 14 && field.wire === 2) await readSetting(cursor, file, field, model);
  });
  if (graphs === 0) {
    throw new KolmoError(
      `${file.name} holds no graph: expected an ONNX model, a protobuf message with field 7.`,
    );
  }
  return model;
}

const lengthOf = ({ start, end }: Field): number => end - start;

async function readSetting(
  cursor: Cursor,
  file: ModelFile,
  setting: Field,
  model: OnnxModel,
): Promise<void> {
  let key = '';
  await walk(cursor, file, setting.end, async (field) => {
    if (field.number === 1) key = await readText(cursor, field);
  });
  if (model.remarks.settings.length < 1000) {
    model.remarks.settings.push({ key, bytes: lengthOf(setting) });
  }
}

async function readOpset(
  cursor: Cursor,
  file: ModelFile,
  { end }: Field,
  model: OnnxModel,
): Promise<void> {
  let domain = '';
  let version = 0;
  await walk(cursor, file, end, async (field) => {
    if (field.number === 1) domain = await readText(cursor, field);
    else if (field.number === 2) version = field.value;
  });
  if (model.opsets.length < 100) model.opsets.push(`${domain || 'ai.onnx'} ${version}`);
}

/** Loops and conditions nest; deeper than this is an attack on the stack. */
const deepest = 64;

async function readGraph(
  cursor: Cursor,
  file: ModelFile,
  end: number,
  model: OnnxModel,
  depth: number,
): Promise<void> {
  if (depth > deepest) {
    throw new KolmoError(`${file.name} nests graphs more than ${deepest} deep: it is not read.`);
  }
  await walk(cursor, file, end, async (field) => {
    if (field.wire !== 2) return;
    if (field.number === 1) await readNode(cursor, file, field.end, model, depth);
    else if (field.number === 5) await readTensor(cursor, file, field.end, model.tensors, '');
    else if (field.number === 10) model.remarks.docs += lengthOf(field);
    else if (field.number === 13) model.remarks.shapes += lengthOf(field);
    else if (field.number === 16) model.remarks.metadata += lengthOf(field);
    else if (field.number === 15) {
      // A sparse initializer: its values and its indices are tensors.
      await walk(cursor, file, field.end, async (part) => {
        if (part.wire === 2 && part.number <= 2) {
          await readTensor(
            cursor,
            file,
            part.end,
            model.tensors,
            part.number === 1 ? '' : ' indices',
          );
        }
      });
    }
  });
}

async function readNode(
  cursor: Cursor,
  file: ModelFile,
  end: number,
  model: OnnxModel,
  depth: number,
): Promise<void> {
  const node: OnnxNode = { type: '', inputs: [], outputs: [] };
  if (model.nodes.length >= mostTensors) tooMany(file, 'nodes');
  model.nodes.push(node);
  await walk(cursor, file, end, async (field) => {
    if (field.wire !== 2) return;
    if (field.number === 1) node.inputs.push(await readText(cursor, field));
    else if (field.number === 2) node.outputs.push(await readText(cursor, field));
    else if (field.number === 3) model.remarks.names += lengthOf(field);
    else if (field.number === 6) model.remarks.docs += lengthOf(field);
    else if (field.number === 9) model.remarks.metadata += lengthOf(field);
    else if (field.number === 4) node.type = await readText(cursor, field);
    else if (field.number === 5) {
      let name = '';
      // Writers may leave a zero out.
      let number = 0;
      await walk(cursor, file, field.end, async (attribute) => {
        if (attribute.number === 3) number = attribute.value;
        if (attribute.wire !== 2) return;
        if (attribute.number === 1) name = await readText(cursor, attribute);
        else if (attribute.number === 5 || attribute.number === 10) {
          await readTensor(
            cursor,
            file,
            attribute.end,
            model.tensors,
            node.outputs[0] ?? node.type,
          );
        } else if (attribute.number === 6 || attribute.number === 11) {
          await readGraph(cursor, file, attribute.end, model, depth + 1);
        }
      });
      // Of a negative number, which counts from the last axis, only the sign is left.
      const known = Number.isSafeInteger(number) ? number : NaN;
      if (name === 'axis' || name === 'block_size') node[name] = known;
    }
  });
}

/** Says where external data lie, and that they are as long as the tensors claim. */
async function checkExternal(
  file: ModelFile,
  tensors: OnnxTensor[],
): Promise<{ notes: string[]; beside: FilesBeside }> {
  const ends = new Map<string, number>();
  for (const { location, offset, bytes } of tensors) {
    if (location === undefined) continue;
    ends.set(location, Math.max(ends.get(location) ?? 0, offset + bytes));
  }
  const notes: string[] = [];
  const beside = { files: 0, bytes: 0 };
  for (const [location, end] of ends) {
    const data = await file.sibling(location);
    if (!data) notes.push(`${location} is not there: the weights it should hold are missing.`);
    else if (!(data.length >= end)) {
      throw new KolmoError(
        `${location} has ${formatCount(data.length)} bytes, ${file.name} refers to ${formatCount(end)}: the file is cut, or belongs to another model.`,
      );
    } else {
      notes.push(`Weights in ${location}: ${formatCount(data.length)} bytes.`);
      beside.files++;
      beside.bytes += data.length;
    }
  }
  return { notes, beside };
}
