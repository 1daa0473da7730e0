/** The hour or the day of the week, from a column of steps (restate/steps.ts). */
import type { Hooks } from './fields';

export interface Clock {
  /** The column of steps, each a whole number. */
  column: number;
  /** Steps of a phase, and phases until they begin again: the minutes of an hour and the hours of a day. */
  phase: number;
  phases: number;
}

/** The field so far and the phase. */
export const phaseContext = 'mix(mix(prefix,phase),col)';

/** `phase` is that of the row's time once its step has been read, and of the row above until then. */
export const clockSource = ({ column, phase, phases }: Clock): Hooks => ({
  state: 'let step = 0, time = 0, phase = 0;',
  ended: `if (col === ${column}) phase = ((time += step) / ${phase} | 0) % ${phases};`,
  begun: 'step = 0;',
  inside: 'step = step * 10 + c1 - 48;',
});
