/** Where models are tried on samples: on the thread that asks, or on others at once. */
import { setImmediate } from 'node:timers/promises';
import { createMemory, tryModel, type Trial } from './model/evaluate';

/** A trial that was begun. */
export interface Begun {
  /** Bytes that the model leaves; of one that was dropped it may never be told. */
  cost: Promise<number>;
  /** Nobody waits for it any longer. */
  drop(): void;
}

export interface Trials {
  /** How many run at once: what is begun beside so many others waits for one of them. */
  atOnce: number;
  begin(trial: Trial): Begun;
}

/** One after the other on this thread, which gives way to other work now and then. */
export function ownThread(): Trials {
  const memory = createMemory();
  return {
    atOnce: 1,
    begin(trial) {
      let isDropped = false;
      const run = async (): Promise<number> => {
        const steps = tryModel(trial, memory);
        for (;;) {
          await setImmediate();
          // The memory may be that of another one by now.
          if (isDropped) return new Promise<never>(() => {});
          const step = steps.next();
          if (step.done) return step.value;
        }
      };
      return { cost: run(), drop: () => (isDropped = true) };
    },
  };
}
