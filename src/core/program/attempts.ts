/** The programs that are tried for a file: what each of them predicts, and from what. */
import { formatCount } from '../count';
import { analyse, type Analysis } from './analyse';
import type { Finding, ProgramEvent, ProgramOptions } from './contract';
import { createCourse } from './course';
import type { ModelSpec } from './model/engine';
import type { Model } from './model/evaluate';
import { minimalModelFor } from './model/kinds';
import type { MinimalSpec } from './model/minimal';
import { scriptsOf, type ScriptSpec } from './model/script';
import { predict, type Form, type Predicted } from './predicted';
import { predictedAs } from './predictedAs';
import { chosenFor, expectedCandidates, findCandidates } from './search/candidates';
import { leaveOut } from './search/leaveOut';
import { smallFile } from './sizes';
import type { Trials } from './trials';
import type { View } from './view';

export interface Attempt extends Predicted {
  /** What the program owes its length to. */
  found: Finding[];
}

type AttemptEvent = ProgramEvent | { type: 'attempt'; attempt: Attempt };

type Options = ProgramOptions & Form & { trials: Trials };

/** All that are tried for a view of the file, each as soon as it is written, and the bytes that are coded for them, about. */
export async function* attemptsOf(
  view: View,
  file: Uint8Array,
  options: Options,
): AsyncGenerator<ProgramEvent, { work: number; attempts: AsyncGenerator<AttemptEvent, void> }> {
  const analysis = yield* analyseView(view, options);
  const expected = expectedOf(view, file, options, analysis);
  return { work: expected.work, attempts: tryAll(view, file, options, analysis, expected) };
}

async function* tryAll(
  view: View,
  file: Uint8Array,
  { effort, seed, trials, ...form }: Options,
  analysis: Analysis,
  expected: Expected,
): AsyncGenerator<AttemptEvent, void> {
  const { text, hasColumns } = view;
  const size = file.length;
  const { once } = expected;
  const course = createCourse(expected.work);
  const finding = findCandidates(text, analysis, { effort, seed, size, trials });
  const candidates = yield* course.part(expected.search, finding);
  const written = (predicted: Predicted, found: Finding[]) =>
    ({ type: 'attempt', attempt: { ...predicted, found } }) as const;
  // In a hurry what each restatement saves is not measured: that takes as long as to write the program.
  const measured = async function* <Kind extends Model>(
    whole: Predicted<Kind>,
    write: Rewriting<Kind>,
  ): AsyncGenerator<ProgramEvent, { kept: Predicted<Kind>; found: Finding[] }> {
    if (effort === 'fast') return unmeasured(whole);
    return yield* course.part(expected.without * once, leaveOut(whole, file, write));
  };

  if (expected.isSmall) {
    const small = (other: View): AsyncGenerator<ProgramEvent, Predicted<MinimalSpec>> => {
      const seen = other === view ? analysis : analyse(other.text, other.syntax);
      return predict(minimalModelFor(seen.syntax, other.text.length), other, seen, form);
    };
    const first = yield* course.part(once, small(view));
    const { kept, found } = yield* measured(first, small);
    yield written(kept, found);
  }
  const [first, ...taught] = candidates.models;
  const whole = yield* course.part(once, predict(first, view, analysis, form));
  const { kept, found: restated } = yield* measured(whole, alike(form, { effort, trials }));
  // Columns that the file itself does not show have no names to be told by.
  const found = [...restated, ...candidates.found, ...(hasColumns ? candidates.laws : [])];
  yield written(kept, found);
  for (const model of taught) {
    yield written(yield* course.part(once, predict(model, view, analysis, form)), found);
  }
  const scripts: Predicted[] = [];
  for (const script of scriptsFor(kept.model, kept.view.text, size, effort)) {
    const predicting = predict(script, kept.view, kept.analysis, form);
    scripts.push(yield* course.part(slowness * once, predicting));
  }
  if (scripts.length === 0) return;
  const lengths = scripts.map(({ program }) => program.length);
  const plain = scripts[quickest(lengths, effort)];
  yield written(plain, [...found, scriptFinding(kept, plain)]);
}

/** Writes the program of another view as `like` is one. */
type Rewriting<Kind extends Model> = (
  other: View,
  like: Predicted<Kind>,
) => AsyncGenerator<ProgramEvent, Predicted<Kind>>;

/** What is known of a view, whose text may not tell what it is. */
async function* analyseView(
  { text, syntax }: View,
  { effort, trials }: Pick<Options, 'effort' | 'trials'>,
): AsyncGenerator<ProgramEvent, Analysis> {
  if (syntax) return analyse(text, syntax);
  const course = createCourse(text.length);
  return analyse(text, yield* course.part(0, predictedAs(text, effort, { trials })));
}

/** Writes the program of another view with what the search left of the model. */
const alike = (form: Form, options: Pick<Options, 'effort' | 'trials'>): Rewriting<ModelSpec> =>
  async function* (other, { analysis, model }) {
    const seen = yield* analyseView(other, options);
    return yield* predict(chosenFor(seen, analysis, model), other, seen, form);
  };

interface Expected {
  /** Of all attempts, in bytes to be coded. */
  work: number;
  /** Of the search for their models. */
  search: number;
  /** Of coding the view once. */
  once: number;
  /** Whether the small decoder is tried. */
  isSmall: boolean;
  /** How often the view is coded without one of its restatements, for each decoder. */
  without: number;
}

/** What the attempts for a view take, before anything is known of their models. */
function expectedOf(
  { text, restatements = [] }: View,
  { length: size }: Uint8Array,
  { effort, trials }: Options,
  analysis: Analysis,
): Expected {
  const once = text.length;
  // The small decoder only wins on small files, or where there is hardly anything to predict.
  const isSmall = once < smallFile && (size < smallFile || restatements.length === 0);
  const without = effort === 'fast' ? 0 : restatements.length;
  const scripts = scriptsFor(analysis.full, text, size, effort).length;
  const { models, work: search } = expectedCandidates(text, analysis, effort, { size, trials });
  const smallTimes = isSmall ? 1 + without : 0;
  const times = smallTimes + models + without + slowness * scripts;
  return { work: search + times * once, search, once, isSmall, without };
}

const unmeasured = <Kind extends Model>(whole: Predicted<Kind>) => ({
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

/** How many times as long JavaScript takes. */
const slowness = 5;

/** By what part of its length a program may be longer that takes two thirds of the time, as one with the file's own tree does. */
const hurry: Record<ProgramOptions['effort'], number> = { fast: 3e-3, balanced: 3e-3, max: 0 };

/** Which of programs of such lengths, each faster than the one before: the last that is hardly longer than what it replaces. */
export const quickest = (lengths: number[], effort: ProgramOptions['effort']): number =>
  lengths.reduce(
    (kept, length, k) => (length <= lengths[kept] * (1 + hurry[effort]) ? k : kept),
    0,
  );

/** Contexts that JavaScript looks up a second. */
const scriptPace = 1.5e6;

/** The model in JavaScript, in several ways where that writes a file of `size` bytes soon enough, else in none. */
function scriptsFor(
  model: ModelSpec,
  text: Uint8Array,
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
