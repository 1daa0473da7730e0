/** Predicts the next byte of a text or any file: an embedding, a recurrent layer, a probability for each symbol. */
import type { ArchitectureChoice } from './architecture';

export const nextSymbol: ArchitectureChoice = {
  name: 'next-symbol',
  title: 'Next symbol (GRU)',
  description: 'A recurrent network of 128 units that learns which byte follows which.',
  fits: ({ task }) =>
    task.type === 'nextSymbol' ? true : 'Next symbol takes a file as a sequence of bytes.',
  preference: 1,
  reason: 'the dataset is a sequence of bytes',
  build({ task, inputShape }) {
    const symbols = task.type === 'nextSymbol' ? task.symbols : 256;
    return {
      name: 'next-symbol',
      inputShape,
      layers: [
        { type: 'embedding', symbols, units: 32 },
        { type: 'gru', units: 128 },
        { type: 'dense', units: symbols, activation: 'softmax' },
      ],
      task: 'nextSymbol',
    };
  },
  training: { epochs: 10, batchSize: 32, learningRate: 3e-3, clipNorm: 1, patience: 3 },
};
