/** Runs an ONNX graph on ONNX Runtime: the native library where there is one, WebAssembly elsewhere. */
import type { InferenceSession, Tensor } from 'onnxruntime-common';
import { KolmoError } from '../error';
import { encodeModel } from './onnx';

/**
 * `auto` takes ONNX Runtime's native library and falls back to WebAssembly where it has no binary for this
 * machine. `tfjs-node` is for training only: an ONNX file runs on ONNX Runtime all the same.
 */
export const runtimes = ['auto', 'native', 'wasm', 'tfjs-node'] as const;
export type Runtime = (typeof runtimes)[number];

export type Buffer = Float32Array | Int32Array | Uint8Array;

export interface Binding {
  data: Buffer;
  shape: number[];
}

export interface Session {
  runtime: Exclude<Runtime, 'auto'>;
  /** Reads every feed's buffer and writes every result into the buffer that stands for it. */
  run(): Promise<void>;
  dispose(): Promise<void>;
}

export interface SessionOptions {
  threads: number;
  runtime?: Runtime;
}

/**
 * Loads a graph whose inputs and outputs are bound to buffers for good, so that a step allocates nothing.
 * @param model an ONNX file
 */
export async function createSession(
  model: Uint8Array,
  feeds: Record<string, Binding>,
  fetches: Record<string, Binding>,
  options: SessionOptions,
): Promise<Session> {
  const { ort, runtime } = await loadRuntime(options);
  const session = await ort.InferenceSession.create(
    runtime === 'native' ? withUnreadable(model) : model,
    sessionOptions(options.threads),
  );
  const tensors = (bindings: Record<string, Binding>): Record<string, Tensor> =>
    Object.fromEntries(
      Object.entries(bindings).map(([name, { data, shape }]) => [name, tensorOf(ort, data, shape)]),
    );
  const inputs = tensors(feeds);
  const outputs = { [unreadable]: null, ...tensors(fetches) };
  const names = Object.keys(fetches);
  return {
    runtime,
    async run() {
      if (runtime === 'native') {
        try {
          await session.run(inputs, outputs);
        } catch (error) {
          if (!String(error).includes('Non tensor type')) throw error;
        }
        return;
      }
      // WebAssembly leaves given outputs untouched and answers with buffers of its own.
      const results = await session.run(inputs, names);
      for (const name of names) fetches[name].data.set(results[name].data as Buffer);
    },
    dispose: () => session.release(),
  };
}

/** A model file with one float input and one float output, whose batch may change from run to run. */
export interface OpenModel {
  /** Name of the output. */
  output: string;
  /** Of one input, without the batch; dimensions that the file leaves open are -1. */
  inputShape: number[];
  run(input: Float32Array, shape: number[]): Promise<Float32Array>;
  dispose(): Promise<void>;
}

export async function openModel(model: Uint8Array, options: SessionOptions): Promise<OpenModel> {
  const { ort } = await loadRuntime(options);
  const session = await ort.InferenceSession.create(model, sessionOptions(options.threads));
  const [[input], [output]] = [session.inputNames, session.outputNames];
  const described = session.inputMetadata[0];
  const shape = described.isTensor ? described.shape : [];
  return {
    output,
    inputShape: shape.slice(1).map((size) => (typeof size === 'number' ? size : -1)),
    async run(data, shape) {
      const results = await session.run({ [input]: new ort.Tensor('float32', data, shape) });
      return results[output].data as Float32Array;
    },
    dispose: () => session.release(),
  };
}

/** An output that is no tensor. */
const unreadable = 'session/unreadable';

/**
 * ONNX Runtime's native binding fills the buffers that it is given, and then answers with copies of them, which
 * cost a tenth of a step and a full garbage collection every few dozen steps. An output that it cannot answer
 * with, before all others, makes it give up when everything is computed and nothing copied yet.
 */
function withUnreadable(model: Uint8Array): Uint8Array {
  const node = { opType: 'SequenceEmpty', output: [unreadable] };
  const before = encodeModel({ graph: { node: [node], output: [{ name: unreadable }] } });
  // Two messages of Protocol Buffers, end to end, are one that holds the lists of both.
  const both = new Uint8Array(before.length + model.length);
  both.set(before);
  both.set(model, before.length);
  return both;
}

/** What both packages export, as far as it is used here. */
interface OnnxRuntime {
  InferenceSession: {
    create(model: Uint8Array, options: InferenceSession.SessionOptions): Promise<InferenceSession>;
  };
  Tensor: new (
    type: 'float32' | 'int32' | 'bool',
    data: Float32Array | Int32Array | Uint8Array,
    shape: number[],
  ) => Tensor;
}

function tensorOf(ort: OnnxRuntime, data: Buffer, shape: number[]): Tensor {
  if (data instanceof Float32Array) return new ort.Tensor('float32', data, shape);
  if (data instanceof Int32Array) return new ort.Tensor('int32', data, shape);
  return new ort.Tensor('bool', data, shape);
}

/**
 * How long an idle thread looks for work before it sleeps: through the optimizer's update between two runs,
 * since waking it takes longer than half a matrix product. ONNX Runtime's default of some 50 ms makes
 * everything else on a busy machine 1.5-4 times slower.
 */
const spinMicroseconds = 1000;

function sessionOptions(threads: number): InferenceSession.SessionOptions {
  return {
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    graphOptimizationLevel: 'all',
    logSeverityLevel: 3,
    extra: {
      session: { intra_op: { spin_duration_us: String(spinMicroseconds) } },
      // It would undo the transpositions that `lowerings/matrices.ts` puts before large products.
      optimization: { disable_specified_optimizers: 'GemmTransposeFusion' },
    },
  };
}

/** Why ONNX Runtime's native library does not load on this machine, in a line; undefined where it does. */
export const whyNotNative = (): Promise<string | undefined> =>
  import('onnxruntime-node').then(
    () => undefined,
    // Behind the first line Node lists who asked for the module.
    (error: unknown) => String(error).split('\n')[0],
  );

async function loadRuntime({
  threads,
  runtime = 'auto',
}: SessionOptions): Promise<{ ort: OnnxRuntime; runtime: 'native' | 'wasm' }> {
  if (runtime !== 'wasm') {
    try {
      return { ort: (await import('onnxruntime-node')) as OnnxRuntime, runtime: 'native' };
    } catch (error) {
      if (runtime === 'native') {
        throw new KolmoError(
          `ONNX Runtime's native library does not load on this machine (${String(error)}): ` +
            'choose the engine "wasm", which runs everywhere.',
        );
      }
    }
  }
  const web = await import('onnxruntime-web');
  web.env.wasm.numThreads = threads;
  return { ort: web as OnnxRuntime, runtime: 'wasm' };
}
