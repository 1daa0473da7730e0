/** The pipeline: passes in order, each measured by the packed file that it leads to. */
import { relay } from '../relay';
import type { Model } from '../train/model';
import { decode, encodeWithLedger } from './container/container';
import type { Ledger } from './container/ledger';
import {
  settingsOf,
  type PassContext,
  type PassEvent,
  type PassName,
  type PassOptions,
} from './pass';
import { passes } from './passes';

export type CompressStage = PassName | 'entropyCode';

export interface PackedStage {
  stage: CompressStage;
  /** The packed file at this stage: its length is the stage's size. */
  bytes: Uint8Array;
  ledger: Ledger;
  /** What the file decodes to: measure this, not what was packed. */
  model: Model;
}

export type CompressEvent =
  | { type: 'stageStarted'; stage: CompressStage; settings: PassOptions }
  | { type: 'pass'; stage: CompressStage; event: PassEvent }
  | ({ type: 'stageFinished' } & PackedStage);

/**
 * Runs the passes one after the other, each on what the one before it left in its file, and packs the result.
 * Without a dataset in the context nothing is fine-tuned. Ends with the stage `entropyCode`, whose file is the last pass's.
 */
export async function* compress(
  model: Model,
  steps: { name: PassName; options: PassOptions }[],
  context: PassContext,
): AsyncGenerator<CompressEvent, PackedStage> {
  let current = model;
  for (const { name, options } of steps) {
    const pass = passes[name];
    yield { type: 'stageStarted', stage: name, settings: settingsOf(pass, options) };
    const passed = yield* relay(pass.run(current, options, context), (event): CompressEvent => ({
      type: 'pass',
      stage: name,
      event,
    }));
    const packed = pack(passed, name);
    current = packed.model;
    yield { type: 'stageFinished', ...packed };
  }
  yield { type: 'stageStarted', stage: 'entropyCode', settings: {} };
  const packed = pack(current, 'entropyCode');
  yield { type: 'stageFinished', ...packed };
  return packed;
}

function pack(model: Model, stage: CompressStage): PackedStage {
  const { bytes, ledger } = encodeWithLedger(model);
  return { stage, bytes, ledger, model: decode(bytes) };
}
