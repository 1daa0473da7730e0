/** What each law of a file's columns saves: the sample is coded once more without it. */
import type { Finding, ProgramEvent } from '../contract';
import type { ModelSpec } from '../model/engine';
import type { Law } from '../semantics';
import { ownThread } from '../trials';
import { searchWith } from './ahead';
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
  trials = ownThread(),
): AsyncGenerator<ProgramEvent, Finding[]> {
  if (laws.length === 0) return [];
  const sample = takeSample(bytes, sampleSizes[effort]);
  return yield* searchWith(sample, trials, function* () {
    const told = { guess: 0, total: laws.length + 1, note: 'Measuring what columns tell' };
    const all = yield { model: modelWithout(), done: 0, ...told };
    const found: Finding[] = [];
    for (const [k, law] of laws.entries()) {
      const cost = yield { model: modelWithout(law), done: k + 1, ...told };
      const saved = (cost - all) * sample.scale;
      found.push({ sentence: law.sentence, savedBytes: Math.max(0, Math.round(saved)) });
    }
    return found;
  });
}
