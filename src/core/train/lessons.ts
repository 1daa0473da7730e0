/** What a teacher says about a dataset, and the loss of a student that listens (Hinton et al. 2015). */
import type { Dataset, Examples } from '../data/dataset';
import { compileForward } from '../engine/step';
import * as tf from '../engine/tf';
import { inBatches } from './batches';
import { forward, inference, placeLayers } from './layers/layers';
import type { Model } from './model';
import { objectives, type Objective } from './objective';

const teacherBatch = 500;

/** The dataset with the teacher's logits behind the targets of its training examples, and zeros behind the others'. */
export async function lessonsOf(model: Model, dataset: Dataset, threads: number): Promise<Dataset> {
  const { training, validation, test } = dataset.splits;
  const classes = dataset.targetSize;
  const logits = await logitsOf(model, dataset, threads);
  const withLogits = (examples: Examples, behind: Float32Array | undefined): Examples => ({
    count: examples.count,
    read(indices, inputs, targets) {
      const labels = new Float32Array(indices.length * classes);
      examples.read(indices, inputs, labels);
      targets.fill(0);
      indices.forEach((index, i) => {
        targets.set(labels.subarray(i * classes, (i + 1) * classes), 2 * i * classes);
        const said = behind?.subarray(index * classes, (index + 1) * classes);
        if (said) targets.set(said, (2 * i + 1) * classes);
      });
    },
  });
  return {
    ...dataset,
    targetSize: 2 * classes,
    splits: {
      training: withLogits(training, logits),
      validation: withLogits(validation, undefined),
      test: withLogits(test, undefined),
    },
  };
}

/** What the teacher says of each training example. [count, classes] */
async function logitsOf(model: Model, dataset: Dataset, threads: number): Promise<Float32Array> {
  const { targetSize } = dataset;
  const { training } = dataset.splits;
  const placed = placeLayers(model.architecture);
  const teacher = await compileForward({
    parameters: model.parameters,
    inputs: [{ name: 'inputs', shape: [teacherBatch, ...model.architecture.inputShape] }],
    outputs: (weights, { inputs }) => ({
      logits: forward(placed, weights, inputs, inference(true)),
    }),
    threads,
  });
  try {
    const all = new Float32Array(training.count * targetSize);
    const whole = teacher.inputs.inputs as Float32Array;
    for (const { start, count } of inBatches(training, dataset, teacherBatch, whole)) {
      const { logits } = await teacher.run();
      all.set((logits as Float32Array).subarray(0, count * targetSize), start * targetSize);
    }
    return all;
  } finally {
    await teacher.dispose();
  }
}

/**
 * softShare T^2 CE(teacher, student) at temperature T + (1 - softShare) CE(labels, student); measured by the labels alone.
 * @param dataset the one without lessons
 */
export function lessonsObjective(
  dataset: Dataset,
  { temperature, softShare }: { temperature: number; softShare: number },
): Objective {
  const plain = objectives.classification;
  const classes = dataset.targetSize;
  return {
    ...plain,
    loss(logits, targets, inputs) {
      const [labels, said] = tf.split(targets, 2, 1);
      const { loss, ...others } = plain.loss(logits, labels, inputs);
      const wanted = tf.softmax(tf.div(said, temperature) as tf.Tensor2D);
      const given = tf.logSoftmax(tf.div(logits, temperature));
      const soft = tf.neg(tf.mean(tf.sum(tf.mul(wanted, given), -1)));
      return {
        ...others,
        loss: tf.add(
          tf.mul(loss, 1 - softShare),
          tf.mul(soft, softShare * temperature * temperature),
        ),
      };
    },
    measure() {
      const measure = plain.measure(dataset);
      return {
        ...measure,
        add(outputs, targets, inputs, count) {
          const labels = new Float32Array(count * classes);
          for (let i = 0; i < count; i++) {
            labels.set(targets.subarray(2 * i * classes, (2 * i + 1) * classes), i * classes);
          }
          measure.add(outputs, labels, inputs, count);
        },
      };
    },
  };
}
