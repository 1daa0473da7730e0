/** How zlib and gzip go through what they deflate: which repeat they take at each place. */

/** What a level stands for (zlib's deflate.c, `configuration_table`), and what else a build of zlib decides. */
export interface Search {
  /** Whose it is, in the report. */
  name: string;
  /** From this length on a quarter of the places is looked at for a longer repeat at the next place. */
  good: number;
  /** A repeat of this length is taken without a look at the next place; of an eager search one whose places are not remembered. */
  lazy: number;
  /** A repeat of this length is long enough. */
  nice: number;
  /** How many places with the same hash are looked at. */
  chain: number;
  /** Whether the first repeat that is found is taken. */
  isEager: boolean;
  /** Bytes that a repeat may come from: nearly the whole window. */
  window: number;
  /** Whether short repeats are left, as where what is packed is what a filter of pictures left. */
  isFiltered: boolean;
  /** What places are looked up by: three bytes that are shifted over one another, as everywhere, or four at once, as in Chromium and Node. */
  hash: { bytes: 3 | 4; bits: number };
}

/** As zlib has them, from the usual ones on; those up to 3 are eager. */
const levels: Record<'level' | 'good' | 'lazy' | 'nice' | 'chain', number>[] = [
  { level: 6, good: 8, lazy: 16, nice: 128, chain: 128 },
  { level: 9, good: 32, lazy: 258, nice: 258, chain: 4096 },
  { level: 1, good: 4, lazy: 4, nice: 8, chain: 4 },
  { level: 8, good: 32, lazy: 128, nice: 258, chain: 1024 },
  { level: 7, good: 8, lazy: 32, nice: 128, chain: 256 },
  { level: 5, good: 8, lazy: 16, nice: 32, chain: 32 },
  { level: 4, good: 4, lazy: 4, nice: 16, chain: 16 },
  { level: 3, good: 4, lazy: 6, nice: 32, chain: 32 },
  { level: 2, good: 4, lazy: 5, nice: 16, chain: 8 },
];

/** Those of gzip and of zlib with its usual memory and with most, and the same as Chromium and Node build it. */
const builds: { by: string; hash: Search['hash'] }[] = [
  { by: 'zlib', hash: { bytes: 3, bits: 15 } },
  { by: "Node's zlib", hash: { bytes: 4, bits: 15 } },
  { by: 'zlib', hash: { bytes: 3, bits: 16 } },
  { by: "Node's zlib", hash: { bytes: 4, bits: 16 } },
];

/** Those to be tried for a stream with a `window`, the usual ones first. */
export const searchesOf = ({
  window,
  mayBeFiltered,
}: {
  window: number;
  mayBeFiltered: boolean;
}): Search[] =>
  builds.flatMap(({ by, hash }) =>
    levels.flatMap(({ level, ...rest }) =>
      (mayBeFiltered && level > 3 ? [true, false] : [false]).map((isFiltered) => ({
        name: `${by} at level ${level}`,
        ...rest,
        isEager: level <= 3,
        window,
        isFiltered,
        hash,
      })),
    ),
  );

/** Source of the byte at a place of all that there is. */
export const byteAt = (place: string): string => `b[${place}]`;

/** What comes next stays in the window: the longest repeat, and what zlib reads ahead. */
const ahead = 262;
/** A repeat of three bytes does not pay from further away. */
const far = 4096;

/**
 * Source of a function of bytes `b` that gives a function of a place in them, which is asked one step after the other. It gives the
 * step that is taken there: 0 where the byte is told as it is, else a repeat as its length times 2^16 plus its distance. `isOther`
 * says that another one than it gave was taken before. Where `b` is no more than a window, `byte` is source of what stands at a place.
 */
export const searchSource = (search: Search, byte = byteAt): string => {
  const { good, lazy, nice, chain, isEager, window, isFiltered, hash } = search;
  const place = (name: string): string => `${name} & ${window - 1}`;
  const isShort = isFiltered
    ? `found < ${6 << 16}`
    : `found < ${4 << 16} && (found & 65535) > ${far}`;
  return `b => {
  const heads = new Int32Array(${2 ** hash.bits}), before = new Int32Array(${window});
  let added = 0, held = 0;
  const find = (place, longest) => {
    for (; added <= place; added++) {
      const hash = ${hashSource(hash, byte)} & ${2 ** hash.bits - 1};
      before[${place('added')}] = heads[hash];
      heads[hash] = added;
    }
    let found = 0, left = ${isEager ? chain : `longest < ${good} ? ${chain} : ${chain >> 2}`}, reach = ${window - ahead}, end = ${byte('place + longest')};
    for (let other = before[${place('place')}]; other > 0 && place - other <= reach && left--; reach = ${window - ahead - 1}) {
      if (${byte('other + longest')} === end) {
        let length = 0;
        for (; length < 258 && ${byte('other + length')} === ${byte('place + length')};) length++;
        if (length > longest) {
          found = length << 16 | place - other;
          if (length >= ${nice}) break;
          end = ${byte('place + (longest = length)')};
        }
      }
      other = before[${place('other')}];
    }
    return ${isEager ? '' : `${isShort} ? 0 : `}found;
  };
  return (place, isOther) => {
    ${isEager ? eagerly(lazy) : lazily(lazy)}
    return now;
  };
}`;
};

const hashSource = ({ bytes, bits }: Search['hash'], byte: typeof byteAt): string => {
  if (bytes === 4) {
    const whole = [0, 1, 2, 3].map((k) => `${byte(`added + ${k}`)} << ${8 * k}`).join(' | ');
    return `Math.imul(${whole}, 66521) + 66521 >>> 16`;
  }
  const shift = Math.ceil(bits / 3);
  return `(${byte('added')} << ${2 * shift} ^ ${byte('added + 1')} << ${shift} ^ ${byte('added + 2')})`;
};

const eagerly = (lazy: number): string => `
    const now = find(place, 2), length = now >> 16;
    if (length > ${lazy}) added = place + length;`;

const lazily = (lazy: number): string => `
    let now = !isOther && held || find(place, 2);
    if (held = now && now >> 16 < ${lazy} ? find(place + 1, now >> 16) : 0) now = 0;`;
