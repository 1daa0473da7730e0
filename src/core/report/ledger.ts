/** Layer by layer: how many weights are left, how they are stored, what they cost, and how they are spread. */
import { entryBytes, type Ledger } from '../compress/container/ledger';
import type { Model, Parameter } from '../train/model';
import { histogramOf, type Histogram } from './histogram';

/** One parameter after a stage: what the histograms and the ledger draw. */
export interface LayerMeasure {
  name: string;
  shape: number[];
  parameters: number;
  nonZero: number;
  /** `float32`, `8-bit`, `codebook 32`. */
  encoding: string;
  bytes: number;
  histogram: Histogram;
}

/** Measures each parameter of a packed model; `ledger` is what `encodeWithLedger` gave for the same model. */
export function measureLayers(model: Model, ledger: Ledger): LayerMeasure[] {
  return model.parameters.map((parameter, i) => {
    let nonZero = 0;
    for (const value of parameter.data) if (value !== 0) nonZero++;
    return {
      name: parameter.name,
      shape: parameter.shape,
      parameters: parameter.data.length,
      nonZero,
      encoding: encodingLabel(parameter),
      bytes: entryBytes(ledger.tensors[i]),
      histogram: histogramOf(parameter.data),
    };
  });
}

/** How a parameter's values are stored, in the words of tables and charts. */
export function encodingLabel({ encoding }: Parameter): string {
  switch (encoding.type) {
    case 'float32':
      return 'float32';
    case 'quantized':
      return `${encoding.bits}-bit`;
    case 'codebook':
      return `codebook ${encoding.centroids.length}`;
    default:
      return encoding satisfies never;
  }
}
