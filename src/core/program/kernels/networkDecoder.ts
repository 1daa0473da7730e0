// What a program of images with a network carries.
export * from './imageDecoder';
export { dense, show, vote } from './network';
