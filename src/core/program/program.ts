/** The shorter program: from the bytes of any file to a module that regenerates them and counts every byte of itself. */
import { gzipSync } from 'node:zlib';
import { formatCount } from '../count';
import { attemptsOf, type Attempt } from './attempts';
import { brotliOf } from './baselines';
import {
  programDefaults,
  type Finding,
  type Program,
  type ProgramEvent,
  type ProgramOptions,
} from './contract';
import { curveOf, curvePoints, partsOf } from './costs/curve';
import { costsInFile, fieldCosts, type FieldCost } from './costs/fieldCosts';
import { createCourse } from './course';
import { plainProgram, retold, type Generated } from './generate';
import { viewsOf } from './restate/views';
import { leaveOut } from './search/leaveOut';
import { smallFile } from './sizes';
import { describeSyntax } from './syntax';
import { compressedSentence } from './syntax/compressed';
import { sha256 } from './verify';
import type { View } from './view';
import { waitFor } from './waitFor';

/** A predictor's program is longer than this whatever it predicts, so what is already shorter is left alone. */
const leastPredictor = 790;

/** What goes before the first attempt, in bytes to be coded: for brotli as many as it reads, and some until it begins. */
const beforehand = ({ length }: Uint8Array): number => length + 1e5;

/**
 * Writes the shortest program found for `bytes`. It is never longer than the shortest program that stores the data or uses a
 * compressor of Node's. The caller proves it with `verifyProgram` once it is on disk.
 */
export async function* writeProgram(
  bytes: Uint8Array,
  options: Partial<ProgramOptions> = {},
): AsyncGenerator<ProgramEvent, Program> {
  const { effort, ascii, seed } = { ...programDefaults, ...options };
  const brotli = yield* measuredBrotli(bytes);
  let plain = plainProgram(bytes, brotli, { ascii });
  /** What a program without a predictor owes to another text that it holds. */
  let restated: Finding[] = [];
  let best: Attempt | undefined;
  /** Of the networks tried, whether they are mixed in or not. */
  const learnt: Finding[] = [];

  if (plain.program.length > leastPredictor) {
    const seen = viewsOf(bytes, effort);
    const other = bytes.length < smallFile && seen.find(({ retell }) => retell !== undefined);
    if (other) ({ plain, restated } = yield* plainRestated(other, bytes, plain, ascii));
    const views = seen.map((view) => attemptsOf(view, bytes, { effort, ascii, seed }));
    const before = beforehand(bytes);
    const course = createCourse(
      views.reduce((sum, { work }) => sum + work, before),
      before,
    );
    for (const { work, attempts } of views) {
      for await (const event of course.part(work, attempts)) {
        if (event.type !== 'attempt') {
          yield event;
          continue;
        }
        const { attempt } = event;
        const { length } = attempt.program;
        const shortest = (best ?? plain).program.length;
        if (attempt.networkBytes)
          learnt.push(networkFinding(attempt.networkBytes, shortest, length));
        if (length < shortest) best = attempt;
      }
    }
  }
  if (best) yield* curveOf(partsOf(best.costs, bytes.length, curvePoints));
  const findings = best
    ? [wholeFinding(best, plain), ...best.found, ...learnt]
    : [...learnt, ...plainFindings(plain, bytes, bytes.length), ...restated];
  for (const finding of findings) yield { type: 'finding', ...finding };

  return programOf(best ?? plain, {
    size: bytes.length,
    modelBytes: best?.networkBytes ?? 0,
    baselines: { gzip: gzipSync(bytes, { level: 9 }).length, brotli: brotli.length },
    findings,
    fields: best ? fieldsOf(best, bytes) : [],
    sha256: sha256(bytes),
  });
}

/** Of the `plain` program of a file and that of a text that restates it the shorter one, and what each restatement saves of it. */
async function* plainRestated(
  view: View,
  file: Uint8Array,
  plain: Generated,
  ascii: boolean,
): AsyncGenerator<ProgramEvent, { plain: Generated; restated: Finding[] }> {
  const write = async function* (
    other: View,
  ): AsyncGenerator<ProgramEvent, Generated & { view: View }> {
    const { text, retell } = other;
    if (retell === undefined) return { ...plain, view: other };
    const { data, from } = await retold(text, retell);
    const brotli = yield* measuredBrotli(data);
    return { ...plainProgram(data, brotli, { ascii, from }), view: other };
  };
  const { kept, found } = yield* leaveOut(yield* write(view), file, write);
  return kept.program.length < plain.program.length
    ? { plain: kept, restated: found }
    : { plain, restated: [] };
}

/** What the file is, with all that this saves. */
const wholeFinding = ({ view, analysis, program }: Attempt, plain: Generated): Finding => ({
  sentence: view.sentence ?? describeSyntax(analysis.syntax),
  savedBytes: plain.program.length - program.length,
});

/** What the columns of the file cost; those that it does not show itself have no names to be told by. */
function fieldsOf({ view, analysis, costs }: Attempt, bytes: Uint8Array): FieldCost[] {
  if (!view.hasColumns) return [];
  const costly = fieldCosts(view.text, costs, analysis.syntax);
  return view.restore ? costsInFile(bytes, costly) : costly;
}

/** What brotli makes of the bytes, which is no longer waited for by whoever returns early. */
export async function* measuredBrotli(bytes: Uint8Array): AsyncGenerator<ProgramEvent, Uint8Array> {
  const stopping = new AbortController();
  const note = 'Measuring the usual compressors';
  try {
    return yield* waitFor(
      brotliOf(bytes, stopping.signal),
      () => ({ type: 'progress', done: 0, total: bytes.length, note }) as const,
    );
  } finally {
    stopping.abort();
  }
}

/** The program of `size` bytes that was found best, `modelBytes` of which are a network's weights, and what is told of it. */
export function programOf(
  { program, form, runtime, residual }: Generated,
  {
    size,
    modelBytes,
    ...told
  }: { size: number; modelBytes: number } & Pick<
    Program,
    'baselines' | 'findings' | 'fields' | 'sha256'
  >,
): Program {
  const total = program.length;
  return {
    source: program,
    form,
    bytes: { source: size, runtime, model: modelBytes, residual: residual - modelBytes, total },
    bitsPerByte: size ? (8 * total) / size : 0,
    ...told,
  };
}

/** Which of the two kinds of learner won: the one that only learns while it decodes, or with it one that was trained beforehand. */
export function networkFinding(shipped: number, without: number, along: number): Finding {
  const saved = without - along;
  const totals = `${formatCount(along)} bytes with it and ${formatCount(without)} without`;
  return {
    sentence: `A network trained on the data beforehand, ${formatCount(shipped)} bytes of weights, is ${saved > 0 ? 'mixed in' : 'left out'}: the program has ${totals}.`,
    savedBytes: Math.max(0, saved),
  };
}

/** What is said of a file of `size` bytes, which begins with `bytes`, that no predictor pays for. */
export function plainFindings(
  { form, browser, program }: Generated,
  bytes: Uint8Array,
  size: number,
): Finding[] {
  const what =
    form === 'stored'
      ? 'No regularity pays for a decoder: the program is a copy of the data'
      : `Nothing pays for a decoder of its own: the program holds the data as ${form} does`;
  const sentence = browser
    ? `${what}.`
    : `${what}. It needs Node: what browsers run would be longer.`;
  const compressed = compressedSentence(bytes);
  return [
    { sentence, savedBytes: size - program.length },
    ...(compressed ? [{ sentence: compressed, savedBytes: 0 }] : []),
  ];
}
