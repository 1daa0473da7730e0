/** What each pass is called and asks for: data only, so that the extension host can read it without loading an engine. */
import type { PassDescription, PassName } from './pass';

export const passDescriptions: { [N in PassName]: PassDescription & { name: N } } = {
  prune: {
    name: 'prune',
    title: 'Prune Weights',
    description: 'Sets the smallest weights to zero and trains the rest to make up for them.',
    setting: {
      name: 'sparsity',
      prompt: 'Share of the weights to remove, as a fraction.',
      default: 0.92,
      minimum: 0,
      maximum: 0.999,
      integer: false,
    },
    defaults: {},
  },
  pruneNeurons: {
    name: 'pruneNeurons',
    title: 'Prune Neurons',
    description:
      'Removes whole neurons and channels, so that the layers themselves become smaller.',
    setting: {
      name: 'share',
      prompt: 'Share of the neurons of each hidden layer to remove, as a fraction.',
      default: 0.5,
      minimum: 0.01,
      maximum: 0.99,
      integer: false,
    },
    defaults: {},
  },
  factorise: {
    name: 'factorise',
    title: 'Factorise Layers',
    description: 'Splits dense layers into two thinner ones whose product is close to them.',
    setting: {
      name: 'energy',
      prompt: 'Share of the energy (squared singular values) that each layer keeps.',
      default: 0.9,
      minimum: 0.1,
      maximum: 0.9999,
      integer: false,
    },
    defaults: {},
  },
  quantize: {
    name: 'quantize',
    title: 'Quantize Weights',
    description: 'Stores every weight as a small integer times a scale.',
    setting: {
      name: 'bits',
      prompt: 'Bits for each weight.',
      default: 8,
      minimum: 2,
      maximum: 8,
      integer: true,
    },
    defaults: {},
  },
  share: {
    name: 'share',
    title: 'Share Weights',
    description:
      'Groups the weights of a layer by k-means and keeps one trained value for each group.',
    setting: {
      name: 'clusters',
      prompt: 'Values that the weights of a layer may share.',
      default: 32,
      minimum: 2,
      maximum: 256,
      integer: true,
    },
    defaults: {},
  },
  entropyTrain: {
    name: 'entropyTrain',
    title: 'Train for Fewer Bytes',
    description: 'Trains on with a penalty on the bits that the weights take in the packed file.',
    setting: {
      name: 'lambda',
      prompt: 'Weight of a bit of the file against the loss: higher is smaller.',
      default: 0.5,
      minimum: 0,
      maximum: 100,
      integer: false,
    },
    defaults: {},
  },
};
