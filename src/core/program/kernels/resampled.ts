// What is known of a pixel to which an original was averaged down (AssemblyScript), in a fixed order of floats; see model/resampled.ts.
import { decisions } from './decisions';
import { nearest } from './logistic';

const LAW: usize = 0x1150; // i32[5]: what `teeth` takes
const COUNTS: usize = 0x240000; // f32[258]: what speaks for each byte, from the second on
const DOWN: usize = 0x240800; // f32[16]: how much of the pixel each of the original's rows covers
const ACROSS: usize = 0x240840; // and each of its columns
const LINES: usize = 0x240880; // f32[64]: ink by how far it lies in a direction
/** f32[512]: of each byte, from 256 on, a share of what stands at 1; before them the sums of the shares. */
export const SHARES: usize = 0x241000;

/** Pixels along an edge of what originals were averaged down to; 0 for files that were not drawn so. */
export let box: f64 = 0;
let kept: f64 = 0;

/** A slope of the pixels around, squared, that says nothing yet of where ink lies. */
const leastSlope = 300;

/** Tells the law of the file. */
export function resample(edge: f64, share: f64): void {
  box = edge;
  kept = share;
}

/** What is known of the pixel that LAW tells of, as log-odds of each decision but the first, f32[256]. */
export function opine(to: usize): void {
  teeth(
    load<i32>(LAW),
    load<i32>(LAW, 4),
    load<i32>(LAW, 8),
    load<i32>(LAW, 12),
    load<i32>(LAW, 16),
  );
  decisions(SHARES, 1020, 4, to);
}

/** Puts the share of the box's row or column `at` that each of the original's covers to `to`, and returns where from there the last one stands. */
function cover(edge: i32, at: f64, to: usize): i32 {
  // An image without an original is taken for one of a single pixel.
  const scale = box / <f64>max(edge, 1);
  let n: usize = 0;
  for (let k = floor(at / scale) - 1; k * scale < at + 1 - 1e-9; k++) {
    const from = k * scale;
    const end = from + kept * scale;
    if (end < at + 1e-9) continue;
    store<f32>(
      to + n,
      <f32>(from < at - 1e-9 ? min<f64>(end - at, 1) : end > at + 1 + 1e-9 ? at + 1 - from : scale),
    );
    n += 4;
  }
  return <i32>n - 4;
}

/**
 * Straight edges of 32 directions are drawn through the original's part of the pixel at a row and a column of the box: the sums
 * that they give are counted, those most whose ink lies up the slope (a, b), if there is one that says anything.
 */
export function teeth(edge: i32, row: i32, column: i32, a: i32, b: i32): void {
  const height = cover(edge, row, DOWN);
  const width = cover(edge, column, ACROSS);
  const slope = a * a + b * b;
  memory.fill(COUNTS, 0, 1032);
  let all: f32 = 1;
  for (let u = -3; u < 4; u++) {
    for (let v = -3; v < 4; v++) {
      if (u * v ? u * u === v * v && u * u > 1 : u * u + v * v !== 1) continue;
      const first = max(0, -u) * width + max(0, -v) * height;
      for (let y = 0; y <= height; y += 4) {
        for (let x = 0; x <= width; x += 4) {
          const line: usize = first + u * x + v * y;
          store<f32>(
            line,
            load<f32>(line, LINES) + load<f32>(y, DOWN) * load<f32>(x, ACROSS),
            LINES,
          );
        }
      }
      const dot = <f32>max(0, u * a + v * b);
      const near: f32 = (dot * dot) / <f32>(slope * (u * u + v * v));
      const share: f32 = slope < leastSlope ? 1 : 0.1 + near * near;
      let sum: f32 = 0;
      for (let line = abs(u) * width + abs(v) * height; line >= 0; line -= 4) {
        const ink = load<f32>(line, LINES);
        if (!ink) continue;
        store<f32>(line, 0, LINES);
        sum += ink;
        const k: usize = COUNTS + (min<i32>(255, nearest(sum * 255) - nearest(0)) << 2);
        store<f32>(k, load<f32>(k, 4) + share, 4);
        all += share;
      }
    }
  }
  for (let k: usize = 0; k < 1024; k += 4)
    store<f32>(
      k,
      0.0006 * all +
        0.6 * load<f32>(k, COUNTS + 4) +
        0.12 * (load<f32>(k, COUNTS) + load<f32>(k, COUNTS + 8)),
      SHARES + 1024,
    );
}
