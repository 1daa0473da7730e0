/** Removing in steps with training in between, so that what is left can make up for what went (Han et al. 2015; Zhu and Gupta 2017). */
import type { Model } from '../../train/model';
import type { PassContext, PassEvent } from '../pass';
import { refine, type RefineOptions } from './refine';

export interface GradualOptions extends Pick<RefineOptions, 'learningRate' | 'observe'> {
  /** Share to have removed at the end. */
  share: number;
  /** Times that something is removed; one without a dataset, since steps without training end at the same model. */
  steps: number;
  /** Epochs after each removal but the last, and after the last. */
  stepEpochs: number;
  epochs: number;
  /** Epochs before the first removal. Default: 0. */
  epochsBefore?: number;
  /** Takes the model to the share, which is of what there was before the first step. */
  remove(model: Model, share: number): Model;
  /** What is shown while what is left at this share trains. */
  note(share: number): string;
}

export async function* removeGradually(
  model: Model,
  context: PassContext,
  options: GradualOptions,
): AsyncGenerator<PassEvent, Model> {
  const { learningRate, observe, stepEpochs, epochsBefore = 0, remove, note } = options;
  const steps = context.dataset ? Math.max(1, options.steps) : 1;
  const total = epochsBefore + (steps - 1) * stepEpochs + options.epochs;
  const common = { learningRate, total, observe };
  let current = yield* refine(model, context, {
    ...common,
    epochs: epochsBefore,
    before: 0,
    note: note(0),
  });
  for (let step = 1; step <= steps; step++) {
    const share = scheduledShare(options.share, step, steps);
    current = yield* refine(remove(current, share), context, {
      ...common,
      epochs: step < steps ? stepEpochs : options.epochs,
      before: epochsBefore + (step - 1) * stepEpochs,
      note: note(share),
    });
  }
  return current;
}

/** The share after step `step` of `steps`: fast at first, when there is much to spare (cubic). */
export function scheduledShare(target: number, step: number, steps: number): number {
  return target * (1 - (1 - step / steps) ** 3);
}
