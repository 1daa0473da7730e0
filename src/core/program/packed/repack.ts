/** Deflate as zlib writes it: from what a stream holds, its steps and the ends of its blocks, back to its bytes. */
import { codeLengthOrder } from '../generate/deflate';
import type { Block } from './inflated';
import { byteAt } from './search';

export interface Repacking {
  /** What its blocks are. */
  types: Set<Block['type']>;
  /** Codes as zlib makes them, also where some would be longer than there is room for; or as they are told. */
  codes: 'short' | 'limited' | 'told';
  /** Whether it is not known yet that no short code is too long: such a one is cut, which is seen to give another stream. */
  isTried?: boolean;
  /** Source of the byte at a place, and of statements before each step. */
  byte?: (place: string) => string;
  before?: string;
}

/**
 * Source of a function of bytes `b`, blocks [steps, type] and a function `step` of a place, which is 0 where a byte is taken as it
 * is and else a repeat; of a block that is stored `steps` are its bytes. It writes the stream with `write(byte)`. Codes
 * are those of zlib's trees.c, ties included, or told. A part of the stream is one number: from the lowest bit on its tree (0 of literals and lengths), 9 bits of symbol, 13 of extra bits, and how many these are.
 */
export const repackSource = ({
  types,
  codes,
  isTried = false,
  byte = byteAt,
  before = '',
}: Repacking): string => `
let held = 0, holds = 0;
const put = (value = 0, bits = 0) => {
  held |= value << holds;
  for (holds += bits; holds > 7; holds -= 8) {
    write(held);
    held >>>= 8;
  }
};
const codesOf = lengths => {
  const codes = [];
  let code = 0, bits = 1;
  for (; bits < 16; bits++, code <<= 1)
    lengths.forEach((length, symbol) => {
      if (length !== bits) return;
      let reversed = 0, k = 0;
      for (; k < bits; k++) reversed = reversed << 1 | code >> k & 1;
      codes[symbol] = [reversed, bits];
      code++;
    });
  return codes;
};
${codes === 'told' ? toldLengths : zlibLengths(codes === 'limited', isTried)}
const split = (value, shift) => {
  const bits = Math.max(0, 31 - Math.clz32(value) - shift);
  return (value >> bits) + (bits << shift) << 1 | (value & (1 << bits) - 1) << 10 | bits << 23;
};
let place = 0;
for (let [at, [steps, type]] of blocks.entries()) {
  put(at === blocks.length - 1, 1);
  put(type, 2);
  ${
    types.has('stored')
      ? `if (!type) {
    put(0, -holds & 7);
    put(steps, 16);
    put(steps ^ 65535, 16);
    for (let next = place; steps--; put(${byte('place++')}, 8)) {
      ${before}
      if (place === next) next += step(place) >> 16 || 1;
    }
    continue;
  }`
      : ''
  }
  const parts = [], counts = [Array(286).fill(0), Array(30).fill(0)];
  const add = part => {
    counts[part & 1][part >> 1 & 511]++;
    parts.push(part);
  };
  for (; steps--;) {
    ${before}
    const repeat = step(place), length = repeat >> 16;
    if (repeat) {
      add(length === 258 ? 570 : 514 + split(length - 3, 2));
      add(1 | split((repeat & 65535) - 1, 1));
      place += length;
    } else add(${byte('place++')} << 1);
  }
  add(512);
  let trees;
  ${types.has('fixed') ? 'if (type === 1) trees = [Array.from({ length: 288 }, (_, k) => k < 144 ? 8 : k < 256 ? 9 : k < 280 ? 7 : 8), Array(30).fill(5)]; else' : ''} {
    ${codes === 'told' ? 'trees = toldTrees();' : zlibTrees(codes === 'limited')}
  }
  trees = trees.map(codesOf);
  parts.forEach(part => { put(...trees[part & 1][part >> 1 & 511]); put(part >> 10 & 8191, part >> 23); });
}
put(0, -holds & 7);
`;

/** Source that gives the nodes in `order` their lengths, of which none is more than `most`. */
const limitedLengths = `
  order.forEach(node => {
    const length = Math.min(most, 1 + (lengths[parents[node]] || 0));
    over += lengths[parents[node]] === most;
    lengths[node] = length;
    if (node < size) ends[length]++;
  });
  if (over) {
    for (; over > 0; over -= 2) {
      for (k = most - 1; !ends[k];) k--;
      ends[k]--;
      ends[k + 1] += 2;
      ends[most]--;
    }
    k = most;
    order.reverse().forEach(node => {
      if (node >= size) return;
      for (; !ends[k];) k--;
      ends[k]--;
      lengths[node] = k;
    });
  }
`;

/** Source that gives the codes of a block as zlib makes them, and tells them as it does. */
const zlibTrees = (
  isLimited: boolean,
): string => `trees = counts.map(counts => lengthsOf(counts${isLimited ? ', 15' : ''}));
    const runs = [], listed = Array(19).fill(0);
    const add = (symbol, extra, bits) => {
      listed[symbol]++;
      runs.push([symbol, extra, bits]);
    };
    for (const lengths of trees)
      for (let k = 0; k < lengths.length;) {
        const length = lengths[k];
        let run = -k;
        for (; lengths[k] === length;) k++;
        run += k;
        if (length) { add(length); run--; }
        for (; run > 2;) {
          const some = Math.min(run, length ? 6 : 138);
          length ? add(16, some - 3, 2) : some < 11 ? add(17, some - 3, 3) : add(18, some - 11, 7);
          run -= some;
        }
        for (; run-- > 0;) add(length);
      }
    const lengths = lengthsOf(listed${isLimited ? ', 7' : ''}), told = [${codeLengthOrder.join()}].map(symbol => lengths[symbol]), codes = codesOf(lengths);
    for (; !told[told.length - 1];) told.pop();
    put(trees[0].length - 257, 5);
    put(trees[1].length - 1, 5);
    put(told.length - 4, 4);
    told.forEach(length => put(length, 3));
    runs.forEach(([symbol, extra, bits]) => { put(...codes[symbol]); put(extra, bits); });`;

/** Source of the lengths that zlib gives the codes of symbols which occur so often. */
const zlibLengths = (
  isLimited: boolean,
  isTried: boolean,
): string => `const lengthsOf = (counts${isLimited ? ', most' : ''}) => {
  const size = counts.length, heap = [0], depths = [...counts].fill(0), parents = [], order = [], lengths = []${isLimited ? ', ends = Array(16).fill(0)' : ''};
  let last = -1, k${isLimited ? ', over = 0' : ''};
  counts.forEach((count, symbol) => count && heap.push(last = symbol));
  for (; heap.length < 3; counts[k] = 1) heap.push(k = last < 2 ? ++last : 0);
  const isBefore = (one, other) => counts[one] < counts[other] || counts[one] === counts[other] && depths[one] <= depths[other];
  const sink = at => {
    const node = heap[at];
    for (let next; (next = 2 * at) < heap.length; at = next) {
      if (next + 1 < heap.length && isBefore(heap[next + 1], heap[next])) next++;
      if (isBefore(node, heap[next])) break;
      heap[at] = heap[next];
    }
    heap[at] = node;
  };
  for (k = heap.length >> 1; k; k--) sink(k);
  for (; heap.length > 2; sink(1)) {
    const one = heap[1], end = heap.pop();
    heap[1] = end;
    sink(1);
    const other = heap[1], node = counts.push(counts[one] + counts[other]) - 1;
    depths[node] = 1 + Math.max(depths[one], depths[other]);
    order.unshift(other, one);
    heap[1] = parents[one] = parents[other] = node;
  }
  ${isLimited ? limitedLengths : `order.forEach(node => lengths[node] = ${isTried ? 'Math.min(15, -~lengths[parents[node]])' : '-~lengths[parents[node]]'});`}
  return Array.from({ length: last + 1 }, (_, symbol) => lengths[symbol] || 0);
};`;

/** Source that gives the codes of a block as it tells them itself, in the bits that `told` gives byte by byte. */
const toldLengths = `const take = bits => {
  let value = 0, k = 0;
  for (; k < bits; toldBits >>= 1, value |= (toldBits & 1) << k++) if (toldBits < 4) toldBits = told() << 1 | 512;
  put(value, bits);
  return value;
}, toldTrees = () => {
  const literals = take(5) + 257, all = literals + take(5) + 1, listed = take(4) + 4, listing = Array(19).fill(0), lengths = [];
  [${codeLengthOrder.join()}].map((symbol, k) => k < listed && (listing[symbol] = take(3)));
  for (const codes = codesOf(listing); lengths.length < all;) {
    let value = 0, bits = 0, symbol = -1;
    for (; symbol < 0; symbol = codes.findIndex(code => code && code[0] === value && code[1] === bits)) value |= take(1) << bits++;
    let count = symbol < 16 ? 1 : symbol < 17 ? 3 + take(2) : symbol < 18 ? 3 + take(3) : 11 + take(7);
    for (value = symbol < 16 ? symbol : symbol < 17 ? lengths[lengths.length - 1] : 0; count--;) lengths.push(value);
  }
  return [lengths.slice(0, literals), lengths.slice(literals)];
};`;
