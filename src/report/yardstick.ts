/** What the points of a sweep are judged by: the test error, or what there is of models that have none. */
import type { SweepPoint } from '../runs/sweepFile';
import { formatAmount, formatPercent } from '../runs/units';

export interface Yardstick {
  /** As it stands in a sentence. */
  name: string;
  /** The less, the better. */
  of(point: SweepPoint): number | undefined;
  format(value: number): string;
}

const yardsticks: Yardstick[] = [
  { name: 'test error', of: ({ testError }) => testError, format: formatPercent },
  { name: 'RMSE', of: ({ rmse }) => rmse, format: formatAmount },
  {
    name: 'bits per byte',
    of: ({ bitsPerByte }) => bitsPerByte,
    format: (value) => value.toFixed(3),
  },
  {
    name: 'Fréchet distance',
    of: ({ frechetDistance }) => frechetDistance,
    format: (value) => value.toPrecision(4),
  },
];

/** The models of one sweep have the same; before any point is measured it may be any. */
export const yardstickOf = (points: SweepPoint[]): Yardstick =>
  yardsticks.find(({ of }) => points.some((point) => of(point) !== undefined)) ?? yardsticks[0];

/** `prune.sparsity 0.9, seed 2`: what a point of a sweep has of its own; empty where it is the only one. */
export const settingsText = ({ settings }: Pick<SweepPoint, 'settings'>): string =>
  Object.entries(settings)
    .map((pair) => pair.join(' '))
    .join(', ');
