/** An ONNX graph that grows node by node: what the traced kernels and the layers' exports write into. */
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
