/** The table of architectures, and the choice among them. */
import { KolmoError } from '../../error';
import type { ArchitectureChoice, ArchitectureName, DatasetShape } from './architecture';
import { autoencoder } from './autoencoder';
import { gan, ganBatchNorm } from './gan';
import { lenet300 } from './lenet-300-100';
import { lenet5 } from './lenet-5';
import { mlp } from './mlp';
import { nextSymbol } from './next-symbol';

export const architectures: { [N in ArchitectureName]: ArchitectureChoice } = {
  'lenet-300-100': lenet300,
  'lenet-5': lenet5,
  mlp,
  autoencoder,
  gan,
  'gan-batch-norm': ganBatchNorm,
  'next-symbol': nextSymbol,
};

/** Those that fit, the default first. */
export function fittingArchitectures(dataset: DatasetShape): ArchitectureChoice[] {
  return Object.values(architectures)
    .filter((choice) => choice.fits(dataset) === true)
    .sort((a, b) => b.preference - a.preference);
}

/**
 * Finds an architecture by name; `auto` takes the default and says why.
 * Throws a KolmoError when the name is unknown or the architecture does not fit the dataset.
 */
export function chooseArchitecture(
  name: string,
  dataset: DatasetShape,
): { choice: ArchitectureChoice; reason?: string } {
  const fitting = fittingArchitectures(dataset);
  if (name === 'auto') {
    const [choice] = fitting;
    if (!choice) throw new KolmoError('No architecture fits this dataset.');
    return { choice, reason: `Chose ${choice.title}, because ${choice.reason}.` };
  }
  if (!(name in architectures)) {
    throw new KolmoError(
      `There is no architecture ${name}: choose one of auto, ${Object.keys(architectures).join(', ')}.`,
    );
  }
  const choice = architectures[name as ArchitectureName];
  const fits = choice.fits(dataset);
  if (fits !== true) {
    const others = fitting.map((each) => each.name).join(' or ') || 'another dataset';
    const sorting =
      dataset.task.type === 'generation'
        ? ', or put the images into a folder for each class and choose the folder of these'
        : '';
    throw new KolmoError(`${fits} Choose ${others}${sorting}.`);
  }
  return { choice };
}
