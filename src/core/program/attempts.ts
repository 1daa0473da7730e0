/** The programs that are tried for a file: what each of them predicts, and from what. */
import { formatCount } from '../count';
import { analyse } from './analyse';
import { findCandidates } from './candidates';
import { leaveOut } from './leaveOut';
import type { ModelSpec } from './model/engine';
import { minimalModelFor } from './model/kinds';
import { scriptsOf, type ScriptSpec } from './model/script';
import { predict, type Predicted } from './predicted';
import type { Finding, ProgramEvent, ProgramOptions } from './program';
import { smallFile } from './sizes';
import type { View } from './views';

export interface Attempt extends Predicted {
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
  const size = file.length;
  const candidates = yield* findCandidates(text, analysis, { effort, seed, size });
  const written = (predicted: Predicted, found: Finding[]) =>
    ({ type: 'attempt', attempt: { ...predicted, found } }) as const;

  // The small decoder only wins on small files, or where there is hardly anything to predict.
  if (!restore && text.length < smallFile) {
    const small = minimalModelFor(analysis.syntax, text.length);
    yield written(yield* predict(small, view, analysis, ascii), []);
  }
  const [first, ...taught] = candidates.models;
  const whole = yield* predict(first, view, analysis, ascii);
  const { kept, found: restated } =
    effort === 'fast' ? unmeasured(whole) : yield* leaveOut(whole, file, ascii);
  // Columns that the file itself does not show have no names to be told by.
  const told = candidates.found.filter(({ savedBytes }) => savedBytes > 0 || hasColumns);
  const found = [...restated, ...told];
  yield written(kept, found);
  for (const model of taught) yield written(yield* predict(model, view, analysis, ascii), found);
  for (const script of scriptsFor(kept, size, effort)) {
    const plain = yield* predict(script, kept.view, kept.analysis, ascii);
    yield written(plain, [...found, scriptFinding(kept, plain)]);
  }
}

/** To leave each restatement out takes as long as to write the program. */
const unmeasured = (whole: Predicted<ModelSpec>) => ({
  kept: whole,
  found: (whole.view.restatements ?? []).map(({ sentence }) => ({ sentence, savedBytes: 0 })),
});

/**
 * JavaScript takes several times as long: only where length is all is a text of more than so many `bytes` to be given a program
 * that writes less than its `pace`, in bytes a second.
 */
const scripted: Record<ProgramOptions['effort'], { bytes: number; pace: number }> = {
  fast: { bytes: 1 << 14, pace: 1e6 },
  balanced: { bytes: 3 << 16, pace: 4e5 },
  max: { bytes: 1 << 21, pace: 1e5 },
};

/** Contexts that JavaScript looks up a second. */
const scriptPace = 1.5e6;

/** The model in JavaScript, in several ways where that writes a file of `size` bytes soon enough, else in none. */
function scriptsFor(
  { model, view: { text } }: Predicted<ModelSpec>,
  size: number,
  effort: ProgramOptions['effort'],
): ScriptSpec[] {
  const seconds = (text.length * model.contexts.length) / scriptPace;
  const most = scripted[effort];
  const isSoon = text.length <= most.bytes || size >= most.pace * seconds;
  return isSoon ? scriptsOf(model) : [];
}

/** What a decoder in JavaScript saves. */
function scriptFinding({ program: compiled }: Predicted, { program: plain }: Predicted): Finding {
  return {
    sentence: `The decoder is plain JavaScript: ${formatCount(plain.length)} bytes in all, where the fastest one, in WebAssembly, would have ${formatCount(compiled.length)}.`,
    savedBytes: compiled.length - plain.length,
  };
}
