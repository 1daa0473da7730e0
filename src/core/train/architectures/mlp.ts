/** A multilayer perceptron for tables: regression and classification. */
import type { LayerSpec } from '../model';
import type { ArchitectureChoice } from './architecture';

export const mlp: ArchitectureChoice = {
  name: 'mlp',
  title: 'MLP',
  description: 'Two hidden layers of 64 units, for tables; categories of many values get vectors.',
  fits: ({ task, inputShape }) =>
    task.type !== 'classification' && task.type !== 'regression'
      ? 'An MLP predicts a class or a number.'
      : inputShape.length !== 1
        ? 'An MLP takes rows of numbers.'
        : true,
  preference: 2,
  reason: 'the dataset is a table with a target column',
  build: ({ task, inputShape, targetSize, codes }) => ({
    name: 'mlp',
    inputShape,
    layers: [
      ...(codes ? [embeddingOf(codes)] : []),
      { type: 'dense', units: 64, activation: 'relu' },
      { type: 'dense', units: 64, activation: 'relu' },
      task.type === 'classification'
        ? { type: 'dense', units: targetSize, activation: 'softmax' }
        : { type: 'dense', units: targetSize, activation: 'linear' },
    ],
    task: task.type === 'classification' ? 'classification' : 'regression',
  }),
  // Tables are small: many epochs of small batches, ended by early stopping.
  training: { epochs: 100, batchSize: 32, weightDecay: 1e-4, patience: 20 },
};

/** Longer vectors than this are seldom of use for a table. */
const mostUnits = 16;

/** As long as fastai's rule of thumb says for the column of most categories. */
const embeddingOf = (symbols: number[]): LayerSpec => ({
  type: 'columnEmbedding',
  symbols,
  units: Math.min(mostUnits, Math.round(1.6 * Math.max(...symbols) ** 0.56)),
});
