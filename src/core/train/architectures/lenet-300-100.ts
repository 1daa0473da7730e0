/** LeNet-300-100 (LeCun et al. 1998): two hidden layers, the yardstick of the compression literature. */
import type { ArchitectureChoice } from './architecture';

export const lenet300: ArchitectureChoice = {
  name: 'lenet-300-100',
  title: 'LeNet-300-100',
  description:
    'Two fully connected hidden layers of 300 and 100 units: small, quick, compresses well.',
  fits: ({ task, inputShape }) =>
    task.type !== 'classification'
      ? 'LeNet-300-100 sorts images into classes.'
      : inputShape.length !== 3
        ? 'LeNet-300-100 takes images.'
        : true,
  preference: 2,
  reason: 'the dataset holds labelled images',
  build: ({ inputShape, targetSize }) => ({
    name: 'lenet-300-100',
    inputShape,
    layers: [
      { type: 'flatten' },
      { type: 'dense', units: 300, activation: 'relu' },
      { type: 'dense', units: 100, activation: 'relu' },
      { type: 'dense', units: targetSize, activation: 'softmax' },
    ],
    task: 'classification',
  }),
  training: {},
};
