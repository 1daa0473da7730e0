/** What is asked for and told of a program: the contract of everything that writes one. */
import type { FieldCost } from './costs/fieldCosts';

export interface ProgramOptions {
  /** fast: the model of the kind without what costs time and saves little, or of few contexts that tell most of a small sample; balanced: thinned on a sample, and a network is tried; max: a larger sample and network. The less the hurry, the longer are the files whose decoder is JavaScript. */
  effort: 'fast' | 'balanced' | 'max';
  /** Base64 instead of raw bytes: a third longer, but editors and mail leave it alone. */
  ascii: boolean;
  /** Of the network that is trained for the program. */
  seed: number;
}

/** What is asked for where nothing else is. */
export const programDefaults: ProgramOptions = { effort: 'balanced', ascii: false, seed: 0 };

export type ProgramEvent =
  | { type: 'progress'; done: number; total: number; note: string }
  | { type: 'finding'; sentence: string; savedBytes: number }
  /** What the data so far cost on average: where it flattens, nothing more is being learned. */
  | { type: 'curve'; bytes: number; bitsPerByte: number };

/** A regularity in one sentence, and how much longer the program would be without it. */
export interface Finding {
  sentence: string;
  savedBytes: number;
}

/** How a program holds the data, for the report. */
export type ProgramForm = 'predictor' | 'small predictor' | 'brotli' | 'deflate' | 'stored';

export interface Program {
  /** The .mjs file. */
  source: Uint8Array;
  form: ProgramForm;
  bytes: {
    /** The data that it regenerates. */
    source: number;
    runtime: number;
    model: number;
    residual: number;
    /** Length of the .mjs file: runtime + model + residual. */
    total: number;
  };
  bitsPerByte: number;
  /** What compressors of Node's leave, without any decoder; brotli is too slow for the largest files. */
  baselines: { gzip: number; brotli?: number };
  findings: Finding[];
  /** Of tables and JSON: what each column or key costs. */
  fields: FieldCost[];
  /** SHA-256 of the data, in hexadecimal. */
  sha256: string;
}
