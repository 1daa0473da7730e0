/** TensorFlow.js: model.json and the shards of weights beside it. */
import { formatCount } from '../count';
import { KolmoError } from '../error';
import { joinBytes } from '../join';
import {
  countParameters,
  denseBytes,
  shorten,
  summarise,
  type Coding,
  type Format,
  type LocatedTensor,
} from './format';
import type { ModelFile } from './modelFile';
import type { TensorSummary } from './summary';

const longestJson = 256 << 20;

export const tfjs: Format = {
  title: 'TensorFlow.js',
  extensions: ['model.json', '-weights_manifest.json'],
  async read(file) {
    const model = await readModel(file);
    const tensors: TensorSummary[] = [];
    const notes: string[] = [];
    const beside = { files: 0, bytes: 0 };
    for (const tell of ['format', 'generatedBy', 'convertedBy'] as const) {
      if (typeof model[tell] === 'string') notes.push(`${tell}: ${shorten(model[tell])}`);
    }
    for (const group of model.weightsManifest) {
      const listed = group.weights.map((weight) => summariseWeight(weight, file.name));
      tensors.push(...listed);
      const claimed = listed.reduce((sum, tensor) => sum + tensor.bytes, 0);
      let there = 0;
      let missing = 0;
      for (const path of group.paths ?? []) {
        const shard = await file.sibling(path);
        if (!shard) missing++;
        else {
          there += shard.length;
          beside.files++;
        }
      }
      beside.bytes += there;
      if (missing > 0) notes.push(`${missing} of its weight files are not beside it.`);
      else if (there < claimed) {
        throw new KolmoError(
          `The weight files of ${file.name}, ${(group.paths ?? []).join(', ')}, have ${formatCount(there)} bytes, the manifest lists ${formatCount(claimed)}: a file is cut.`,
        );
      } else
        notes.push(`Weights in ${(group.paths ?? []).join(', ')}: ${formatCount(there)} bytes.`);
    }
    return summarise(tensors, notes, beside);
  },
  async locate(file) {
    const located: LocatedTensor[] = [];
    for (const [number, group] of (await readModel(file)).weightsManifest.entries()) {
      const source = await joinShards(file, group.paths ?? [], number);
      let offset = 0;
      for (const weight of group.weights) {
        const { name, dtype, parameters, bytes } = summariseWeight(weight, file.name);
        // How long texts are is not said, and with it where what follows them lies.
        if (!source || denseBytes(dtype, parameters) === undefined) break;
        if (offset + bytes > source.length) break;
        const coding = codingOf(weight);
        located.push({ name, dtype, parameters, bytes, file: source, offset, coding });
        offset += bytes;
      }
    }
    return located;
  },
};

async function readModel(file: ModelFile): Promise<ModelJson> {
  if (file.length > longestJson) {
    throw new KolmoError(
      `${file.name} has ${formatCount(file.length)} bytes: at most ${formatCount(longestJson)} are read.`,
    );
  }
  let model: ModelJson;
  try {
    const parsed: unknown = JSON.parse(new TextDecoder().decode(await file.read(0, file.length)));
    // The manifest alone is the list that a model has in weightsManifest.
    model = Array.isArray(parsed) ? { weightsManifest: parsed } : (parsed as ModelJson);
  } catch (error) {
    throw new KolmoError(`${file.name} is not JSON: ${(error as Error).message}.`);
  }
  if (!Array.isArray(model?.weightsManifest) || !model.weightsManifest.every(isGroup)) {
    throw new KolmoError(
      `${file.name} has no weightsManifest: expected the model.json of a TensorFlow.js model.`,
    );
  }
  return model;
}

/** The shards of a group, one after the other; undefined where one is missing. */
async function joinShards(
  file: ModelFile,
  paths: string[],
  group: number,
): Promise<LocatedTensor['file'] | undefined> {
  const shards: ModelFile[] = [];
  for (const path of paths) {
    const shard = await file.sibling(path);
    if (!shard) return undefined;
    shards.push(shard);
  }
  return {
    name: `${file.name}, weights ${group}`,
    length: shards.reduce((sum, shard) => sum + shard.length, 0),
    async read(offset, length) {
      const parts: Uint8Array[] = [];
      let start = 0;
      for (const shard of shards) {
        const from = Math.max(offset - start, 0);
        const to = Math.min(offset + length - start, shard.length);
        if (from < to) parts.push(await shard.read(from, to - from));
        start += shard.length;
      }
      return parts.length === 1 ? parts[0] : joinBytes(parts);
    },
  };
}

/** Undefined where the numbers stand for themselves; float16 is a quantization too, and says so in its type. */
function codingOf({ dtype, quantization }: WeightJson): Coding | undefined {
  const { scale, min } = quantization ?? {};
  if (typeof scale !== 'number' || typeof min !== 'number') return undefined;
  return { type: 'scaled', scale, least: min, whole: dtype === 'int32' };
}

function isGroup(group: unknown): boolean {
  if (typeof group !== 'object' || group === null || !('weights' in group)) return false;
  const paths = 'paths' in group ? group.paths : [];
  return (
    Array.isArray(group.weights) &&
    group.weights.every((weight) => typeof weight === 'object' && weight !== null) &&
    Array.isArray(paths) &&
    paths.every((path) => typeof path === 'string')
  );
}

interface ModelJson {
  format?: string;
  generatedBy?: string;
  convertedBy?: string;
  weightsManifest: { paths?: string[]; weights: WeightJson[] }[];
}

interface WeightJson {
  name?: string;
  dtype?: string;
  shape?: number[];
  quantization?: { dtype?: string; scale?: number; min?: number };
}

function summariseWeight(weight: WeightJson, file: string): TensorSummary {
  const { name, dtype, shape, quantization } = weight;
  if (typeof name !== 'string' || typeof dtype !== 'string' || !Array.isArray(shape)) {
    throw new KolmoError(`${file}: a weight of the manifest lacks name, dtype or shape.`);
  }
  const stored = quantization?.dtype ?? dtype;
  const parameters = countParameters(shape, name, file);
  return { name, dtype: stored, shape, parameters, bytes: denseBytes(stored, parameters) ?? 0 };
}
