// What a program of images carries of which is known how they were drawn.
export * from './imageDecoder';
export { resample as l } from './resampled';
