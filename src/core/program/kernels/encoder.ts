// What the encoder runs: the predictor, and a network's layers.
export * from './mixing';
export * from './dense';
