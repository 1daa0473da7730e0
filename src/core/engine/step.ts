/** Compiles a loss written with TensorFlow.js into an ONNX graph that gives loss, metrics and gradients. */
import { KolmoError } from '../error';
import { trace, type Tracing } from './backend';
import { createGraph, type Graph, type Value } from './graph';
import { planArena, type Arena, type ArenaPlan, type Region } from './memory';
import { createSession, type Binding, type Runtime, type Session } from './session';
import * as tf from './tf';

export interface ParameterSpec {
  name: string;
  shape: number[];
  /** False: fed to the graph, but without a gradient (moving averages). Default: true. */
  trained?: boolean;
  constraint?: Constraint;
}

/** What a compressed parameter must keep while it is trained on. */
export type Constraint =
  /** Weights where the mask is 0 stay zero. */
  | { type: 'mask'; mask: Uint8Array }
  /** Weights share centroids, which are what is trained; index -1 stays zero. */
  | { type: 'codebook'; indices: Int32Array; centroids: Float32Array };

export interface InputSpec {
  name: string;
  shape: number[];
  /** Default: float32. */
  type?: 'float32' | 'int32';
}

export type Tensors = Record<string, tf.Tensor>;

export interface StepOptions {
  parameters: ParameterSpec[];
  inputs: InputSpec[];
  /** Gives `loss` (a scalar) and anything else to be read after each run. */
  loss(parameters: Tensors, inputs: Tensors): { loss: tf.Tensor } & Tensors;
  threads: number;
  runtime?: Runtime;
}

/** Scalars are numbers, everything else is a buffer that the next run overwrites. */
export type Results = Record<string, number | Float32Array>;

export interface Step {
  parameters: Record<string, Float32Array>;
  gradients: Record<string, Float32Array>;
  inputs: Record<string, Float32Array | Int32Array>;
  /** What an optimizer updates: each parameter, or its centroids where it is shared. */
  trained: TrainedRegion[];
  arena: Arena;
  runtime: 'native' | 'wasm';
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
  const graph = createGraph('step');
  const outputs: Record<string, Value> = {};
  trace(graph, (tracing) => {
    const given = tensorsOf(graph, tracing, [...parameters, ...inputs]);
    const trained = parameters.filter((parameter) => parameter.trained !== false);
    const { grads } = tf.valueAndGrads((...weights: tf.Tensor[]) => {
      const results = options.loss(
        {
          ...pick(given, parameters),
          ...Object.fromEntries(trained.map(({ name }, i) => [name, weights[i]])),
        },
        pick(given, inputs),
      );
      if (results.loss?.size !== 1) {
        throw new KolmoError('The loss must be one number: take the mean over the batch.');
      }
      for (const name in results) outputs[name] = tracing.value(results[name]);
      return results.loss;
    })(trained.map(({ name }) => given[name]));
    trained.forEach(({ name }, i) => (outputs[gradientName(name)] = tracing.value(grads[i])));
  });
  for (const name in outputs) graph.output(outputs[name], name);

  const plan = planArena();
  const slots = parameters.map((parameter) => reserve(plan, parameter));
  const arena = plan.create();
  slots.forEach((slot) => fillConstraint(arena, slot));
  const views = Object.fromEntries(slots.map((slot) => [slot.name, arena.floats(slot.weights)]));
  const gradients = Object.fromEntries(
    slots.flatMap((slot) => (slot.gradients ? [[slot.name, arena.floats(slot.gradients)]] : [])),
  );
  const buffers = inputBuffers(inputs);
  const results = resultBindings(outputs, (name) =>
    slots.find((slot) => slot.gradients && gradientName(slot.name) === name)
      ? gradients[name.slice(gradientName('').length)]
      : undefined,
  );
  const session = await createSession(
    graph.serialize(),
    { ...bindings(views, parameters), ...bindings(buffers, inputs) },
    results,
    options,
  );
  const { kernels } = arena;
  return {
    parameters: views,
    gradients,
    inputs: buffers,
    trained: slots.flatMap((slot) => (slot.trained ? [slot.trained] : [])),
    arena,
    runtime: session.runtime,
    async run() {
      await session.run();
      for (const slot of slots) {
        if (!slot.gradients) continue;
        if (slot.mask) {
          kernels.multiply(slot.gradients.pointer, slot.mask.pointer, slot.gradients.padded);
        }
        if (slot.indices) {
          const { pointer, count } = slot.gradients;
          const sums = slot.trained!.gradients;
          kernels.gather(pointer, slot.indices.pointer, sums.pointer, count, sums.count);
        }
      }
      return read(results) as { loss: number } & Results;
    },
    applyConstraints() {
      for (const slot of slots) {
        if (!slot.indices) continue;
        const { pointer, count } = slot.weights;
        kernels.spread(pointer, slot.indices.pointer, slot.trained!.weights.pointer, count);
      }
    },
    dispose: () => session.dispose(),
  };
}

export interface ForwardOptions {
  parameters: ParameterSpec[];
  inputs: InputSpec[];
  outputs(parameters: Tensors, inputs: Tensors): Tensors;
  /** Buffers to read the parameters from, as those of a step that trains them. Default: new ones. */
  views?: Record<string, Float32Array>;
  threads: number;
  runtime?: Runtime;
}

export interface Forward {
  parameters: Record<string, Float32Array>;
  inputs: Record<string, Float32Array | Int32Array>;
  runtime: 'native' | 'wasm';
  run(): Promise<Results>;
  dispose(): Promise<void>;
}

/** Like `compileStep`, without gradients: for validation and for generated samples. */
export async function compileForward(options: ForwardOptions): Promise<Forward> {
  const { parameters, inputs } = options;
  const graph = createGraph('forward');
  const outputs: Record<string, Value> = {};
  trace(graph, (tracing) => {
    const given = tensorsOf(graph, tracing, [...parameters, ...inputs]);
    const tensors = options.outputs(pick(given, parameters), pick(given, inputs));
    for (const name in tensors) outputs[name] = tracing.value(tensors[name]);
  });
  for (const name in outputs) graph.output(outputs[name], name);
  const views =
    options.views ??
    Object.fromEntries(
      parameters.map(({ name, shape }) => [name, new Float32Array(sizeOf(shape))]),
    );
  const buffers = inputBuffers(inputs);
  const results = resultBindings(outputs, () => undefined);
  const session: Session = await createSession(
    graph.serialize(),
    { ...bindings(views, parameters), ...bindings(buffers, inputs) },
    results,
    options,
  );
  return {
    parameters: views,
    inputs: buffers,
    runtime: session.runtime,
    async run() {
      await session.run();
      return read(results);
    },
    dispose: () => session.dispose(),
  };
}

const gradientName = (parameter: string): string => `gradient/${parameter}`;

const sizeOf = (shape: number[]): number => shape.reduce((product, size) => product * size, 1);

function tensorsOf(graph: Graph, tracing: Tracing, specs: InputSpec[]): Tensors {
  return Object.fromEntries(
    specs.map(({ name, shape, type }) => [name, tracing.tensor(graph.input(name, shape, type))]),
  );
}

const pick = (tensors: Tensors, specs: { name: string }[]): Tensors =>
  Object.fromEntries(specs.map(({ name }) => [name, tensors[name]]));

const inputBuffers = (inputs: InputSpec[]): Record<string, Float32Array | Int32Array> =>
  Object.fromEntries(
    inputs.map(({ name, shape, type }) => [
      name,
      type === 'int32' ? new Int32Array(sizeOf(shape)) : new Float32Array(sizeOf(shape)),
    ]),
  );

const bindings = (
  buffers: Record<string, Float32Array | Int32Array>,
  specs: { name: string; shape: number[] }[],
): Record<string, Binding> =>
  Object.fromEntries(specs.map(({ name, shape }) => [name, { data: buffers[name], shape }]));

function resultBindings(
  outputs: Record<string, Value>,
  existing: (name: string) => Float32Array | undefined,
): Record<string, Binding> {
  return Object.fromEntries(
    Object.entries(outputs).map(([name, { shape, type }]) => {
      const size = sizeOf(shape);
      const data =
        existing(name) ??
        (type === 'int32'
          ? new Int32Array(size)
          : type === 'bool'
            ? new Uint8Array(size)
            : new Float32Array(size));
      return [name, { data, shape }];
    }),
  );
}

function read(results: Record<string, Binding>): Results {
  const values: Results = {};
  for (const name in results) {
    if (name.startsWith(gradientName(''))) continue;
    const { data, shape } = results[name];
    values[name] = shape.length === 0 ? data[0] : (data as Float32Array);
  }
  return values;
}

interface Slot {
  name: string;
  constraint?: Constraint;
  weights: Region;
  gradients?: Region;
  mask?: Region;
  indices?: Region;
  trained?: TrainedRegion;
}

function reserve(plan: ArenaPlan, { name, shape, trained, constraint }: ParameterSpec): Slot {
  const size = sizeOf(shape);
  const weights = plan.reserve(size);
  if (trained === false) return { name, weights };
  const gradients = plan.reserve(size);
  const state = (count: number) => ({ first: plan.reserve(count), second: plan.reserve(count) });
  if (constraint?.type === 'codebook') {
    const count = constraint.centroids.length;
    const region = {
      name,
      shape: [count],
      weights: plan.reserve(count),
      gradients: plan.reserve(count),
      ...state(count),
    };
    return { name, constraint, weights, gradients, indices: plan.reserve(size), trained: region };
  }
  const region = { name, shape, weights, gradients, ...state(size) };
  const mask = constraint?.type === 'mask' ? plan.reserve(size) : undefined;
  return { name, constraint, weights, gradients, mask, trained: region };
}

function fillConstraint(arena: Arena, slot: Slot): void {
  const { constraint } = slot;
  if (constraint?.type === 'mask') arena.floats(slot.mask!).set(constraint.mask);
  if (constraint?.type === 'codebook') {
    arena.integers(slot.indices!).set(constraint.indices);
    arena.floats(slot.trained!.weights).set(constraint.centroids);
  }
}
