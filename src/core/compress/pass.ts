/** The contract of a compression pass: a model in, a smaller one out, events on the way. */
import type { Dataset } from '../data/dataset';
import type { Model } from '../train/model';

export type PassName =
  'prune' | 'pruneNeurons' | 'distil' | 'factorise' | 'quantize' | 'share' | 'entropyTrain';

/** The one number that a pass asks for, as the quick input and the CLI flag show it. */
export interface PassSetting {
  /** Key in the pass's options and name of the CLI flag. */
  name: string;
  /** What the prompt says, one sentence. */
  prompt: string;
  default: number;
  minimum: number;
  maximum: number;
  integer: boolean;
}

export type PassOptions = Record<string, number | string | boolean>;

/** What a pass may use besides the model; without a dataset it compresses without fine-tuning. */
export interface PassContext {
  dataset?: Dataset;
  seed: number;
  threads: number;
}

export type PassEvent =
  | { type: 'progress'; done: number; total: number; note: string }
  | { type: 'point'; step: number; split: 'training' | 'validation'; loss: number; error?: number }
  | { type: 'warning'; message: string };

/** What is known of a pass without running it: a row of `descriptions.ts`, which loads no library. */
export interface PassDescription {
  name: PassName;
  /** `Prune Weights`: the command's title. */
  title: string;
  /** One sentence for quick picks and documentation. */
  description: string;
  setting: PassSetting;
  /** Further options with their defaults, for the CLI and pipeline files. */
  defaults: PassOptions;
  /** What each of them means, one sentence. */
  meanings: Record<string, string>;
  /** The only values that a text among them may have. */
  choices?: Record<string, string[]>;
}

/** One row of the table in `passes.ts`; menus, CLI, diagram and report read it. */
export interface Pass extends PassDescription {
  /**
   * Options that are not given are as usual.
   * @throws KolmoError when the pass does not fit the model: what, why, which pass would
   */
  run(model: Model, options: PassOptions, context: PassContext): AsyncGenerator<PassEvent, Model>;
}

/** Every option of a pass: those that are given, the others as usual. */
export function settingsOf(
  { setting, defaults }: PassDescription,
  options: PassOptions,
): PassOptions {
  return { [setting.name]: setting.default, ...defaults, ...options };
}
