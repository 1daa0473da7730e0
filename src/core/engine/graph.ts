/** Builds an ONNX graph node by node: what the traced kernels and the layers' exports write into. */
import { encodeGraph } from './graphFile';
import type { ElementType } from './onnx';

/** A named edge of the graph. A dimension of -1 is the batch, whose size is known only at run time. */
export interface Value {
  name: string;
  shape: number[];
  type: ElementType;
}

export type Attribute = number | string | number[] | { float: number };

export interface NodeOptions {
  attributes?: Record<string, Attribute>;
  /** Element type of the output. Default: that of the first input. */
  type?: ElementType;
  /** `com.microsoft` for ONNX Runtime's own operators. */
  domain?: string;
  /** Name of the node and its output, as a viewer shows it. */
  name?: string;
}

export type ConstantData = Float32Array | Int32Array | BigInt64Array | Uint8Array | Int8Array;

export interface Producer {
  operator: string;
  inputs: (Value | undefined)[];
  attributes: Record<string, Attribute>;
}

export interface Graph {
  input(name: string, shape: number[], type?: ElementType): Value;
  constant(data: ConstantData, shape: number[], type?: ElementType, name?: string): Value;
  scalar(value: number, type?: 'float32' | 'int32' | 'int64' | 'bool'): Value;
  /** A vector of int64: shapes, axes, bounds. */
  integers(values: number[]): Value;
  /** Appends a node with one output, or gives the value of an equal node that exists already. */
  node(
    operator: string,
    inputs: (Value | undefined)[],
    shape: number[],
    options?: NodeOptions,
  ): Value;
  /** Appends a node with several outputs. */
  nodes(
    operator: string,
    inputs: (Value | undefined)[],
    outputs: { shape: number[]; type: ElementType }[],
    options?: NodeOptions,
  ): Value[];
  reshape(value: Value, shape: number[]): Value;
  transpose(value: Value, permutation: number[]): Value;
  /** The node that made a value; undefined for inputs and constants. */
  producer(value: Value): Producer | undefined;
  /** Makes a value a result of the graph under this name. */
  output(value: Value, name: string): void;
  /** The file, without the nodes that no output needs. */
  serialize(): Uint8Array;
}

export interface Node {
  operator: string;
  inputs: (Value | undefined)[];
  outputs: Value[];
  options: NodeOptions;
}

export function createGraph(graphName: string): Graph {
  const inputs: Value[] = [];
  const constants: { value: Value; data: ConstantData }[] = [];
  const nodes: Node[] = [];
  const outputs: { value: Value; name: string }[] = [];
  const producers = new Map<string, Node>();
  /** Nodes and constants by content, so that what tfjs computes twice is computed once. */
  const known = new Map<string, Value[]>();
  const taken = new Set<string>();

  const unique = (wish: string): string => {
    let name = wish;
    for (let i = 1; taken.has(name); i++) name = `${wish}_${i}`;
    taken.add(name);
    return name;
  };

  const graph: Graph = {
    input(name, shape, type = 'float32') {
      const value = { name: unique(name), shape, type };
      inputs.push(value);
      return value;
    },

    constant(data, shape, type = typeOf(data), name) {
      const value = { name: unique(name ?? 'constant'), shape, type };
      constants.push({ value, data });
      return value;
    },

    scalar(value, type = 'float32') {
      const key = `scalar ${type} ${Object.is(value, -0) ? '-0' : value}`;
      const [found] = known.get(key) ?? [];
      if (found) return found;
      const made = graph.constant(scalarData(value, type), [], type);
      known.set(key, [made]);
      return made;
    },

    integers(values) {
      const key = `integers ${values.join(' ')}`;
      const [found] = known.get(key) ?? [];
      if (found) return found;
      const made = graph.constant(BigInt64Array.from(values.map(BigInt)), [values.length]);
      known.set(key, [made]);
      return made;
    },

    node(operator, from, shape, options = {}) {
      const type = options.type ?? from.find((value) => value !== undefined)?.type ?? 'float32';
      return graph.nodes(operator, from, [{ shape, type }], options)[0];
    },

    nodes(operator, from, results, options = {}) {
      const key = JSON.stringify([
        operator,
        from.map((value) => value?.name),
        options.attributes ?? {},
        results,
      ]);
      const found = known.get(key);
      if (found) return found;
      const values = results.map(({ shape, type }, i) => ({
        name: unique(i === 0 ? (options.name ?? operator) : `${options.name ?? operator}_out${i}`),
        shape,
        type,
      }));
      const node = { operator, inputs: from, outputs: values, options };
      nodes.push(node);
      for (const value of values) producers.set(value.name, node);
      known.set(key, values);
      return values;
    },

    reshape(value, shape) {
      if (sameNumbers(value.shape, shape)) return value;
      const origin = producers.get(value.name);
      // A reshape of a reshape needs only the last one.
      const source = origin?.operator === 'Reshape' ? origin.inputs[0]! : value;
      if (sameNumbers(source.shape, shape)) return source;
      return graph.node('Reshape', [source, graph.integers(shape)], shape);
    },

    transpose(value, permutation) {
      if (permutation.every((axis, i) => axis === i)) return value;
      const origin = producers.get(value.name);
      const before = origin?.operator === 'Transpose' && origin.options.attributes?.perm;
      // Two transposes in a row, as between two layers that both turn NHWC into NCHW and back, cancel.
      if (Array.isArray(before) && permutation.every((axis, i) => before[axis] === i)) {
        return origin!.inputs[0]!;
      }
      return graph.node(
        'Transpose',
        [value],
        permutation.map((axis) => value.shape[axis]),
        { attributes: { perm: permutation } },
      );
    },

    producer(value) {
      const node = producers.get(value.name);
      return node && { ...node, attributes: node.options.attributes ?? {} };
    },

    output(value, name) {
      outputs.push({ value, name });
    },

    serialize() {
      return encodeGraph({ name: graphName, inputs, constants, nodes, outputs });
    },
  };
  return graph;
}

function typeOf(data: ConstantData): ElementType {
  if (data instanceof Float32Array) return 'float32';
  if (data instanceof Int32Array) return 'int32';
  if (data instanceof BigInt64Array) return 'int64';
  return data instanceof Int8Array ? 'int8' : 'uint8';
}

function scalarData(value: number, type: 'float32' | 'int32' | 'int64' | 'bool'): ConstantData {
  switch (type) {
    case 'float32':
      return Float32Array.of(value);
    case 'int32':
      return Int32Array.of(value);
    case 'int64':
      return BigInt64Array.of(BigInt(value));
    case 'bool':
      return Uint8Array.of(value ? 1 : 0);
    default:
      return type satisfies never;
  }
}

const sameNumbers = (a: number[], b: number[]): boolean =>
  a.length === b.length && a.every((x, i) => x === b[i]);
