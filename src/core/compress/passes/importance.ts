/** Which weights matter for what a layer gives: those that are multiplied by much (AWQ, Lin et al. 2023; the importance matrices of llama.cpp). */
import { KolmoError } from '../../error';
import type { Model } from '../../train/model';
import { inputSquares } from '../../train/observe';
import { rowsOf } from '../../train/scales';
import type { PassContext } from '../pass';
import { isWeights } from '../parameters';

/** How much the error of each row of a layer's weights matters, by the parameter's name. */
export type Importance = Map<string, Float32Array>;

/** Training examples that say what weights are multiplied by. */
const examples = 512;

/** The mean square of what each row of a layer's weights is multiplied by. Throws a KolmoError without a dataset, and for one of another shape. */
export async function importanceOf(
  model: Model,
  { dataset, threads }: PassContext,
): Promise<Importance> {
  if (!dataset) {
    throw new KolmoError(
      'Calibration on activations reads examples of the dataset, and there is none here: compress the run that the model was trained in, with fine-tuning, or set calibration to "none".',
    );
  }
  const observed = await inputSquares(model, dataset, { examples, threads });
  return new Map(
    model.parameters.filter(isWeights).flatMap(({ name, shape }) => {
      const squares = observed.get(name.replace(/\/weights$/, ''));
      if (!squares) return [];
      // The places of a convolution's window read the same channels.
      const rows = Float32Array.from(
        { length: rowsOf(shape) },
        (_, i) => squares[i % squares.length],
      );
      return [[name, rows]];
    }),
  );
}
