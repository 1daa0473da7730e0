/** The shorter program: from the bytes of any file to a module that regenerates them and counts every byte of itself. */
import { setImmediate } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { analyse } from './analyse';
import { compressedSentence } from './compressed';
import { fieldCosts, type FieldCost } from './fieldCosts';
import { plainProgram, predictorProgram, type Generated } from './generate';
import { runModel } from './encode';
import { learnNetwork, learners } from './learner';
import { findOriginals, originalsFinding } from './originals';
import { echoContext } from './model/echoes';
import type { ModelSpec } from './model/engine';
import {
  extraContexts,
  fastModel,
  minimalModelFor,
  modelFor,
  networkInputsFor,
  withFront,
} from './model/kinds';
import type { Model } from './model/evaluate';
import { searchModel } from './search';
import { fitContext, sumContext } from './model/numbers';
import type { Semantics } from './semantics';
import { describeSyntax, type Syntax } from './syntax';
import { sha256 } from './verify';
import { viewsOf } from './views';

export interface ProgramOptions {
  /** fast: the model of the kind without what costs time and saves little; balanced: thinned on a sample, and a network is tried; max: a larger sample and network. */
  effort: 'fast' | 'balanced' | 'max';
  /** Base64 instead of raw bytes: a third longer, but editors and mail leave it alone. */
  ascii: boolean;
  /** Of the network that is trained for the program. */
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
const leastPredictor = 790;

/** Up to this many bytes the small predictor is tried as well. */
const smallFile = 1 << 17;

/** Shorter data do not teach a network as much as it costs. */
const leastTaught = 1 << 18;

const curvePoints = 64;

/**
 * Writes the shortest program found for `bytes`. It is never longer than the shortest program that stores the data or uses a
 * compressor of Node's. The caller proves it with `verifyProgram` once it is on disk.
 */
export async function* writeProgram(
  bytes: Uint8Array,
  options: Partial<ProgramOptions> = {},
): AsyncGenerator<ProgramEvent, Program> {
  const { effort, ascii, seed } = { ...defaults, ...options };
  yield { type: 'progress', done: 0, total: bytes.length, note: 'Measuring the usual compressors' };
  await setImmediate();
  const { plain, brotli } = plainProgram(bytes, { ascii });
  let findings: Finding[] = [];
  let best = plain;
  let points: ProgramEvent[] = [];
  let fields: FieldCost[] = [];
  let modelBytes = 0;
  /** Of how images were drawn, and of the networks tried, whether they are mixed in or not. */
  const learnt: Finding[] = [];

  if (plain.program.length > leastPredictor) {
    for (const { text, restore, sentence, ...known } of viewsOf(bytes)) {
      const { syntax, semantics, full } = analyse(text, known.syntax);
      const { spec, found } = yield* searchModel(
        effort === 'fast' ? fastModel(full, syntax) : full,
        extraContexts(syntax),
        text,
        effort,
        semantics,
      );
      const lean = { ...spec, ...codeFor(spec, syntax, text.length, semantics) };
      // The small decoder only wins on small files, or where there is hardly anything to predict.
      const small =
        !restore && text.length < smallFile ? [minimalModelFor(syntax, text.length)] : [];
      const resampling = yield* findOriginals(text, syntax);
      const law = resampling && originalsFinding(text, syntax, lean, resampling);
      const isDrawn = law !== undefined && law.savedBytes > 0;
      const front = isDrawn ? { resampling } : {};
      if (isDrawn) learnt.push(law);
      const models: Model[] = [...small, withFront(lean, syntax, front)];
      const inputs = networkInputsFor(syntax);
      const learner = text.length < leastTaught ? undefined : learners[effort];
      if (inputs && learner) {
        const network = yield* learnNetwork(lean, inputs, text, { ...learner, seed });
        models.push(withFront(lean, syntax, { network, ...front }));
      }
      for (const model of models) {
        const { payload, costs, networkBits = 0 } = yield* runModel(model, text, 'encode');
        const predicted = await predictorProgram(model, payload, text.length, {
          ascii,
          then: restore,
        });
        const shipped = Math.round(networkBits / 8);
        if (model.type === 'mixing' && model.network)
          learnt.push(networkFinding(shipped, best.program.length, predicted.program.length));
        if (predicted.program.length >= best.program.length) continue;
        best = predicted;
        modelBytes = shipped;
        points = curveOf(costs, bytes.length);
        // Columns that the file itself does not show have no names to be told by.
        fields = restore ? [] : fieldCosts(text, costs, syntax);
        const savedBytes = plain.program.length - best.program.length;
        const what = sentence ?? describeSyntax(syntax);
        const told = found.filter((finding) => finding.savedBytes > 0 || !restore);
        findings = [{ sentence: what, savedBytes }, ...(model.type === 'mixing' ? told : [])];
      }
    }
  }
  findings.push(...learnt);
  yield* points;
  if (best === plain) {
    const savedBytes = bytes.length - plain.program.length;
    findings.push({ sentence: plainSentence(plain), savedBytes });
    const compressed = compressedSentence(bytes);
    if (compressed) findings.push({ sentence: compressed, savedBytes: 0 });
  }
  for (const finding of findings) yield { type: 'finding', ...finding };

  const total = best.program.length;
  return {
    source: best.program,
    form: best.form,
    bytes: {
      source: bytes.length,
      runtime: best.runtime,
      model: modelBytes,
      residual: best.residual - modelBytes,
      total,
    },
    bitsPerByte: bytes.length ? (8 * total) / bytes.length : 0,
    baselines: { gzip: gzipSync(bytes, { level: 9 }).length, brotli },
    findings,
    fields,
    sha256: sha256(bytes),
  };
}

/** Which of the two kinds of learner won: the one that only learns while it decodes, or with it one that was trained beforehand. */
function networkFinding(shipped: number, without: number, along: number): Finding {
  const saved = without - along;
  const totals = `${along} bytes with it and ${without} without`;
  return {
    sentence: `A network trained on the data beforehand, ${shipped} bytes of weights, is ${saved > 0 ? 'mixed in' : 'left out'}: the program has ${totals}.`,
    savedBytes: Math.max(0, saved),
  };
}

/** State and step of the model without what only contexts ask for that were left out. */
function codeFor(
  { contexts }: ModelSpec,
  syntax: Syntax,
  size: number,
  semantics?: Semantics,
): Pick<ModelSpec, 'state' | 'step'> {
  const fits = contexts.includes(fitContext) || contexts.includes(sumContext);
  const asked = semantics && {
    ...semantics,
    numbers: fits ? semantics.numbers : [],
    echoes: contexts.includes(echoContext),
  };
  const { state, step } = modelFor(syntax, size, asked);
  return { state, step };
}

/** `size` is that of the file, `costs` are those of what is predicted in its place. */
function curveOf(costs: Float32Array, size: number): ProgramEvent[] {
  const points: ProgramEvent[] = [];
  let sum = 0;
  const every = Math.max(1, Math.floor(costs.length / curvePoints));
  for (let i = 0; i < costs.length; i++) {
    sum += costs[i];
    if ((i + 1) % every) continue;
    const bytes = Math.round(((i + 1) * size) / costs.length);
    points.push({ type: 'curve', bytes, bitsPerByte: sum / bytes });
  }
  return points;
}

function plainSentence({ form, browser }: Generated): string {
  const what =
    form === 'stored'
      ? 'No regularity pays for a decoder: the program is a copy of the data'
      : `Nothing pays for a decoder of its own: the program holds the data as ${form} does`;
  return browser ? `${what}.` : `${what}. It needs Node: what browsers run would be longer.`;
}
