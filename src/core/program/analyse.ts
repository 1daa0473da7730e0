/** What the bytes are and what is known of their fields, with the full model for them: where every way to look at a file begins. */
import type { ModelSpec } from './model/engine';
import { modelFor, trackerFor } from './model/kinds';
import { analyseSemantics, type Semantics } from './semantics';
import { analyseSyntax, type Syntax } from './syntax';

export interface Analysis {
  syntax: Syntax;
  /** Of tables and JSON alone. */
  semantics?: Semantics;
  /** The model with every context of its kind, which the encoder's search thins. */
  full: ModelSpec;
}

export function analyse(bytes: Uint8Array, syntax = analyseSyntax(bytes)): Analysis {
  const tracker = syntax.type === 'log' ? undefined : trackerFor(syntax);
  const semantics = tracker && analyseSemantics(bytes, tracker);
  return { syntax, semantics, full: modelFor(syntax, bytes.length, semantics) };
}
