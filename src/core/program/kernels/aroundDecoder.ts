// What such a program carries where decisions are those around what is expected.
export { surround as u } from './around';
export * from './expectedDecoder';
