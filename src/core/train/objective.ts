/** What a model is trained for and measured by, for each kind of task. */
import * as tf from '../engine/tf';
import type { Dataset } from '../data/dataset';
import { sizeOf } from '../shape';
import type { Architecture, Confusion, Metrics } from './model';

export interface Objective {
  /** Whether the loss takes the last layer without its activation. */
  logits: boolean;
  /** Name of the output in an exported file. */
  output: string;
  /** Loss, and the share of wrong answers where there are answers. */
  loss(
    output: tf.Tensor,
    targets: tf.Tensor,
    inputs: tf.Tensor,
  ): { loss: tf.Tensor } & tf.NamedTensorMap;
  /** Collects the model's outputs (with their activation) batch by batch. */
  measure(dataset: Dataset): Measure;
}

export interface Measure {
  /** `count` examples, end to end in each array. */
  add(outputs: Float32Array, targets: Float32Array, inputs: Float32Array, count: number): void;
  result(): Metrics;
}

/** A table of more classes than this nobody reads. */
const mostConfused = 40;

/** Probabilities below this count as this, so that one sure mistake costs 69 nats and not infinity. */
const smallest = 1e-30;

export const objectives: { [T in Architecture['task']]: Objective } = {
  classification: {
    logits: true,
    output: 'probabilities',
    loss: (logits, targets) => ({
      loss: crossEntropy(logits, targets),
      error: wrongAnswers(logits, targets),
    }),
    measure({ task, targetSize }) {
      // Truths by answers; the last row is of classes that training never saw.
      const counts = Array.from({ length: targetSize + 1 }, () =>
        new Array<number>(targetSize).fill(0),
      );
      let [count, wrong, loss] = [0, 0, 0];
      return {
        add(outputs, targets, _inputs, examples) {
          for (let i = 0; i < examples; i++) {
            const answer = largest(outputs, i * targetSize, targetSize);
            const start = i * targetSize;
            const place = largest(targets, start, targetSize);
            const truth = targets[start + place] > 0 ? place : targetSize;
            const probability = truth === targetSize ? 0 : outputs[start + truth];
            loss -= Math.log(Math.max(probability, smallest));
            wrong += answer === truth ? 0 : 1;
            counts[truth][answer]++;
          }
          count += examples;
        },
        result() {
          const classes = task.type === 'classification' ? task.classes : [];
          const known = counts.slice(0, targetSize);
          const share = Math.max(...known.map(total)) / count;
          const occurring = known.filter((row) => total(row) > 0).length;
          return {
            loss: loss / count,
            error: wrong / count,
            macroF1: macroF1(counts),
            // The trivial answer: always the most frequent class.
            baselineError: 1 - share,
            baselineF1: (2 * share) / (1 + share) / occurring,
            ...(targetSize <= mostConfused && { confusion: confusionOf(counts, classes) }),
          };
        },
      };
    },
  },

  regression: {
    logits: false,
    output: 'prediction',
    loss: (output, targets) => ({ loss: tf.losses.meanSquaredError(targets, output) }),
    measure({ task, targetSize }) {
      const unit = task.type === 'regression' ? task.standardDeviation : 1;
      let [count, squares, sum, total] = [0, 0, 0, 0];
      return {
        add(outputs, targets, _inputs, examples) {
          for (let i = 0; i < examples * targetSize; i++) {
            squares += (outputs[i] - targets[i]) ** 2;
            sum += targets[i];
            total += targets[i] ** 2;
          }
          count += examples * targetSize;
        },
        result() {
          // The trivial answer: always the mean.
          const variance = total / count - (sum / count) ** 2;
          const loss = squares / count;
          return {
            loss,
            rmse: Math.sqrt(loss) * unit,
            r2: variance > 0 ? 1 - loss / variance : 0,
            baselineRmse: Math.sqrt(variance) * unit,
          };
        },
      };
    },
  },

  generation: {
    logits: false,
    output: 'output',
    loss: (output, _targets, inputs) => ({ loss: tf.losses.meanSquaredError(inputs, output) }),
    measure({ inputShape }) {
      const size = sizeOf(inputShape);
      let [count, squares, total] = [0, 0, 0];
      const sums = new Float64Array(size);
      return {
        add(outputs, _targets, inputs, examples) {
          for (let i = 0; i < examples * size; i++) {
            squares += (outputs[i] - inputs[i]) ** 2;
            total += inputs[i] ** 2;
            sums[i % size] += inputs[i];
          }
          count += examples;
        },
        result() {
          // The trivial answer: always the mean image.
          const means = sums.reduce((square, s) => square + (s / count) ** 2, 0);
          const loss = squares / (count * size);
          return {
            loss,
            rmse: Math.sqrt(loss),
            baselineRmse: Math.sqrt(Math.max(0, (total / count - means) / size)),
          };
        },
      };
    },
  },

  nextSymbol: {
    logits: true,
    output: 'probabilities',
    loss(logits, targets) {
      const symbols = logits.shape.at(-1)!;
      const rows = tf.reshape(logits, [-1, symbols]) as tf.Tensor2D;
      const truth = tf.oneHot(tf.cast(tf.reshape(targets, [-1]), 'int32'), symbols);
      return { loss: crossEntropy(rows, truth) };
    },
    measure({ task, targetSize }) {
      const symbols = task.type === 'nextSymbol' ? task.symbols : 256;
      let [count, loss] = [0, 0];
      return {
        add(outputs, targets, _inputs, examples) {
          for (let i = 0; i < examples * targetSize; i++) {
            loss -= Math.log(Math.max(outputs[i * symbols + targets[i]], smallest));
          }
          count += examples * targetSize;
        },
        result: () => ({ loss: loss / count, bitsPerByte: loss / count / Math.LN2 }),
      };
    },
  },
};

/**
 * Mean cross entropy of the softmax. With its gradient, p - y, written out, the graph has a third of the
 * nodes that it has with `tf.losses.softmaxCrossEntropy`.
 * @param logits [rows, classes]
 * @param targets [rows, classes], each row a distribution
 */
function crossEntropy(logits: tf.Tensor, targets: tf.Tensor): tf.Tensor {
  const share = 1 / logits.shape[0];
  return tf.customGrad((x, save) => {
    const probabilities = tf.softmax(x as tf.Tensor);
    (save as tf.GradSaveFunc)([probabilities, targets]);
    // Added, so that a loss that is no number stays none.
    const logs = tf.log(tf.add(probabilities, smallest));
    return {
      value: tf.mul(tf.sum(tf.mul(logs, targets)), -share),
      gradFunc: (dy: tf.Tensor, [p, y]: tf.Tensor[]) => tf.mul(tf.sub(p, y), tf.mul(dy, share)),
    };
  })(logits);
}

const total = (counts: number[]): number => counts.reduce((sum, count) => sum + count, 0);

/** @param counts truths by answers, with a last row that is no class */
function macroF1(counts: number[][]): number {
  const known = counts.slice(0, -1);
  const scores = known.flatMap((row, i) => {
    const truths = total(row);
    const answers = counts.reduce((sum, each) => sum + each[i], 0);
    // A class that neither occurs nor is answered says nothing.
    return truths + answers === 0 ? [] : [(2 * row[i]) / (truths + answers)];
  });
  return total(scores) / scores.length;
}

function confusionOf(counts: number[][], classes: string[]): Confusion {
  const strangers = total(counts[counts.length - 1]) > 0;
  return {
    truths: strangers ? [...classes, 'never in training'] : classes,
    answers: classes,
    counts: strangers ? counts : counts.slice(0, -1),
  };
}

const wrongAnswers = (logits: tf.Tensor, targets: tf.Tensor): tf.Tensor =>
  tf.mean(tf.cast(tf.notEqual(tf.argMax(logits, -1), tf.argMax(targets, -1)), 'float32'));

function largest(values: Float32Array, start: number, count: number): number {
  let best = 0;
  for (let i = 1; i < count; i++) if (values[start + i] > values[start + best]) best = i;
  return best;
}
