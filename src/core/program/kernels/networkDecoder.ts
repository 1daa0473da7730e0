// What a program of images with a network carries.
export * from './imageDecoder';
export { dense as n, show as w, vote as v } from './network';
