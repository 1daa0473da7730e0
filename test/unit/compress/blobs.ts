/** A dataset that a tiny network learns in a second: classes are noisy points around seeded centres. */
import type { Dataset, Examples } from '../../../src/core/data/dataset';
import { createRandom } from '../../../src/core/random';

const classes = 3;
const inputs = 6;

export function blobs(training = 600, seed = 1): Dataset {
  const random = createRandom(seed);
  const centres = Array.from({ length: classes * inputs }, () => 1.5 * random.normal());
  const examples = (count: number): Examples => {
    const labels = Uint8Array.from({ length: count }, () => random.integer(classes));
    const values = Float32Array.from({ length: count * inputs }, (_, i) => {
      const label = labels[Math.floor(i / inputs)];
      return centres[label * inputs + (i % inputs)] + random.normal();
    });
    return {
      count,
      read(indices, into, targets) {
        targets.fill(0);
        indices.forEach((index, row) => {
          into.set(values.subarray(index * inputs, (index + 1) * inputs), row * inputs);
          targets[row * classes + labels[index]] = 1;
        });
      },
    };
  };
  return {
    name: 'blobs',
    files: [],
    task: { type: 'classification', target: 'label', classes: ['a', 'b', 'c'] },
    inputShape: [inputs],
    targetSize: classes,
    splits: { training: examples(training), validation: examples(200), test: examples(400) },
    preprocessing: { type: 'table', columns: [] },
    notes: [],
  };
}
