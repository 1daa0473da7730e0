/** Numbers of single precision in text: what was written with six decimals, but had two before it was rounded, is two. */

export interface SingleDecimals {
  /** The text with its numbers as they were. */
  text: Uint8Array;
  /** Source of a function of the text that gives the file. */
  restore: string;
  /** Decimals before and after. */
  shown: number;
  written: number;
}

/** Looked at before the whole file is. */
const sampleSize = 1 << 16;
/** A text takes many times its bytes as strings. */
const largest = 1 << 25;
/** Numbers with as many decimals as those that are worth a look, of which so many have to be such. */
const least = { decimals: 5, count: 64, share: 0.9 };

/** `bytes` with shorter numbers, where nearly all that have the usual decimals are decimals of fewer, rounded to single precision. */
export function singleDecimals(bytes: Uint8Array): SingleDecimals | undefined {
  if (bytes.length > largest) return undefined;
  const sample = Buffer.from(bytes.subarray(0, sampleSize)).toString('latin1');
  const written = /\.(\d{5,9})(?!\d)/.exec(sample)?.[1].length ?? 0;
  if (written < least.decimals) return undefined;
  const numbers = sample.match(numbersOf(written)) ?? [];
  for (let shown = 1; shown < written - 1; shown++) {
    const fitting = numbers.filter((number) => shorter(number, shown) !== number).length;
    if (fitting < Math.max(least.count, numbers.length * least.share)) continue;
    const original = Buffer.from(bytes).toString();
    const text = Buffer.from(
      original.replace(numbersOf(written), (number) => shorter(number, shown)),
    );
    const back = text
      .toString()
      .replace(numbersOf(shown), (number) => Math.fround(Number(number)).toFixed(written));
    // Numbers that had so few decimals already, and bytes that are no UTF-8, do not come back.
    if (!Buffer.from(back).equals(bytes)) return undefined;
    const restore = `b=>new TextEncoder().encode(new TextDecoder().decode(b).replace(${numbersOf(shown)},t=>Math.fround(t).toFixed(${written})))`;
    return { text, restore, shown, written };
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
