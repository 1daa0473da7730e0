/** What takes bytes in a model file without need: the contract, and the words that all findings share. */
import { shorten } from './format';

export type FindingType =
  | 'zeros'
  | 'constant'
  | 'fewValues'
  | 'duplicates'
  | 'views'
  | 'optimizer'
  | 'masks'
  | 'floatCopies'
  | 'varints'
  | 'remarks'
  | 'settings'
  | 'doublePrecision'
  | 'widened'
  | 'container';

export interface Finding {
  type: FindingType;
  /** What was found, as a sentence with its numbers. */
  message: string;
  /** What to do, as a sentence. */
  advice: string;
  /** Bytes that this would save; findings about the same tensors overlap. */
  saves: number;
  tensors: string[];
}

/** Tensors below this are not worth one. */
export const leastBytes = 256;

/** Less than this share of a file is not worth one. */
const leastShare = 0.01;

/** Whether what is beside the tensors of a file of `length` bytes is worth a finding. */
export const isLarge = (bytes: number, length: number): boolean =>
  bytes >= leastBytes && bytes >= leastShare * length;

/** The first names, and how many more there are. */
export function list(all: string[]): string {
  const names = all.slice(0, 3).map(shorten);
  const more = all.length - names.length;
  return more > 0 ? `${names.join(', ')} and ${more} more` : names.join(' and ');
}
