// What a program of images with a network carries of which is known how they were drawn.
export * from './networkDecoder';
export { resample as l } from './resampled';
