/** What a run looks like after its events so far: one reducer for host, webview and CLI. */
import type { StageName, StageResult, StampedEvent } from './events';

export type RunStatus = 'running' | 'finished' | 'stopped' | 'failed' | 'interrupted';

export interface Curve {
  step: number[];
  loss: number[];
  error: (number | null)[];
}

export interface StageState {
  status: 'running' | 'finished' | 'failed';
  settings: Record<string, number | string | boolean>;
  training: Curve;
  validation: Curve;
  result?: StageResult;
}

export interface RunState {
  status: RunStatus;
  /** The sentence to show with a status that is not running or finished. */
  message?: string;
  stages: Partial<Record<StageName, StageState>>;
  /** The stage that runs or ran last. */
  current?: StageName;
  progress?: {
    done: number;
    total: number;
    note: string;
    examplesPerSecond?: number;
    secondsLeft?: number;
  };
  warnings: string[];
  startedAt?: number;
  updatedAt?: number;
}

export const emptyRun: RunState = { status: 'running', stages: {}, warnings: [] };

const emptyCurve = (): Curve => ({ step: [], loss: [], error: [] });

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
    case 'stageStarted':
      return {
        ...change(event.stage, {
          status: 'running',
          settings: event.settings,
          training: emptyCurve(),
          validation: emptyCurve(),
          result: undefined,
        }),
        status: 'running',
        message: undefined,
        progress: undefined,
      };
    case 'progress':
      return { ...next, current: event.stage, progress: event };
    case 'point': {
      const curve = stageOf(next, event.stage)[event.split];
      curve.step.push(event.step);
      curve.loss.push(event.loss);
      curve.error.push(event.error ?? null);
      return change(event.stage, { [event.split]: curve });
    }
    case 'stageFinished':
      return {
        ...change(event.stage, { status: 'finished', result: event.result }),
        progress: undefined,
      };
    case 'warning':
      return { ...next, warnings: [...state.warnings, event.message] };
    case 'stopped':
    case 'failed':
    case 'interrupted': {
      const failed = state.current && stageOf(state, state.current).status === 'running';
      return {
        ...(failed ? change(state.current!, { status: 'failed' }) : next),
        status: event.type,
        message: event.message,
        progress: undefined,
      };
    }
    case 'finished':
      return { ...next, status: 'finished', progress: undefined };
    default:
      return event satisfies never;
  }
}

function stageOf(state: RunState, stage: StageName): StageState {
  return (
    state.stages[stage] ?? {
      status: 'running',
      settings: {},
      training: emptyCurve(),
      validation: emptyCurve(),
    }
  );
}
