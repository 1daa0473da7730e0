/** Builds a graph: equal nodes and constants are made once, and names are unique. */
import type { ConstantData, Graph, Node, Value } from './graph';
import { encodeGraph } from './graphFile';
import type { ElementType } from './onnx';

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
