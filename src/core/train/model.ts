/** A model is an architecture (layers as data) and its parameters; everything else is derived from these two. */

/** One layer as data. Each kind has one file in `layers/` that builds, exports and counts it. */
export type LayerSpec =
  | { type: 'flatten' }
  | { type: 'reshape'; shape: number[] }
  | { type: 'dense'; units: number; activation: Activation }
  | {
      type: 'conv2d';
      filters: number;
      kernel: number;
      padding: 'valid' | 'same';
      activation: Activation;
    }
  | { type: 'maxPool2d'; size: number }
  | { type: 'batchNorm' }
  | { type: 'dropout'; rate: number }
  | { type: 'embedding'; symbols: number; units: number }
  | { type: 'gru'; units: number }
  /** The last columns of a row are codes, each of so many symbols; all vectors have the same length. */
  | { type: 'columnEmbedding'; symbols: number[]; units: number };

export type Activation = 'linear' | 'relu' | 'leakyRelu' | 'sigmoid' | 'tanh' | 'softmax';

/** An architecture made concrete for one dataset: the same value stands in run.json and in model.kolmo. */
export interface Architecture {
  name: string;
  /** Without the batch. */
  inputShape: number[];
  layers: LayerSpec[];
  /** What the output means. */
  task: 'classification' | 'regression' | 'generation' | 'nextSymbol';
  /**
   * Layers that tell the model's outputs from the dataset's examples, where it is trained against them (a
   * GAN's discriminator). They exist while it is trained and are no part of the model.
   */
  adversary?: LayerSpec[];
}

/** How a parameter's values are stored; `data` always holds the decoded float32 values. */
export type Encoding =
  | { type: 'float32' }
  /**
   * data = scale * (level - zeroPoint); scales has one entry, one per output channel (last axis), or one for each
   * `groupSize` rows of each channel: [groups, channels]. `scales.ts` says which weights a scale belongs to.
   */
  | {
      type: 'quantized';
      bits: number;
      groupSize?: number;
      scales: Float32Array;
      zeroPoints: Int32Array;
      levels: Int32Array;
    }
  /** data = centroids[indices]; a zero weight that is masked has no index. */
  | { type: 'codebook'; centroids: Float32Array; indices: Int32Array };

export interface Parameter {
  /** `dense_1/weights`, `dense_1/biases`: layer name, slash, role. */
  name: string;
  /** Dense weights are [inputs, outputs], convolutions [height, width, inputs, outputs]: the output channel is last. */
  shape: number[];
  data: Float32Array;
  /** 1 = kept, 0 = pruned. Absent: nothing is pruned. */
  mask?: Uint8Array;
  encoding: Encoding;
}

export interface Model {
  architecture: Architecture;
  parameters: Parameter[];
}

/** What a ratio of compression compares a file with, as the literature's do: four bytes for each parameter. */
export const float32Bytes = (parameters: number): number => 4 * parameters;

/** Metrics of a model on one split; fractions for errors, so 0.0163 is 1.63 %. */
export interface Metrics {
  loss: number;
  /** Classification: share of wrong answers. */
  error?: number;
  /** Regression: root mean squared error in the target's unit, and the share of variance explained. */
  rmse?: number;
  r2?: number;
  /** Classification: the mean over the classes of 2TP / (2TP + FP + FN). */
  macroF1?: number;
  confusion?: Confusion;
  bitsPerByte?: number;
  /** Generated samples: entropy in bits of the labels that a classifier gives them, and its mean confidence. */
  sampleEntropy?: number;
  sampleConfidence?: number;
  /** Entropy of the labels that it gives the examples, which samples should have too. */
  exampleEntropy?: number;
  /** Fréchet distance between samples and examples in that classifier's features. */
  frechetDistance?: number;
  /** The same metric for the trivial baseline (mean, majority class). */
  baselineError?: number;
  baselineF1?: number;
  baselineRmse?: number;
}

/** How often each class was taken for each other one. */
export interface Confusion {
  /** One more than there are columns, where examples have a class that training never saw. */
  truths: string[];
  answers: string[];
  /** Examples by truth, then by answer. */
  counts: number[][];
}
