// Another tree of decisions (AssemblyScript): whether a byte is less than places around what is expected, which lie the closer
// the nearer they are to that, so that likely bytes take few. A node is its place, 128 that of what is expected.
import { NEXT } from './map';

/** Half of all bytes lie nearer to what is expected than this, if it expects well. */
const breadth: f32 = 3;

/** The first place; 0 where decisions are not around anything. */
export let root: i32 = 0;

/** The value that place 0 stands for, from -128 to 127: bytes are told apart modulo 256. */
export let centre: i32 = 0;

/** Comes before the first byte. */
export function surround(): void {
  root = grow(0, 256);
}

/** Says what is expected of the next byte. */
export function centreOn(byte: i32): void {
  if (root) centre = byte - 128;
}

/** The node that follows on a decision. */
export function placeAfter(place: i32, y: i32): i32 {
  return load<u16>(((place << 1) | y) << 1, NEXT);
}

/** Halves what lies between two places, and returns the place where. */
function grow(from: i32, to: i32): i32 {
  if (to - from < 2) return 256 | from;
  const u = (gauge(from) + gauge(to)) / 2;
  const halfway: f32 = <f32>129 + (breadth * u) / (1 - abs(u));
  const place = max(from + 1, min(to - 1, <i32>halfway));
  store<u16>(place << 2, grow(from, place), NEXT);
  store<u16>(place << 2, grow(place, to), NEXT + 2);
  return place;
}

/** Where a place lies between all that are less and all that are greater, from -1 to 1. */
function gauge(place: i32): f32 {
  const r = <f32>place - 128.5;
  return r / (breadth + abs(r));
}
