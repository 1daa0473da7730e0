// What a program carries where repeats tell something.
export { decode } from './decoder';
export { prepare } from './mixing';
