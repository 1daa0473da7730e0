/** Which contexts predict which kind of file: one model per syntax, to be thinned by the encoder's search. */
import type { Semantics } from '../semantics';
import type { Syntax } from '../syntax';
import { byteModel, recordModel } from './binaries';
import type { SlowParts } from './contexts';
import { bitsFor, frontOf, type ModelSpec } from './engine';
import { jsonTracker, logTracker, tableTracker, type Tracker } from './fields';
import { imageInputs, imageModel } from './images';
import { minimalByteContexts, minimalTextContexts, type MinimalSpec } from './minimal';
import type { NetworkInputs } from './network';
import { aroundModel, rasterModel } from './rasters';
import { residualModel } from './residuals';
import { fieldExtras, fieldModel, logExtras, logModel, slowFields, slowLog } from './tables';
import { textExtras, textModel } from './texts';

/** The tracker of a syntax that has fields. */
export function trackerFor(syntax: Syntax): Tracker | undefined {
  if (syntax.type === 'table') return tableTracker(syntax.delimiter, syntax);
  if (syntax.type === 'json') return jsonTracker;
  return syntax.type === 'log' ? logTracker : undefined;
}

/** The full model for a file, with what is known of its columns; without what expects numbers or pixels unless `isExpected`. */
export function modelFor(syntax: Syntax, semantics?: Semantics, isExpected = true): ModelSpec {
  const shared = { type: 'mixing' as const, rate: 0.001 };
  const leastError = 5e-5;
  const known = isExpected ? semantics : semantics && { ...semantics, numbers: [] };
  switch (syntax.type) {
    case 'table':
      return {
        ...shared,
        ...fieldModel(tableTracker(syntax.delimiter, syntax), known),
        leastError,
      };
    case 'json':
      return { ...shared, ...fieldModel(jsonTracker, known), leastError };
    case 'log':
      return { ...shared, ...logModel(), leastError };
    case 'text':
      return { ...shared, ...textModel };
    case 'image':
      return { ...shared, ...imageModel(syntax), largestTable: 56 << 20 };
    case 'raster':
      return { ...shared, ...rasterModel(syntax, isExpected), rate: 0.003 };
    case 'residuals':
      return { ...shared, ...residualModel(syntax) };
    case 'records':
      return { ...shared, ...recordModel(syntax) };
    case 'bytes':
      return { ...shared, ...byteModel };
    default:
      return syntax satisfies never;
  }
}

/** The model of a raster whose decisions are those around what is expected; of no other kind of file, nor where nothing is expected. */
export const aroundFor = (full: ModelSpec, syntax: Syntax): ModelSpec | undefined =>
  syntax.type === 'raster' && full.expected
    ? { ...full, ...aroundModel(syntax), expected: { ...full.expected, isAround: true } }
    : undefined;

/** What a network is shown of a kind of file; nothing of those that have none. */
export function networkInputsFor(syntax: Syntax): NetworkInputs | undefined {
  return syntax.type === 'image' ? imageInputs(syntax) : undefined;
}

/** `spec` with what a program of images tells in front of them. */
export function withFront(
  spec: ModelSpec,
  syntax: Syntax,
  front: Pick<ModelSpec, 'network' | 'resampling'>,
): ModelSpec {
  if (syntax.type !== 'image') return spec;
  const header = syntax.header + frontOf(front).length;
  const boxes = front.resampling && (front.network?.weights.length ?? 0);
  const { state, step, quiet } = imageModel({ ...syntax, header, boxes });
  return { ...spec, state, step, quiet, ...front };
}

/** Contexts that only some files of a kind have a use for; the encoder's search adds those that pay. */
export function extraContexts({ type }: Syntax): string[] {
  if (type === 'image' || type === 'raster' || type === 'residuals') return [];
  const own = {
    text: textExtras,
    table: fieldExtras,
    json: fieldExtras,
    log: logExtras,
    records: ['c2|c3<<8'],
    bytes: [],
  };
  return [...own[type], 'mix(mix(word4,data[i-5]|data[i-6]<<8|data[i-7]<<16),data[i-8])'];
}

/**
 * The model without what costs time and saves little: a third of the contexts of logs, more than half of those of tables, and
 * weight sets and repeats of both, measured on one file of each kind; where it is hurried, it decides quickly what it can. Other
 * kinds are left as they are.
 */
export function fastModel(full: ModelSpec, { type }: Syntax, isHurried: boolean): ModelSpec {
  const slow = slowParts[type];
  if (!slow) return full;
  return {
    ...full,
    contexts: full.contexts.filter((context) => !slow.contexts.includes(context)),
    selectors: full.selectors.filter(({ expression }) => !slow.selectors?.includes(expression)),
    matches: full.matches.filter((least) => !slow.matches?.includes(least)),
    leastError: slow.leastError ?? full.leastError,
    quiet: (isHurried ? slow.quiet : undefined) ?? full.quiet,
  };
}

/** The model with the smallest decoder for a file of `size` bytes. */
export function minimalModelFor(syntax: Syntax, size: number): MinimalSpec {
  const text: Syntax['type'][] = ['table', 'json', 'log', 'text'];
  const binary = !text.includes(syntax.type);
  return {
    type: 'minimal',
    contexts: binary ? minimalByteContexts : minimalTextContexts,
    tableBits: bitsFor(size * 16, 12, 22),
  };
}

const slowParts: Partial<Record<Syntax['type'], SlowParts>> = {
  table: slowFields,
  json: slowFields,
  log: slowLog,
};
