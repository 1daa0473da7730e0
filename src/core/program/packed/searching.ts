/** Which search takes the steps that deflate streams tell. */
import { setImmediate } from 'node:timers/promises';
import type { ProgramEvent } from '../contract';
import { evaluated } from '../evaluated';
import type { Inflated } from './inflated';
import { searchesOf, searchSource, type Search } from './search';
import type { Streams } from './stream';

/** A search, and of each stream what it does not take. */
export interface Found {
  search: Search;
  others: Others[];
}

export interface Others {
  /** The steps that it does not take, each behind the number of those since the last one. */
  steps: number[];
  /** How many there are behind the last one. */
  rest: number;
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
    const others = yield* allOthers(streams, search, least);
    if (!others) continue;
    best = { search, others };
    least = countOf(others);
    if (least === 0) break;
  }
  return best;
}

/** How many numbers tell what is not taken. */
export const countOf = (others: Others[]): number =>
  others.reduce((sum, { steps }) => sum + steps.length, 0);

/** Steps that a search is judged by. */
const sampled = 1 << 14;

/** The search that takes most of the steps in the longest stream; nothing where it misses more than `most` numbers tell. */
export async function* closestOf(
  streams: Inflated[],
  kind: Streams,
  most: number,
): AsyncGenerator<ProgramEvent, Found | undefined> {
  const longest = streams.reduce((a, b) => (b.steps.length > a.steps.length ? b : a));
  const sample = { ...longest, blocks: longest.blocks.slice(0, 1) };
  for (let k = 1, left = sampled; k < longest.blocks.length; k++) {
    left -= longest.blocks[k - 1].steps;
    if (left <= 0) break;
    sample.blocks.push(longest.blocks[k]);
  }
  let closest: Search | undefined;
  let least = Infinity;
  for (const search of searchesOf(kind)) {
    const others = yield* otherSteps(sample, search, least);
    if (others && others.steps.length < least) [closest, least] = [search, others.steps.length];
  }
  const others = closest && (yield* allOthers(streams, closest, most));
  return closest && others && { search: closest, others };
}

/** What a search does not take of all streams; nothing where that is as many numbers as `limit`. */
async function* allOthers(
  streams: Inflated[],
  search: Search,
  limit: number,
): AsyncGenerator<ProgramEvent, Others[] | undefined> {
  const all: Others[] = [];
  let left = limit;
  for (const stream of streams) {
    const others = yield* otherSteps(stream, search, left);
    if (!others) return undefined;
    all.push(others);
    left -= others.steps.length;
  }
  return all;
}

/** Bytes between two looks at whether to go on. */
const stride = 1 << 16;

/** The steps that a search does not take; nothing where they are as many numbers as `limit`. */
async function* otherSteps(
  { content, steps, blocks }: Inflated,
  search: Search,
  limit: number,
): AsyncGenerator<ProgramEvent, Others | undefined> {
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
  return { steps: others, rest: gap };
}
