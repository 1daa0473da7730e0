/** Arithmetic between columns: source text that reads numbers and clocks, and says what the next field should be. */

import type { Hooks } from './fields';

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

/** Parts of a clock: year, month, day, hour, minute, second; one more than the largest day and month, as both start at 1. */
export const clockBases = [0, 13, 32, 24, 60, 60];

/** Contexts that the expectations give: where the fit lies among the numbers that the next digit tells apart, and the likeliest byte. */
export const fitContext = 'mix(near,mix(at,col))';
export const likeliestContext = 'mix(likeliest,mix(at,col))';

/**
 * State and hooks for the trackers of fields.ts. Values are integers in units of the last decimal place, so sums are exact;
 * fits use + - * / in a fixed order.
 */
export function numbersSource(columns: NumberColumn[]): Hooks {
  const any = (part: (column: NumberColumn) => boolean): boolean => columns.some(part);
  const place = (wanted: number): number => columns.findIndex(({ column }) => column === wanted);
  const table = columns.map(({ places, clock, last, fit, sum }) => [
    clock ? 1 : 0,
    places,
    clock ? last : 10 ** places,
    fit === 'product' ? 1 : 0,
    sum.map((term) => (term.sign > 0 ? place(term.column) + 1 : -place(term.column) - 1)),
  ]);
  const which: number[] = [];
  columns.forEach(({ column }, k) => (which[column] = k));
  return {
    // A minifier drops what these say is never used.
    state: `
const CLOCKS = ${any(({ clock }) => clock)}, PRODUCTS = ${any(({ fit }) => fit === 'product')}, SUMS = ${any(({ sum }) => sum.length > 0)}, SIGNS = ${any(({ signed }) => signed)}, POINTS = ${any(({ clock, places }) => !clock && places > 0)};
const F = ${columns.length + 1}, G = F + 1, FIRST = ${columns.findIndex(({ clock }) => clock)}, numbers = ${JSON.stringify(table)}, which = [${which.join()}], bases = [${clockBases.join()}], doubles = n => new Float64Array(n);
const value = doubles(F), origin = doubles(F), features = doubles(G), widths = doubles(F), rows = doubles(F), ends = doubles(F), hits = doubles(F), system = doubles(F * G), heap = doubles(34), shares = doubles(512);
numbers.map((row, k) => row.push(k, doubles(F * G), doubles(32).fill(0.25), new Map()));
let row, guessed = 0, centre = 0, fitted = 0, relative = 1, breadth = 1, trust = 0, spikes = [], part = 0, unit = 0, digits = 0, decimals = 0, minus = 0, high = 0, group = 0, place = 0, near = 0, likeliest = 0;
${logarithms}${expectSource}${opineSource}${observeSource}`,
    ended: 'if (row) observe();',
    begun: `row = numbers[which[col]]; if (row) expect(); opine();`,
    inside: `if (row) advance();`,
  };
}

/** Roots and squares, because Math.exp and Math.log may differ between engines in the last bit; eight digits are exact. */
const logarithms = `
const ln = z => { for (let k = 26; k--; ) z = Math.sqrt(z); return (z - 1) * 2 ** 26; };
const exp = z => { z = 1 + z / 2 ** 26; for (let k = 26; k--; ) z *= z; return z; };
`;

/**
 * Least squares by normal equations, anew for each field; rows that fitted badly weigh less. Among products a clock counts as the
 * time since the row's first clock.
 */
const expectSource = `
const scaled = (k, product) => PRODUCTS && product ? ln(Math.max(1, CLOCKS && numbers[k][0] ? value[k] - value[FIRST] : value[k])) : value[k] - origin[k];
const expect = () => {
  const [clock, places, scale, product, terms, k, moments, shape, table] = row, m = system;
  m.set(moments);
  features[0] = 1;
  for (let j = 1; j < F; j++) features[j] = scaled(j - 1, product);
  for (let p = 0; p < F; p++) {
    m[p * G + p] += m[p * G + p] * 1e-9 + 1e-6;
    for (let r = 0; r < F; r++) {
      const f = m[r * G + p] / m[p * G + p];
      if (r !== p) for (let c = p; c < G; c++) m[r * G + c] -= f * m[p * G + c];
    }
  }
  guessed = 0;
  for (let r = 0; r < F; r++) guessed += m[r * G + F] / m[r * G + r] * features[r];
  centre = PRODUCTS && product ? exp(Math.max(-30, Math.min(30, guessed))) : guessed + origin[k];
  if (!(Math.abs(centre) < 1e15)) centre = 0;
  relative = PRODUCTS && product ? Math.max(1, centre) : 1;
  if (NEARS) fitted = centre;
  if (SUMS) {
    spikes = [];
    if (terms.length) {
      centre = 0, relative = 1, spikes = table, trust = hits[k] / (rows[k] - hits[k] + 1);
      for (const t of terms) centre += t > 0 ? value[t - 1] : -value[-t - 1];
    }
  }
  breadth = widths[k] * relative + 0.3;
  for (let j = 0; j < 32; j++) heap[j + 1] = heap[j] + shape[j];
  part = digits = minus = group = 0; decimals = -1; high = 1e15; unit = scale;
  if (CLOCKS && clock) decimals = places;
};
`;

/** How likely each next byte is by the errors of the column's expectations so far: `opinion`. */
const opineSource = `
const below = v => { const r = v - 0.5 - centre, u = 16 + 16 * r / (breadth + Math.abs(r)), j = u | 0; return heap[j] + (u - j) * (heap[j + 1] - heap[j]); };
const mass = (v, w) => {
  let m = SIGNS && minus ? below(1 - v) - below(1 - v - w) : below(Math.min(v + w, high)) - below(v);
  if (SUMS) for (const [r, n] of spikes) { const x = SIGNS && minus ? -centre - r : centre + r; if (x >= v && x < v + w) m += n * trust; }
  return m;
};
const opine = () => {
  opinion.fill(0); if (NEARS) near = 0; if (LIKELIEST) likeliest = 0;
  if (!row) return;
  const [clock, places, scale, , , k] = row;
  const far = Math.abs(centre) + 99 * breadth;
  let v = part * unit, w = unit / 10, j;
  if (CLOCKS && clock) {
    // Years have four digits, all else two.
    const width = decimals ? 2 : 4;
    v = part; w = group < width && decimals <= scale ? 1 : 0;
    for (j = group; ++j < width; ) w *= 10;
    for (j = scale; j > decimals; ) w *= bases[j--];
    place = w;
  } else if (NEARS && decimals < 0) {
    for (w = unit; (part * 10 + 1) * w * 10 <= Math.abs(fitted); ) w *= 10;
    v = part * 10 * w;
  }
  if (rows[k] < 2) return;
  if (NEARS) near = Math.max(-9, Math.min(19, ((SIGNS && minus ? -fitted : fitted) - v) / w)) * 8 | 0;
  shares.fill(0);
  for (let d = 304; d < 314; d++) {
    if (CLOCKS && clock || decimals >= 0) { if (CLOCKS && clock ? v < high : decimals < places) shares[d] = mass(v, w); v += w; }
    else if (part || !digits) { v = part * 10 + d - 304; for (w = unit; v * w < far && w < far; w *= v ? 10 : far) shares[d] += mass(v * w, w); }
  }
  if (!CLOCKS || !clock) {
    if (digits) {
      if (POINTS && decimals < 0 && places) shares[302] = mass(part * unit, unit);
      shares[256 + ends[k]] += mass(part * unit, 1);
    }
    if (SIGNS && !at) shares[301] = below(0);
  }
  for (j = 256; --j; ) { shares[j] = shares[2 * j] + shares[2 * j + 1]; if (shares[j] > 1e-9) opinion[j] = odds[Math.min(4095, 4096 * shares[2 * j + 1] / shares[j]) | 0]; }
  if (LIKELIEST) for (likeliest = 1; likeliest < 256; ) likeliest = likeliest * 2 + (shares[likeliest * 2 + 1] > shares[likeliest * 2] ? 1 : 0);
};
const advance = () => {
  const d = c1 - 48;
  if (d >= 0 && d < 10) {
    digits++;
    if (CLOCKS && row[0]) part += d * place, high = Math.min(high, part + place), group++;
    else { part = part * 10 + d; if (POINTS && decimals >= 0) decimals++, unit /= 10; }
  } else if (CLOCKS && row[0]) { if (group) decimals++, group = 0; }
  else if (POINTS && d === -2) decimals = 0;
  else if (SIGNS && d === -3) minus = 1;
  opine();
};
`;

/** A number has ended: its error teaches the shape and the breadth of the column's errors, and its row the fit. */
const observeSource = `
const observe = () => {
  const [clock, , , product, terms, k, m, shape] = row, v = CLOCKS && clock ? part : (SIGNS && minus ? -part : part) * unit, r = v - centre, e = Math.abs(r), n = rows[k], width = widths[k] + 1e-9, error = e / relative, weight = width / (width + error);
  if (!digits || !(e < 1e15)) return;
  /*observed*/ rows[k]++; ends[k] = c1;
  if (n > 1) shape[16 + 16 * r / (breadth + e) | 0]++;
  widths[k] += (Math.min(error, width * 6 + 0.01) - width) * Math.max(0.02, 1 / (n + 1));
  if (!n) origin[k] = v;
  if (SUMS && terms.length && (spikes.size < 20 || spikes.has(r))) spikes.set(r, (spikes.get(r) || 0) + 1), hits[k]++;
  value[k] = v;
  features[F] = scaled(k, product);
  for (let r = 0; r < F; r++) for (let c = 0; c < G; c++) m[r * G + c] = m[r * G + c] * 0.9995 + weight * features[r] * features[c];
};
`;
