/** TensorFlow.js: model.json and the shards of weights beside it. */
import { formatCount } from '../count';
import { KolmoError } from '../error';
import { countParameters, denseBytes, shorten, summarise, type Format } from './format';
import type { TensorSummary } from './summary';

const longestJson = 256 << 20;

export const tfjs: Format = {
  title: 'TensorFlow.js',
  extensions: ['model.json', '-weights_manifest.json'],
  async read(file) {
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
    const tensors: TensorSummary[] = [];
    const notes: string[] = [];
    const beside = { files: 0, bytes: 0 };
    for (const tell of ['format', 'generatedBy', 'convertedBy'] as const) {
      if (typeof model[tell] === 'string') notes.push(`${tell}: ${shorten(model[tell])}`);
    }
    for (const group of model.weightsManifest) {
      const listed = (group.weights ?? []).map((weight) => summariseWeight(weight, file.name));
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
};

const isGroup = (group: unknown): boolean =>
  typeof group === 'object' && group !== null && 'weights' in group;

interface ModelJson {
  format?: string;
  generatedBy?: string;
  convertedBy?: string;
  weightsManifest: { paths?: string[]; weights?: WeightJson[] }[];
}

interface WeightJson {
  name?: string;
  dtype?: string;
  shape?: number[];
  quantization?: { dtype?: string };
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
