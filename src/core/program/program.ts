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
import type { Packed } from './packed/packed';
import type { Form } from './predicted';
import { viewsOf } from './restate/views';
import { leaveOut } from './search/leaveOut';
import { smallFile, usualBlock } from './sizes';
import { describeSyntax, type Syntax } from './syntax';
import { compressedSentence } from './syntax/compressed';
import { ownThread, type Trials } from './trials';
import { sha256 } from './verify';
import { fileView, type View } from './view';
import { waitFor } from './waitFor';

/** A predictor's program is longer than this whatever it predicts, so what is already shorter is left alone. */
const leastPredictor = 790;

/** What goes before the first attempt, in bytes to be coded: for brotli as many as it reads, and some until it begins. */
const beforehand = ({ length }: Uint8Array): number => length + 1e5;

type Options = ProgramOptions & { trials: Trials };

/**
 * Writes the shortest program found for `bytes`. It is never longer than the shortest program that stores the data or uses a
 * compressor of Node's. With `found`, what is packed in them, that is predicted in their place if it pays. The caller proves it with
 * `verifyProgram` once it is on disk.
 */
export async function* writeProgram(
  bytes: Uint8Array,
  options: Partial<Options> = {},
  found?: Packed,
): AsyncGenerator<ProgramEvent, Program> {
  const asked = { ...programDefaults, trials: ownThread(), ...options };
  const brotli = yield* measuredBrotli(bytes);
  const plain = plainProgram(bytes, brotli, asked);
  const packed = plain.program.length > leastPredictor ? found : undefined;
  const content = packed?.content ?? bytes;
  const { attempt, generated, findings } = packed
    ? yield* packedShortest(bytes, packed, plain, asked)
    : yield* shortestOf(bytes, plain, asked);
  if (attempt) yield* curveOf(partsOf(attempt.costs, content.length, curvePoints));
  for (const finding of findings) yield { type: 'finding', ...finding };

  return programOf(generated, {
    size: bytes.length,
    modelBytes: attempt?.networkBytes ?? 0,
    baselines: { gzip: gzipSync(bytes, { level: 9 }).length, brotli: brotli.length },
    findings,
    fields: attempt ? fieldsOf(attempt, content) : [],
    sha256: sha256(bytes),
  });
}

interface Shortest {
  generated: Generated;
  /** The one that it is, if it predicts. */
  attempt?: Attempt;
  findings: Finding[];
}

/** The shortest program of `bytes`, or of the file that a function of source `pack` gives of them, which has `size` bytes; `plain` is the one without a predictor. */
async function* shortestOf(
  bytes: Uint8Array,
  plain: Generated,
  { syntax, size = bytes.length, ...asked }: Options & Form & { syntax?: Syntax; size?: number },
): AsyncGenerator<ProgramEvent, Shortest> {
  if (plain.program.length <= leastPredictor) {
    return { generated: plain, findings: plainFindings(plain, bytes, size) };
  }
  /** What a program without a predictor owes to another text that it holds. */
  let restated: Finding[] = [];
  let best: Attempt | undefined;
  /** Of the networks tried, whether they are mixed in or not. */
  const learnt: Finding[] = [];
  const seen = syntax ? [{ ...fileView(bytes), syntax }] : viewsOf(bytes, asked.effort);
  const isPlain = bytes.length < smallFile && asked.pack === undefined;
  const other = isPlain && seen.find(({ retell }) => retell !== undefined);
  if (other) ({ plain, restated } = yield* plainRestated(other, bytes, plain, asked));
  const views = [];
  for (const view of seen) views.push(yield* attemptsOf(view, bytes, asked));
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
      if (attempt.networkBytes) learnt.push(networkFinding(attempt.networkBytes, shortest, length));
      if (length < shortest) best = attempt;
    }
  }
  return best
    ? {
        generated: best,
        attempt: best,
        findings: [wholeFinding(best, plain), ...best.found, ...learnt],
      }
    : {
        generated: plain,
        findings: [...learnt, ...plainFindings(plain, bytes, size), ...restated],
      };
}

/** As `shortestOf`, of a file that something is packed in: the program of that, unless the `plain` one of the file is shorter. */
async function* packedShortest(
  file: Uint8Array,
  { content, syntax, pack, sentence }: Packed,
  plain: Generated,
  asked: Options,
): AsyncGenerator<ProgramEvent, Shortest> {
  const { data, from } = await retold(content, pack);
  // Of more it takes longer than the predictor, which leaves less.
  const isSoon = content.length <= usualBlock;
  const brotli = isSoon ? yield* measuredBrotli(data) : undefined;
  const inside = plainProgram(data, brotli, { ...asked, from });
  const shortest = yield* shortestOf(content, inside, {
    ...asked,
    pack,
    syntax,
    size: file.length,
  });
  const savedBytes = plain.program.length - shortest.generated.program.length;
  return savedBytes > 0
    ? { ...shortest, findings: [{ sentence, savedBytes }, ...shortest.findings] }
    : { generated: plain, findings: plainFindings(plain, file, file.length) };
}

/** Of the `plain` program of a file and that of a text that restates it the shorter one, and what each restatement saves of it. */
async function* plainRestated(
  view: View,
  file: Uint8Array,
  plain: Generated,
  { ascii }: Form,
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
