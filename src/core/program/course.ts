/** How far a whole of several parts is: what is told of it never goes back, whatever its parts tell of themselves. */
import { relay } from '../relay';

interface Told {
  type: 'progress';
  done: number;
  total: number;
}

interface Course {
  /** Passes on the events of a part that was expected to be so much of the whole, its progress as that of the whole. */
  part<Event extends { type: string }, Result>(
    work: number,
    steps: AsyncGenerator<Event, Result>,
  ): AsyncGenerator<Event, Result>;
}

/** A whole of `total` bytes to be coded, `before` of which are behind; a part that was expected and does not come is leapt over. */
export function createCourse(total: number, before = 0): Course {
  let reached = 0;
  const whole = (done: number): Pick<Told, 'done' | 'total'> => {
    reached = Math.max(reached, Math.min(total, Math.round(done)));
    return { done: reached, total };
  };
  return {
    async *part(work, steps) {
      try {
        return yield* relay(steps, (event) =>
          isTold(event) ? { ...event, ...whole(before + work * shareOf(event)) } : event,
        );
      } finally {
        before += work;
      }
    },
  };
}

const isTold = <Event extends { type: string }>(event: Event): event is Event & Told =>
  event.type === 'progress';

const shareOf = ({ done, total }: Told): number => (total > 0 ? Math.min(1, done / total) : 0);
