/** The models that a file may be predicted with: what the search leaves of the one of its kind, and that with a network. */
import type { Analysis } from './analyse';
import { learnNetwork, learners } from './learner';
import { phaseContext } from './model/clock';
import { echoContext } from './model/echoes';
import { usualTable, type ModelSpec } from './model/engine';
import { extraContexts, fastModel, modelFor, networkInputsFor, withFront } from './model/kinds';
import { swapContexts } from './model/swaps';
import { findOriginals, originalsFinding } from './originals';
import type { Finding, ProgramEvent, ProgramOptions } from './program';
import { searchModel } from './search';
import type { Semantics } from './semantics';
import type { Syntax } from './syntax';

export interface Candidates {
  /** One, or a second one with a network. */
  models: ModelSpec[];
  /** What the contexts that were kept say of the file, and how its images were drawn. */
  found: Finding[];
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
  { syntax, semantics, full }: Analysis,
  {
    effort,
    seed,
    size = bytes.length,
  }: Pick<ProgramOptions, 'effort' | 'seed'> & { size?: number },
): AsyncGenerator<ProgramEvent, Candidates> {
  const { spec, found } = yield* searchModel(
    effort === 'fast' ? fastModel(full, syntax, bytes.length, size) : full,
    extraContexts(syntax),
    bytes,
    effort,
    { semantics, stride: syntax.type === 'records' ? syntax.stride : undefined, size },
  );
  const { largestTable = usualTable * tableFactors[effort] } = spec;
  const lean = {
    ...spec,
    ...codeFor(spec, syntax, semantics),
    largestTable: Math.min(mostTable, largestTable),
  };
  const resampling = yield* findOriginals(bytes, syntax);
  const law = resampling && originalsFinding(bytes, syntax, lean, resampling);
  const isDrawn = law !== undefined && law.savedBytes > 0;
  const front = isDrawn ? { resampling } : {};
  const models = [withFront(lean, syntax, front)];
  const inputs = networkInputsFor(syntax);
  const learner = bytes.length < leastTaught ? undefined : learners[effort];
  if (inputs && learner) {
    const network = yield* learnNetwork(lean, inputs, bytes, { ...learner, seed });
    models.push(withFront(lean, syntax, { network, ...front }));
  }
  return { models, found: isDrawn ? [...found, law] : found };
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
    largestTable: chosen.largestTable,
  };
  return { ...spec, ...codeFor(spec, other.syntax, other.semantics) };
}

/** State and step of the model without what only contexts ask for that were left out. */
function codeFor(
  { contexts, opinion }: ModelSpec,
  syntax: Syntax,
  semantics?: Semantics,
): Pick<ModelSpec, 'state' | 'step'> {
  const asked = semantics && {
    ...semantics,
    numbers: opinion ? semantics.numbers : [],
    echoes: contexts.includes(echoContext),
    swap: swapContexts.some((context) => contexts.includes(context)) ? semantics.swap : undefined,
    clock: contexts.includes(phaseContext) ? semantics.clock : undefined,
  };
  const { state, step } = modelFor(syntax, asked);
  return { state, step };
}
