// What the encoder runs: all of it.
export * from './mixing';
export { surround } from './around';
export { expect } from './expected';
export * from './network';
export { recall } from './repeats';
export { resample, teeth } from './resampled';
