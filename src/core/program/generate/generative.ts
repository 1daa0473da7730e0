/** The generative program: a generator's weights and its inference in one module, which draws as many samples as it is asked for. */
import { KolmoError } from '../../error';
import { joinBytes } from '../../join';
import { folded } from '../../train/layers/batchNorm';
import { placeLayers } from '../../train/layers/layers';
import type { Model, Parameter } from '../../train/model';
import type { ProgramEvent } from '../contract';
import { runModel } from '../encode';
import { evaluated } from '../evaluated';
import { predictorProgram } from '../generate';
import { inferenceSource, type Shape, type Step, type Weights } from '../model/inference';
import { weightModel, type Span } from '../model/weights';

export interface GenerativeProgram {
  /** The .mjs file: `node FILE [COUNT] [SEED] [idx|png]` writes samples to its standard output. */
  source: Uint8Array;
  bytes: { runtime: number; model: number; total: number };
  /** What the program does, for words such as it takes. */
  draw(words: string[]): Uint8Array;
}

/** Writes the program of a model that maps normal noise to images in [-1, 1] through dense layers. */
export async function* writeGenerative(
  model: Model,
  { ascii = false } = {},
): AsyncGenerator<ProgramEvent, GenerativeProgram> {
  const { shape, weights, spans } = layOut(model);
  const inference = inferenceSource(shape);
  const spec = weightModel(spans);
  const { payload } = yield* runModel(spec, weights);
  const generated = await predictorProgram(spec, payload, weights.length, {
    ascii,
    // What it throws is said in one line; `p` is the process, which browsers do not have.
    then: `data=>{try{return(${inference})(data,p?p.argv.slice(2):[])}catch(e){console.error(e.message);p?.exit(1)}}`,
  });
  const total = generated.program.length;
  const draw = evaluated<(bytes: Uint8Array, words: string[]) => Uint8Array>(inference);
  return {
    source: generated.program,
    bytes: { runtime: generated.runtime, model: generated.residual, total },
    draw: (words) => draw(weights, words),
  };
}

/** The layers as steps, and their numbers as bytes: all indices, then all floats, in the order of the steps. */
function layOut({ architecture, parameters }: Model): {
  shape: Shape;
  weights: Uint8Array;
  spans: Span[];
} {
  const { inputShape } = architecture;
  const placed = placeLayers(architecture);
  const named = (layer: string, role: string): Parameter => {
    const parameter = parameters.find(({ name }) => name === `${layer}/${role}`);
    if (!parameter) throw new KolmoError(`The model has no parameter ${layer}/${role}.`);
    return parameter;
  };
  const steps: Step[] = [];
  const indices: Uint8Array[] = [];
  const floats: Float32Array[] = [];
  const spans: Span[] = [];
  let at = 0;
  for (const { name, spec } of placed) {
    switch (spec.type) {
      case 'dense': {
        const { units, activation } = spec;
        const { weights, levels, values } = weightsOf(named(name, 'weights'), units);
        steps.push({ type: 'dense', units, activation, weights });
        if (levels.length > 0) {
          spans.push({ from: at, width: units });
          at += levels.length;
          indices.push(levels);
        }
        floats.push(values, named(name, 'biases').data);
        break;
      }
      case 'batchNorm': {
        const [scale, offset, mean, variance] = ['scale', 'offset', 'mean', 'variance'].map(
          (role) => named(name, role).data,
        );
        const { factor, shift } = folded(scale, offset, mean, variance);
        steps.push({ type: 'scale' });
        floats.push(factor, shift);
        break;
      }
      case 'reshape':
      case 'dropout':
      case 'flatten':
        break;
      default:
        throw new KolmoError(
          `A generative program knows dense layers, batch normalisation and reshaping, and ${architecture.name} has a layer of the kind ${spec.type}: train the architecture gan or gan-batch-norm.`,
        );
    }
  }
  const outputShape = placed.at(-1)?.outputShape ?? inputShape;
  const [height, width, channels] = outputShape;
  if (outputShape.length !== 3 || (channels !== 1 && channels !== 3)) {
    throw new KolmoError(
      `A generative program draws images of one or three channels, and ${architecture.name} gives ${outputShape.join(' x ')} numbers.`,
    );
  }
  spans.push({ from: at, width: 4 });
  const tails = floats.map(
    ({ buffer, byteOffset, byteLength }) => new Uint8Array(buffer, byteOffset, byteLength),
  );
  const weights = joinBytes([...indices, ...tails]);
  const shape = { noise: inputShape[0], steps, floatsFrom: at, height, width, channels };
  return { shape, weights, spans };
}

/** The shortest of the forms in which the values can be given exactly. */
function weightsOf(
  { data, encoding }: Parameter,
  units: number,
): { weights: Weights; levels: Uint8Array; values: Float32Array } {
  // Zero first: most weights of a pruned layer are the byte 0.
  const palette = [0, ...[...new Set(data)].filter((value) => value !== 0).sort((a, b) => a - b)];
  if (palette.length <= 256) {
    const places = new Map(palette.map((value, i) => [value, i]));
    const levels = Uint8Array.from(data, (value) => places.get(value === 0 ? 0 : value)!);
    const weights: Weights = { type: 'palette', size: palette.length };
    return { weights, levels, values: Float32Array.from(palette) };
  }
  if (encoding.type === 'quantized' && encoding.groupSize === undefined) {
    const { scales, zeroPoints, levels } = encoding;
    const at = (j: number): number => (scales.length > 1 ? j : 0);
    const isExact = data.every((value, i) => {
      const j = at(i % units);
      const fits = levels[i] >= -128 && levels[i] < 128;
      return fits && value === Math.fround(scales[j] * (levels[i] - zeroPoints[j]));
    });
    const perUnit = (values: ArrayLike<number>) =>
      Array.from({ length: units }, (_, j) => values[at(j)]);
    if (isExact) {
      return {
        weights: { type: 'levels' },
        levels: Uint8Array.from(levels, (level) => level + 128),
        values: Float32Array.from([...perUnit(scales), ...perUnit(zeroPoints)]),
      };
    }
  }
  return { weights: { type: 'floats' }, levels: new Uint8Array(0), values: data };
}
