/** What each pass is called and asks for: data only, so that the extension host can read it without loading an engine. */
import type { PassDescription, PassName } from './pass';
import type { DistilOptions } from './passes/distil';
import type { EntropyTrainOptions } from './passes/entropyTrain';
import type { FactoriseOptions } from './passes/factorise';
import type { PruneOptions } from './passes/prune';
import type { PruneNeuronsOptions } from './passes/pruneNeurons';
import type { QuantizeOptions } from './passes/quantize';
import type { ShareOptions } from './passes/share';

/** A sentence for every option. */
type Meanings<Options> = Record<keyof Required<Options>, string>;

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
    meanings: {
      granularity:
        'Whether each layer loses its smallest weights, or all layers share one threshold.',
      pattern: 'N:M instead of a share: 2:4 keeps two of every four inputs in a row.',
      importance: 'What a weight matters: its magnitude, or how training moves it away from zero.',
      steps: 'Times that weights are removed.',
      stepEpochs: 'Epochs of training after each removal.',
      except: 'Names of weights to leave alone, separated by commas.',
      epochs: 'Epochs of training after the last removal.',
      learningRate: 'Learning rate of that training.',
    } satisfies Meanings<Omit<PruneOptions, 'sparsity'>>,
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
    meanings: {
      steps: 'Times that neurons are removed.',
      stepEpochs: 'Epochs of training after each removal.',
      epochs: 'Epochs of training after the last removal.',
      learningRate: 'Learning rate of that training.',
    } satisfies Meanings<Omit<PruneNeuronsOptions, 'share'>>,
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
    meanings: {
      temperature: 'What logits are divided by before teacher and student are compared.',
      softShare: 'Share of the loss that the teacher makes up; the labels make up the rest.',
      epochs: 'Epochs that the student trains.',
      learningRate: 'Learning rate of the student.',
    } satisfies Meanings<Omit<DistilOptions, 'width'>>,
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
    meanings: {
      epochs: 'Epochs of training afterwards.',
      learningRate: 'Learning rate of that training.',
    } satisfies Meanings<Omit<FactoriseOptions, 'energy'>>,
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
    meanings: {
      granularity:
        'What has a scale of its own: a layer, each output, or groups of the inputs of an output.',
      groupSize: 'Inputs in a group.',
      scheme:
        'All levels from the smallest to the largest weight, zero in the middle, or three levels.',
      range: 'Whether levels span all weights, or leave the outermost aside where that errs less.',
      calibration: 'What ranges are fitted to: the weights, or what they are multiplied by.',
      rate: 'What a bit of the file is worth in squared levels of error; 0 takes the nearest level.',
      except: 'Names of weights to leave alone, separated by commas.',
      epochs: 'Epochs of quantization-aware training, which few bits need and eight do not.',
      learningRate: 'Learning rate of that training, in levels.',
    } satisfies Meanings<Omit<QuantizeOptions, 'bits'>>,
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
    meanings: {
      codebook: 'A codebook for each layer, or one for all of them.',
      epochs: 'Epochs in which the shared values are trained.',
      learningRate: 'Learning rate of that training.',
      rounds: 'Rounds of k-means at most.',
      except: 'Names of weights to leave alone, separated by commas.',
    } satisfies Meanings<Omit<ShareOptions, 'clusters'>>,
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
    meanings: {
      epochs: 'Epochs of training.',
      batchSize: 'Examples in a step.',
      learningRate: 'Learning rate of the weights at the start, in levels.',
      stepRate: 'Learning rate of the steps between levels.',
      warmUp: 'Share of the training over which the weight of a bit rises to its value.',
      weightStep:
        'First step between the levels of weights, as a multiple of their root mean square.',
      biasStep: 'The same for biases.',
      shift: 'Images are moved by up to this many pixels each time they are seen.',
      warp: 'Images are turned, stretched and slanted by up to this many degrees each time they are seen.',
      units: 'Hidden units to start from, one number for each layer, as 8,16,50; none takes all.',
    } satisfies Meanings<Omit<EntropyTrainOptions, 'lambda'>>,
  },
} satisfies { [N in PassName]: PassDescription & { name: N } };

/** Passes that can be applied to one layer alone. */
export const mappedPasses = ['prune', 'quantize', 'share'] as const satisfies PassName[];
export type MappedPass = (typeof mappedPasses)[number];

/** Whether a stage is a pass, and not data, training or packing. */
export function isPass(stage: string): stage is PassName {
  return Object.hasOwn(passDescriptions, stage);
}
