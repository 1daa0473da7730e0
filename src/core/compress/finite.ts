/** The one thing that no pass and no file can make sense of: weights that are not numbers. */
import { KolmoError } from '../error';
import type { Parameter } from '../train/model';

/** All ones in infinities and in what is no number, and in nothing else. */
const exponent = 0x7f800000;

/** Throws a KolmoError for weights that cannot be compressed. */
export function checkFinite(parameters: Parameter[]): void {
  for (const { name, data } of parameters) {
    const words = new Uint32Array(data.buffer, data.byteOffset, data.length);
    for (let i = 0; i < words.length; i++) {
      if ((words[i] & exponent) === exponent) {
        throw new KolmoError(
          `${name} holds ${data[i]} at index ${i}, and only finite weights can be compressed: train again with a lower learning rate.`,
        );
      }
    }
  }
}
