// What the encoder runs: all of it.
export * from './mixing';
export * from './network';
export { resample, teeth } from './resampled';
