/** Moving averages: parameters that no gradient moves, but what a layer records in each training step. */
import type { Step } from '../engine/step';

/** Share of an average that stays in each step. */
const decay = 0.99;

const prefix = 'recorded/';

/** Under which name a step returns what its layer recorded for a parameter, whose own name its input has. */
export const recordedName = (parameter: string): string => prefix + parameter;

/** Moves each parameter that has a record among the step's `results` towards it. */
export function moveAverages(
  { parameters }: Step,
  results: Record<string, number | Float32Array>,
): void {
  for (const name in results) {
    const current = results[name];
    if (!name.startsWith(prefix) || typeof current === 'number') continue;
    const average = parameters[name.slice(prefix.length)];
    for (let i = 0; i < average.length; i++) {
      average[i] = decay * average[i] + (1 - decay) * current[i];
    }
  }
}
