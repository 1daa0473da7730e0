/** A TensorFlow.js backend that computes nothing: its kernels write ONNX nodes. */
import * as tf from './tf';
import { KolmoError } from '../error';
import type { Graph, Value } from './graph';
import { lowerings } from './lowerings/table';

const backendName = 'onnx';

/** What stands behind a tensor while a graph is traced: a value of the graph, or numbers not yet in it. */
interface Entry {
  references: number;
  value?: Value;
  graph?: Graph;
  values?: tf.BackendValues;
}

/**
 * Calls `build` with this backend, so that every TensorFlow.js operation in it becomes nodes of `graph`.
 * Throws a KolmoError that names the kernel where one has no lowering.
 */
export function trace(graph: Graph, build: (tracing: Tracing) => void): void {
  register();
  const outer = backend.graph;
  backend.graph = graph;
  try {
    onBackend(backendName, () =>
      tf.tidy(() =>
        build({ tensor: (value) => backend.tensor(value), value: (t) => backend.value(t) }),
      ),
    );
  } catch (error) {
    const missing = /Cannot find registered kernel '(\w+)'|Kernel '(\w+)' not registered/.exec(
      String(error),
    );
    if (!missing) throw error;
    throw new KolmoError(
      `The engine has no lowering for the TensorFlow.js kernel ${missing[1] ?? missing[2]}: ` +
        'write the layer with other operations, or add the kernel to src/core/engine/lowerings.',
    );
  } finally {
    backend.graph = outer;
  }
}

/** Calls `run` while TensorFlow.js computes with this backend, and gives it back the one before. */
export function onBackend(name: string, run: () => void): void {
  const before = tf.engine().backendName;
  // A backend that is made synchronously is set before the first await.
  void tf.setBackend(name);
  try {
    run();
  } finally {
    if (before && before !== name) void tf.setBackend(before);
  }
}

export interface Tracing {
  /** A tensor that stands for a value of the graph. */
  tensor(value: Value): tf.Tensor;
  /** The value of the graph that a tensor stands for. */
  value(tensor: tf.TensorInfo): Value;
}

class TraceBackend extends tf.KernelBackend {
  graph?: Graph;
  private readonly storage = new tf.DataStorage<Entry>(this, tf.engine());

  tensor(value: Value): tf.Tensor {
    return tf.engine().makeTensorFromTensorInfo(this.info(value), this);
  }

  info(value: Value): tf.TensorInfo {
    const dataId = {};
    this.storage.set(dataId, { references: 1, value, graph: this.graph });
    return { dataId, shape: value.shape, dtype: value.type as tf.DataType };
  }

  value(tensor: tf.TensorInfo): Value {
    const entry = this.storage.get(tensor.dataId);
    const graph = this.graph!;
    if (!entry.value || entry.graph !== graph) {
      entry.value = constant(graph, entry.values!, tensor);
      entry.graph = graph;
    }
    return graph.reshape(entry.value, tensor.shape);
  }

  override write(values: tf.BackendValues): object {
    const dataId = {};
    this.storage.set(dataId, { references: 1, values });
    return dataId;
  }

  override move(
    dataId: object,
    values: tf.BackendValues,
    _shape: number[],
    _dtype: tf.DataType,
    references: number,
  ): void {
    this.storage.set(dataId, { references, values });
  }

  override readSync(dataId: object): tf.BackendValues {
    const { values } = this.storage.get(dataId);
    if (values) return values;
    throw new KolmoError(
      'The loss reads the value of a tensor while it is traced (dataSync, print or a JavaScript `if`): ' +
        'a traced step knows values only when it runs, so use tf.where or an input.',
    );
  }

  override read(dataId: object): Promise<tf.BackendValues> {
    return Promise.resolve(this.readSync(dataId));
  }

  override disposeData(dataId: object, force = false): boolean {
    if (!this.storage.has(dataId)) return true;
    const entry = this.storage.get(dataId);
    entry.references--;
    if (!force && entry.references > 0) return false;
    this.storage.delete(dataId);
    return true;
  }

  override refCount(dataId: object): number {
    return this.storage.has(dataId) ? this.storage.get(dataId).references : 0;
  }

  override incRef(dataId: object): void {
    this.storage.get(dataId).references++;
  }

  decRef(dataId: object): void {
    this.storage.get(dataId).references--;
  }

  override numDataIds(): number {
    return this.storage.numDataIds();
  }

  override memory(): { unreliable: boolean } {
    return { unreliable: true };
  }

  override floatPrecision(): 16 | 32 {
    return 32;
  }

  override epsilon(): number {
    return 1e-7;
  }

  override timerAvailable(): boolean {
    return false;
  }

  override dispose(): void {}
}

let backend: TraceBackend;

function register(): void {
  if (backend) return;
  backend = new TraceBackend();
  tf.registerBackend(backendName, () => backend, 0);
  for (const [kernelName, lowering] of Object.entries(lowerings)) {
    tf.registerKernel({
      kernelName,
      backendName,
      kernelFunc: ({ inputs, attrs }) => {
        const values = Array.isArray(inputs)
          ? inputs.map((input: tf.TensorInfo) => backend.value(input))
          : Object.fromEntries(
              Object.entries(inputs)
                .filter(([, input]) => input)
                .map(([name, input]) => [name, backend.value(input!)]),
            );
        const result = lowering(backend.graph!, values, attrs ?? {});
        return Array.isArray(result)
          ? result.map((value) => backend.info(value))
          : backend.info(result);
      },
    });
  }
}

function constant(graph: Graph, values: tf.BackendValues, tensor: tf.TensorInfo): Value {
  const size = tf.util.sizeFromShape(tensor.shape);
  const numbers = values as Float32Array | Int32Array | Uint8Array;
  switch (tensor.dtype) {
    case 'float32':
    case 'int32':
    case 'bool':
      if (size === 1) return graph.scalar(numbers[0], tensor.dtype);
      break;
    default:
      throw new KolmoError(`The engine has no tensors of type ${tensor.dtype}, only numbers.`);
  }
  const data =
    tensor.dtype === 'float32'
      ? Float32Array.from(numbers)
      : tensor.dtype === 'int32'
        ? Int32Array.from(numbers)
        : Uint8Array.from(numbers);
  return graph.constant(data, tensor.shape, tensor.dtype);
}
