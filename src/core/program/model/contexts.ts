/** What the models of all kinds of files share. */
import type { ModelSpec } from './engine';

/** What a model predicts from, but for the pace at which it learns. */
export type Contexts = Omit<ModelSpec, 'type' | 'rate'>;

/** The bytes before, so many of them. */
export const order = {
  1: 'c1',
  2: 'c1|c2<<8',
  3: 'word4<<8',
  4: 'word4',
  5: 'mix(word4,data[i-5])',
  6: 'mix(word4,data[i-5]|data[i-6]<<8)',
};
export const byMatch = { expression: 'match[2]', size: 32 };
export const byLastByte = { expression: 'c1', size: 256 };

/** What costs time in a model and saves little, for effort fast. */
export interface SlowParts {
  contexts: string[];
  selectors?: string[];
  matches?: number[];
  leastError?: number;
  /** What long files decide quickly instead. */
  quiet?: Contexts['quiet'];
}
