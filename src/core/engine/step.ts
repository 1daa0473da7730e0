/** Compiles a loss written with TensorFlow.js into an ONNX graph that gives loss, metrics and gradients. */
import { KolmoError } from '../error';
import { sizeOf } from '../shape';
import { planArena, type Arena, type ArenaPlan, type Region } from './memory';
import {
  compileProgram,
  withBuffer,
  type InputSpec,
  type Program,
  type Results,
  type Tensors,
} from './program';
import type { Runtime } from './session';
import * as tf from './tf';

export type { Tensors } from './program';

export interface ParameterSpec {
  name: string;
  shape: number[];
  /** False: fed to the graph, but without a gradient (moving averages). Default: true. */
  trained?: boolean;
  /** Where to read a parameter that is not trained, as where another step trains it. Default: a buffer of its own. */
  data?: Float32Array;
  constraint?: Constraint;
}

/** What a compressed parameter must keep while it is trained on. */
export type Constraint =
  /** Weights where the mask is 0 stay zero. */
  | { type: 'mask'; mask: Uint8Array }
  /** Weights share centroids, which are what is trained; index -1 stays zero. Equal codebooks are one and stay equal. */
  | { type: 'codebook'; indices: Int32Array; centroids: Float32Array };

export interface StepOptions {
  parameters: ParameterSpec[];
  inputs: InputSpec[];
  /** Gives `loss` (a scalar) and anything else to be read after each run. */
  loss(parameters: Tensors, inputs: Tensors): { loss: tf.Tensor } & Tensors;
  threads: number;
  runtime?: Runtime;
}

export interface Step {
  parameters: Record<string, Float32Array>;
  gradients: Record<string, Float32Array>;
  inputs: Record<string, Float32Array | Int32Array>;
  /** What an optimizer updates: each parameter, or its centroids where it is shared; one region for equal codebooks. */
  trained: TrainedRegion[];
  /** The centroids of each parameter that has a codebook. */
  centroids: Record<string, Float32Array>;
  arena: Arena;
  runtime: Program['runtime'];
  run(): Promise<{ loss: number } & Results>;
  /** Writes centroids into the weights that share them; an optimizer calls it after each update. */
  applyConstraints(): void;
  dispose(): Promise<void>;
}

/** Where an optimizer finds one parameter; `first` and `second` are its moments. */
export interface TrainedRegion {
  name: string;
  shape: number[];
  weights: Region;
  gradients: Region;
  first: Region;
  second: Region;
}

/**
 * Traces loss and gradients once, for the given shapes, and loads the graph into ONNX Runtime.
 * Values that change between steps (learning rate, noise, masks) must be inputs: whatever the loss draws or
 * decides while it is traced is frozen into the graph.
 */
export async function compileStep(options: StepOptions): Promise<Step> {
  const { parameters, inputs } = options;
  const trained = parameters.filter((parameter) => parameter.trained !== false);
  const compute = (given: Tensors): Tensors => {
    let results: Tensors = {};
    const { grads } = tf.valueAndGrads((...weights: tf.Tensor[]) => {
      results = options.loss(
        {
          ...pick(given, parameters),
          ...Object.fromEntries(trained.map(({ name }, i) => [name, weights[i]])),
        },
        pick(given, inputs),
      );
      if (results.loss?.size !== 1) {
        throw new KolmoError('The loss must be one number: take the mean over the batch.');
      }
      for (const name in results) tf.keep(results[name]);
      return results.loss as tf.Scalar;
    })(trained.map(({ name }) => given[name]));
    trained.forEach(({ name }, i) => (results[gradientName(name)] = grads[i]));
    return results;
  };
  const plan = planArena();
  const slots: Slot[] = [];
  for (const parameter of parameters) {
    if (!parameter.data) slots.push(reserve(plan, parameter, slots));
  }
  const arena = plan.create();
  slots.forEach((slot) => fillConstraint(arena, slot));
  const views = Object.fromEntries([
    ...slots.map((slot): [string, Float32Array] => [slot.name, arena.floats(slot.weights)]),
    ...parameters.flatMap(({ name, data }): [string, Float32Array][] =>
      data ? [[name, data]] : [],
    ),
  ]);
  const gradients = Object.fromEntries(
    slots.flatMap((slot) => (slot.gradients ? [[slot.name, arena.floats(slot.gradients)]] : [])),
  );
  const drawn = inputs.map(withBuffer);
  const program = await compileProgram({
    ...options,
    name: 'step',
    inputs: [...withViews(parameters, views), ...drawn],
    compute,
    into: Object.fromEntries(trained.map(({ name }) => [gradientName(name), gradients[name]])),
  });
  const { kernels } = arena;
  return {
    parameters: views,
    gradients,
    inputs: buffersOf(drawn),
    trained: [...new Set(slots.flatMap((slot) => (slot.trained ? [slot.trained] : [])))],
    centroids: Object.fromEntries(
      slots.flatMap(({ name, codebook, trained }) =>
        codebook && trained ? [[name, arena.floats(trained.weights)]] : [],
      ),
    ),
    arena,
    runtime: program.runtime,
    async run() {
      const results = await program.run();
      for (const slot of slots) {
        if (!slot.gradients) continue;
        if (slot.mask) {
          kernels.multiply(slot.gradients.pointer, slot.mask.pointer, slot.gradients.padded);
        }
        if (slot.codebook) {
          const { pointer, count } = slot.gradients;
          const { indices, sums } = slot.codebook;
          kernels.gather(pointer, indices.pointer, sums.pointer, count, sums.count);
          const all = slot.trained!.gradients;
          if (sums === all) continue;
          const into = arena.floats(all);
          arena.floats(sums).forEach((sum, k) => (into[k] += sum));
        }
      }
      return results as { loss: number } & Results;
    },
    applyConstraints() {
      for (const slot of slots) {
        if (!slot.codebook) continue;
        const { pointer, count } = slot.weights;
        kernels.spread(
          pointer,
          slot.codebook.indices.pointer,
          slot.trained!.weights.pointer,
          count,
        );
      }
    },
    dispose: () => program.dispose(),
  };
}

export interface ForwardOptions {
  parameters: ParameterSpec[];
  inputs: InputSpec[];
  outputs(parameters: Tensors, inputs: Tensors): Tensors;
  /** Buffers to read the parameters from, as those of a step that trains them. Default: the `data` of each, or a new one. */
  views?: Record<string, Float32Array>;
  threads: number;
  runtime?: Runtime;
}

export interface Forward extends Program {
  parameters: Record<string, Float32Array>;
  inputs: Record<string, Float32Array | Int32Array>;
}

/** Like `compileStep`, without gradients: for validation and for generated samples. */
export async function compileForward(options: ForwardOptions): Promise<Forward> {
  const { parameters, inputs } = options;
  const views =
    options.views ??
    Object.fromEntries(
      parameters.map((parameter) => [
        parameter.name,
        parameter.data ?? new Float32Array(sizeOf(parameter.shape)),
      ]),
    );
  const drawn = inputs.map(withBuffer);
  const program = await compileProgram({
    ...options,
    name: 'forward',
    inputs: [...withViews(parameters, views), ...drawn],
    compute: (given) => options.outputs(pick(given, parameters), pick(given, inputs)),
  });
  return { ...program, parameters: views, inputs: buffersOf(drawn) };
}

const gradientName = (parameter: string): string => `gradient/${parameter}`;

const pick = (tensors: Tensors, specs: { name: string }[]): Tensors =>
  Object.fromEntries(specs.map(({ name }) => [name, tensors[name]]));

const withViews = (parameters: ParameterSpec[], views: Record<string, Float32Array>) =>
  parameters.map(({ name, shape }) => ({ name, shape, data: views[name] }));

const buffersOf = (
  inputs: { name: string; data: Float32Array | Int32Array }[],
): Record<string, Float32Array | Int32Array> =>
  Object.fromEntries(inputs.map(({ name, data }) => [name, data]));

interface Slot {
  name: string;
  constraint?: Constraint;
  weights: Region;
  gradients?: Region;
  mask?: Region;
  /** `sums` is where its gradients are gathered: the trained region's own, or beside it where an earlier slot owns that. */
  codebook?: { indices: Region; sums: Region };
  trained?: TrainedRegion;
}

function reserve(
  plan: ArenaPlan,
  { name, shape, trained, constraint }: ParameterSpec,
  before: Slot[],
): Slot {
  const size = sizeOf(shape);
  const weights = plan.reserve(size);
  if (trained === false) return { name, weights };
  const gradients = plan.reserve(size);
  const state = (count: number) => ({ first: plan.reserve(count), second: plan.reserve(count) });
  if (constraint?.type === 'codebook') {
    const count = constraint.centroids.length;
    const owner = before.find(
      (slot) =>
        slot.constraint?.type === 'codebook' &&
        slot.constraint.centroids.join() === constraint.centroids.join(),
    );
    const region = owner?.trained ?? {
      name,
      shape: [count],
      weights: plan.reserve(count),
      gradients: plan.reserve(count),
      ...state(count),
    };
    const sums = owner ? plan.reserve(count) : region.gradients;
    const codebook = { indices: plan.reserve(size), sums };
    return { name, constraint, weights, gradients, codebook, trained: region };
  }
  const region = { name, shape, weights, gradients, ...state(size) };
  const mask = constraint?.type === 'mask' ? plan.reserve(size) : undefined;
  return { name, constraint, weights, gradients, mask, trained: region };
}

function fillConstraint(arena: Arena, slot: Slot): void {
  const { constraint } = slot;
  if (constraint?.type === 'mask') arena.floats(slot.mask!).set(constraint.mask);
  if (constraint?.type === 'codebook') {
    arena.integers(slot.codebook!.indices).set(constraint.indices);
    arena.floats(slot.trained!.weights).set(constraint.centroids);
  }
}
