/** Which search takes the steps that deflate streams tell. */
import { setImmediate } from 'node:timers/promises';
import type { ProgramEvent } from '../contract';
import { evaluated } from '../evaluated';
import type { Inflated } from './inflated';
import { searchesOf, searchSource, type Search } from './search';
import type { Streams } from './stream';

/** A search, and of each stream the steps that it does not take, each behind the number of those since the last one. */
export interface Found {
  search: Search;
  others: number[][];
}

/** The search that takes all steps, or else the one that misses the fewest; nothing where all miss more than `most` numbers tell. */
export async function* searchOf(
  streams: Inflated[],
  kind: Streams,
  most: number,
): AsyncGenerator<ProgramEvent, Found | undefined> {
  let best: Found | undefined;
  let least = most;
  for (const search of searchesOf(kind)) {
    const others: number[][] = [];
    let left = least;
    for (const stream of streams) {
      const missed = yield* otherSteps(stream, search, left);
      if (!missed) break;
      others.push(missed);
      left -= missed.length;
    }
    if (others.length < streams.length) continue;
    best = { search, others };
    least -= left;
    if (least === 0) break;
  }
  return best;
}

/** Bytes between two looks at whether to go on. */
const stride = 1 << 16;

/** The steps that a search does not take; nothing where they are as many numbers as `limit`. */
async function* otherSteps(
  { content, steps, blocks }: Inflated,
  search: Search,
  limit: number,
): AsyncGenerator<ProgramEvent, number[] | undefined> {
  type Next = (place: number, isOther: boolean) => number;
  const next = evaluated<(content: Uint8Array) => Next>(searchSource(search))(content);
  const others: number[] = [];
  let [place, at, gap, isOther, told] = [0, 0, 0, false, 0];
  for (const block of blocks) {
    const isStored = block.type === 'stored';
    const [from, end] = [place, at + block.steps];
    while (at < end) {
      if (place >= told) {
        yield { type: 'progress', done: 0, total: content.length, note: 'Unpacking' };
        await setImmediate();
        told = place + stride;
      }
      const step = next(place, isOther);
      isOther = !isStored && step !== steps[at];
      if (isOther) {
        others.push(gap, steps[at]);
        if (others.length >= limit) return undefined;
        gap = 0;
      } else gap++;
      const bytes = (isOther ? steps[at] : step) >>> 16 || 1;
      place += bytes;
      at += isStored ? bytes : 1;
    }
    // A step that leaves what is stored is one of another block.
    if (isStored) [place, at] = [from + block.steps, end];
  }
  return others;
}
