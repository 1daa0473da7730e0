// What such a program carries where repeats tell something, too.
export * from './expectedDecoder';
export { recall as r } from './repeats';
