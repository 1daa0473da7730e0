/** Writes a model as an ONNX file, and measures ONNX files: the accuracy that is reported is that of the bytes. */
import type { Dataset, SplitName } from '../data/dataset';
import type { Graph, Value } from '../engine/graph';
import { createGraph } from '../engine/graphBuilder';
import { openModel, type Runtime } from '../engine/session';
import { KolmoError } from '../error';
import { resultOf } from '../relay';
import { sizeOf } from '../shape';
import { inBatches } from './batches';
import { placeLayers, type PlacedLayer } from './layers/layers';
import { reordered, type WrittenParameter } from './layers/layer';
import type { Metrics, Model, Parameter } from './model';
import { objectives } from './objective';
import { measureSamples } from './quality';

/**
 * One input `input` [batch, ...inputShape] and one output, named for what it is: `probabilities`,
 * `prediction` or `output`. The batch is free; parameters keep their names.
 */
export function exportOnnx(model: Model): Uint8Array {
  return writeGraph(model, floats).serialize();
}

/** In what form the values between layers and the parameters of a layer stand in a file. */
export interface Precision {
  /** What the layer is to read instead of `x`. */
  input(graph: Graph, x: Value, layer: PlacedLayer): Value;
  /** Adds a parameter to the graph, its axes in the given order. */
  parameter(graph: Graph, parameter: Parameter, layer: PlacedLayer, order: number[]): Value;
}

export const floats: Precision = {
  input: (_graph, x) => x,
  parameter(graph, { name, ...parameter }, _layer, order) {
    const { data, shape } = reordered(parameter.data, parameter.shape, order);
    return graph.constant(data, shape, 'float32', name);
  },
};

/** The graph of `exportOnnx`, in a form of the caller's choice and open for further outputs. */
export function writeGraph({ architecture, parameters }: Model, precision: Precision): Graph {
  const graph = createGraph(architecture.name);
  let x: Value = graph.input('input', [-1, ...architecture.inputShape]);
  for (const layer of placeLayers(architecture)) {
    const { name, spec, kind } = layer;
    const written = layer.parameters.map(({ role }): [string, WrittenParameter] => {
      const parameter = parameters.find((each) => each.name === `${name}/${role}`);
      if (!parameter) {
        throw new KolmoError(`The model has no parameter ${name}/${role}, which its layer needs.`);
      }
      const asItIs = parameter.shape.map((_, axis) => axis);
      const value = (order = asItIs): Value => precision.parameter(graph, parameter, layer, order);
      return [role, { data: parameter.data, shape: parameter.shape, name: parameter.name, value }];
    });
    x = kind.write(
      spec,
      graph,
      precision.input(graph, x, layer),
      Object.fromEntries(written),
      name,
    );
  }
  graph.output(x, objectives[architecture.task].output);
  return graph;
}

const evaluationBatch = 500;

export interface EvaluateOptions {
  threads?: number;
  runtime?: Runtime;
  /** What `trainJudge` gave for the dataset, for a generator. */
  judge?: Model;
  /** How many of a generator's samples are judged. */
  samples?: number;
}

/**
 * Runs an exported file over a split, in ONNX Runtime; tells after each batch how many examples are done.
 * Throws a KolmoError for a generator of samples without a judge.
 * @param bytes a file that `exportOnnx` wrote, or any with one float input and one float output
 */
export async function* evaluating(
  bytes: Uint8Array,
  dataset: Dataset,
  split: SplitName,
  options: EvaluateOptions = {},
): AsyncGenerator<{ done: number; total: number }, Metrics> {
  const { threads = 1, runtime, judge, samples } = options;
  const { inputShape } = dataset;
  const examples = dataset.splits[split];
  const model = await openModel(bytes, { threads, runtime });
  const generates = model.output === objectives.generation.output;
  const [width] = model.inputShape;
  const drawsSamples = generates && model.inputShape.length === 1 && width !== sizeOf(inputShape);
  try {
    if (drawsSamples) {
      if (!judge) {
        throw new KolmoError(
          `What a generator draws is measured by a classifier of labelled images, and ${dataset.name} has no labels: put the images into a folder for each class, or the IDX file of their labels beside them, and train again.`,
        );
      }
      return await measureSamples(model, dataset, split, { judge, samples, threads, runtime });
    }
    // An autoencoder of labelled images is not asked for the labels.
    const measure = objectives[generates ? 'generation' : dataset.task.type].measure(dataset);
    for (const { start, count, inputs, targets } of inBatches(examples, dataset, evaluationBatch)) {
      measure.add(await model.run(inputs, [count, ...inputShape]), targets, inputs, count);
      yield { done: start + count, total: examples.count };
    }
    return measure.result();
  } finally {
    await model.dispose();
  }
}

/** Runs an exported file over a split to its end. */
export const evaluateOnnx = (...given: Parameters<typeof evaluating>): Promise<Metrics> =>
  resultOf(evaluating(...given));
