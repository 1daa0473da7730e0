/** LeNet-5 as Caffe trains it: two convolutions, two fully connected layers, 431,080 parameters on MNIST. */
import type { ArchitectureChoice } from './architecture';

const smallest = 16;

export const lenet5: ArchitectureChoice = {
  name: 'lenet-5',
  title: 'LeNet-5',
  description:
    'Two convolutions and two fully connected layers: half the error, ten times the work.',
  fits: ({ task, inputShape }) =>
    task.type !== 'classification'
      ? 'LeNet-5 sorts images into classes.'
      : inputShape.length !== 3 || inputShape[0] < smallest || inputShape[1] < smallest
        ? `LeNet-5 takes images of at least ${smallest} x ${smallest} pixels.`
        : true,
  preference: 1,
  reason: 'the dataset holds labelled images',
  build: ({ inputShape, targetSize }) => ({
    name: 'lenet-5',
    inputShape,
    layers: [
      { type: 'conv2d', filters: 20, kernel: 5, padding: 'valid', activation: 'linear' },
      { type: 'maxPool2d', size: 2 },
      { type: 'conv2d', filters: 50, kernel: 5, padding: 'valid', activation: 'linear' },
      { type: 'maxPool2d', size: 2 },
      { type: 'flatten' },
      { type: 'dense', units: 500, activation: 'relu' },
      { type: 'dense', units: targetSize, activation: 'softmax' },
    ],
    task: 'classification',
  }),
  training: { epochs: 12 },
};
