/** The sensitivity map: what each layer alone would save, and what that would cost in accuracy. */
import type { Dataset } from '../../data/dataset';
import { KolmoError } from '../../error';
import { evaluateOnnx, exportOnnx } from '../../train/export';
import type { Metrics, Model } from '../../train/model';
import { estimatedLength } from '../container/estimate';
import type { MappedPass } from '../descriptions';
import { isWeights } from '../parameters';
import { rehearsals } from './dryRun';

export interface Sensitivity {
  /** The one parameter that was compressed; all others are as they were. */
  parameter: string;
  setting: number;
  /** Predicted bytes that the packed file loses. */
  bytesSaved: number;
  /** On the validation split, without fine-tuning; minus `baseline` is what the layer costs. */
  validation: Metrics;
  baseline: Metrics;
}

/** Samples that a generator is measured on: fewer than for its quality, since many generators are only compared. */
const samples = 2000;

/**
 * Yields one measure for each weight layer and setting, layer by layer; a setting that does not fit a layer is left out.
 * @param options.judge what `trainJudge` gave for the dataset, where the model is a generator
 */
export async function* sensitivity(
  model: Model,
  dataset: Dataset,
  pass: MappedPass,
  settings: number[],
  { threads = 1, judge }: { threads?: number; judge?: Model } = {},
): AsyncGenerator<Sensitivity, void> {
  const rehearse = rehearsals[pass]!;
  const measure = (changed: Model): Promise<Metrics> =>
    evaluateOnnx(exportOnnx(changed), dataset, 'validation', { threads, judge, samples });
  const baseline = await measure(model);
  const before = estimatedLength(model);
  for (const parameter of model.parameters.filter(isWeights)) {
    for (const setting of settings) {
      let compressed;
      try {
        // The pass sees a model of this one layer, so that it neither reads nor changes another.
        [compressed] = rehearse({ ...model, parameters: [parameter] }, setting).parameters;
      } catch (error) {
        if (error instanceof KolmoError) continue;
        throw error;
      }
      const changed: Model = {
        ...model,
        parameters: model.parameters.map((each) => (each === parameter ? compressed : each)),
      };
      const bytesSaved = before - estimatedLength(changed);
      const validation = await measure(changed);
      yield { parameter: parameter.name, setting, bytesSaved, validation, baseline };
    }
  }
}
