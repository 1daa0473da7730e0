/** The program of a large file: one model for all of its blocks, which threads code at once and the program decodes one after the other. */
import { KolmoError } from '../error';
import { analyse, type Analysis } from './analyse';
import { measureInNode } from './baselines';
import {
  countIn,
  inMemory,
  lookInto,
  lookingShare,
  unitOf,
  type BlockCoder,
  type BlockTask,
  type CodedBlock,
  type Source,
} from './blocks';
import {
  programDefaults,
  type Finding,
  type Program,
  type ProgramEvent,
  type ProgramOptions,
} from './contract';
import { curveOf, curvePoints } from './costs/curve';
import type { FieldCost } from './costs/fieldCosts';
import { createCourse } from './course';
import { blocksProgram, plainProgram, type Generated } from './generate';
import type { ModelSpec } from './model/engine';
import type { Packed } from './packed/packed';
import { predictedAs } from './predictedAs';
import { measuredBrotli, networkFinding, plainFindings, programOf } from './program';
import type { Form } from './predicted';
import { residualView } from './restate/sound';
import { taughtBy } from './restate/views';
import { expectedCandidates, findCandidates } from './search/candidates';
import { usualBlock } from './sizes';
import { analyseSyntax, describeSyntax, type Syntax } from './syntax';
import { soundOf } from './syntax/media';
import { ownThread, type Trials } from './trials';
import { waitFor } from './waitFor';

export interface BlockOptions extends ProgramOptions {
  /** Most bytes of a block, but for the rest of its last line. */
  blockBytes: number;
  /** How many blocks are coded at once if there are as many, which the progress is told by. */
  threads: number;
  trials: Trials;
}

/** No engine reads a module that is a longer string. */
const mostProgram = 2 ** 29 - 24;

/**
 * As `writeProgram`, of a file of any size, of which no more than a block is held at a time. With `packed`, what is packed in the
 * file, that is what `code` is given blocks of.
 */
export async function* writeInBlocks(
  file: Source,
  code: BlockCoder,
  options: Partial<BlockOptions> = {},
  packed?: Packed,
): AsyncGenerator<ProgramEvent, Program> {
  const { ascii, blockBytes, threads, ...search } = {
    ...programDefaults,
    blockBytes: usualBlock,
    threads: 1,
    trials: ownThread(),
    ...options,
  };
  const content = packed ? inMemory(packed.content) : file;
  const { length } = content;
  const { syntax: look, cuts, first, counts } = yield* lookInto(content, blockBytes);
  const { effort, trials } = search;
  const looked = createCourse(length, lookingShare * length);
  const syntax = yield* looked.part(0, predictedAs(first, effort, { look, trials }));
  const views = viewsOf(first, syntax, counts, search);
  const models = views.reduce((sum, view) => sum + view.models, 0);
  const coding = (length + (models - 1) * first.length) / Math.min(threads, cuts.length - 1);
  const ahead = views.reduce((sum, { work }) => sum + work, coding);
  const total = ahead / (1 - lookingShare);
  const course = createCourse(total, total - ahead);
  const candidates: Candidate[] = [];
  for (const { text, syntax, analysis, work } of views) {
    const finding = findCandidates(text, analysis, search);
    const { models, found, laws } = yield* course.part(work, finding);
    for (const model of models) candidates.push({ model, syntax, found: [...found, ...laws] });
  }

  const stopping = new AbortController();
  const measuring = measureInNode(file, stopping.signal);
  // It is awaited below, unless something else has failed by then.
  measuring.catch(() => {});
  try {
    // A copy, because threads are sent the whole of what a part belongs to.
    const head = first.slice(0, unitOf(syntax)?.header ?? 0);
    const room = Math.max(...cuts.slice(1).map((to, k) => to - cuts[k]));
    const tasksOf = ({ model, syntax }: Candidate): BlockTask[] =>
      cuts.slice(1).map((to, k) => ({
        model,
        syntax,
        from: cuts[k],
        to,
        head: k ? head : new Uint8Array(0),
        room,
        parts: Math.max(1, Math.floor(curvePoints / (cuts.length - 1))),
      }));
    const form = { ascii, ...(packed && { pack: packed.pack }) };
    const coded = codeShortest(candidates, tasksOf, code, form);
    const { shortest, blocks, learnt } = yield* course.part(coding, coded);
    const { model, found } = shortest;
    const written = await blocksProgram(model, blocks, { ...form, head: head.length, room });
    const note = 'Measuring gzip and brotli';
    const waiting = waitFor(measuring, (): ProgramEvent => ({
      type: 'progress',
      done: 1,
      total: 1,
      note,
    }));
    const measured = yield* course.part(0, waiting);
    const comparing = shorterOf(written, measured, file, ascii);
    const { best, isPlain } = yield* course.part(0, comparing);
    const points = blocks.flatMap(({ parts }) => parts);
    if (!isPlain) yield* curveOf(points);

    const total = best.program.length;
    const scale = length / first.length;
    const scaled = ({ sentence, savedBytes }: Finding): Finding => ({
      sentence,
      savedBytes: Math.round(savedBytes * scale),
    });
    const savedBytes = Math.min(file.length, measured.gzip, measured.brotli ?? Infinity) - total;
    const findings: Finding[] = isPlain
      ? plainFindings(best, await file.read(0, blockBytes), file.length)
      : [
          ...(packed ? [{ sentence: packed.sentence, savedBytes }] : []),
          { sentence: describeSyntax(ofWhole(shortest, first, length)), savedBytes },
          ...found.map(scaled),
          ...learnt,
          { sentence: blocksSentence(blocks.length, first.length), savedBytes: 0 },
        ];
    for (const finding of findings) yield { type: 'finding', ...finding };
    const { sha256, ...baselines } = measured;
    return programOf(best, {
      size: file.length,
      modelBytes: isPlain ? 0 : Math.round(blocks[0].networkBits / 8),
      baselines,
      findings,
      fields: isPlain ? [] : mergedFields(blocks, syntax),
      sha256,
    });
  } finally {
    stopping.abort();
  }
}

const blocksSentence = (count: number, size: number): string =>
  `It is coded in ${count} blocks of ${(size / 1e6).toPrecision(3)} MB at most, each of which learns anew.`;

/** One of the models that may be the shortest. */
interface Candidate {
  model: ModelSpec;
  /** Of what it predicts in the first block. */
  syntax: Syntax;
  found: Finding[];
}

/** One of the texts that may be predicted in the first block. */
interface BlockView {
  text: Uint8Array;
  syntax: Syntax;
  analysis: Analysis;
  /** How many models are found for it, and the bytes that are coded until then, about. */
  models: number;
  work: number;
}

/** The first block, and where it is sound what a predictor of its samples leaves. */
function viewsOf(
  first: Uint8Array,
  syntax: Syntax,
  counts: Float64Array,
  { effort, trials }: Pick<BlockOptions, 'effort' | 'trials'>,
): BlockView[] {
  const residuals = residualView(first, taughtBy(effort));
  const views = [
    { text: first, syntax: syntaxOf(first, syntax) },
    ...(residuals?.syntax ? [{ text: residuals.text, syntax: residuals.syntax }] : []),
  ];
  return views.map(({ text, syntax }) => {
    const analysis = analyse(text, syntax, counts);
    return { text, syntax, analysis, ...expectedCandidates(text, analysis, effort, { trials }) };
  });
}

/** Where several models may be the shortest, the first block decides. */
async function* codeShortest(
  candidates: Candidate[],
  tasksOf: (candidate: Candidate) => BlockTask[],
  code: BlockCoder,
  form: Form,
): AsyncGenerator<ProgramEvent, { shortest: Candidate; blocks: CodedBlock[]; learnt: Finding[] }> {
  if (candidates.length === 1) {
    const [shortest] = candidates;
    return { shortest, blocks: yield* codeAll(tasksOf(shortest), code), learnt: [] };
  }
  const firsts = candidates.map((candidate) => tasksOf(candidate)[0]);
  const tasks = tasksOf(candidates[0]);
  const count = tasks.length;
  const [{ to: begun }, { to: end }] = [tasks[0], tasks[count - 1]];
  const trying = firsts.length * begun;
  const course = createCourse(trying + end - begun);
  const tried = yield* course.part(trying, codeAll(firsts, code));
  const sizes: number[] = [];
  const learnt: Finding[] = [];
  for (const [k, { model, room }] of firsts.entries()) {
    const { payload, networkBits } = tried[k];
    const { program } = await blocksProgram(model, [tried[k]], { ...form, head: 0, room });
    const size = Math.round(program.length + (count - 1) * (payload.length - networkBits / 8));
    if (model.network)
      learnt.push(networkFinding(Math.round(networkBits / 8), Math.min(...sizes), size));
    sizes.push(size);
  }
  const best = sizes.indexOf(Math.min(...sizes));
  const others = codeAll(tasksOf(candidates[best]).slice(1), code);
  const rest = yield* course.part(end - begun, others);
  return { shortest: candidates[best], blocks: [tried[best], ...rest], learnt };
}

/** All blocks in their order; as soon as they do not fit a program, a KolmoError. */
async function* codeAll(
  tasks: BlockTask[],
  code: BlockCoder,
): AsyncGenerator<ProgramEvent, CodedBlock[]> {
  const blocks: CodedBlock[] = [];
  let length = 0;
  for await (const event of code(tasks)) {
    if (event.type !== 'coded') {
      yield event;
      continue;
    }
    blocks[event.index] = event.block;
    length += event.block.payload.length;
    if (length > mostProgram) throw tooLong();
  }
  return blocks;
}

const tooLong = (): KolmoError =>
  new KolmoError(
    `The program would be longer than ${mostProgram} bytes, more than Node and browsers read as one module: split the file, and write a program for each part.`,
  );

/** The program of the blocks, or what stores the data or uses a compressor of Node's, if that is shorter. */
async function* shorterOf(
  written: Generated,
  { gzip, brotli }: { gzip: number; brotli?: number },
  file: Source,
  ascii: boolean,
): AsyncGenerator<ProgramEvent, { best: Generated; isPlain: boolean }> {
  const length = written.program.length;
  if (length > Math.min(gzip, brotli ?? Infinity, file.length) && file.length < mostProgram) {
    const bytes = await file.read(0, file.length);
    const compressed = brotli === undefined ? undefined : yield* measuredBrotli(bytes);
    const plain = plainProgram(bytes, compressed, { ascii });
    if (plain.program.length <= length) return { best: plain, isPlain: true };
  }
  if (length > mostProgram) throw tooLong();
  return { best: written, isPlain: false };
}

/** The syntax of the first block, which holds fewer images than the file. */
function syntaxOf(first: Uint8Array, syntax: Syntax): Syntax {
  return syntax.type === 'image' ? { ...syntax, count: countIn(syntax, first.length) } : syntax;
}

/** What is predicted, in the whole file. */
function ofWhole({ syntax }: Candidate, first: Uint8Array, length: number): Syntax {
  if (syntax.type === 'residuals') return { ...syntax, ...soundOf(first, length) };
  return syntax.type === 'image' ? analyseSyntax(first, length) : syntax;
}

/** A key of JSON is the same in all blocks by its name, a column of a table by its place; the first block knows the names. */
function mergedFields(blocks: CodedBlock[], syntax: Syntax): FieldCost[] {
  const merged = blocks[0].fields.map((field) => ({ ...field }));
  for (const { fields } of blocks.slice(1)) {
    fields.forEach((field, k) => {
      const known =
        syntax.type === 'json' ? merged.find(({ name }) => name === field.name) : merged[k];
      if (!known) {
        merged.push({ ...field });
        return;
      }
      known.bytes += field.bytes;
      known.bits += field.bits;
    });
  }
  return merged;
}
