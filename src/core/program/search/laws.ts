/** What each law of a file's columns saves: the sample is coded once more without it. */
import { setImmediate } from 'node:timers/promises';
import type { Finding, ProgramEvent } from '../contract';
import type { ModelSpec } from '../model/engine';
import type { Law } from '../semantics';
import { takeSample } from './sample';
import { sampleSizes } from './search';

/** Bytes that measuring laws codes. */
export const lawsWork = (laws: Law[], bytes: Uint8Array, effort: 'balanced' | 'max'): number =>
  (laws.length + 1) * Math.min(bytes.length, sampleSizes[effort]);

/**
 * By how many bytes the file would be longer without each law, as the end of a sample of it tells; 0 where others say the same.
 * `modelWithout` gives the model that knows all laws but one, or all.
 */
export async function* measureLaws(
  laws: Law[],
  bytes: Uint8Array,
  effort: 'balanced' | 'max',
  modelWithout: (law?: Law) => ModelSpec,
): AsyncGenerator<ProgramEvent, Finding[]> {
  if (laws.length === 0) return [];
  const { bytes: sample, costOf, scale } = takeSample(bytes, sampleSizes[effort]);
  const all = costOf(modelWithout());
  const found: Finding[] = [];
  for (const [k, law] of laws.entries()) {
    const [done, total] = [(k + 1) * sample.length, (laws.length + 1) * sample.length];
    yield { type: 'progress', done, total, note: 'Measuring what columns tell' };
    await setImmediate();
    const saved = (costOf(modelWithout(law)) - all) * scale;
    found.push({ sentence: law.sentence, savedBytes: Math.max(0, Math.round(saved)) });
  }
  return found;
}
