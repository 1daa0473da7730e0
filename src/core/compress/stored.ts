/** What a packed file holds in two bytes, and where two are not enough. */
import { roundToHalf } from '../formats/half';

/** A scale farther than this share of itself from its half stays float32: it lies outside of a half's normal numbers. */
const farthest = 1 / 16;

/** A scale as the file holds it: a half, or float32 where a half would be far off; never zero, so that a tensor of zeros has 1. */
export function storedScale(scale: number): number {
  const half = roundToHalf(scale);
  const stored = Math.abs(half - scale) <= farthest * scale ? half : Math.fround(scale);
  return stored > 0 ? stored : 1;
}

/** Centroids as the file holds them: halves, or float32 where these err by more than a half's precision of the largest. */
export function storedCentroids(centroids: Float32Array): Float32Array {
  const largest = centroids.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const halves = centroids.map(roundToHalf);
  const isNear = halves.every((half, i) => Math.abs(half - centroids[i]) <= largest * 2 ** -11);
  return isNear ? halves : centroids;
}
