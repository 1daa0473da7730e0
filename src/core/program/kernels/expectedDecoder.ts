// What a program carries whose bytes are expected by least squares.
export * from './decoder';
export { expect as e } from './expected';
