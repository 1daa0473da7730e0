/** The models that a file may be predicted with: what the search leaves of the one of its kind, and that with a network. */
import type { Analysis } from '../analyse';
import type { Finding, ProgramEvent, ProgramOptions } from '../contract';
import { createCourse } from '../course';
import { phaseContext } from '../model/clock';
import { echoContext } from '../model/echoes';
import { usualTable, type ModelSpec } from '../model/engine';
import {
  aroundFor,
  extraContexts,
  fastModel,
  modelFor,
  networkInputsFor,
  withFront,
} from '../model/kinds';
import { swapContexts } from '../model/swaps';
import type { Law, Semantics } from '../semantics';
import { findOriginals, originalsFinding } from '../semantics/originals';
import type { Syntax } from '../syntax';
import { ownThread, type Trials } from '../trials';
import { speedOf } from './ahead';
import { lawsWork, measureLaws } from './laws';
import { learnNetwork, learners, learnerWork } from './learner';
import {
  opinionPays,
  opinionWork,
  pickModel,
  pickWork,
  plainRoom,
  roomAround,
  roomFor,
  withoutOpinion,
  type Picked,
} from './pick';
import { isForeseen } from './recurrence';
import { searchModel, searchWork } from './search';

interface Candidates {
  /** One, or a second one with a network. */
  models: ModelSpec[];
  /** What the contexts that were kept say of the file, and how its images were drawn. */
  found: Finding[];
  /** What its columns say of one another; nobody has measured it where the savings are 0. */
  laws: Finding[];
}

/** Shorter data do not teach a network as much as it costs. */
const leastTaught = 1 << 18;

/** A smaller table is faster, a larger one makes most files a thousandth shorter; images, which get more of it, keep theirs. */
const tableFactors: Record<ProgramOptions['effort'], number> = { fast: 0.5, balanced: 1, max: 2 };

/** Bytes, so that no program takes more than 160 MB of memory. */
const mostTable = 56 << 20;

/** Searches a file, or the first block of it, or what a file of `size` bytes is restated as. */
export async function* findCandidates(
  bytes: Uint8Array,
  analysis: Analysis,
  {
    effort,
    seed,
    size = bytes.length,
    trials = ownThread(),
  }: Pick<ProgramOptions, 'effort' | 'seed'> & { size?: number; trials?: Trials },
): AsyncGenerator<ProgramEvent, Candidates> {
  const { syntax, semantics } = analysis;
  const search = searchFor(bytes, analysis, effort, size);
  const work = worksOf(bytes, analysis, { effort, search, trials });
  const course = createCourse(sumOf(work));
  const { spec, found } = yield* course.part(work.search, search.run(trials));
  const { largestTable = usualTable * tableFactors[effort] } = spec;
  const lean = {
    ...spec,
    ...codeFor(spec, syntax, semantics),
    largestTable: Math.min(mostTable, largestTable),
  };
  const resampling = yield* course.part(work.originals, findOriginals(bytes, syntax));
  const law = resampling && originalsFinding(bytes, syntax, lean, resampling);
  const isDrawn = law !== undefined && law.savedBytes > 0;
  const front = isDrawn ? { resampling } : {};
  const models = [withFront(lean, syntax, front)];
  const inputs = networkInputsFor(syntax);
  const learner = learnerFor(bytes, syntax, effort);
  if (inputs && learner) {
    const learning = learnNetwork(lean, inputs, bytes, { ...learner, seed });
    const network = yield* course.part(work.network, learning);
    models.push(withFront(lean, syntax, { network, ...front }));
  }
  const known = semantics?.laws ?? [];
  const laws =
    effort === 'fast'
      ? known.map(({ sentence }) => ({ sentence, savedBytes: 0 }))
      : yield* course.part(
          work.laws,
          measureLaws(
            known,
            bytes,
            effort,
            (law) => modelWithout(lean, syntax, semantics, law),
            trials,
          ),
        );
  return { models, found: isDrawn ? [...found, law] : found, laws };
}

/** The model of a file one of whose laws is not known. */
function modelWithout(
  model: ModelSpec,
  syntax: Syntax,
  semantics: Semantics | undefined,
  law?: Law,
): ModelSpec {
  const known = semantics && { ...semantics, ...law?.without };
  const contexts = model.contexts.filter(
    (context) => known?.swap || !swapContexts.includes(context),
  );
  return { ...model, contexts, ...codeFor({ ...model, contexts }, syntax, known) };
}

/** A search that is still to be run, and the bytes that it codes, about. */
interface Search {
  work: number;
  run(trials: Trials): AsyncGenerator<ProgramEvent, { spec: ModelSpec; found: Finding[] }>;
}

/** One that also tells what the sample costs. */
interface Picking extends Search {
  run(trials: Trials): AsyncGenerator<ProgramEvent, Picked>;
}

/** Of the model of a kind; with `effort: 'fast'` of that without what is slow, or for few contexts that are picked. */
function searchFor(
  bytes: Uint8Array,
  { syntax, semantics, full }: Analysis,
  effort: ProgramOptions['effort'],
  size: number,
): Search {
  const extra = extraContexts(syntax);
  const stride = syntax.type === 'records' ? syntax.stride : undefined;
  const thinned = (model: ModelSpec): Search => ({
    work: searchWork(model, extra, bytes, effort, semantics),
    run: (trials) => searchModel(model, extra, bytes, effort, { semantics, stride, size, trials }),
  });
  const picked = (model: ModelSpec, room: number): Picking => ({
    work: pickWork(model, extra, bytes, room),
    run: (trials) =>
      pickModel(model, extra, bytes, {
        room,
        hasRepeats: syntax.type === 'text',
        stride,
        trials,
      }),
  });
  if (effort !== 'fast') return thinned(full);
  const room = roomFor(syntax, bytes);
  if (room !== undefined) {
    const plain = withoutOpinion(full);
    const without = picked({ ...plain, ...codeFor(plain, syntax, semantics) }, room);
    const near = aroundFor(full, syntax);
    return near ? shorter(without, picked(near, roomAround)) : without;
  }
  const fast = fastModel(full, syntax, isHurried(full, bytes, size));
  const isLong = bytes.length >= leastPicked && bytes.length * 2 > size;
  if (!isLong || !fast.opinion) return thinned(fast);
  // Beside opinions others tell most.
  const plain = withoutOpinion({ ...full, leastError: fast.leastError });
  return weighed(fast, bytes, { along: thinned(fast), without: picked(plain, plainRoom) });
}

/** The search along with the model's opinions if these pay, else the one without; the longer of both is expected. */
function weighed(
  model: ModelSpec,
  bytes: Uint8Array,
  { along, without }: Record<'along' | 'without', Search>,
): Search {
  const weighing = opinionWork(bytes);
  const searching = Math.max(along.work, without.work);
  return {
    work: weighing + searching,
    async *run(trials) {
      const course = createCourse(weighing + searching);
      const isWorthIt = yield* course.part(weighing, opinionPays(model, bytes, trials));
      return yield* course.part(searching, (isWorthIt ? along : without).run(trials));
    },
  };
}

/** Of two models the one that is shorter for the sample. */
function shorter(one: Picking, other: Picking): Search {
  const work = one.work + other.work;
  return {
    work,
    async *run(trials) {
      const course = createCourse(work);
      const first = yield* course.part(one.work, one.run(trials));
      const second = yield* course.part(other.work, other.run(trials));
      return second.cost < first.cost ? second : first;
    },
  };
}

/** Bytes: to pick contexts takes longer than a shorter table is worth. */
const leastPicked = 1 << 16;

/** Bytes: the program of a shorter text is fast enough, or of one half as long as its file, and deciding bytes quickly takes 300 of it. */
const leastHurried = 1 << 18;

/** Whether the program of a file of `size` bytes gains time by deciding quickly what it can: it takes some itself. */
const isHurried = ({ opinion }: ModelSpec, bytes: Uint8Array, size: number): boolean =>
  opinion !== undefined &&
  bytes.length >= leastHurried &&
  bytes.length * 2 > size &&
  isForeseen(bytes);

/** How a network is trained for the bytes, if one is. */
const learnerFor = (bytes: Uint8Array, syntax: Syntax, effort: ProgramOptions['effort']) =>
  networkInputsFor(syntax) && bytes.length >= leastTaught ? learners[effort] : undefined;

/** In bytes to be coded one after the other, what each step takes. */
function worksOf(
  bytes: Uint8Array,
  { syntax, semantics }: Analysis,
  {
    effort,
    search,
    trials,
  }: { effort: ProgramOptions['effort']; search: Search; trials: Pick<Trials, 'atOnce'> },
): Record<'search' | 'originals' | 'network' | 'laws', number> {
  const learner = learnerFor(bytes, syntax, effort);
  const speed = speedOf(trials);
  return {
    search: search.work / speed,
    originals: syntax.type === 'image' ? bytes.length / 4 : 0,
    network: learner ? learnerWork(learner, bytes) : 0,
    laws: semantics && effort !== 'fast' ? lawsWork(semantics.laws, bytes, effort) / speed : 0,
  };
}

const sumOf = (work: Record<string, number>): number => Object.values(work).reduce((a, b) => a + b);

/** How many models are found, and the bytes that are coded until then, about; `size` is that of the file which the bytes restate. */
export function expectedCandidates(
  bytes: Uint8Array,
  analysis: Analysis,
  effort: ProgramOptions['effort'],
  {
    size = bytes.length,
    trials = { atOnce: 1 },
  }: { size?: number; trials?: Pick<Trials, 'atOnce'> } = {},
): { models: number; work: number } {
  const models = learnerFor(bytes, analysis.syntax, effort) ? 2 : 1;
  const search = searchFor(bytes, analysis, effort, size);
  return { models, work: sumOf(worksOf(bytes, analysis, { effort, search, trials })) };
}

/** The model of `other` with what the search left of the full model of `searched`, and with what that one never had. */
export function chosenFor(other: Analysis, searched: Analysis, chosen: ModelSpec): ModelSpec {
  const { full } = searched;
  const isKept =
    <Part>(before: Part[], after: Part[]) =>
    (part: Part): boolean =>
      after.includes(part) || !before.includes(part);
  const setsOf = ({ selectors }: ModelSpec) => selectors.map(({ expression }) => expression);
  const isKeptSet = isKept(setsOf(full), setsOf(chosen));
  const spec = {
    ...other.full,
    contexts: [
      ...other.full.contexts.filter(isKept(full.contexts, chosen.contexts)),
      ...chosen.contexts.filter((context) => !full.contexts.includes(context)),
    ],
    selectors: other.full.selectors.filter(({ expression }) => isKeptSet(expression)),
    matches: other.full.matches.filter(isKept(full.matches, chosen.matches)),
    opinion: full.opinion === chosen.opinion ? other.full.opinion : undefined,
    expected: chosen.expected &&
      other.full.expected && { ...other.full.expected, isAround: chosen.expected.isAround },
    largestTable: chosen.largestTable,
  };
  return { ...spec, ...codeFor(spec, other.syntax, other.semantics) };
}

/** State and step of the model without what only contexts ask for that were left out. */
function codeFor(
  { contexts, opinion, expected }: ModelSpec,
  syntax: Syntax,
  semantics?: Semantics,
): Pick<ModelSpec, 'state' | 'step'> {
  const asked = semantics && {
    ...semantics,
    echoes: contexts.includes(echoContext),
    swap: swapContexts.some((context) => contexts.includes(context)) ? semantics.swap : undefined,
    clock: contexts.includes(phaseContext) ? semantics.clock : undefined,
  };
  const isExpected = opinion !== undefined || expected !== undefined;
  const { state, step } = modelFor(syntax, asked, isExpected);
  return { state, step };
}
