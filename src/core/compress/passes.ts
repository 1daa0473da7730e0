/** The table of passes: menus, command line, diagram and report read it. */
import type { Pass, PassName } from './pass';
import { distil } from './passes/distil';
import { entropyTrain } from './passes/entropyTrain';
import { factorise } from './passes/factorise';
import { prune } from './passes/prune';
import { pruneNeurons } from './passes/pruneNeurons';
import { quantize } from './passes/quantize';
import { share } from './passes/share';

export const passes: { [N in PassName]: Pass } = {
  prune,
  pruneNeurons,
  distil,
  factorise,
  quantize,
  share,
  entropyTrain,
};
