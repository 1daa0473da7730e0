/** How a job ended that nobody of this process waited for, read from what it left in its run. */
import { isAbsolute, join } from 'node:path';
import { isPass } from '../core/compress/descriptions';
import type { RunEvent, StageName, StampedEvent } from '../runs/events';
import type { RunRecord } from '../runs/folder';
import { emptyRun, reduce } from '../runs/state';
import { stageSummary, summaryOf, type CompressSummary } from './compressSummary';
import type { ProgramSummary } from './programSteps';
import { stoppedWithResult } from './request';
import type { TrainSummary } from './train';
import type { VerifySummary } from './verify';

export type Outcome =
  | { type: 'trained'; result: Pick<TrainSummary, 'architecture' | 'ended' | 'metrics'> }
  | { type: 'compressed'; result: CompressSummary }
  | { type: 'program'; result: ProgramSummary }
  | { type: 'verified'; result: Pick<VerifySummary, 'file' | 'verified' | 'sha256'> }
  /** There is no result, because somebody wanted it so, and the sentence says what is kept. */
  | { type: 'stopped'; message: string }
  | { type: 'failed'; message: string }
  /** The process ended without a word. */
  | { type: 'gone' }
  /** What was found out is in the run already. */
  | { type: 'analysed' };

/**
 * What the last job of a run answered with, as far as it is told to a person.
 * @param events the whole history
 * @param record absent where the run wrote a program alone
 */
export function outcomeOf(run: string, events: StampedEvent[], record?: RunRecord): Outcome {
  const end = events.at(-1);
  if (!end || !isEnd(end)) return { type: 'gone' };
  const own = events.slice(events.slice(0, -1).findLastIndex(isEnd) + 1);
  switch (end.type) {
    case 'analysed':
      return end.message === undefined
        ? { type: 'analysed' }
        : { type: 'stopped', message: end.message };
    case 'finished':
      return resultOf(run, own, events, record);
    case 'stopped':
      return end.message === stoppedWithResult
        ? resultOf(run, own, events, record)
        : { type: 'stopped', message: end.message };
    case 'failed':
    case 'interrupted':
      return { type: 'failed', message: end.message };
    default:
      return end satisfies never;
  }
}

type EndEvent = Extract<
  RunEvent,
  { type: 'finished' | 'stopped' | 'failed' | 'interrupted' | 'analysed' }
>;

const isEnd = (event: RunEvent): event is EndEvent =>
  ['finished', 'stopped', 'failed', 'interrupted', 'analysed'].includes(event.type);

/** @param own the events of the job alone */
function resultOf(
  run: string,
  own: StampedEvent[],
  events: StampedEvent[],
  record?: RunRecord,
): Outcome {
  const { stages, trained } = events.reduce(reduce, emptyRun);
  const done = own.flatMap((event) => (event.type === 'stageFinished' ? [event] : []));
  const has = (stage: StageName): boolean => done.some((event) => event.stage === stage);
  const { result: written } = stages.program ?? {};
  if (written?.program && (has('program') || own.some(({ type }) => type === 'verified'))) {
    const { artifact, program: measure, test } = written;
    const program = isAbsolute(artifact) ? artifact : join(run, artifact);
    if (has('program')) {
      return { type: 'program', result: { ...measure, program, ...(test && { metrics: test }) } };
    }
    const { file, verified, proof } = measure;
    return { type: 'verified', result: { file, verified, sha256: proof.printed } };
  }
  const passes = done.flatMap(({ stage, result }) =>
    isPass(stage) ? [stageSummary(stage, result)] : [],
  );
  const packed = stages.entropyCode?.result;
  const isPipeline = record?.request.type === 'train' && record.request.passes !== undefined;
  if (record && packed && (passes.length > 0 || isPipeline)) {
    return { type: 'compressed', result: summaryOf(run, record, passes, packed) };
  }
  const { test, validation } = stages.train?.result ?? {};
  return {
    type: 'trained',
    result: {
      architecture: record?.architecture?.name ?? '',
      ended: trained ? 'finished' : 'stopped',
      metrics: { test, validation },
    },
  };
}
