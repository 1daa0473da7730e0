/** Small made-up datasets: drawn from a seed, quick to learn. */
import type { Dataset, Examples, Task } from '../../../src/core/data/dataset';
import { createRandom, type Random } from '../../../src/core/random';

const classes = ['left', 'middle', 'right'];

/** Noisy images with a bright column whose place is the class. */
export function imageDataset(counts = { training: 330, validation: 60, test: 90 }): Dataset {
  const [height, width] = [16, 18];
  const size = height * width;
  return made(
    { type: 'classification', target: 'place', classes },
    [height, width, 1],
    3,
    counts,
    (random, x, y) => {
      const place = random.integer(3);
      for (let i = 0; i < size; i++) x[i] = 0.5 * random.uniform();
      for (let row = 0; row < height; row++) x[row * width + 4 + 5 * place] += 0.5;
      y.fill(0);
      y[place] = 1;
    },
  );
}

/** A number that depends on four others. */
export function tableDataset(counts = { training: 400, validation: 100, test: 100 }): Dataset {
  const task: Task = { type: 'regression', target: 'y', mean: 10, standardDeviation: 2 };
  return made(task, [4], 1, counts, (random, x, y) => {
    for (let i = 0; i < 4; i++) x[i] = random.normal();
    y[0] = 0.6 * x[0] - 0.5 * x[1] * x[2] + 0.5 * Math.abs(x[3]) + 0.05 * random.normal();
  });
}

function made(
  task: Task,
  inputShape: number[],
  targetSize: number,
  counts: Record<'training' | 'validation' | 'test', number>,
  draw: (random: Random, input: Float32Array, target: Float32Array) => void,
): Dataset {
  const size = inputShape.reduce((a, b) => a * b, 1);
  const split = (count: number, seed: number): Examples => {
    const random = createRandom(seed);
    const inputs = new Float32Array(count * size);
    const targets = new Float32Array(count * targetSize);
    for (let i = 0; i < count; i++) {
      draw(
        random,
        inputs.subarray(i * size, (i + 1) * size),
        targets.subarray(i * targetSize, (i + 1) * targetSize),
      );
    }
    return {
      count,
      read(indices, x, y) {
        indices.forEach((index, i) => {
          x.set(inputs.subarray(index * size, (index + 1) * size), i * size);
          y.set(targets.subarray(index * targetSize, (index + 1) * targetSize), i * targetSize);
        });
      },
    };
  };
  return {
    name: 'made up',
    files: [],
    task,
    inputShape,
    targetSize,
    splits: {
      training: split(counts.training, 1),
      validation: split(counts.validation, 2),
      test: split(counts.test, 3),
    },
    preprocessing: { type: 'image', divideBy: 1 },
    notes: [],
  };
}

/** A sequence of symbols in which each follows from the two before it, seven times out of eight. */
export function symbolDataset(): Dataset {
  const [window, symbols] = [16, 6];
  const random = createRandom(4);
  const split = (count: number): Examples => {
    const text = new Uint8Array(count * window + 1);
    for (let i = 0; i < text.length; i++) {
      text[i] =
        random.uniform() < 1 / 8 || i < 2
          ? random.integer(symbols)
          : (text[i - 1] * 2 + text[i - 2]) % symbols;
    }
    return {
      count,
      read(indices, x, y) {
        indices.forEach((index, row) => {
          x.set(text.subarray(index * window, (index + 1) * window), row * window);
          y.set(text.subarray(index * window + 1, (index + 1) * window + 1), row * window);
        });
      },
    };
  };
  return {
    ...tableDataset(),
    task: { type: 'nextSymbol', symbols },
    inputShape: [window],
    targetSize: window,
    splits: { training: split(400), validation: split(50), test: split(50) },
  };
}

/** A number that depends on one of 40 categories, given as a code, and on an amount before it. */
export function categoryDataset(): Dataset {
  const task: Task = { type: 'regression', target: 'y', mean: 0, standardDeviation: 1 };
  const random = createRandom(9);
  const levels = Float32Array.from({ length: 40 }, () => random.normal());
  const dataset = made(
    task,
    [2],
    1,
    { training: 800, validation: 200, test: 200 },
    (draw, x, y) => {
      x[0] = draw.normal();
      const category = draw.integer(40);
      x[1] = category + 1;
      y[0] = 0.9 * levels[category] + 0.4 * x[0];
    },
  );
  return { ...dataset, codes: [41] };
}
