/** The table of passes: menus, command line, diagram and report read it. */
import type { Model } from '../train/model';
import { passDescriptions } from './descriptions';
import {
  settingsOf,
  type Pass,
  type PassContext,
  type PassDescription,
  type PassEvent,
  type PassName,
} from './pass';
import { distil } from './passes/distil';
import { entropyTrain } from './passes/entropyTrain';
import { factorise } from './passes/factorise';
import { prune } from './passes/prune';
import { pruneNeurons } from './passes/pruneNeurons';
import { quantize } from './passes/quantize';
import { share } from './passes/share';

export const passes: { [N in PassName]: Pass } = {
  prune: passOf(passDescriptions.prune, prune),
  pruneNeurons: passOf(passDescriptions.pruneNeurons, pruneNeurons),
  distil: passOf(passDescriptions.distil, distil),
  factorise: passOf(passDescriptions.factorise, factorise),
  quantize: passOf(passDescriptions.quantize, quantize),
  share: passOf(passDescriptions.share, share),
  entropyTrain: passOf(passDescriptions.entropyTrain, entropyTrain),
};

/**
 * Makes a pass of its description and what it does once every option has a value.
 * @param run takes the options that the description names
 */
function passOf<Options extends object>(
  description: PassDescription,
  run: (model: Model, options: Options, context: PassContext) => AsyncGenerator<PassEvent, Model>,
): Pass {
  return {
    ...description,
    run: (model, options, context) =>
      run(model, settingsOf(description, options) as Options, context),
  };
}
