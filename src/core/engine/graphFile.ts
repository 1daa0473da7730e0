/** A graph as the bytes of an ONNX file. */
import type { Attribute, ConstantData, Node, Value } from './graph';
import {
  attributeTypes,
  elementTypes,
  encodeModel,
  type AttributeProto,
  type NodeProto,
  type TensorProto,
  type ValueInfoProto,
} from './onnx';

/** Operator set 18 is the newest one that every ONNX Runtime of the last three years runs. */
const operatorSet = 18;

export interface GraphParts {
  name: string;
  inputs: Value[];
  constants: { value: Value; data: ConstantData }[];
  /** In the order in which they are computed. */
  nodes: Node[];
  /** Values that are results, with the names that they have outside. */
  outputs: { value: Value; name: string }[];
}

/** Leaves out the nodes and constants that no output needs. */
export function encodeGraph({
  name: graphName,
  inputs,
  constants,
  nodes,
  outputs,
}: GraphParts): Uint8Array {
  const made = new Set(nodes.flatMap((node) => node.outputs.map((value) => value.name)));
  // Naming the producing node's output directly saves the copy that an Identity would be.
  const renamed = new Map<string, string>();
  const copies: Node[] = [];
  for (const { value, name } of outputs) {
    if (value.name === name) continue;
    if (made.has(value.name) && !renamed.has(value.name)) renamed.set(value.name, name);
    else {
      const outputs = [{ ...value, name }];
      copies.push({ operator: 'Identity', inputs: [value], outputs, options: {} });
    }
  }
  const nameOf = (value: Value | undefined): string =>
    value ? (renamed.get(value.name) ?? value.name) : '';
  const live = liveNodes(
    [...nodes, ...copies],
    [...outputs.map(({ value }) => value.name), ...copies.map((copy) => copy.outputs[0].name)],
  );
  const used = new Set(live.flatMap((node) => node.inputs.map((value) => value?.name)));
  return encodeModel({
    irVersion: 8,
    producerName: 'kolmo',
    opsetImport: [
      { domain: '', version: operatorSet },
      ...(live.some((node) => node.options.domain === 'com.microsoft')
        ? [{ domain: 'com.microsoft', version: 1 }]
        : []),
    ],
    graph: {
      name: graphName,
      node: live.map((node) => nodeProto(node, nameOf)),
      initializer: constants
        .filter(({ value }) => used.has(value.name))
        .map(({ value, data }) => tensorProto(value, data)),
      input: inputs.map((value) => valueInfo(value, value.name)),
      output: outputs.map(({ value, name }) => valueInfo(value, name)),
    },
  });
}

function liveNodes(nodes: Node[], wanted: string[]): Node[] {
  const needed = new Set(wanted);
  const live: Node[] = [];
  for (let i = nodes.length - 1; i >= 0; i--) {
    if (!nodes[i].outputs.some((value) => needed.has(value.name))) continue;
    live.push(nodes[i]);
    for (const value of nodes[i].inputs) if (value) needed.add(value.name);
  }
  return live.reverse();
}

function nodeProto(node: Node, nameOf: (value: Value | undefined) => string): NodeProto {
  return {
    opType: node.operator,
    name: node.options.name ?? nameOf(node.outputs[0]),
    domain: node.options.domain ?? '',
    input: node.inputs.map(nameOf),
    output: node.outputs.map(nameOf),
    attribute: Object.entries(node.options.attributes ?? {}).map(([name, value]) =>
      attributeProto(name, value),
    ),
  };
}

function attributeProto(name: string, value: Attribute): AttributeProto {
  if (typeof value === 'string') {
    return { name, type: attributeTypes.string, s: new TextEncoder().encode(value) };
  }
  if (typeof value === 'number') return { name, type: attributeTypes.int, i: value };
  if (Array.isArray(value)) return { name, type: attributeTypes.ints, ints: value };
  return { name, type: attributeTypes.float, f: value.float };
}

function tensorProto(value: Value, data: ConstantData): TensorProto {
  return {
    name: value.name,
    dims: value.shape,
    dataType: elementTypes[value.type],
    rawData: new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
  };
}

function valueInfo(value: Value, name: string): ValueInfoProto {
  const dim = value.shape.map((size) => (size === -1 ? { dimParam: 'batch' } : { dimValue: size }));
  return { name, type: { tensorType: { elemType: elementTypes[value.type], shape: { dim } } } };
}
