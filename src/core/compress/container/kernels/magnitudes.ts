// Codes the magnitudes of levels (AssemblyScript): which class, and which of its values.

import { codeCell, mixBit, Mixer, roomForCells } from './mixer';

/** Magnitudes are below 2^maximumClass. */
const maximumClass = 20;

const magnitudes = new Mixer(1 << 12, 4, 0.005);

/** Magnitudes' lower bits: 8192 cells for their paths, 32 for each class beyond. */
const mantissa = roomForCells(1 << 14);
/** Of the lowest and the highest class, a tree of five bits each. */
const classBounds = roomForCells(2 * 32);
/** From so many levels on, the classes that occur are said first, so that no bit of any value is spent on others. */
const worthBounds = 1 << 16;

/** Classes of the magnitudes of the matrix at hand: as many as its values have, where it is worth saying. */
let lowestClass = 0;
let highestClass = maximumClass;
let lowestSeen = 0;
let highestSeen = 0;

/** Forgets all that was learned. */
export function resetMagnitudes(): void {
  magnitudes.reset();
}

/** Forgets which magnitudes were seen: to be called before those of a matrix that is written. */
export function unseeMagnitudes(): void {
  lowestSeen = maximumClass;
  highestSeen = 0;
}

/** Notes one of the magnitudes that will be written. */
export function seeMagnitude(magnitude: i32): void {
  const k = classOf(magnitude);
  lowestSeen = min(lowestSeen, k);
  highestSeen = max(highestSeen, k);
}

/** Opens all classes to the magnitudes of a matrix of so many levels, or says first which of them occur. */
export function openClasses(count: i32): void {
  lowestClass = 0;
  highestClass = maximumClass;
  if (count < worthBounds) return;
  lowestClass = codeClass(classBounds, lowestSeen);
  highestClass = codeClass(classBounds + (32 << 2), highestSeen);
}

/** Class = bits after the leading one, in unary from the lowest to the highest; then those bits. Each decision of the first two levels of the tree is mixed. */
export function codeMagnitude(magnitude: i32, near: i32, inRow: i32, inColumn: i32): i32 {
  const wanted = classOf(magnitude);
  let k = lowestClass;
  while (k < highestClass) {
    if (!codeNode(k, i32(wanted > k), near, inRow, inColumn)) break;
    k++;
  }
  let value = 1;
  for (let i = k - 1; i >= 0; i--) {
    const bit = (magnitude >> i) & 1;
    // The exact path is the context down to the eighth bit, then only the place.
    const cell = value < 256 ? k * 256 + value : 8192 + k * 32 + i;
    value =
      value * 2 +
      (i === k - 1
        ? codeNode(32 + k, bit, near, inRow, inColumn)
        : codeCell(mantissa + (cell << 2), bit));
  }
  return value;
}

function codeNode(node: i32, bit: i32, near: i32, inRow: i32, inColumn: i32): i32 {
  const set = node === 0 ? 0 : node < 3 ? 1 : node < 32 ? 2 : 3;
  const place = node * 16;
  return mixBit(magnitudes, bit, set, node, place + near, place + inRow, place + inColumn);
}

function codeClass(cells: usize, value: i32): i32 {
  let node = 1;
  for (let i = 4; i >= 0; i--) node = node * 2 + codeCell(cells + (node << 2), (value >> i) & 1);
  // An altered file may say more.
  return min(node - 32, maximumClass);
}

function classOf(magnitude: i32): i32 {
  return 31 - clz(magnitude | 1);
}
