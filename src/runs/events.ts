/** Everything that can happen to a run, as written to events.jsonl and streamed to panels, notification and CLI. */
import type { Ledger } from '../core/compress/container/ledger';
import type { Sensitivity } from '../core/compress/analysis/sensitivity';
import type { PassName } from '../core/compress/pass';
import type { LayerMeasure } from '../core/compress/analysis/layers';
import type { Metrics } from '../core/train/model';

export type { Histogram } from '../core/compress/analysis/histogram';
export type { LayerMeasure, Ledger, Sensitivity };

/** The pipeline's stages in order; the diagram, the report and the CLI table draw them. */
export const stageNames = [
  'collect',
  'preprocess',
  'train',
  'prune',
  'pruneNeurons',
  'distil',
  'factorise',
  'quantize',
  'share',
  'entropyTrain',
  'entropyCode',
  'program',
] as const;

export type StageName = (typeof stageNames)[number];

export type RunEvent =
  | {
      type: 'stageStarted';
      stage: StageName;
      settings: Record<string, number | string | boolean>;
      /** Absolute path of what a program is written for, which can be tried again. */
      source?: string;
      /** The stage goes on from a checkpoint after this step: its curves are kept up to there. */
      resumedAt?: number;
      /** The finished stages that this one builds on, where that is not all that there are. */
      chain?: StageName[];
    }
  | {
      type: 'progress';
      stage: StageName;
      done: number;
      total: number;
      note: string;
      examplesPerSecond?: number;
      secondsLeft?: number;
    }
  /** A point on a curve; `step` counts batches since the stage began. */
  | {
      type: 'point';
      stage: StageName;
      step: number;
      split: 'training' | 'validation';
      loss: number;
      error?: number;
      /** Loss of a GAN's discriminator; `loss` is the generator's. */
      adversaryLoss?: number;
    }
  /** What a model draws after an epoch; `file` is relative to the run folder. */
  | { type: 'samples'; stage: StageName; step: number; epoch: number; file: string }
  | { type: 'stageFinished'; stage: StageName; result: StageResult }
  | { type: 'warning'; stage: StageName; message: string }
  /** The program of the run was run again, and what it printed compared with the file as it is now. */
  | { type: 'verified'; verified: boolean; proof: Proof }
  /** An analysis of the run's model goes on; it leaves the run's own status as it is. */
  | {
      type: 'analysing';
      analysis: AnalysisName;
      done: number;
      total: number;
      note: string;
      secondsLeft?: number;
    }
  | { type: 'found'; finding: Finding }
  /** The analysis has ended; a message says why it ended early. */
  | { type: 'analysed'; analysis: AnalysisName; message?: string }
  /** The job was asked to stop and kept what it had. */
  | { type: 'stopped'; message: string }
  | { type: 'failed'; message: string }
  /** The worker died; the run can be resumed from its last checkpoint. */
  | { type: 'interrupted'; message: string }
  | { type: 'finished' };

/** Every event with the time it happened: seconds since the Unix epoch. */
export type StampedEvent = RunEvent & { at: number };

export interface StageResult {
  /** Length on disk of the artifact. */
  bytes: number;
  /** Path of the artifact relative to the run folder, or absolute for the user's own files. */
  artifact: string;
  seconds: number;
  test?: Metrics;
  validation?: Metrics;
  layers?: LayerMeasure[];
  /** Of a stage that makes a model: the first file is what the others are held against. */
  latencies?: Latency[];
  /** Of 8-bit quantization: the file whose products run on integers. */
  int8?: { artifact: string; bytes: number; test?: Metrics; validation?: Metrics };
  /** What every byte of the stage's packed file is for; training's own artifact is another file. */
  ledger?: Ledger;
  /** L(labels | model) in bytes, over all labels that were there to learn from. */
  labelBytes?: number;
  /** Of the stage `preprocess` alone: those labels without a model. */
  labels?: LabelCodes;
  /** Of the stage `program` alone. */
  program?: ProgramMeasure;
  notes: string[];
}

/** How long ONNX Runtime takes for a file: median seconds of a call with one example and with 128, on one thread. */
export interface Latency {
  file: string;
  single: number;
  batch: number;
}

/** The labels of training and validation by codes that look at nothing but labels, in bytes. */
export interface LabelCodes {
  count: number;
  classes: number;
  /** log2(classes) bits for each. */
  uniform: number;
  /** By compressor: gzip, brotli and, where it is there, xz, of the labels as one byte each. */
  compressed: Record<string, number>;
}

export type AnalysisName = Finding['type'];

/** What an analysis tells, piece by piece. */
export type Finding =
  /** Predicted bytes of the packed file after a pass, for a ladder of settings. */
  | { type: 'dryRun'; pass: PassName; rungs: Rung[] }
  /** One layer compressed alone. */
  | { type: 'sensitivity'; pass: PassName; cell: Sensitivity }
  /** The prequential code so far: bytes of the first `coded` labels. */
  | { type: 'prequential'; coded: number; bytes: number };

/** A setting with its prediction, or with why it does not fit the model. */
export type Rung = { setting: number; bytes: number } | { setting: number; problem: string };

/** A program that regenerates a file: where its bytes are, beside what compressors leave of the same file. */
export interface ProgramMeasure {
  /** Absolute path of what it regenerates. */
  file: string;
  /** A program that draws from a seed what its dataset is like: how many samples of it `file` holds. `bytes.source` is the dataset then. */
  samples?: number;
  bytes: { source: number; runtime: number; model: number; residual: number; total: number };
  bitsPerByte: number;
  /** Bytes by compressor: gzip, xz, zstd, brotli, where they are there. */
  baselines: Record<string, number>;
  /** Regularities as sentences, each with what the program would be longer without it. */
  findings: { sentence: string; savedBytes: number }[];
  /** Of tables and JSON: bytes of each column or key in the file, and the bits that they cost. */
  fields: { name: string; bytes: number; bits: number }[];
  /** Bits per byte over the bytes seen so far: where it flattens, nothing more is being learned. */
  curve: { bytes: number[]; bitsPerByte: number[] };
  /** SHA-256 of the file, in hexadecimal; `verified` when the program was run and printed just that. */
  sha256: string;
  verified: boolean;
  proof: Proof;
  seconds: { encode: number; decode: number };
}

/** Where a run keeps a picture of what its program draws, seen from its folder. */
export const samplesPicture = 'samples/program.png';

/** How a program was last proved: run by itself, kept from all other files and from the network. */
export interface Proof {
  /** The words of the command that was run. */
  command: string[];
  /** Bytes that it printed, and their SHA-256 in hexadecimal. */
  bytes: number;
  printed: string;
  /** SHA-256 of the file, read at that time. */
  expected: string;
  seconds: number;
}
