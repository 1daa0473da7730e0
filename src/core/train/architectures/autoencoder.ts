/** Squeezes images through a few numbers and draws them again (Hinton & Salakhutdinov 2006). */
import { sizeOf } from '../../shape';
import type { ArchitectureChoice } from './architecture';

/** Numbers that an image is squeezed into. */
const codeUnits = 32;

export const autoencoder: ArchitectureChoice = {
  name: 'autoencoder',
  title: 'Autoencoder',
  description: `Squeezes each image into ${codeUnits} numbers and draws it again from them.`,
  fits: ({ inputShape }) => (inputShape.length === 3 ? true : 'An autoencoder takes images.'),
  preference: 0.5,
  reason: 'the dataset holds images',
  build: ({ inputShape }) => ({
    name: 'autoencoder',
    inputShape,
    layers: [
      { type: 'flatten' },
      { type: 'dense', units: 256, activation: 'relu' },
      { type: 'dense', units: codeUnits, activation: 'linear' },
      { type: 'dense', units: 256, activation: 'relu' },
      { type: 'dense', units: sizeOf(inputShape), activation: 'sigmoid' },
      { type: 'reshape', shape: inputShape },
    ],
    task: 'generation',
  }),
  training: { shift: 0, patience: 5 },
};
