/** The programs that are tried: what each of them predicts, from what, and how long that makes it. */
import { formatCount } from '../count';
import { analyse, type Analysis } from './analyse';
import { findCandidates } from './candidates';
import { runModel } from './encode';
import { predictorProgram, type Generated } from './generate';
import type { Model } from './model/evaluate';
import { minimalModelFor } from './model/kinds';
import { scriptsOf } from './model/script';
import type { Finding, ProgramEvent, ProgramOptions } from './program';
import { smallFile } from './sizes';
import type { View } from './views';

export interface Attempt {
  /** What is predicted. */
  view: View;
  analysis: Analysis;
  written: Generated;
  /** Bits that each byte of it costs. */
  costs: Float32Array;
  /** Bytes of the program that are a network's weights. */
  networkBytes: number;
  /** What the program owes its length to. */
  found: Finding[];
}

/** All that are tried for a view of the file, each as soon as it is written. */
export async function* attemptsOf(
  view: View,
  file: Uint8Array,
  { effort, ascii, seed }: ProgramOptions,
): AsyncGenerator<ProgramEvent | { type: 'attempt'; attempt: Attempt }, void> {
  const { text, restore, hasColumns } = view;
  const analysis = analyse(text, view.syntax);
  const { syntax } = analysis;
  const { models, isScripted, ...candidates } = yield* findCandidates(text, analysis, {
    effort,
    seed,
    size: file.length,
  });
  // Columns that the file itself does not show have no names to be told by.
  const found = candidates.found.filter(({ savedBytes }) => savedBytes > 0 || hasColumns);
  const seen = { view, analysis, found };
  // The small decoder only wins on small files, or where there is hardly anything to predict.
  if (!restore && text.length < smallFile) {
    const small = minimalModelFor(syntax, text.length);
    const attempt = yield* attemptWith(small, { ...seen, found: [] }, ascii);
    yield { type: 'attempt', attempt };
  }
  let compiled = 0;
  for (const model of models) {
    const attempt = yield* attemptWith(model, seen, ascii);
    compiled = attempt.written.program.length;
    yield { type: 'attempt', attempt };
  }
  for (const script of isScripted ? scriptsOf(models[0]) : []) {
    const attempt = yield* attemptWith(script, seen, ascii);
    const plain = attempt.written.program.length;
    const told = { ...attempt, found: [...found, scriptFinding(compiled, plain)] };
    yield { type: 'attempt', attempt: told };
  }
}

/** Writes the program of what is seen in the file. */
async function* attemptWith(
  model: Model,
  seen: Pick<Attempt, 'view' | 'analysis' | 'found'>,
  ascii: boolean,
): AsyncGenerator<ProgramEvent, Attempt> {
  const { text, restore } = seen.view;
  const { payload, costs, networkBits = 0 } = yield* runModel(model, text);
  const written = await predictorProgram(model, payload, text.length, { ascii, then: restore });
  return { ...seen, written, costs, networkBytes: Math.round(networkBits / 8) };
}

/** What a decoder in JavaScript saves. */
function scriptFinding(compiled: number, plain: number): Finding {
  return {
    sentence: `The decoder is plain JavaScript: ${formatCount(plain)} bytes in all, where the fastest one, in WebAssembly, would have ${formatCount(compiled)}.`,
    savedBytes: compiled - plain,
  };
}
