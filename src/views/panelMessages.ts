/** What the run panel and the model editor say to the extension host and hear from it: types only. */
import type { Comparison } from '../core/compare/comparison';
import type { PassName, PassOptions } from '../core/compress/pass';
import type { ModelSummary } from '../core/formats/summary';
import type { ComparedRun } from '../report/compare';
import type { AnalyseRequest } from '../runs/runRequests';
import type { StageName, StampedEvent } from '../runs/events';
import type { RunState } from '../runs/state';
import type { SweepResults } from '../runs/sweepFile';

/** What a panel shows above the tabs; it does not change with the run's events. */
export interface RunTitle {
  /** Name of the run folder. */
  name: string;
  dataset: string;
  architecture: string;
  /** The dataset is a folder, of which no program can be written. */
  ofFolder?: boolean;
  /** Address of the run folder, from which a webview may load pictures. */
  files?: string;
}

/** Host to run panel. `state` comes first and after each `ready`; the others continue it. */
export type ToPanel =
  | { type: 'state'; title: RunTitle; trusted: boolean; state: RunState }
  | { type: 'title'; title: RunTitle }
  | { type: 'events'; events: StampedEvent[] };

/** Run panel to host: wishes, never state. */
export type FromPanel =
  | { type: 'ready' }
  | { type: 'stop' }
  | { type: 'resume' }
  | { type: 'compress' }
  | { type: 'pass' }
  | { type: 'program' }
  | { type: 'verify' }
  | { type: 'report' }
  | { type: 'tensorboard' }
  | { type: 'savePipeline' }
  | { type: 'trust' }
  | { type: 'analyse'; analysis: AnalyseRequest['analysis'] }
  | { type: 'runPass'; pass: PassName; value: number; options: PassOptions }
  | { type: 'open'; stage: StageName };

/** Host to model editor. */
export type ToModelEditor =
  { type: 'summary'; file: string; summary: ModelSummary } | { type: 'failed'; message: string };

export type FromModelEditor = { type: 'ready' };

/** Host to comparison: all runs after each `ready`, then what happens to one of them. */
export type ToComparison =
  | { type: 'runs'; folders: string[]; runs: ComparedRun[] }
  | { type: 'events'; run: number; events: StampedEvent[] };

export type FromComparison = { type: 'ready' };

/** What a comparison keeps for the time after a window reload. */
export interface ComparisonMemory {
  /** Absolute paths of the run folders. */
  runs?: string[];
}

/** Host to the comparison of two model files; paths are absolute. */
export type ToModelDiff =
  | { type: 'comparing'; a: string; b: string }
  | { type: 'compared'; comparison: Comparison }
  | { type: 'failed'; a: string; b: string; message: string };

/** `swap` measures the first file against the second; `inspect` opens one of them by itself. */
export type FromModelDiff =
  { type: 'ready' } | { type: 'again' } | { type: 'swap' } | { type: 'inspect'; file: string };

/** What a comparison of model files keeps for the time after a window reload. */
export interface ModelDiffMemory {
  a?: string;
  b?: string;
}

/** Host to the surprisal panel of a file or folder of images. */
export interface ToSurprisalPanel {
  type: 'samples';
  file: string;
  width: number;
  height: number;
  /** Bytes of a pixel: 1 where it is grey, 3 where it is red, green and blue. */
  channels: number;
  /** Samples in the file or folder. */
  total: number;
  /** Bytes of the pixels of those that were measured, and the bits of each: sample by sample, row by row. */
  pixels: Uint8Array;
  costs: Float32Array;
  /** Of a folder: the paths of these samples in it. */
  names?: string[];
}

export type FromSurprisalPanel = { type: 'ready' };

/** Host to the chart of a sweep. */
export type ToSweepPanel =
  { type: 'results'; results: SweepResults } | { type: 'failed'; message: string };

/** `openPoint` opens the run of a point by its name. */
export type FromSweepPanel = { type: 'ready' } | { type: 'openPoint'; point: string };

/** What a panel keeps for the time after a window reload. */
export interface PanelMemory {
  /** Absolute path of the run folder. */
  run: string;
}
