/** Arithmetic between columns: source text that reads numbers and clocks, and says what the next field should be. */

import type { Hooks } from './fields';
import { countError, errorsBelow, noErrors, oddsOf, placeOf } from './spread';

/** A column of numbers: how it is written, and what predicts it. */
export interface NumberColumn {
  column: number;
  /** Digits behind the point; values are kept as integers of this scale. Of a clock: where its largest part stands in `clockBases`. */
  places: number;
  /** Of a clock: where its smallest part stands in `clockBases`. */
  last: number;
  /** Whether its cells are groups of digits, largest first, which are four digits of a year or two of all else. */
  clock: boolean;
  /** Whether any are negative. */
  signed: boolean;
  /** `linear` or `product` (linear in logarithms): least squares on the columns left of it and on the row above. */
  fit: 'linear' | 'product';
  /** Columns, with sign, whose sum differs from this one by few values; empty for none. */
  sum: { column: number; sign: 1 | -1 }[];
}

/** Parts of a clock: year (which counts no larger part), month, day, hour, minute, second; one more than the largest day and month, as both start at 1. */
export const clockBases = [1, 13, 32, 24, 60, 60];

/** Contexts that the expectations give: where the fit lies among the numbers that the next digit tells apart, and the likeliest byte. */
export const fitContext = 'mix(near,mix(at,col))';
export const likeliestContext = 'mix(likeliest,mix(at,col))';

/** What is said of each decision of a byte, which takes time and is left out where nothing asks for it. */
export const opinion = 'if (row) opine();';

/**
 * State and hooks for the trackers of fields.ts. Values are integers in units of the last decimal place, so sums are exact;
 * fits use + - * / in a fixed order.
 */
export function numbersSource(columns: NumberColumn[]): Hooks {
  const any = (part: (column: NumberColumn) => boolean): boolean => columns.some(part);
  const place = (wanted: number): number => columns.findIndex(({ column }) => column === wanted);
  const [clocks, products, sums] = [
    any(({ clock }) => clock),
    any(({ fit }) => fit === 'product'),
    any(({ sum }) => sum.length > 0),
  ];
  // Of the file's columns those without numbers are holes, which `map` leaves alone.
  const forms: number[] = [];
  const lasts: number[] = [];
  const terms: string[] = [];
  for (const { column, places, clock, last, fit, sum } of columns) {
    forms[column] = products ? places * 2 + (fit === 'product' ? 1 : 0) : places;
    lasts[column] = clock ? last : 0;
    if (sum.length > 0)
      terms[column] = JSON.stringify(sum.map((term) => term.sign * (1 + place(term.column))));
  }
  const perClock = clocks ? ', smallest' : '';
  const perSum = sums ? ', terms, spikes, counts, hits' : '';
  // What is known of a column: how it is written, its number, its equations, its errors' shape, and of the numbers so far how many
  // they were, their errors' breadth, the first one, and the node of the byte that ended the last. Of sums the first twenty different
  // errors are `spikes`, in order and with one behind them that none reaches, and `counts` is how often each came.
  const known = `form, index, equations, shape, count, width, origin, end${perSum}${perClock}`;
  return {
    // A minifier drops what these say is never used.
    state: `
const CLOCKS = ${clocks}, PRODUCTS = ${products}, SUMS = ${sums}, SIGNS = ${any(({ signed }) => signed)}, POINTS = ${any(({ clock, places }) => !clock && places > 0)};
const F = ${columns.length + 1}, G = F + 1, FIRST = ${1 + columns.findIndex(({ clock }) => clock)}, bases = [${clockBases.join()}], doubles = n => new Float64Array(n);
const ${sums || clocks ? 'value = doubles(F), ' : ''}lines = doubles(F), ${products ? 'logs = doubles(F), ' : ''}rests = doubles(G), shares = doubles(2 * NODES);
let row, ${known.replace('index', 'index = 0')}, places = 0, product = 0, centre = 0, fitted = 0, relative = 1, breadth = 1, trust = 0, part = 0, decimals = 0, sign = 1, group = 0, near = 0, likeliest = 0;
const numbers = [${forms.join()}].map((form, column) => [form, ++index, doubles(F * G), ${noErrors}, 0, 0, 0, 0${sums ? `, [${terms.join()}][column], [1e16], [], 0` : ''}${clocks ? `, [${lasts.join()}][column]` : ''}]);
lines[0] = ${products ? 'logs[0] = ' : ''}1;
const begin = () => { [${known}] = row; places = PRODUCTS ? form >> 1 : form; product = form & 1; expect(); };
${logarithms}${expectSource}${opineSource}${observeSource}`,
    ended: 'if (row) observe();',
    begun: `if (row = numbers[col]) begin(); else opinion.fill(near = likeliest = 0);`,
    inside: `if (row) advance();`,
  };
}

/** Roots and squares, because Math.exp and Math.log may differ between engines in the last bit; eight digits are exact. */
const logarithms = `
const ln = z => { for (let k = 26; k--; ) z = Math.sqrt(z); return (z - 1) * 2 ** 26; };
const exp = z => { z = 1 + z / 2 ** 26; for (let k = 26; k--; ) z *= z; return z; };
`;

/**
 * Least squares by rotations (Gentleman, 1974), F * F steps a row: `turn` eliminates a row by the triangle of equations so far, and what
 * that leaves behind its unknowns is by how much a row missed. A row with a weight becomes part of the triangle, where older ones
 * fade; rows that fitted badly weigh less. The number sought is left out, as 0, so what is missing is that number.
 */
const expectSource = `
const turn = (weight, features, goal) => {
  rests.set(features); rests[F] = goal;
  for (let p = 0; p < F; p++) {
    const q = p * G + p, f = rests[p], d = equations[q], s = d + weight * f * f + 1e-12;
    for (let r = 0; r++ < F - p; ) equations[q + r] += weight * f / s * (rests[p + r] -= f * equations[q + r]);
    equations[q] = s * 0.99975;
    weight *= d / s;
  }
  return rests[F];
};
const expect = () => {
  centre = -turn(0, PRODUCTS && product ? logs : lines, 0);
  centre = PRODUCTS && product ? exp(centre) : centre + origin;
  if (!(Math.abs(centre) < 1e15)) centre = 0;
  relative = PRODUCTS ? Math.max(1, product * centre) : 1;
  if (NEARS) fitted = centre;
  if (SUMS && terms) {
    centre = 0, relative = 1, trust = hits / (count - hits + 1);
    for (const t of terms) centre += t > 0 ? value[t] : -value[-t];
  }
  breadth = width * relative + 0.3;
  part = group = 0; if (SIGNS) sign = 1; decimals = CLOCKS && smallest ? places : -1;
};
`;

/**
 * How likely each next byte is by the errors of the column's expectations so far: `opinion`. A number has its digits before the point
 * with `decimals` -1 and those behind it with 0; of a clock that counts its parts. The next digit counts by `unit`.
 */
const opineSource = `
const below = v => {
  const r = (SIGNS ? sign * (v - 0.5) : v - 0.5) - centre, u = ${placeOf('r', 'Math.abs(r)')};
  let j = u | 0, m = ${errorsBelow};
  if (SUMS) for (j = 0; spikes[j] < r; ) m += counts[j++] * trust;
  return SIGNS ? sign * m : m;
};
const mass = (v, w) => below(v + w) - below(v);
const spread = (v, w, d) => { for (let m = below(v), n; d < 58; m = n) n = below(v += w), shares[leaf[d++]] += n - m; };
const unit = () => {
  // Years have four digits, all else two.
  const length = CLOCKS && smallest ? decimals ? 2 : 4 : places;
  let j = decimals < 0 ? -1 : group, w = +(j < length && decimals <= (CLOCKS ? smallest : 0));
  for (; ++j < length; ) w *= 10;
  if (CLOCKS) for (j = smallest; j > decimals; ) w *= bases[j--];
  return w;
};
const opine = () => {
  const whole = decimals < 0, place = unit();
  let v = part, w = place, j;
  if (whole) {
    if (part || !group) for (v = part * 10 || w; v < Math.abs(centre) + 20 * breadth; v *= 10, w *= 10) spread(v, w, part ? 48 : 49);
    if (!group) shares[leaf[48]] = mass(0, place);
    if (NEARS) for (v = part * 10, w = place; (v + w) * 10 <= Math.abs(fitted); w *= 10) v *= 10;
  } else spread(v, w, 48);
  if (NEARS) v -= SIGNS ? sign * fitted : fitted, near = 99 * v / (9 * w + Math.abs(v)) | 0;
  if (!CLOCKS || !smallest) {
    if (group) {
      if (POINTS && whole && places) shares[leaf[46]] = mass(part, place);
      shares[end] += mass(part, 1);
    }
    if (SIGNS && !at) shares[leaf[45]] = below(0);
  }
  for (j = NODES; j--; ) v = shares[2 * j + 1], w = shares[j] += shares[2 * j] + v, opinion[j] = ${oddsOf('v', 'w')};
  shares.fill(0);
  if (LIKELIEST) for (likeliest = 1; !tree[256 + likeliest]; ) likeliest += likeliest + (opinion[likeliest] > 0);
};
const advance = () => {
  const d = c1 - 48;
  if (d >= 0 && d < 10) {
    part = (decimals < 0 ? part * 10 : part) + d * unit();
    group++;
  } else if (group) decimals++, group = 0;
  else if (SIGNS && d === -3) sign = -1;
};
`;

/**
 * A number has ended: its error teaches the shape and the breadth of the column's errors, and its row the fit. Among products a clock
 * counts as the time since the row's first clock.
 */
const observeSource = `
const observe = () => {
  const v = SIGNS ? sign * part : part, r = v - centre, e = Math.abs(r), error = e / relative, usual = width + 1e-9, weight = usual / (usual + error);
  if (!(group || decimals > (CLOCKS && smallest ? places : -1)) || !(e < 1e15)) return;
  /*observed*/ row[4]++; row[7] = leaf[c1];
  ${countError('r', 'e')}
  row[5] += (Math.min(error, usual * 6 + 0.01) - usual) / Math.min(50, count + 1);
  if (!count) row[6] = origin = v;
  if (SUMS && terms) {
    let j = 0;
    while (spikes[j] < r) j++;
    if (spikes[j] === r || !spikes[20] && counts.splice(j, 0, 0) && spikes.splice(j, 0, r)) counts[j]++, row[11]++;
  }
  if (SUMS || CLOCKS) value[index] = v;
  const line = v - origin, log = PRODUCTS ? ln(Math.max(1, CLOCKS && smallest ? v - value[FIRST] : v)) : 0;
  turn(weight, PRODUCTS && product ? logs : lines, PRODUCTS && product ? log : line);
  lines[index] = line;
  if (PRODUCTS) logs[index] = log;
};
`;
