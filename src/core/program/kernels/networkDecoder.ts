// What a program carries that mixes in a network.
export * from './decoder';
export * from './dense';
