/** What a run looks like after its events so far: one reducer for host, webview and CLI. */
import { isPass } from '../core/compress/descriptions';
import type { PassName } from '../core/compress/pass';
import {
  stageNames,
  type Finding,
  type Rung,
  type Sensitivity,
  type StageName,
  type StageResult,
  type StampedEvent,
} from './events';

export type RunStatus = 'running' | 'finished' | 'stopped' | 'failed' | 'interrupted';

export interface Curve {
  step: number[];
  loss: number[];
  error: (number | null)[];
  /** Loss of a GAN's discriminator. */
  adversaryLoss: (number | null)[];
}

/** What a model drew after an epoch; `file` is relative to the run folder. */
export interface Samples {
  epoch: number;
  step: number;
  file: string;
}

export interface StageState {
  /** A stage that was begun ended as its job did. */
  status: RunStatus;
  settings: Record<string, number | string | boolean>;
  /** Absolute path of what a program is written for. */
  source?: string;
  training: Curve;
  validation: Curve;
  /** In the order of the epochs; only of a model that draws. */
  samples: Samples[];
  result?: StageResult;
}

/** What was found out about the run's current model. */
export interface Analysis {
  running?: Extract<StampedEvent, { type: 'analysing' }>;
  /** Why the last analysis ended early. */
  message?: string;
  dryRun: { pass: PassName; rungs: Rung[] }[];
  sensitivity?: { pass: PassName; cells: Sensitivity[] };
  prequential: { coded: number; bytes: number }[];
}

export interface RunState {
  status: RunStatus;
  /** The sentence to show with a status that is not running or finished. */
  message?: string;
  stages: Partial<Record<StageName, StageState>>;
  /** The finished stages that made the current model, in the order in which they were applied. */
  chain: StageName[];
  /** The stage that runs or ran last. */
  current?: StageName;
  /** The training has ended by itself, and whatever ends early later has nothing of it to go on with. */
  trained?: boolean;
  /** The training has ended early, and can be gone on with, whatever was made of its model since. */
  cut?: boolean;
  progress?: {
    done: number;
    total: number;
    note: string;
    examplesPerSecond?: number;
    secondsLeft?: number;
  };
  warnings: string[];
  analysis: Analysis;
  /** What holds again if the first pass of a compression does not end: until then its files stand. */
  before?: Pick<RunState, 'stages' | 'chain' | 'analysis'>;
  startedAt?: number;
  updatedAt?: number;
}

/** A run whose only stage writes a program has no model to go on with. */
export const onlyProgram = ({ stages }: RunState): boolean =>
  Object.keys(stages).join() === 'program';

/** The file of a run that was to write a program alone and has none, so that it can be tried again. */
export const unwrittenSource = (state: RunState): string | undefined =>
  state.status !== 'running' && onlyProgram(state) && !state.stages.program!.result
    ? state.stages.program!.source
    : undefined;

/** Whether nothing runs and the training ended early: what ends early later leaves it as it was. */
export const canResume = ({ status, cut }: RunState): boolean =>
  status !== 'running' && cut === true;

/** Whether a curve is that of a GAN, whose loss is its generator's. */
export const isAdversarial = ({ adversaryLoss: [first] }: Curve): boolean =>
  first !== undefined && first !== null;

const noAnalysis: Analysis = { dryRun: [], prequential: [] };

export const emptyRun: RunState = {
  status: 'running',
  stages: {},
  chain: [],
  warnings: [],
  analysis: noAnalysis,
};

const emptyCurve = (): Curve => ({ step: [], loss: [], error: [], adversaryLoss: [] });

/**
 * Applies one event. Curves are appended to in place, since copying 100,000 points an event would stall
 * a panel; every other part is a new value.
 */
export function reduce(state: RunState, event: StampedEvent): RunState {
  const next: RunState = {
    ...state,
    startedAt: state.startedAt ?? event.at,
    updatedAt: event.at,
  };
  const change = (stage: StageName, part: Partial<StageState>): RunState => ({
    ...next,
    current: stage,
    stages: { ...state.stages, [stage]: { ...stageOf(state, stage), ...part } },
  });
  switch (event.type) {
    case 'stageStarted': {
      const chain = event.chain ?? chainBefore(state.chain, event.stage);
      const before = stageOf(state, event.stage);
      const kept = (split: 'training' | 'validation'): Curve =>
        event.resumedAt === undefined ? emptyCurve() : curveUntil(before[split], event.resumedAt);
      const stage: StageState = {
        status: 'running',
        settings: event.settings,
        ...(event.source !== undefined && { source: event.source }),
        training: kept('training'),
        validation: kept('validation'),
        samples: before.samples.filter(({ step }) => step <= (event.resumedAt ?? 0)),
      };
      return {
        ...next,
        current: event.stage,
        trained: state.trained && event.stage !== 'train',
        cut: state.cut && event.stage !== 'train',
        stages: { ...stagesOf(state, chain), [event.stage]: stage },
        chain,
        status: 'running',
        message: undefined,
        progress: undefined,
        ...(event.chain && {
          before: { stages: state.stages, chain: state.chain, analysis: state.analysis },
        }),
        // What was found out about another model no longer holds; the labels are the same.
        analysis:
          event.stage === 'train'
            ? noAnalysis
            : { ...noAnalysis, prequential: state.analysis.prequential },
      };
    }
    case 'progress':
      return { ...next, current: event.stage, progress: event };
    case 'point': {
      const curve = stageOf(next, event.stage)[event.split];
      curve.step.push(event.step);
      curve.loss.push(event.loss);
      curve.error.push(event.error ?? null);
      curve.adversaryLoss.push(event.adversaryLoss ?? null);
      return change(event.stage, { [event.split]: curve });
    }
    case 'samples': {
      const { epoch, step, file } = event;
      const { samples } = stageOf(next, event.stage);
      return change(event.stage, { samples: [...samples, { epoch, step, file }] });
    }
    case 'stageFinished':
      return {
        ...change(event.stage, { status: 'finished', result: event.result }),
        chain: [...state.chain.filter((stage) => stage !== event.stage), event.stage],
        before: undefined,
        progress: undefined,
      };
    case 'verified': {
      const result = state.stages.program?.result;
      if (!result?.program) return next;
      const { verified, proof } = event;
      return change('program', {
        result: { ...result, program: { ...result.program, verified, proof } },
      });
    }
    case 'warning':
      return { ...next, warnings: [...state.warnings, event.message] };
    case 'analysing':
      return { ...next, analysis: { ...state.analysis, running: event, message: undefined } };
    case 'found':
      return { ...next, analysis: withFinding(state.analysis, event.finding) };
    case 'analysed':
      return {
        ...next,
        analysis: { ...state.analysis, running: undefined, message: event.message },
      };
    case 'stopped':
    case 'failed':
    case 'interrupted': {
      const { current, before } = state;
      const failed =
        current && stageOf(state, current).status === 'running'
          ? change(current, { status: event.type })
          : next;
      return {
        ...failed,
        ...(before && { ...before, stages: { ...failed.stages, ...before.stages } }),
        before: undefined,
        cut: state.cut || isCut(state),
        status: event.type,
        message: event.message,
        progress: undefined,
      };
    }
    case 'finished':
      return {
        ...next,
        status: 'finished',
        trained: state.trained || (!state.cut && state.stages.train?.status === 'finished'),
        progress: undefined,
      };
    default:
      return event satisfies never;
  }
}

/** Whether what ends now ends the training, and not what comes after it. */
const isCut = ({ trained, stages }: RunState): boolean =>
  !trained && !Object.keys(stages).some((name) => name === 'program' || isPass(name));

function withFinding(analysis: Analysis, finding: Finding): Analysis {
  switch (finding.type) {
    case 'dryRun': {
      const { pass, rungs } = finding;
      const others = analysis.dryRun.filter((each) => each.pass !== pass);
      return { ...analysis, dryRun: [...others, { pass, rungs }] };
    }
    case 'sensitivity': {
      const { pass, cell } = finding;
      const before = analysis.sensitivity?.pass === pass ? analysis.sensitivity.cells : [];
      const place = before.findIndex(
        ({ parameter, setting }) => parameter === cell.parameter && setting === cell.setting,
      );
      // Measured again it stays where it was, so that a map keeps its rows and columns.
      const cells = place < 0 ? [...before, cell] : before.with(place, cell);
      return { ...analysis, sensitivity: { pass, cells } };
    }
    case 'prequential': {
      const { coded, bytes } = finding;
      const before = analysis.prequential.filter((block) => block.coded < coded);
      return { ...analysis, prequential: [...before, { coded, bytes }] };
    }
    default:
      return finding satisfies never;
  }
}

/** The stages that stay when passes are applied: those before the first of them, or of what was made of the model, in the chain. */
export function stagesBefore(chain: StageName[], passes: PassName[]): StageName[] {
  const first = chain.findIndex(
    (name) => derived.has(name) || passes.some((pass) => pass === name),
  );
  return first < 0 ? chain : chain.slice(0, first);
}

/**
 * What remains when a stage starts: a stage that was applied before is applied again from where it was,
 * so it and what came after it leave; a pass always makes the packed file and the program stale.
 */
function chainBefore(chain: StageName[], stage: StageName): StageName[] {
  const index = chain.indexOf(stage);
  const before = index < 0 ? chain : chain.slice(0, index);
  const order = stageNames.indexOf(stage);
  return before.filter((name) => !derived.has(name) || stageNames.indexOf(name) < order);
}

const derived = new Set<StageName>(['entropyCode', 'program']);

function stagesOf(state: RunState, chain: StageName[]): RunState['stages'] {
  return Object.fromEntries(
    Object.entries(state.stages).filter(([name]) => chain.includes(name as StageName)),
  );
}

function curveUntil(curve: Curve, step: number): Curve {
  const end = curve.step.findIndex((each) => each > step);
  const count = end < 0 ? curve.step.length : end;
  return {
    step: curve.step.slice(0, count),
    loss: curve.loss.slice(0, count),
    error: curve.error.slice(0, count),
    adversaryLoss: curve.adversaryLoss.slice(0, count),
  };
}

function stageOf(state: RunState, stage: StageName): StageState {
  return (
    state.stages[stage] ?? {
      status: 'running',
      settings: {},
      training: emptyCurve(),
      validation: emptyCurve(),
      samples: [],
    }
  );
}
