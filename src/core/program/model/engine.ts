/** The predictor of one file: source text that computes the contexts of each byte, around the one kernel that mixes them. */
import { joinBytes } from '../../join';
import { callOf, type Expected } from './expected';
import { mixSource, usesSource } from './fields';
import { networkSource, networkBytes, type Network } from './network';
import { resampledSource, type Resampling } from './resampled';

/** What distinguishes the predictor of one file from that of another. */
export interface ModelSpec {
  type: 'mixing';
  /** Statements run once before the first byte: the state that contexts are computed from. */
  state: string;
  /** Statements run before each byte `i`; they may read `data`, `i`, the last bytes `c1`…`c4`, `word4`, and the repeats in `match`. */
  step: string;
  /** One integer expression per hashed context. */
  contexts: string[];
  /** Weight sets of the mixer: an expression and the number of values that it takes. */
  selectors: { expression: string; size: number }[];
  /** Integer expression for the second refinement stage. */
  refine: string;
  /** Decisions that each byte takes, [256], as syntax/alphabet.ts gives them; all take eight, their bits, where there are none. */
  lengths?: number[];
  /** A byte so frequent that it has a decision of its own, before the bits of all others. */
  sole?: number;
  /**
   * Where the expression `when` is true, whether the byte is another than `expected` is decided from these four contexts alone, and
   * only those other bytes are predicted from all.
   */
  quiet?: { when: string; expected: string; contexts: string[] };
  /** A network whose weights the payload begins with. */
  network?: Network;
  /** How images were drawn, whose originals the payload tells after the weights. */
  resampling?: Resampling;
  /**
   * Statements run before each byte that is predicted from all contexts, which say in the floats `opinion` what is thought of each
   * decision, in log-odds; `odds` is a table of those of shares of 4096.
   */
  opinion?: string;
  /** What bytes are expected to be, which the state's `centre` is set to; not together with `opinion`, nor of images. */
  expected?: Expected;
  /** Shortest repeats that the match models follow, in bytes. */
  matches: number[];
  /** Most bytes that the one hash table of all contexts takes; `usualTable` if it is not told. */
  largestTable?: number;
  /** Learning rate that the mixer decays to. */
  rate: number;
  /** Decisions whose probability was closer than this teach nothing: most are, of tables and logs, and to leave them out is faster. */
  leastError?: number;
}

export type EngineForm = 'encode' | 'decode' | 'explain';

/** Where the kernel's map of its memory (kernels/map.ts) lets the host write: byte offsets. */
const map = {
  top: 0xc000,
  inputs: 0x2000,
  hash: 0x1000,
  select: 0x1100,
  refine: 0x1140,
  law: 0x1150,
  distances: 0x250000,
  expert: 24e5,
  stretch: 0x4000,
  match: 0x1200,
  tree: 0x10000,
  past: 0x300000,
  data: 74e5,
};

/** Where an integer stands among those that begin with the contexts' hashes. */
const place = (at: number): number => (at - map.hash) / 4;

/** Bytes that the coder shifts out before the first bit: a decoder reads them, an encoder writes them where nothing is read. */
const unused = 4;

/** Three inputs a context, one a repeat, one an expert and a constant, in whole vectors of four. */
const inputsOf = (spec: ModelSpec): number =>
  (3 * spec.contexts.length + spec.matches.length + expertsOf(spec) + 4) & ~3;

const expertsOf = ({ network, resampling, opinion, expected }: ModelSpec): number =>
  (network ? 1 : 0) + (resampling ? 1 : 0) + (opinion ? 1 : 0) + (expected ? 1 : 0);

/** Where the rows of a weight set begin: before those of the model's own sets come one for each node, and one for each number of contexts that know it. */
export const firstRow = (
  { contexts, selectors }: Pick<ModelSpec, 'contexts' | 'selectors'>,
  m: number,
): number =>
  256 + contexts.length + 1 + selectors.slice(0, m).reduce((sum, set) => sum + set.size, 0);

/** Bytes that stand in front of the data and are coded with it. */
export const frontOf = ({
  network,
  resampling,
}: Pick<ModelSpec, 'network' | 'resampling'>): Uint8Array =>
  joinBytes([network?.weights ?? new Uint8Array(0), resampling?.originals ?? new Uint8Array(0)]);

/** Bytes: of a table twice as large a program waits a quarter longer for memory, and it is a thousandth shorter. */
export const usualTable = 1 << 25;

/** Bytes of the table for each byte of a file and each context: a new one takes a bucket of 32 or two, and about half are new. */
const tableShare = 24;

/** Binary logarithm of a table of more than `n` slots, within `least` and `most`. */
export const bitsFor = (n: number, least: number, most: number): number =>
  Math.max(least, Math.min(most, Math.ceil(Math.log2(n + 1))));

/** Binary logarithm of the places that a repeat remembers: small tables stay in the processor's cache. */
const recentBits = (size: number): number => bitsFor(size, 14, 22) - 2;

/**
 * Places what depends on the file behind the fixed part; every place is a multiple of a cache line. Where the payload's length is
 * not known yet, there is room for data that nothing predicts, which grow while that is learned, and for a program's code.
 */
function plan(spec: ModelSpec, dataSize: number, payload?: number) {
  const size = dataSize + frontOf(spec).length;
  const lines = (bytes: number): number => Math.ceil(bytes / 64) * 64;
  // Multiples of cache lines that take few digits.
  const round = (at: number): number => Math.ceil(at / 2e5) * 2e5;
  const rows = firstRow(spec, spec.selectors.length);
  const stream = round(map.data + size + 64);
  const recent = round(
    stream + (payload === undefined ? size + (size >> 3) + 16384 : payload + 64),
  );
  const recentBytes = 4 << recentBits(dataSize);
  const network = lines(recent + spec.matches.length * recentBytes);
  const weights = round(spec.network ? network + networkBytes(spec.network) : network);
  const table = weights + rows * (inputsOf(spec) + 4) * 4;
  const { contexts, expected, largestTable = usualTable } = spec;
  // The buckets of a byte share one, wherever it is: those of the tree of bits have 32 lines of a cache, those of places 256.
  const page = expected?.isAround ? 16384 : 4096;
  const wanted = Math.max(1 << 20, size * contexts.length * tableShare);
  const tableBytes = Math.min(largestTable, wanted) & -page;
  return {
    stream,
    recent,
    recentBytes,
    weights,
    network,
    table: Math.ceil(table / page) * page,
    tableBytes,
    pages: Math.ceil((table + page + tableBytes) / 65536),
  };
}

/** Pages of 64 KB that the kernel's memory needs for a file of `size` bytes, and a decoder's for a payload of that length. */
export const pagesOf = (spec: ModelSpec, size: number, payload?: number): number =>
  plan(spec, size, payload).pages;

/** The kernel itself fills what lies between these two before it begins, as far as it is used. */
export const filled = { from: map.past, to: map.data };

/** A block of a file as its decoder knows it, by names of variables of the text around it. */
interface BlockDecoding {
  /** Bytes of the longest payload. */
  payload: number;
  /** How many bytes the block has, `size` at most. */
  length: string;
  /** The weights of the file's network, as bytes that an earlier block told; the first block leaves them there. */
  known: string;
}

/**
 * The body of a function of `(kernel, source, front, skip)`, `kernel` being the exports of kernels/mixing.ts, whose memory has grown.
 * `decode`: source is the payload, front and skip are left out, the result is the data.
 * `encode`: a generator that yields the bytes done now and then; source is the data, `size` bytes or less, front what `frontOf`
 * gives, of which the decoder knows the first `skip` bytes. The result is `{ payload, costs, networkBits }`, costs being a
 * Float32Array of bits per byte, and networkBits what the network's weights took.
 * `explain`: as encode, of decisions that are a tree of bits, and the result says in `best` which context or, counted after them,
 * which repeat predicted each byte best, or behind those that it was the opinion; 255 for none.
 */
export function engineSource(
  spec: ModelSpec,
  size: number,
  form: EngineForm,
  block?: BlockDecoding,
): string {
  const places = plan(spec, size, block?.payload);
  const { stream, recent, recentBytes, weights, table, tableBytes } = places;
  const { contexts, selectors, matches, network, resampling, quiet, expected } = spec;
  const weightBytes = network?.weights.length ?? 0;
  const front = frontOf(spec).length;
  const encoding = form !== 'decode';
  const last = encoding ? 'total' : block ? `${front}+${block.length}` : size + front;
  const experts = [
    ...(network ? [networkSource(network, { expert: map.expert, at: places.network, front })] : []),
    ...(resampling ? [resampledSource(resampling, { law: place(map.law) })] : []),
  ];
  const hashed = (expressions: string[]): string =>
    expressions.map((expression, k) => `hash[${k}] = ${expression}`).join(',\n  ');
  // The encoder's data hold no more than the decoder's, so that no context can see what is not known yet.
  const given = `data.set(front.subarray(0, skip)); const total = ${front} + source.length, costs = new Float32Array(total);`;
  const byte = front ? `i < ${front} ? front[i] : source[i - ${front}]` : 'source[i]';
  const told = block && network ? `data.set(${block.known});` : '';
  const begin = {
    encode: given,
    explain: `${given} const best = new Uint8Array(total).fill(255); ${evidenceSource(spec, weights)}`,
    decode: `data.set(source, ${stream - map.data}); ${told}`,
  }[form];
  const payload = `payload: data.slice(${stream - map.data}, kernel.close() - ${map.data}), costs: costs.subarray(${front}), networkBits: costs.subarray(0, ${weightBytes}).reduce((sum, bits) => sum + bits, 0)`;
  const end = {
    encode: `return { ${payload} };`,
    explain: `return { ${payload}, best: best.subarray(${front}) };`,
    decode: `${told && `${block!.known} = data.slice(0, ${weightBytes});`} return data.subarray(${front}, ${last});`,
  }[form];
  // Pixels are predicted from those around, whatever came last.
  const looksBack = spec.sole === undefined;
  const start = encoding ? 'skip' : told ? `${block!.known}.length` : 0;
  const source = `
const data = new Uint8Array(kernel.memory.buffer, ${map.data}), hash = new Int32Array(kernel.memory.buffer, ${map.hash});
${matches.map((least, m) => `kernel.recall(${[m, recent + m * recentBytes, Math.log2(recentBytes / 4), least].join()});`).join(' ')}
kernel.prepare(${[contexts.length, selectors.length, encoding ? stream - unused : stream, weights, table, tableBytes, spec.rate, spec.leastError ?? 0, expertsOf(spec)].join()});
${spec.sole === undefined ? '' : `kernel.single(${spec.sole});`}
${treeSource(spec, `new Uint16Array(kernel.memory.buffer, ${map.tree})`, form)}
${begin}
${mixSource}
${usesOf(spec)}
let c1 = 0${looksBack ? ', c2 = 0, c3 = 0, c4 = 0, word4 = 0, a2 = 0' : ''};
${spec.state.includes('opinion') ? `const opinion = new Float32Array(kernel.memory.buffer, ${map.expert}, 256), odds = new Float32Array(kernel.memory.buffer, ${map.stretch});` : ''}
${spec.state}
${expected ? `hash.set([${expected.distances.join()}], ${place(map.distances)}); ${expected.isAround ? 'kernel.surround();' : ''}` : ''}
${experts.map(({ state }) => state).join('')}
for (let i = ${start}; i < ${last}; i++) {
  ${encoding ? `if (!(i & 8191)) yield i; const byte = ${byte};` : ''}
  ${spec.step}
  ${quiet ? `let next = ${quiet.expected}; if (!(${quiet.when}) || (${hashed(quiet.contexts)}, kernel.${encoding ? 'quiet(i, byte, next)' : 'decodeQuiet(i, next)'})) {` : ''}
  ${experts.map(({ step }) => step).join('')}
  ${spec.opinion ?? ''}
  ${expected ? `centre = kernel.${callOf(expected)};` : ''}
  ${hashed(contexts)};
  ${selectors.map(({ expression }, m) => `hash[${place(map.select) + m + 2}] = (${expression}) + ${firstRow(spec, m)};`).join('\n  ')}
  hash[${place(map.refine)}] = ${spec.refine};
  ${quiet ? 'next =' : 'const next ='} kernel.${encoding ? 'code(i, byte)' : 'decode(i)'};
  ${form === 'explain' ? 'if (i) best[i] = bestContext(next);' : ''}
  ${quiet ? '}' : ''}
  ${looksBack ? 'c4 = c3; c3 = c2; c2 = c1;' : ''} c1 = next; ${looksBack ? 'word4 = word4 << 8 | c1;' : ''}
  ${encoding ? 'costs[i] = -Math.log2(kernel.chance.value);' : ''}
}
${end}
`;
  return source.replace(/\bmatch\[(\d+)\]/g, (_, k) => `hash[${place(map.match) + Number(k)}]`);
}

/** Which of the trackers' state a model reads, and how far down the tree digits, signs and points stand. */
export const usesOf = ({
  contexts,
  refine,
  selectors,
  quiet,
  lengths,
}: Pick<ModelSpec, 'contexts' | 'refine' | 'selectors' | 'quiet' | 'lengths'>): string =>
  usesSource(
    [...contexts, refine, ...selectors.map(({ expression }) => expression), quiet?.when].join(),
    lengths && 2 ** Math.max(...lengths.slice(44, 58)),
  );

/**
 * The tree of decisions, where it is not that of bits or is asked for: `tree` holds of each byte its decisions, and behind them of
 * each node the byte that ends there, as the kernel does; `leaf` holds each byte's node, for opinions. `empty` is source of its
 * 768 zeros.
 */
export const treeSource = (
  { lengths, state }: Pick<ModelSpec, 'lengths' | 'state'>,
  empty: string,
  form?: EngineForm,
): string => {
  const leaves = state.includes('leaf[');
  const own = lengths ?? (leaves ? new Array<number>(256).fill(8) : undefined);
  if (!own && form !== 'explain') return '';
  const digits = own?.join('').replace(/0+$/, '');
  const plant = `let code = 256; [...'${digits}'].map((length, byte) => { if (+length) tree[256 + (${leaves ? 'leaf[byte] = ' : ''}code >> 8 - length)] = byte | 256, tree[byte] = code, code += 256 >> length; });`;
  return `const tree = ${empty}${leaves ? ', leaf = []' : ''}; ${own ? plant : ''}`;
};

/**
 * What the mixers added up in log-odds is split among those who said it: for the bit that came it counts, against it it does
 * not. The second set's row is that of the last nibble only, so it is left out.
 */
const evidenceSource = (spec: ModelSpec, weights: number): string => {
  const told = spec.contexts.length + spec.matches.length;
  return `
const floats = new Float32Array(kernel.memory.buffer), evidence = new Float64Array(${told + 1});
const bestContext = byte => {
  evidence.fill(0);
  const alone = byte === ${spec.sole ?? -1};
  for (let bit = alone ? 8 : 7, node = alone ? 0 : 1, ended = 0; ended < 256; bit--) {
    const one = tree[byte] >> bit & 1, sign = one ? 1 : -1, at = ${map.inputs / 4} + (bit & 7) * 256;
    hash[${place(map.select)}] = node;
    for (let m = 0; m < ${spec.selectors.length + 2}; m++) {
      const share = sign * floats[${map.top / 4} + node * 16 + m], row = ${weights / 4} + hash[${place(map.select)} + m] * ${inputsOf(spec) + 4};
      if (m === 1) continue;
      for (let k = 0; k < ${told}; k++) {
        const of = k < ${spec.contexts.length} ? [2 * k, 2 * k + 1, k + ${told + spec.contexts.length}] : [k + ${spec.contexts.length}];
        for (const x of of) evidence[k] += share * floats[at + x] * floats[row + x];
      }
      ${spec.opinion || spec.expected ? `evidence[${told}] += share * floats[at + ${inputsOf(spec) - 2}] * floats[row + ${inputsOf(spec) - 2}];` : ''}
    }
    node = 2 * node + one, ended = tree[256 + node];
  }
  let context = 255, most = 0;
  evidence.forEach((said, k) => { if (said > most) most = said, context = k; });
  return context;
};
`;
};
