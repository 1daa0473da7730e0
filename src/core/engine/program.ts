/** A function from tensors to tensors, written with TensorFlow.js, as something that runs on bound buffers. */
import { sizeOf } from '../shape';
import { trace } from './backend';
import { createEagerSession } from './eager';
import type { Value } from './graph';
import { createGraph } from './graphBuilder';
import { createSession, type Binding, type Session, type SessionOptions } from './session';
import * as tf from './tf';

export interface InputSpec {
  name: string;
  shape: number[];
  /** Default: float32. */
  type?: 'float32' | 'int32';
}

export type Tensors = Record<string, tf.Tensor>;

/** Scalars are numbers, everything else is a buffer that the next run overwrites. */
export type Results = Record<string, number | Float32Array>;

export interface ProgramOptions extends SessionOptions {
  name: string;
  inputs: (InputSpec & { data: Float32Array | Int32Array })[];
  compute(given: Tensors): Tensors;
  /** Buffers for results by name; the other results get buffers of their own and are what `run` gives. */
  into?: Record<string, Float32Array>;
}

export interface Program {
  runtime: Session['runtime'];
  run(): Promise<Results>;
  dispose(): Promise<void>;
}

/**
 * Traces the function once, for the given shapes, and loads the graph into ONNX Runtime; `tfjs-node` calls the
 * function itself at each run.
 */
export async function compileProgram(options: ProgramOptions): Promise<Program> {
  const { name, inputs, compute, into = {} } = options;
  const graph = createGraph(name);
  const outputs: Record<string, Value> = {};
  trace(graph, (tracing) => {
    const given = inputs.map(({ name, shape, type }): [string, tf.Tensor] => [
      name,
      tracing.tensor(graph.input(name, shape, type)),
    ]);
    const results = compute(Object.fromEntries(given));
    for (const name in results) outputs[name] = tracing.value(results[name]);
    tf.dispose(results);
  });
  for (const name in outputs) graph.output(outputs[name], name);

  const feeds = Object.fromEntries(inputs.map(({ name, data, shape }) => [name, { data, shape }]));
  const fetches: Record<string, Binding> = {};
  for (const name in outputs) {
    const { shape } = outputs[name];
    fetches[name] = { data: into[name] ?? bufferFor(outputs[name]), shape };
  }
  const session =
    options.runtime === 'tfjs-node'
      ? createEagerSession(compute, feeds, fetches)
      : await createSession(graph.serialize(), feeds, fetches, options);
  const read = Object.keys(outputs).filter((name) => !(name in into));
  return {
    runtime: session.runtime,
    async run() {
      await session.run();
      const results: Results = {};
      for (const name of read) {
        const { data, shape } = fetches[name];
        results[name] = shape.length === 0 ? data[0] : (data as Float32Array);
      }
      return results;
    },
    dispose: () => session.dispose(),
  };
}

/** An input with a buffer of its own. */
export const withBuffer = <Spec extends InputSpec>(
  spec: Spec,
): Spec & { data: Float32Array | Int32Array } => ({
  ...spec,
  data:
    spec.type === 'int32'
      ? new Int32Array(sizeOf(spec.shape))
      : new Float32Array(sizeOf(spec.shape)),
});

function bufferFor(value: Value): Binding['data'] {
  switch (value.type) {
    case 'int32':
      return new Int32Array(sizeOf(value.shape));
    case 'bool':
      return new Uint8Array(sizeOf(value.shape));
    default:
      return new Float32Array(sizeOf(value.shape));
  }
}
