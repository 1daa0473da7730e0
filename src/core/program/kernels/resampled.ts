// What is known of a pixel to which an original was averaged down (AssemblyScript), in a fixed order of floats; see model/resampled.ts.
import { STRETCH } from './mixing';

const LAW: usize = 0x1158; // i32: edge << 16 | row << 11 | column << 6 | a + 2 << 3 | b + 2; 0 where nothing is known
const COUNTS: usize = 0x240000; // f32[258]: what speaks for each byte, from the second on
const DOWN: usize = 0x240800; // f32[16]: how much of the pixel each of the original's rows covers
const ACROSS: usize = 0x240840; // and each of its columns
const LINES: usize = 0x240880; // f32[64]: ink by how far it lies in a direction
/** f32[512]: of each byte, from 256 on, a share of what stands at 1; before them the sums of the shares. */
export const SHARES: usize = 0x241000;

/** Pixels along an edge of what originals were averaged down to; 0 for files that were not drawn so. */
export let box: f64 = 0;
let kept: f64 = 0;

/** Tells the law of the file. */
export function resample(edge: f64, share: f64): void {
  box = edge;
  kept = share;
}

/** What is known of the pixel at LAW, as log-odds of each decision, f32[256]. */
export function opine(to: usize): void {
  const law = load<i32>(LAW);
  if (law) teeth(law >> 16, (law >> 11) & 31, (law >> 6) & 31, ((law >> 3) & 7) - 2, (law & 7) - 2);
  for (let k: usize = 255 << 2; k; k -= 4) {
    const one = load<f32>(2 * k + 4, SHARES);
    const all = one + load<f32>(2 * k, SHARES);
    store<f32>(k, all, SHARES);
    store<f32>(to + k, law ? load<f32>((<usize>(<i32>((one * 4095) / all))) << 2, STRETCH) : 0);
  }
}

/** Puts the share of the box's row or column `at` that each of the original's covers to `to`, and returns how many do. */
function cover(edge: i32, at: f64, to: usize): i32 {
  const scale = box / <f64>edge;
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
  return <i32>n;
}

/** Straight edges of 32 directions are drawn through the pixel's part of the original: each sum that they give is counted. */
export function teeth(edge: i32, row: i32, column: i32, a: i32, b: i32): void {
  const height = cover(edge, row, DOWN);
  const width = cover(edge, column, ACROSS);
  memory.fill(COUNTS, 0, 1032);
  let all: f32 = 0;
  for (let u = -3; u < 4; u++) {
    for (let v = -3; v < 4; v++) {
      if (u * v ? u * u === v * v && u * u > 1 : u * u + v * v !== 1) continue;
      memory.fill(LINES, 0, 256);
      const first = max(0, -u) * (width - 4) + max(0, -v) * (height - 4);
      for (let y = 0; y < height; y += 4) {
        for (let x = 0; x < width; x += 4) {
          const line: usize = first + u * x + v * y;
          store<f32>(
            line,
            load<f32>(line, LINES) + load<f32>(y, DOWN) * load<f32>(x, ACROSS),
            LINES,
          );
        }
      }
      const dot = <f32>min(0, u * a + v * b);
      const near: f32 = (dot * dot) / (<f32>(u * u + v * v) * 5);
      const share: f32 = a ? 0.1 + near * near : 1;
      let sum: f32 = 0;
      for (let line: usize = 0; line < 256; line += 4) {
        const ink = load<f32>(line, LINES);
        if (!ink) continue;
        sum += ink;
        const k: usize = COUNTS + (min<i32>(255, <i32>(sum * 255 + 0.5)) << 2);
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
