// What a program carries where most bytes are as expected.
export * from './repeatsDecoder';
export { q } from './imageDecoder';
