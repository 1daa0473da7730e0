/** Small models with seeded weights, and how passes over them are brought to their end, for the tests of this folder. */
import { createRandom } from '../../../src/core/random';
import type { Architecture, Model, Parameter } from '../../../src/core/train/model';
import { knownArchitectures, layoutOf } from '../../../src/core/formats/kolmoLayout';

export const [lenet300, lenet5] = knownArchitectures;

export const tiny: Architecture = {
  name: 'mlp',
  inputShape: [6],
  task: 'classification',
  layers: [
    { type: 'dense', units: 8, activation: 'relu' },
    { type: 'dense', units: 3, activation: 'linear' },
  ],
};

/** Weights as an initialiser would draw them; zero biases are replaced by small ones. */
export function randomModel(architecture: Architecture, seed = 1): Model {
  const random = createRandom(seed);
  const parameters = layoutOf(architecture)!.map(({ name, shape, columns }): Parameter => {
    const count = shape.reduce((a, b) => a * b, 1);
    const deviation = shape.length === 1 ? 0.1 : Math.sqrt((2 * columns) / count);
    const data = Float32Array.from({ length: count }, () => deviation * random.normal());
    return { name, shape, data, encoding: { type: 'float32' } };
  });
  return { architecture, parameters };
}

/** Integer levels of which `density` are not zero, in units of one scale. */
export function sparseModel(architecture: Architecture, density: number, seed = 1): Model {
  const random = createRandom(seed);
  const model = randomModel(architecture, seed);
  for (const parameter of model.parameters) {
    const scale = 0.0625;
    const levels = Int32Array.from(parameter.data, () => {
      if (random.uniform() > density) return 0;
      let level = 1;
      while (level < 30 && random.uniform() < 0.4) level++;
      return random.uniform() < 0.5 ? -level : level;
    });
    parameter.mask = Uint8Array.from(levels, (level) => (level === 0 ? 0 : 1));
    parameter.data = Float32Array.from(levels, (level) => scale * level);
    parameter.encoding = {
      type: 'quantized',
      bits: 6,
      scales: Float32Array.of(scale),
      zeroPoints: Int32Array.of(0),
      levels,
    };
  }
  return model;
}

/** Drains a generator and gives what it returns; `seen` is shown what it yields. */
export async function finished<Event, Result>(
  running: AsyncGenerator<Event, Result, undefined>,
  seen: (event: Event) => void = () => {},
): Promise<Result> {
  for (;;) {
    const next = await running.next();
    if (next.done) return next.value;
    seen(next.value);
  }
}
