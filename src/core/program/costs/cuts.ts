/** Where a line that is too long to point at is cut: behind a record, else a field, a word or a character. */
import { isInside, unitBytes, unitReader, type Encoding } from '../syntax/encoding';

/** Ends of parts of the line in [`from`, `to`), each of about `size` bytes; none of a line that is not much longer. */
export function cutsOf(
  bytes: Uint8Array,
  { from, to }: { from: number; to: number },
  { size, encoding }: { size: number; encoding: Encoding },
): number[] {
  const cuts: number[] = [];
  for (let at = from; to - at >= 2 * size;) {
    at = cutBehind(bytes, { from: at + size, to: at + 1.5 * size }, encoding);
    cuts.push(at);
  }
  return cuts;
}

const [space, comma, semicolon, closedList, closedRecord] = [...' ,;]}'].map((sign) =>
  sign.charCodeAt(0),
);

/** Behind the first of the signs in a stretch that part most. */
function cutBehind(
  bytes: Uint8Array,
  { from, to }: { from: number; to: number },
  encoding: Encoding,
): number {
  const width = unitBytes(encoding);
  const unitAt = unitReader(bytes, encoding);
  const first = Math.ceil(from / width) * width;
  let best = { cut: first, rank: -1 };
  for (let at = first; at < to; at += width) {
    const rank = rankOf(unitAt(at), unitAt(at - width), unitAt(at + width), encoding);
    if (rank > best.rank) best = { cut: at + width, rank };
    if (rank === ranks.record) break;
  }
  return best.cut;
}

const ranks = { record: 4, field: 3, word: 2, character: 1, none: 0 };

/** How much a place parts that has a unit, with another one before it, in front of it and a third behind it. */
function rankOf(unit: number, before: number, behind: number, encoding: Encoding): number {
  if (unit === comma || unit === semicolon) {
    return before === closedRecord || before === closedList ? ranks.record : ranks.field;
  }
  if (unit === closedRecord) return ranks.field;
  if (unit <= space) return ranks.word;
  return isInside(behind, encoding) ? ranks.none : ranks.character;
}
