/** What the extension host and the CLI ask of a job process, and what it answers: types only. */
import type { StampedEvent } from '../runs/events';
import type { AnalyseRequest, CompressRequest, TrainRequest } from '../runs/runRequests';
import type { Sweep } from '../runs/sweepFile';

export type JobRequest =
  | TrainRequest
  | CompressRequest
  | AnalyseRequest
  | SweepRequest
  | ReportRequest
  | ProgramRequest
  | DescribeRequest
  | InspectRequest
  | ExplainRequest
  | DiffRequest
  | SurprisalRequest
  | UnpackRequest
  | VerifyRequest;

/** Runs every combination of a sweep, each in a folder below `folder`. Answers with a `SweepSummary`. */
export interface SweepRequest {
  type: 'sweep';
  sweep: Sweep;
  /** Absolute path of the sweep file, from which the dataset is seen. */
  base: string;
  folder: string;
  /** Combinations at a time. Default: as many as the cores hold with the threads of each. */
  workers?: number;
  /** Folders where the engine `tfjs-node` is looked for. */
  modules?: string[];
}

export interface ReportRequest {
  type: 'report';
  run: string;
}

export interface ProgramRequest {
  type: 'program';
  file: string;
  /** Absolute path of the program to write. */
  out: string;
  effort: 'fast' | 'balanced' | 'max';
  ascii: boolean;
  /** Of the network that is trained for the program. Default: as `programDefaults` says. */
  seed?: number;
  /** At most so many blocks of a large file are coded at once. */
  threads: number;
  /** Most bytes of a block, beyond which a file is split. Default: as core/program/sizes.ts says. */
  blockBytes?: number;
  /** The run folder whose `program` stage this is, if any. */
  run?: string;
}

/** Answers with a `DatasetDescription`: what the questions before training are made of. */
export interface DescribeRequest extends Pick<TrainRequest, 'engine' | 'modules'> {
  type: 'describe';
  /** Absolute path of the file that was right-clicked. */
  dataset: string;
}

export interface DatasetDescription {
  /** One line for the quick pick's title: `60,000 images of 28 x 28`, `5 columns, 150 rows`. */
  summary: string;
  /** Columns that can be predicted, the best guess first; empty where there is nothing to choose. */
  targets: { name: string; task: 'classification' | 'regression'; detail: string }[];
  /** Architectures that fit, the default first. */
  architectures: { name: string; detail: string }[];
}

/** Answers with a `ModelSummary`, read from the header of a model file. */
export interface InspectRequest {
  type: 'inspect';
  file: string;
  /** Also decode a packed model, to say what each of its bytes is for. */
  ledger?: boolean;
}

/** Answers with an `Explained`: what takes bytes in a model file that the model does not need. */
export interface ExplainRequest {
  type: 'explain';
  file: string;
}

/** Answers with a `Comparison`: two model files, tensor by tensor. */
export interface DiffRequest {
  type: 'diff';
  /** Absolute path of the file that the other is measured against. */
  a: string;
  b: string;
}

/** Answers with a `SurprisalMeasure`: what each byte of the file costs, and what predicted it. */
export interface SurprisalRequest {
  type: 'surprisal';
  /** Absolute path of a file, or of a folder of images. */
  file: string;
  /** Measure only so many bytes from the beginning. */
  limit?: number;
  /** Measure only so many samples, where it holds images. */
  samples?: number;
}

/** Writes a packed model as an ONNX or a safetensors file. Answers with its path and bytes. */
export interface UnpackRequest {
  type: 'unpack';
  file: string;
  /** Absolute path of the file to write: safetensors where it ends so, ONNX otherwise. */
  out: string;
}

/** Runs a program that may read no other file and use no network, and compares what it prints with a file. Answers with a `VerifySummary`. */
export interface VerifyRequest {
  type: 'verify';
  program: string;
  file: string;
  /** The run folder whose program this is, if any. */
  run?: string;
}

/** Host to worker. `stop` ends at the next batch and keeps what there is. */
export type ToWorker = { type: 'start'; request: JobRequest } | { type: 'stop' };

/** Worker to host. `done` is the last message of a job that did not fail. */
export type FromWorker =
  /** What happened since the last message, at most 20 messages a second; nothing is left out. */
  | { type: 'events'; events: StampedEvent[] }
  /** A stop was heard between two batches: what follows only keeps what there is. */
  | { type: 'stopping' }
  | { type: 'done'; result: unknown }
  | { type: 'error'; reason: FailureReason; message: string };

export type FailureReason =
  /** The request does not fit what it is about: the same again would fail again. */
  | 'refused'
  /** It was asked to stop before there was a result. */
  | 'stopped'
  /** The machine or a defect came in between: the process died, or the disk did not take its files. */
  | 'broken';
