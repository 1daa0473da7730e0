/** A model that is trained, as it is measured meanwhile: its inference over the validation split, with the weights where they lie. */
import type { Dataset } from '../data/dataset';
import { compileForward, type ParameterSpec, type Step, type Tensors } from '../engine/step';
import type * as tf from '../engine/tf';
import { sizeOf } from '../shape';
import { inBatches } from './batches';
import type { Architecture, Metrics } from './model';
import type { Objective } from './objective';
import type { TrainOptions } from './options';

export interface Validator {
  /**
   * Measures the weights as they are on the validation split, or on the training split where there is none;
   * yields between its batches, since all of them may take seconds.
   */
  validate(): AsyncGenerator<void, Metrics>;
  /** The first validation examples, and below each row of them what the model makes of them. */
  redraw(): Promise<{ images: Float32Array; shape: number[]; columns: number }>;
  dispose(): Promise<void>;
}

/** What is measured: the network that a step trains. */
interface Measured {
  architecture: Architecture;
  parameters: ParameterSpec[];
  /** The step whose weights are read. */
  step: Step;
  /** Inference on a batch, with the last layer's activation. */
  output(weights: Tensors, inputs: tf.Tensor): tf.Tensor;
}

const batch = 500;

/** Rows of examples that are shown as the model redraws them, and examples in each. */
const redrawn = { rows: 4, columns: 8 };

export async function compileValidator(
  { architecture: { inputShape }, parameters, step, output }: Measured,
  dataset: Dataset,
  objective: Objective,
  { threads, runtime }: Pick<TrainOptions, 'threads' | 'runtime'>,
): Promise<Validator> {
  const network = await compileForward({
    parameters,
    inputs: [{ name: 'inputs', shape: [batch, ...inputShape] }],
    outputs: (weights, { inputs }) => ({ output: output(weights, inputs) }),
    views: step.parameters,
    threads,
    runtime,
  });
  const whole = network.inputs.inputs as Float32Array;
  const split = dataset.splits[dataset.splits.validation.count > 0 ? 'validation' : 'training'];
  const run = async (): Promise<Float32Array> => (await network.run()).output as Float32Array;
  return {
    async *validate() {
      const measure = objective.measure(dataset);
      // The rest of the last batch is left over from the one before and not measured.
      for (const { inputs, targets, count } of inBatches(split, dataset, batch, whole)) {
        measure.add(await run(), targets, inputs, count);
        yield;
      }
      return measure.result();
    },
    async redraw() {
      // Whole rows, so that each example stands above what is made of it.
      const columns = Math.min(redrawn.columns, split.count);
      const rows = Math.min(redrawn.rows, Math.floor(split.count / columns));
      const row = columns * sizeOf(inputShape);
      const inputs = whole.subarray(0, rows * row);
      const indices = Int32Array.from({ length: rows * columns }, (_, i) => i);
      split.read(indices, inputs, new Float32Array(indices.length * dataset.targetSize));
      const made = await run();
      const images = new Float32Array(2 * inputs.length);
      for (let start = 0; start < inputs.length; start += row) {
        images.set(inputs.subarray(start, start + row), 2 * start);
        images.set(made.subarray(start, start + row), 2 * start + row);
      }
      return { images, shape: inputShape, columns };
    },
    dispose: () => network.dispose(),
  };
}
