/** The dry run: what a pass would make of a model's size, before anything is trained or written. */
import { KolmoError } from '../../error';
import type { Model } from '../../train/model';
import { estimatedLength } from '../container/estimate';
import { passDescriptions } from '../descriptions';
import type { PassName } from '../pass';
import { studentOf } from '../passes/distil';
import { factoriseRoughly } from '../passes/factorise';
import { pruneWeights } from '../passes/prune';
import { removeNeurons } from '../passes/pruneNeurons';
import { quantizeWeights } from '../passes/quantize';
import { shareWeights } from '../passes/share';

const { prune, quantize, share } = passDescriptions;

/** What each pass makes of the weights before it trains them on, or what packs to as many bytes; undefined where only training tells. */
export const rehearsals: {
  [N in PassName]: ((model: Model, setting: number) => Model) | undefined;
} = {
  prune: (model, sparsity) =>
    pruneWeights(model, { ...prune.defaults, keepOf: undefined, sparsity }),
  pruneNeurons: removeNeurons,
  distil: studentOf,
  factorise: factoriseRoughly,
  quantize: (model, bits) => quantizeWeights(model, { ...quantize.defaults, bits }),
  share: (model, clusters) => shareWeights(model, { ...share.defaults, clusters }),
  entropyTrain: undefined,
};

/**
 * Bytes of the packed file after a pass with its one setting, without fine-tuning and without writing it.
 * Throws a KolmoError where the pass does not fit, and for a pass that only training can tell.
 */
export function predict(model: Model, pass: PassName, setting: number): number {
  const rehearse = rehearsals[pass];
  if (!rehearse) {
    throw new KolmoError(
      `What ${pass} leaves is known only after training: run it, or predict prune, quantize or share.`,
    );
  }
  return estimatedLength(rehearse(model, setting));
}

/** Settings worth asking about, from little to much compression. */
export const ladders: { [N in PassName]: number[] } = {
  prune: [0.5, 0.7, 0.8, 0.9, 0.95, 0.98],
  pruneNeurons: [0.1, 0.25, 0.5, 0.75],
  distil: [0.9, 0.75, 0.5, 0.25],
  factorise: [0.99, 0.95, 0.9, 0.8],
  quantize: [8, 6, 5, 4, 3, 2],
  share: [256, 64, 32, 16, 8, 4],
  entropyTrain: [],
};
