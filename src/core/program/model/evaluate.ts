/** Runs a predictor inside the encoder: where the source text of models becomes code. */
import { evaluated } from '../evaluated';
import aroundDecoder from '../kernels/aroundDecoder.ts?wasm';
import decoder from '../kernels/decoder.ts?wasm';
import drawnDecoder from '../kernels/drawnDecoder.ts?wasm';
import drawnNetworkDecoder from '../kernels/drawnNetworkDecoder.ts?wasm';
import encoderBytes from '../kernels/encoder.ts?wasm';
import expectedDecoder from '../kernels/expectedDecoder.ts?wasm';
import expectedRepeatsDecoder from '../kernels/expectedRepeatsDecoder.ts?wasm';
import imageDecoder from '../kernels/imageDecoder.ts?wasm';
import networkDecoder from '../kernels/networkDecoder.ts?wasm';
import quietDecoder from '../kernels/quietDecoder.ts?wasm';
import repeatsDecoder from '../kernels/repeatsDecoder.ts?wasm';
import type { CoderForm } from './coder';
import { engineSource, frontOf, pagesOf, type EngineForm, type ModelSpec } from './engine';
import { minimalSource, type MinimalSpec } from './minimal';
import { windowsSource, type NetworkInputs, type Windows } from './network';
import type { Resampling } from './resampled';
import { expectSource, type Expectation } from './residuals';
import { scriptSource, type ScriptSpec } from './script';

/** What a decoder may read past its payload. */
export const zeros = new Uint8Array(4);

export type Model = ModelSpec | ScriptSpec | MinimalSpec;

/** The source of a model whose decoder is JavaScript alone. */
export const sourceOf = (model: ScriptSpec | MinimalSpec, size: number, form: CoderForm): string =>
  model.type === 'script' ? scriptSource(model, size, form) : minimalSource(model, size, form);

export interface Encoding {
  payload: Uint8Array;
  /** Bits that each byte of the source cost. */
  costs: Float32Array;
  /** Bits that the weights of the model's network took; absent of models that can have none. */
  networkBits?: number;
  /** Of the form `explain` alone: the number of the context, or behind them of the repeat, that predicted each byte best. */
  best?: Uint8Array;
}

type Body<Result> = (...parameters: unknown[]) => Result;

const GeneratorFunction = Object.getPrototypeOf(function* () {}).constructor as new (
  ...parametersAndBody: string[]
) => Body<Generator<number, Encoding>>;

const encoder = new WebAssembly.Module(encoderBytes);

/** An empty memory for one run of the encoder after the other: to be given a new one takes a tenth of the time of a short run. */
export const createMemory = (): WebAssembly.Memory => new WebAssembly.Memory({ initial: 0 });

const pageBytes = 1 << 16;

/** What the encoder's kernel exports, in a memory of so many pages at least, of which all are zeros. */
function instantiate(
  pages: number,
  memory = createMemory(),
): WebAssembly.Exports & { memory: WebAssembly.Memory } {
  const { buffer } = memory;
  new Uint8Array(buffer).fill(0);
  memory.grow(Math.max(0, pages - buffer.byteLength / pageBytes));
  return { ...new WebAssembly.Instance(encoder, { env: { memory } }).exports, memory };
}

/** Of mixing models alone. */
export interface EncodeOptions {
  /** With `explain` it is also told what predicted each byte best. */
  form?: Exclude<EngineForm, 'decode'>;
  /** Of one block of a file: bytes of the longest, and how many of those in front of it the decoder knows. */
  room?: number;
  skip?: number;
  /** That of an earlier run, which has ended. */
  memory?: WebAssembly.Memory;
}

/** Codes `data`; yields the bytes done, every 8192 bytes. */
export function encodeWith(
  model: Model,
  data: Uint8Array,
  { form = 'encode', room = data.length, skip = 0, memory }: EncodeOptions = {},
): Generator<number, Encoding> {
  if (model.type !== 'mixing')
    return new GeneratorFunction('source', sourceOf(model, data.length, 'encode'))(data);
  const body = engineSource(model, room, form);
  return new GeneratorFunction('kernel', 'source', 'front', 'skip', body)(
    instantiate(pagesOf(model, room), memory),
    data,
    frontOf(model),
    skip,
  );
}

/** The kernel that a program of the model carries: just the parts that it needs. */
export function decoderOf({
  sole,
  matches,
  network,
  resampling,
  quiet,
  expected,
}: ModelSpec): Uint8Array<ArrayBuffer> {
  if (expected?.isAround && matches.length > 0)
    throw new Error('A program whose decisions are around what is expected follows no repeats.');
  if (expected?.isAround) return aroundDecoder;
  if (expected) return matches.length > 0 ? expectedRepeatsDecoder : expectedDecoder;
  if (sole === undefined && quiet) return quietDecoder;
  if (sole === undefined) return matches.length > 0 ? repeatsDecoder : decoder;
  if (resampling) return network ? drawnNetworkDecoder : drawnDecoder;
  return network ? networkDecoder : imageDecoder;
}

/** What is short of the kernel's exports in a program, which spells each twice. */
export const exportNames: Record<string, string> = {
  memory: 'memory',
  recall: 'r',
  prepare: 'p',
  single: 's',
  resample: 'l',
  decode: 'd',
  decodeQuiet: 'q',
  show: 'w',
  dense: 'n',
  vote: 'v',
  expect: 'e',
  surround: 'u',
};

/** What a network would be shown of `data`, at most `most` times, evenly spread. */
export function windowsOf(
  spec: ModelSpec,
  inputs: NetworkInputs,
  data: Uint8Array,
  most: number,
): Windows {
  const collect = new Function(
    'data',
    'every',
    'room',
    windowsSource(spec, inputs),
  ) as Body<Windows>;
  const { asked } = collect(data, 1, 0);
  const every = Math.max(1, Math.ceil(asked / most));
  return collect(data, every, Math.ceil(asked / every));
}

/** Where kernels/resampled.ts leaves what it says of the bytes, as floats. */
const shares = { at: 0x241400, pages: 0x30 };

/**
 * What a law says of a pixel at a place of an original's box that an edge of ink crosses: a share of each byte, [256], which are
 * good until the next one is asked for.
 */
export function teethOf({
  box,
  kept,
}: Pick<Resampling, 'box' | 'kept'>): (edge: number, row: number, column: number) => Float32Array {
  const { memory, ...exports } = instantiate(shares.pages);
  const kernel = exports as Record<'resample' | 'teeth', (...numbers: number[]) => void>;
  kernel.resample(box, kept);
  const said = new Float32Array(memory.buffer, shares.at, 256);
  return (edge, row, column) => {
    kernel.teeth(edge, row, column, 0, 0);
    return said;
  };
}

/** The function of residuals.ts that walks over samples. */
export function expectationOf(channels: number, every?: number): Expectation {
  return evaluated(expectSource(channels, every));
}

/** What is tried: a model on `bytes`, of which those from byte `from` on count. */
export interface Trial {
  model: Model;
  bytes: Uint8Array;
  from: number;
}

/** The bytes that a model leaves; yields the bytes done now and then. `memory` may be that of an earlier trial. */
export function* tryModel(
  { model, bytes, from }: Trial,
  memory?: WebAssembly.Memory,
): Generator<number, number> {
  const { costs } = yield* encodeWith(model, bytes, { memory });
  return costs.subarray(from).reduce((sum, bits) => sum + bits, 0) / 8;
}

/** Cost of `data` in bytes under the model. */
export function measure(model: Model, data: Uint8Array): number {
  const steps = tryModel({ model, bytes: data, from: 0 });
  for (let step = steps.next(); ; step = steps.next()) if (step.done) return step.value;
}
