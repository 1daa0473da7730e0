/** The one thing that no pass and no file can make sense of: weights that are not numbers. */
import { KolmoError } from '../error';
import type { Parameter } from '../train/model';

/** Throws a KolmoError for weights that cannot be compressed. */
export function checkFinite(parameters: Parameter[]): void {
  for (const { name, data } of parameters) {
    for (let i = 0; i < data.length; i++) {
      if (!Number.isFinite(data[i])) {
        throw new KolmoError(
          `${name} holds ${data[i]} at index ${i}, and only finite weights can be compressed: train again with a lower learning rate.`,
        );
      }
    }
  }
}
