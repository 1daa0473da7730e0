/** The byte ledger: what every byte of a packed model is for. */

export interface Ledger {
  /** Length of the file. */
  bytes: number;
  /** Magic, version, architecture and checksum. */
  header: number;
  tensors: LedgerEntry[];
}

/** Bytes of one tensor; its own header is what tells the encoding and the size. */
export interface LedgerEntry {
  name: string;
  /** Which weights are not zero. */
  positions: number;
  /** What they are: signs, magnitudes, indices or float values. */
  symbols: number;
  codebook: number;
  scales: number;
  /** The values of a vector. */
  biases: number;
  header: number;
}

export const ledgerParts = [
  'positions',
  'symbols',
  'codebook',
  'scales',
  'biases',
  'header',
] as const;

/** All bytes of one tensor. */
export function entryBytes(entry: LedgerEntry): number {
  return ledgerParts.reduce((sum, part) => sum + entry[part], 0);
}

/** Whole numbers in proportion to `parts` that sum to `total` (largest remainder; the first wins a tie). */
export function apportion(parts: number[], total: number): number[] {
  const sum = parts.reduce((a, b) => a + b, 0);
  if (sum === 0) return parts.map((_, i) => (i === 0 ? total : 0));
  const exact = parts.map((part) => (part * total) / sum);
  const whole = exact.map(Math.floor);
  const order = exact
    .map((value, i) => ({ i, rest: value - whole[i] }))
    .sort((a, b) => b.rest - a.rest || a.i - b.i);
  const missing = total - whole.reduce((a, b) => a + b, 0);
  for (let k = 0; k < missing; k++) whole[order[k].i]++;
  return whole;
}
