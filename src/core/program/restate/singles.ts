/** Numbers of single precision in text: what was written with six decimals, but had two before it was rounded, is two. */
import type { Restatement } from '../view';

/** Looked at before the whole file is. */
const sampleSize = 1 << 16;
/** Numbers with as many decimals as those that are worth a look, of which so many have to be such. */
const least = { decimals: 5, count: 64, share: 0.9 };

/** `file` with shorter numbers, where nearly all that have the usual decimals are decimals of fewer, rounded to single precision. */
export function singleDecimals(file: string): Restatement | undefined {
  const sample = file.slice(0, sampleSize);
  const written = /\.(\d{5,9})(?!\d)/.exec(sample)?.[1].length ?? 0;
  if (written < least.decimals) return undefined;
  const numbers = sample.match(numbersOf(written)) ?? [];
  for (let shown = 1; shown < written - 1; shown++) {
    const fitting = numbers.filter((number) => shorter(number, shown) !== number).length;
    if (fitting < Math.max(least.count, numbers.length * least.share)) continue;
    return {
      text: file.replace(numbersOf(written), (number) => shorter(number, shown)),
      restore: `t=>t.replace(${numbersOf(shown)},t=>Math.fround(t).toFixed(${written}))`,
      sentence: `Its numbers are told with ${shown} of ${written} decimals, since rounding to single precision gives the others.`,
    };
  }
  return undefined;
}

const numbersOf = (decimals: number): RegExp =>
  new RegExp(`\\d+\\.${'\\d'.repeat(decimals)}\\b`, 'g');

/** The number with as many decimals as `shown`, if it is that in single precision; else as it is. */
function shorter(number: string, shown: number): string {
  const decimal = Number(number).toFixed(shown);
  const written = number.length - number.indexOf('.') - 1;
  return Math.fround(Number(decimal)).toFixed(written) === number ? decimal : number;
}
