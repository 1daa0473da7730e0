// What a program carries where repeats tell something.
export * from './decoder';
export { recall as r } from './repeats';
