/** The classifier that judges what a GAN of a run draws: trained once on the run's data and kept beside it. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { decode, encode } from '../core/compress/container/container';
import type { Dataset } from '../core/data/dataset';
import type { Architecture, Model } from '../core/train/model';
import { trainJudge } from '../core/train/quality';
import { writeArtifact } from '../runs/artifact';
import type { RunEvent, StageName } from '../runs/events';
import type { JobContext } from './context';

/** A dataset with what its generators are measured by. */
export interface JudgedDataset extends Dataset {
  /** `missing`: its models are generators, and nothing can measure them. Absent: they are measured without one. */
  judge?: Model | 'missing';
}

/** Adds the judge for an architecture that is trained against an adversary; others are measured without one. */
export async function* withJudge(
  dataset: Dataset,
  architecture: Architecture | undefined,
  { run, stage, threads }: { run: string; stage: StageName; threads: number },
  { stopping }: JobContext,
): AsyncGenerator<RunEvent, JudgedDataset> {
  if (!architecture?.adversary) return dataset;
  const path = join(run, 'judge.kolmo');
  if (existsSync(path)) {
    return { ...dataset, judge: decode(new Uint8Array(await readFile(path)), path) };
  }
  const training = trainJudge(dataset, { threads });
  if (!training) {
    const message =
      'Samples are judged by a classifier of labelled images, and these have no labels.';
    yield { type: 'warning', stage, message };
    return { ...dataset, judge: 'missing' };
  }
  for (;;) {
    // Who stops the run does not wait for figures.
    if (stopping()) {
      await training.return(undefined as never);
      return { ...dataset, judge: 'missing' };
    }
    const step = await training.next();
    if (step.done) {
      const judge = step.value.model;
      await writeArtifact(path, encode(judge));
      return { ...dataset, judge };
    }
    if (step.value.type !== 'progress') continue;
    const { done, total } = step.value;
    yield { type: 'progress', stage, done, total, note: 'Training the judge of the samples' };
  }
}
