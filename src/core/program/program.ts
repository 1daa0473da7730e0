/** The shorter program: from the bytes of any file to a module that regenerates them and counts every byte of itself. */
import { setImmediate } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { analyse } from './analyse';
import { fieldCosts, type FieldCost } from './fieldCosts';
import { plainProgram, predictorProgram, type Generated } from './generate';
import { runModel } from './encode';
import { minimalModelFor, modelFor } from './model/kinds';
import { searchModel } from './search';
import { fitContext, sumContext } from './model/numbers';
import { describeSyntax } from './syntax';
import { sha256 } from './verify';

export interface ProgramOptions {
  /** fast: the model of the kind as it is; balanced: thinned on a sample; max: thinned on a larger one. */
  effort: 'fast' | 'balanced' | 'max';
  /** Base64 instead of raw bytes: a third longer, but editors and mail leave it alone. */
  ascii: boolean;
  /** Nothing is drawn at random so far; kept so that a run's seed reaches every stage. */
  seed: number;
}

const defaults: ProgramOptions = { effort: 'balanced', ascii: false, seed: 0 };

export type ProgramEvent =
  | { type: 'progress'; done: number; total: number; note: string }
  | { type: 'finding'; sentence: string; savedBytes: number }
  /** What the data so far cost on average: where it flattens, nothing more is being learned. */
  | { type: 'curve'; bytes: number; bitsPerByte: number };

/** A regularity in one sentence, and how much longer the program would be without it. */
export interface Finding {
  sentence: string;
  savedBytes: number;
}

export interface Program {
  /** The .mjs file. */
  source: Uint8Array;
  form: Generated['form'];
  bytes: {
    /** The data that it regenerates. */
    source: number;
    runtime: number;
    model: number;
    residual: number;
    /** Length of the .mjs file: runtime + model + residual. */
    total: number;
  };
  bitsPerByte: number;
  /** What general compressors leave, without any decoder. */
  baselines: { gzip: number; brotli: number; xz?: number; zstd?: number };
  findings: Finding[];
  /** Of tables and JSON: what each column or key costs. */
  fields: FieldCost[];
  /** SHA-256 of the data, in hexadecimal. */
  sha256: string;
}

/** A predictor's program is longer than this whatever it predicts, so what is already shorter is left alone. */
const leastPredictor = 840;

/** Up to this many bytes the small predictor is tried as well. */
const smallFile = 1 << 17;

const curvePoints = 64;

/**
 * Writes the shortest program found for `bytes`. It is never longer than the shortest program that stores the data or uses a
 * compressor of Node's. The caller proves it with `verifyProgram` once it is on disk.
 */
export async function* writeProgram(
  bytes: Uint8Array,
  options: Partial<ProgramOptions> = {},
): AsyncGenerator<ProgramEvent, Program> {
  const { effort, ascii } = { ...defaults, ...options };
  yield { type: 'progress', done: 0, total: bytes.length, note: 'Measuring the usual compressors' };
  await setImmediate();
  const { plain, brotli } = plainProgram(bytes, { ascii });
  const findings: Finding[] = [];
  let best = plain;
  let points: ProgramEvent[] = [];
  let fields: FieldCost[] = [];

  if (plain.program.length > leastPredictor) {
    const { syntax, semantics, full } = analyse(bytes);
    const { spec, found } = yield* searchModel(full, bytes, effort, semantics);
    // Without a context that asks for numbers the program need not carry the code that fits them.
    const fits = spec.contexts.includes(fitContext) || spec.contexts.includes(sumContext);
    const plainer = modelFor(syntax, bytes.length, semantics && { ...semantics, numbers: [] });
    const lean = fits ? spec : { ...spec, state: plainer.state, step: plainer.step };
    // The small decoder only wins on small files, or where there is hardly anything to predict.
    const small = bytes.length < smallFile ? [minimalModelFor(syntax, bytes.length)] : [];
    for (const model of [...small, lean]) {
      const { payload, costs } = yield* runModel(model, bytes, 'encode');
      const predicted = await predictorProgram(model, payload, bytes.length, { ascii });
      if (predicted.program.length >= best.program.length) continue;
      best = predicted;
      points = curveOf(costs);
      fields = fieldCosts(bytes, costs, syntax);
    }
    if (best !== plain) {
      const savedBytes = plain.program.length - best.program.length;
      findings.push({ sentence: describeSyntax(syntax), savedBytes });
    }
    if (best.form === 'predictor') findings.push(...found);
  }
  yield* points;
  if (best === plain) {
    findings.push({
      sentence: plainSentence(plain),
      savedBytes: bytes.length - plain.program.length,
    });
  }
  for (const finding of findings) yield { type: 'finding', ...finding };

  const total = best.program.length;
  return {
    source: best.program,
    form: best.form,
    bytes: {
      source: bytes.length,
      runtime: best.runtime,
      model: 0,
      residual: best.residual,
      total,
    },
    bitsPerByte: bytes.length ? (8 * total) / bytes.length : 0,
    baselines: { gzip: gzipSync(bytes, { level: 9 }).length, brotli },
    findings,
    fields,
    sha256: sha256(bytes),
  };
}

function curveOf(costs: Float32Array): ProgramEvent[] {
  const points: ProgramEvent[] = [];
  let sum = 0;
  const every = Math.max(1, Math.floor(costs.length / curvePoints));
  for (let i = 0; i < costs.length; i++) {
    sum += costs[i];
    if ((i + 1) % every === 0)
      points.push({ type: 'curve', bytes: i + 1, bitsPerByte: sum / (i + 1) });
  }
  return points;
}

const plainSentence = ({ form }: Generated): string =>
  form === 'stored'
    ? 'No regularity pays for a decoder: the program is a copy of the data.'
    : `Nothing pays for a decoder of its own: the program holds the data as ${form} does.`;
