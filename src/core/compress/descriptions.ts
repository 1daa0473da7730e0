/** What each pass is called and asks for: data only, so that the extension host can read it without loading an engine. */
import type { PassDescription, PassName } from './pass';
import type { DistilOptions } from './passes/distil';
import type { EntropyTrainOptions } from './passes/entropyTrain';
import type { FactoriseOptions } from './passes/factorise';
import type { PruneOptions } from './passes/prune';
import type { PruneNeuronsOptions } from './passes/pruneNeurons';
import type { QuantizeOptions } from './passes/quantize';
import type { ShareOptions } from './passes/share';

export const passDescriptions = {
  prune: {
    name: 'prune',
    title: 'Prune Weights',
    description:
      'Sets the weights that matter least to zero and trains the rest to make up for them.',
    setting: {
      name: 'sparsity',
      prompt: 'Share of the weights to remove, as a fraction.',
      default: 0.92,
      minimum: 0,
      maximum: 0.999,
      integer: false,
    },
    defaults: {
      granularity: 'layer',
      pattern: '',
      importance: 'magnitude',
      steps: 5,
      stepEpochs: 2,
      except: '',
      epochs: 8,
      learningRate: 1e-3,
    } satisfies Omit<PruneOptions, 'sparsity'>,
    choices: { granularity: ['layer', 'global'], importance: ['magnitude', 'movement'] },
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
    defaults: {
      steps: 1,
      stepEpochs: 2,
      epochs: 10,
      learningRate: 1e-3,
    } satisfies Omit<PruneNeuronsOptions, 'share'>,
  },
  distil: {
    name: 'distil',
    title: 'Distil into a Student',
    description: 'Trains a narrower model on what the trained one says about the training data.',
    setting: {
      name: 'width',
      prompt: 'Share of the neurons of each hidden layer that the student has, as a fraction.',
      default: 0.5,
      minimum: 0.01,
      maximum: 0.99,
      integer: false,
    },
    defaults: {
      temperature: 4,
      softShare: 0.9,
      epochs: 15,
      learningRate: 1e-3,
    } satisfies Omit<DistilOptions, 'width'>,
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
    defaults: { epochs: 6, learningRate: 5e-4 } satisfies Omit<FactoriseOptions, 'energy'>,
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
    defaults: {
      granularity: 'tensor',
      groupSize: 128,
      scheme: 'affine',
      range: 'full',
      calibration: 'none',
      rate: 0,
      except: '',
      epochs: 0,
      learningRate: 0.005,
    } satisfies Omit<QuantizeOptions, 'bits'>,
    choices: {
      granularity: ['tensor', 'channel', 'group'],
      range: ['full', 'fitted'],
      calibration: ['none', 'activations'],
      scheme: ['affine', 'symmetric', 'ternary'],
    },
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
    defaults: {
      codebook: 'layer',
      epochs: 4,
      learningRate: 2e-4,
      rounds: 60,
      except: '',
    } satisfies Omit<ShareOptions, 'clusters'>,
    choices: { codebook: ['layer', 'global'] },
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
    defaults: {
      epochs: 60,
      batchSize: 128,
      learningRate: 0.01,
      stepRate: 0.002,
      warmUp: 0.25,
      weightStep: 1,
      biasStep: 0.1,
      shift: 1,
      warp: 0,
      units: '',
    } satisfies Omit<EntropyTrainOptions, 'lambda'>,
  },
} satisfies { [N in PassName]: PassDescription & { name: N } };

/** Passes that can be applied to one layer alone. */
export const mappedPasses = ['prune', 'quantize', 'share'] as const satisfies PassName[];
export type MappedPass = (typeof mappedPasses)[number];

/** Whether a stage is a pass, and not data, training or packing. */
export function isPass(stage: string): stage is PassName {
  return Object.hasOwn(passDescriptions, stage);
}
