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
  /** Whether the first in JavaScript would decode soon enough. */
  isScripted: boolean;
  /** What the contexts that were kept say of the file, and how its images were drawn. */
  found: Finding[];
}

/** Shorter data do not teach a network as much as it costs. */
const leastTaught = 1 << 18;

/** A smaller table is faster, a larger one makes most files a thousandth shorter; images, which get more of it, keep theirs. */
const tableFactors: Record<ProgramOptions['effort'], number> = { fast: 0.5, balanced: 1, max: 2 };

/** Bytes, so that no program takes more than 160 MB of memory. */
const mostTable = 56 << 20;

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
  const seconds = (bytes.length * lean.contexts.length) / scriptPace;
  const most = scripted[effort];
  const isScripted = bytes.length <= most.bytes || size >= most.pace * seconds;
  return { models, isScripted, found: isDrawn ? [...found, law] : found };
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
