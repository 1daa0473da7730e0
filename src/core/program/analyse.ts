/** What the bytes are and what is known of their fields, with the full model for them: where every way to look at a file begins. */
import type { ModelSpec } from './model/engine';
import { modelFor, trackerFor } from './model/kinds';
import { analyseSemantics, type Semantics } from './semantics';
import { analyseSyntax, type Syntax } from './syntax';
import { codeLengths, countBytes } from './syntax/alphabet';

export interface Analysis {
  syntax: Syntax;
  /** Of tables and JSON alone. */
  semantics?: Semantics;
  /** The model with every context of its kind, which the encoder's search thins. */
  full: ModelSpec;
}

/**
 * Analyses a file, or its beginning.
 * @param given what the bytes are, where they do not tell themselves
 * @param counts how often each byte occurs, [256], in the whole file if `bytes` only begin it
 */
export function analyse(
  bytes: Uint8Array,
  given = analyseSyntax(bytes),
  counts = countBytes(bytes),
): Analysis {
  const isPlain = given.type === 'table' && counts[34] === 0;
  const syntax = isPlain ? { ...given, isQuoted: false } : given;
  const tracker = syntax.type === 'log' ? undefined : trackerFor(syntax);
  const semantics =
    tracker && analyseSemantics(bytes, tracker, syntax.type === 'table' ? syntax : undefined);
  const lengths = hasTree[syntax.type] ? codeLengths(counts) : undefined;
  return { syntax, semantics, full: { ...modelFor(syntax, semantics), lengths } };
}

/** Samples and pixels are numbers, and all of their bits tell something. */
const hasTree: Record<Syntax['type'], boolean> = {
  table: true,
  json: true,
  log: true,
  text: true,
  records: true,
  bytes: true,
  image: false,
  raster: false,
  residuals: false,
};
