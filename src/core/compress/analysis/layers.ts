/** Layer by layer: how many weights are left, how they are stored, what they cost, and how they are spread. */
import { entryBytes, type Ledger } from '../container/ledger';
import { encodingLabel } from '../../formats/kolmoEncoding';
import type { Model, Parameter } from '../../train/model';
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
  /** What a code without memory would take: the entropy of being zero, and of the values that are not. */
  entropyBytes: number;
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
      encoding: encodingLabel(parameter.encoding),
      bytes: entryBytes(ledger.tensors[i]),
      entropyBytes: entropyBits(parameter, nonZero) / 8,
      histogram: histogramOf(parameter.data),
    };
  });
}

/** n H(density) bits for the positions; a float32 takes its 32 bits, a level or an index its entropy. */
function entropyBits({ data, encoding }: Parameter, nonZero: number): number {
  const positions = entropyOf([data.length - nonZero, nonZero]);
  if (encoding.type === 'float32') return positions + 32 * nonZero;
  const counts = new Map<number, number>();
  for (const value of data) if (value !== 0) counts.set(value, (counts.get(value) ?? 0) + 1);
  return positions + entropyOf([...counts.values()]);
}

/** Bits of all symbols that were seen so many times each. */
function entropyOf(counts: number[]): number {
  const total = counts.reduce((sum, count) => sum + count, 0);
  return counts.reduce((bits, count) => bits + (count && count * Math.log2(total / count)), 0);
}
