/** Writes a model as an ONNX file, and measures ONNX files: the accuracy that is reported is that of the bytes. */
import type { Dataset, SplitName } from '../data/dataset';
import { createGraph, type Value } from '../engine/graph';
import { openModel, type Runtime } from '../engine/session';
import { KolmoError } from '../error';
import { placeLayers } from './layers/layers';
import { sizeOf, type WrittenParameter } from './layers/layer';
import type { Metrics, Model } from './model';
import { objectives } from './objective';
import { measureSamples } from './quality';

/**
 * One input `input` [batch, ...inputShape] and one output, named for what it is: `probabilities`,
 * `prediction` or `output`. The batch is free; parameters keep their names.
 */
export function exportOnnx({ architecture, parameters }: Model): Uint8Array {
  const graph = createGraph(architecture.name);
  let x: Value = graph.input('input', [-1, ...architecture.inputShape]);
  for (const { name, spec, kind, parameters: own } of placeLayers(architecture)) {
    const written = own.map(({ role }): [string, WrittenParameter] => {
      const parameter = parameters.find((each) => each.name === `${name}/${role}`);
      if (!parameter) {
        throw new KolmoError(`The model has no parameter ${name}/${role}, which its layer needs.`);
      }
      const { data, shape } = parameter;
      const value = () => graph.constant(data, shape, 'float32', parameter.name);
      return [role, { data, shape, name: parameter.name, value }];
    });
    x = kind.write(spec, graph, x, Object.fromEntries(written), name);
  }
  graph.output(x, objectives[architecture.task].output);
  return graph.serialize();
}

const evaluationBatch = 500;

/**
 * Runs an exported file over a split, in ONNX Runtime.
 * @param bytes a file that `exportOnnx` wrote, or any with one float input and one float output
 */
export async function evaluateOnnx(
  bytes: Uint8Array,
  dataset: Dataset,
  split: SplitName,
  options: { threads?: number; runtime?: Runtime } = {},
): Promise<Metrics> {
  const { threads = 1, runtime } = options;
  const { inputShape, targetSize } = dataset;
  const examples = dataset.splits[split];
  const model = await openModel(bytes, { threads, runtime });
  if (model.output === objectives.generation.output) {
    const [noise] = model.inputShape;
    if (model.inputShape.length === 1 && noise !== sizeOf(inputShape)) {
      try {
        return await measureSamples(model, noise, dataset, split, { threads, runtime });
      } finally {
        await model.dispose();
      }
    }
  }
  // An autoencoder of labelled images is not asked for the labels.
  const generates = model.output === objectives.generation.output;
  const measure = objectives[generates ? 'generation' : dataset.task.type].measure(dataset);
  try {
    for (let start = 0; start < examples.count; start += evaluationBatch) {
      const count = Math.min(evaluationBatch, examples.count - start);
      const inputs = new Float32Array(count * sizeOf(inputShape));
      const targets = new Float32Array(count * targetSize);
      examples.read(
        Int32Array.from({ length: count }, (_, i) => start + i),
        inputs,
        targets,
      );
      measure.add(await model.run(inputs, [count, ...inputShape]), targets, inputs, count);
    }
  } finally {
    await model.dispose();
  }
  return measure.result();
}
