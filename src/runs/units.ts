/** How numbers are written for people: the same in panels, tooltips, notifications and messages. */
import { formatCount } from '../core/count';
import { allBytes, bitsPerParameter, type ModelSummary } from '../core/formats/summary';
import type { Metrics } from '../core/train/model';

/** `1,066,440 bytes`: sizes are exact, because they are lengths of files. */
export const formatBytes = (bytes: number): string =>
  bytes === 1 ? '1 byte' : `${formatCount(bytes)} bytes`;

/** `1,061 bits`, rounded */
export const formatBits = (bits: number): string =>
  Math.round(bits) === 1 ? '1 bit' : `${formatCount(bits)} bits`;

/** `1,066,440 bytes`, `80,297 bytes in 3 files`: all that a model is stored in. */
export const formatModelBytes = (model: Pick<ModelSummary, 'bytes' | 'beside'>): string =>
  `${formatBytes(allBytes(model))}${model.beside ? ` in ${model.beside.files + 1} files` : ''}`;

/** `8.05 bits a parameter`: what the files spend on each; only where there are any. */
export const formatBitsPerParameter = (
  model: Pick<ModelSummary, 'bytes' | 'beside' | 'parameters'>,
): string => {
  const bits = bitsPerParameter(model);
  // From here on toPrecision writes powers of ten.
  return `${bits >= 999.5 ? formatCount(bits) : bits.toPrecision(3)} bits a parameter`;
};

/** `26.1 kB`, for places where the exact number does not fit; decimal units as in the literature. */
export function formatShortBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${unit === 0 ? value : value.toPrecision(3)} ${units[unit]}`;
}

/** A fraction as `1.63 %`. */
export const formatPercent = (fraction: number): string =>
  withMinus(`${(fraction * 100).toFixed(2)} %`);

/** `0.04671`, `29,650`: what is measured in the data's own unit. */
export const formatAmount = (amount: number): string =>
  withMinus(
    amount.toLocaleString('en-US', { minimumSignificantDigits: 4, maximumSignificantDigits: 4 }),
  );

/** `0.984`, `−0.250`: R² and F1. */
export const formatScore = (score: number): string => withMinus(score.toFixed(3));

/** A number with a minus sign, which a rounded zero has none of. */
const withMinus = (number: string): string => number.replace(/^-/, /[1-9]/.test(number) ? '−' : '');

/** A compression ratio as `39.8x`. */
export const formatRatio = (ratio: number): string =>
  `${ratio >= 100 ? Math.round(ratio) : ratio.toPrecision(3)}x`;

/** `0.4 s`, `12 s`, `3 min 05 s`, `2 h 10 min`. */
export function formatSeconds(seconds: number): string {
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const two = (part: number) => String(part).padStart(2, '0');
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${two(whole % 60)} s`;
  return `${Math.floor(whole / 3600)} h ${two(Math.floor((whole % 3600) / 60))} min`;
}

/** `23.8 µs`, `4.20 ms`, `1.23 s`: how long a computation takes that is mostly over at once. */
export function formatMoment(seconds: number): string {
  const micro = (1e6 * seconds).toPrecision(3);
  if (Number(micro) < 1000) return `${micro} µs`;
  const milli = (1e3 * seconds).toPrecision(3);
  if (Number(milli) < 1000) return `${milli} ms`;
  return seconds < 9.995 ? `${seconds.toPrecision(3)} s` : formatSeconds(seconds);
}

/** `784 x 300`; a scalar has no shape to show. */
export const formatShape = (shape: number[]): string =>
  shape.length === 0 ? 'scalar' : shape.join(' x ');

/** `Epoch 3 of 10, 12 s left` */
export const progressText = ({
  note,
  secondsLeft,
}: {
  note: string;
  secondsLeft?: number;
}): string => (secondsLeft === undefined ? note : `${note}, ${formatSeconds(secondsLeft)} left`);

/** `It is a table whose fields are separated by commas: 60,417 bytes saved.` */
export const findingText = ({
  sentence,
  savedBytes,
}: {
  sentence: string;
  savedBytes: number;
}): string =>
  savedBytes > 0 ? `${sentence.replace(/\.$/, '')}: ${formatBytes(savedBytes)} saved.` : sentence;

/** The one measure that says how good a model is. */
export function metricText(metrics: Metrics | undefined): string {
  if (!metrics) return '';
  if (metrics.error !== undefined) return `error ${formatPercent(metrics.error)}`;
  if (metrics.bitsPerByte !== undefined) return `${metrics.bitsPerByte.toFixed(3)} bits per byte`;
  if (metrics.rmse !== undefined) {
    const r2 = metrics.r2 === undefined ? '' : `, R² ${formatScore(metrics.r2)}`;
    return `RMSE ${formatAmount(metrics.rmse)}${r2}`;
  }
  if (metrics.frechetDistance !== undefined) {
    return `Fréchet distance ${metrics.frechetDistance.toPrecision(4)}`;
  }
  return `loss ${metrics.loss.toPrecision(4)}`;
}
