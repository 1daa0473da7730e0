/** What the layers of a model read while it answers examples of a dataset: what post-training quantization is calibrated on. */
import type { Dataset } from '../data/dataset';
import type { Graph, Value } from '../engine/graph';
import { createSession, type Binding, type Runtime } from '../engine/session';
import { KolmoError } from '../error';
import { sizeOf } from '../shape';
import { floats, writeGraph } from './export';
import { shapeText } from './layers/layer';
import type { LayerSpec, Model } from './model';

export interface ObserveOptions {
  /** Training examples, spread over the split. */
  examples: number;
  threads: number;
  runtime?: Runtime;
}

/** Layers that multiply what they read by weights. */
export const isProduct = ({ type }: LayerSpec): boolean => type === 'dense' || type === 'conv2d';

/**
 * Runs the float model over training examples and measures what each product reads, in the graph itself.
 * Throws a KolmoError for examples of another shape than the model's.
 * @param measures from a layer's input [batch, ...shape, channels] to a value of known shape
 * @returns the measures by the name of the layer
 */
export async function observeInputs<Name extends string>(
  model: Model,
  { name, inputShape, splits: { training }, targetSize }: Dataset,
  { examples, threads, runtime }: ObserveOptions,
  measures: { [N in Name]: (graph: Graph, x: Value) => Value },
): Promise<Map<string, { [N in Name]: Float32Array }>> {
  const wanted = model.architecture.inputShape;
  if (sizeOf(inputShape) !== sizeOf(wanted)) {
    throw new KolmoError(
      `The calibration data ${name} has examples of ${shapeText(inputShape)}, and the model reads ${shapeText(wanted)}: calibrate it on data of the kind that it was trained on.`,
    );
  }
  const fetches: Record<string, Binding> = {};
  const observed = new Map<string, { [N in Name]: Float32Array }>();
  const graph = writeGraph(model, {
    ...floats,
    input(graph, x, layer) {
      if (!isProduct(layer.spec)) return x;
      const values = {} as { [N in Name]: Float32Array };
      for (const measure of Object.keys(measures) as Name[]) {
        const value = measures[measure](graph, x);
        values[measure] = new Float32Array(sizeOf(value.shape));
        fetches[`${layer.name}/${measure}`] = { data: values[measure], shape: value.shape };
        graph.output(value, `${layer.name}/${measure}`);
      }
      observed.set(layer.name, values);
      return x;
    },
  });
  const count = Math.min(examples, training.count);
  const inputs = new Float32Array(count * sizeOf(wanted));
  // Spread over the split, in case it is sorted.
  const indices = Int32Array.from({ length: count }, (_, i) =>
    Math.floor((i * training.count) / count),
  );
  training.read(indices, inputs, new Float32Array(count * targetSize));
  const feeds = { input: { data: inputs, shape: [count, ...wanted] } };
  const session = await createSession(graph.serialize(), feeds, fetches, { threads, runtime });
  try {
    await session.run();
  } finally {
    await session.dispose();
  }
  return observed;
}

/** Mean squares of what each product reads, for each feature or channel. */
export async function inputSquares(
  model: Model,
  dataset: Dataset,
  options: ObserveOptions,
): Promise<Map<string, Float32Array>> {
  const observed = await observeInputs(model, dataset, options, { squares: meanSquares });
  return new Map(Array.from(observed, ([layer, { squares }]) => [layer, squares]));
}

/** Over all axes but the last. */
function meanSquares(graph: Graph, x: Value): Value {
  const last = x.shape.length - 1;
  const axes = graph.integers(Array.from({ length: last }, (_, axis) => axis));
  const squares = graph.node('Mul', [x, x], x.shape);
  return graph.node('ReduceMean', [squares, axes], [x.shape[last]], {
    attributes: { keepdims: 0 },
  });
}
