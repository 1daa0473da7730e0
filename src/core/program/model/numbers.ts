/** Arithmetic between columns: source text that reads numbers and clocks, and says what the next field should be. */

/** A column of numbers: how it is written, and what predicts it. */
export interface NumberColumn {
  column: number;
  /** Digits behind the point; values are kept as integers of this scale. Of a clock: where its largest part stands in `clockBases`. */
  places: number;
  /** `fixed`: always that many digits; `short`: zeros at the end left out, but one; `clock`: groups of digits, largest first. */
  style: 'fixed' | 'short' | 'clock';
  /** `linear` or `product` (linear in logarithms): least squares on the columns left of it and on the row above. */
  fit: 'linear' | 'product';
  /** Columns, with sign, whose sum differs from this one by few values; empty for none. */
  sum: { column: number; sign: 1 | -1 }[];
}

/** Parts of a clock: year, month, day, hour, minute, second; one more than the largest day and month, as both start at 1. */
export const clockBases = [0, 13, 32, 24, 60, 60];

/** Contexts that the expectations give: the fitted number's digits, and the sums' next bytes. */
export const fitContext =
  'mix((guess.charCodeAt(at)|0)|(guess.charCodeAt(at+1)|0)<<8,mix(gap,col))';
export const sumContext = 'mix(alive[0]+alive[1]*256+alive[2]*65536,mix(alive[0]?1:0,col))';

/**
 * State and hooks for the trackers of fields.ts. Values are integers in units of the last decimal place, so sums are exact;
 * fits use + - * / and sqrt in a fixed order.
 */
export function numbersSource(columns: NumberColumn[]): {
  state: string;
  ended: string;
  begun: string;
  inside: string;
} {
  const styles = { fixed: 0, short: 1, clock: 2 };
  const any = (part: (column: NumberColumn) => boolean): boolean => columns.some(part);
  const table = columns.map(({ column, places, style, fit, sum }) => [
    column,
    places,
    styles[style],
    fit === 'product' ? 1 : 0,
    sum.map((term) => (term.sign > 0 ? term.column + 1 : -term.column - 1)),
  ]);
  return {
    // A minifier drops what these say is never used.
    state: `
const CLOCKS = ${any(({ style }) => style === 'clock')}, SHORT = ${any(({ style }) => style === 'short')}, PRODUCTS = ${any(({ fit }) => fit === 'product')}, SUMS = ${any(({ sum }) => sum.length > 0)}, POINTS = ${any(({ style, places }) => style !== 'clock' && places > 0)};
const F = ${columns.length + 1}, FIRST = ${columns.findIndex(({ style }) => style === 'clock')}, numbers = ${JSON.stringify(table)}, which = new Map(numbers.map((v, k) => [v[0], k])), bases = [${clockBases.join()}];
const value = new Float64Array(F), origin = new Float64Array(F), features = new Float64Array(F), solution = new Float64Array(F), spread = new Float64Array(F).fill(1), lower = new Float64Array(F * F);
const moments = numbers.map(() => new Float64Array(F * F)), products = numbers.map(() => new Float64Array(F)), residuals = numbers.map(() => [0, 1, 2]), rows = new Int32Array(F), lengths = new Int32Array(F), alive = [0, 0, 0];
let guess = '', guessed = 0, subtotal = 0, gap = 0, number = -1, sums = [];
${powerSeries}${readNumber}${writeNumber}${fitNumber}`,
    ended: 'if (number >= 0) observe(number, start, i - 1);',
    begun: `guess = ''; sums = []; gap = 0; number = which.has(col) ? which.get(col) : -1; if (number >= 0) expect(number); if (SUMS) { for (let k = 0; k < 3; k++) alive[k] = sums[k] ? sums[k].charCodeAt(0) | 0 : 0; }`,
    // A minute is wrong by sixty, not by a hundred, for each hour: after a colon a digit of the hour counts six.
    inside: `{
      const e = guess.charCodeAt(at - 1) | 0;
      gap = gap < 99 && c1 > 47 && c1 < 58 && e > 47 && e < 58 ? Math.max(-30, Math.min(30, gap * (CLOCKS && c2 === 58 ? 6 : 10) + e - c1)) : c1 === e ? gap : 99;
      if (SUMS) for (let k = 0; k < sums.length; k++) alive[k] = alive[k] === c1 ? sums[k].charCodeAt(at) | 0 : 0;
    }`,
  };
}

/** Power series, because Math.exp and Math.log may differ between engines in the last bit. */
const powerSeries = `
const ln = z => { let e = 0, r = 0; while (z < 0.5) z *= 2, e++; while (z > 1) z /= 2, e--; const y = (z - 1) / (z + 1); let q = y; for (let m = 1; m < 40; m += 2) r += q / m, q *= y * y; return 2 * r - e * 0.6931471805599453; };
const exp = z => { let r = 1, q = 1; for (let m = 1; m < 90; m++) q *= z / m, r += q; return r; };
`;

/** The integer that the bytes from `from` to `to` stand for; NaN where there is no digit. */
const readNumber = `
const readNumber = (k, from, to) => {
  const [, places, style] = numbers[k];
  let v = 0, digits = 0, point = -1, sign = 1, part = places, group = 0;
  for (let p = from; p < to; p++) {
    const d = data[p] - 48;
    if (d >= 0 && d < 10) { group = group * 10 + d; digits++; if (POINTS && point >= 0) point++; }
    else if (CLOCKS && style === 2) { if (digits) v = v * bases[part++] + group, group = digits = 0; }
    else if (d === -3) sign = -1;
    else if (POINTS && d === -2) point = 0;
  }
  if (CLOCKS && style === 2) return digits ? v * bases[part] + group : v || NaN;
  if (POINTS) for (let p = point < 0 ? 0 : point; p < places; p++) group *= 10;
  return digits ? sign * group : NaN;
};
`;

/** The text of an integer in the manner of its column; a clock borrows its separators from the field above. */
const writeNumber = `
const writeNumber = (k, v) => {
  const [, places, style] = numbers[k];
  let text = '', p = above;
  if (CLOCKS && style === 2) {
    let end = above, parts = places, open = 0;
    if (!above || !(v > 0)) return '';
    for (; end < above + lengths[k]; end++) { const digit = data[end] > 47 && data[end] < 58; if (digit && !open) parts++; open = digit; }
    for (let part = -1; --end >= above; ) {
      if (data[end] > 47 && data[end] < 58) {
        if (part < 0) { part = --parts > places ? v % bases[parts] : v; v = (v - part) / bases[parts]; }
        text = String(part % 10) + text; part = (part - part % 10) / 10;
      } else { text = String.fromCharCode(data[end]) + text; part = -1; }
    }
    return text;
  }
  text = String(Math.abs(v)).padStart(places + 1, '0');
  if (POINTS && places) text = text.slice(0, -places) + '.' + text.slice(-places);
  if (SHORT && style === 1) while (text.endsWith('0') && text[text.length - 2] !== '.') text = text.slice(0, -1);
  if (v < 0) text = '-' + text;
  for (; p < above + lengths[k] && data[p] === 32; p++) text = ' ' + text;
  return text;
};
`;

/**
 * Least squares by normal equations and Cholesky's method, anew for each field; rows that fitted badly weigh less. Among products a
 * clock counts as the time since the row's first clock.
 */
const fitNumber = `
const scaled = (k, product) => PRODUCTS && product ? ln(Math.max(1, CLOCKS && numbers[k][2] === 2 ? value[k] - value[FIRST] : value[k])) : value[k] - origin[k];
const expect = k => {
  const [, , , product, terms] = numbers[k], a = moments[k], b = products[k];
  features[0] = 1;
  for (let j = 1; j < F; j++) features[j] = scaled(j - 1, product);
  for (let r = 0; r < F; r++) {
    for (let c = 0; c <= r; c++) {
      let s = a[r * F + c];
      if (r === c) s += s * 1e-9 + 1e-6;
      for (let m = 0; m < c; m++) s -= lower[r * F + m] * lower[c * F + m];
      lower[r * F + c] = r === c ? Math.sqrt(s > 1e-12 ? s : 1e-12) : s / lower[c * F + c];
    }
    let s = b[r];
    for (let m = 0; m < r; m++) s -= lower[r * F + m] * solution[m];
    solution[r] = s / lower[r * F + r];
  }
  guessed = 0;
  for (let r = F; r--; ) {
    let s = solution[r];
    for (let m = r + 1; m < F; m++) s -= lower[m * F + r] * solution[m];
    solution[r] = s / lower[r * F + r];
    guessed += solution[r] * features[r];
  }
  const v = Math.round(PRODUCTS && product ? guessed > -30 && guessed < 30 ? guessed < 0 ? 1 / exp(-guessed) : exp(guessed) : 0 : guessed + origin[k]);
  guess = rows[k] > 1 && Math.abs(v) < 1e15 ? writeNumber(k, v) : '';
  if (SUMS) {
  subtotal = 0;
  for (const t of terms) subtotal += t > 0 ? value[which.get(t - 1)] : -value[which.get(-t - 1)];
  sums = terms.length && rows[k] ? residuals[k].map(r => writeNumber(k, subtotal + r)) : [];
  }
};
const observe = (k, from, to) => {
  const v = readNumber(k, from, to), [, , , product, terms] = numbers[k], a = moments[k], b = products[k];
  lengths[k] = to - from;
  if (v !== v) return;
  if (!rows[k]++) origin[k] = v;
  if (SUMS && terms.length) { const r = residuals[k], at = r.indexOf(v - subtotal); r.splice(at < 0 ? 2 : at, 1); r.unshift(v - subtotal); }
  value[k] = v;
  const target = scaled(k, product), error = Math.abs(target - guessed), weight = spread[k] / (spread[k] + error);
  if (rows[k] > F) spread[k] += (error - spread[k]) * 0.02; else spread[k] = error + 1e-9;
  for (let r = 0; r < F; r++) {
    const w = weight * features[r];
    for (let c = 0; c <= r; c++) a[r * F + c] = a[r * F + c] * 0.9995 + w * features[c];
    b[r] = b[r] * 0.9995 + w * target;
  }
};
`;
