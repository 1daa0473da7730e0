/** Movement: how far training moves each weight away from zero, as a measure of what it matters (Sanh et al. 2020, arXiv 2005.07683). */
import { KolmoError } from '../../error';
import type { Model } from '../../train/model';
import type { PassContext } from '../pass';
import { isWeights } from '../parameters';
import type { RefineOptions } from './refine';

export interface Movement {
  /** -sum of weight x gradient over all steps so far, for each weight, by parameter. */
  scores: ReadonlyMap<string, Float32Array>;
  observe: NonNullable<RefineOptions['observe']>;
}

/**
 * Scores that grow while the model is trained with `observe`.
 * Throws a KolmoError where nothing can be trained on, or a GAN's gradients would be needed.
 */
export function movementOf(model: Model, { dataset }: PassContext): Movement {
  if (!dataset || model.architecture.adversary) {
    throw new KolmoError(
      `Movement is measured while a model trains on labelled data, and ${dataset ? 'this one trains against an adversary' : 'this one does not train on here'}: set importance to "magnitude".`,
    );
  }
  const scores = new Map(
    model.parameters
      .filter(isWeights)
      .map(({ name, data }) => [name, new Float32Array(data.length)]),
  );
  return {
    scores,
    observe({ weights, gradients }) {
      for (const [name, score] of scores) {
        const weight = weights[name];
        const gradient = gradients[name];
        for (let i = 0; i < score.length; i++) score[i] -= weight[i] * gradient[i];
      }
    },
  };
}
