/** The packed container beside nncodec, the reference of ISO/IEC 15938-17, on the same integer tensors. */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { decode, encode } from '../../../src/core/compress/container/container';
import { planOf } from '../../../src/core/compress/container/plan';
import type { Model } from '../../../src/core/train/model';
import { median, processorMilliseconds } from '../harness/measure';
import type { Row } from '../harness/row';

const script = 'test/bench/yardsticks/deepcabac.py';
/** Share of the reference's bytes that the container may take. */
const share = 0.97;
/** Rounds that warm both up, and rounds that count. */
const rounds = { warm: 15, counted: 15 };

/**
 * Bytes of both, and processor time of writing a file and reading it, in turns, medians of warm processes.
 * The reference's bytes hold levels only; the container's are the whole file, scales and architecture included.
 */
export async function compareWithDeepCabac(
  models: Record<string, Model>,
  log: (line: string) => void,
): Promise<Row[]> {
  const python = process.env.KOLMO_PYTHON ?? 'python3';
  const found = spawnSync(python, ['-c', 'import nncodec'], { encoding: 'utf8' });
  if (found.status !== 0) {
    log(
      `nncodec is left out: ${python} cannot import it. "pip install nncodec torch" and set KOLMO_PYTHON to that Python to compare.`,
    );
    return [];
  }
  const folder = mkdtempSync(join(tmpdir(), 'kolmo-deepcabac-'));
  const rows: Row[] = [];
  try {
    for (const [name, model] of Object.entries(models)) {
      const path = join(folder, 'model.kolmo');
      const reference = await startReference(python, model);
      const times: { ours: number; theirs: number }[] = [];
      for (let round = 0; round < rounds.warm + rounds.counted; round++) {
        times.push({ ours: writeAndRead(model, path), theirs: await reference.writeAndRead() });
      }
      reference.end();
      const counted = times.slice(rounds.warm);
      const ours = median(counted.map((time) => time.ours));
      const theirs = median(counted.map((time) => time.theirs));
      const { length } = readFileSync(path);
      log(
        `${name}: ${length} bytes in ${ours.toFixed(1)} ms, nncodec ${reference.bytes} in ${theirs.toFixed(1)} ms`,
      );
      rows.push(
        {
          what: `${name}: container`,
          measured: length,
          yardstick: share * reference.bytes,
          unit: 'bytes',
          source: `${share} x nncodec, the best of its scan orders`,
        },
        {
          what: `${name}: writing and reading it`,
          measured: ours,
          yardstick: theirs,
          unit: 'ms',
          source: 'nncodec, processor time',
        },
      );
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
  return rows;
}

/** Milliseconds of processor time. */
function writeAndRead(model: Model, path: string): number {
  const before = process.cpuUsage();
  writeFileSync(path, encode(model));
  decode(readFileSync(path), path);
  return processorMilliseconds(before);
}

/** The reference in a process of its own, which waits between its turns. */
async function startReference(
  python: string,
  model: Model,
): Promise<{ bytes: number; writeAndRead: () => Promise<number>; end: () => void }> {
  const child = spawn(python, [script], { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const ask = async (line: string): Promise<Record<string, number>> => {
    child.stdin.write(`${line}\n`);
    const { value, done } = await lines.next();
    if (done) throw new Error(`${python} ${script} ended early: see above.`);
    return JSON.parse(value) as Record<string, number>;
  };
  const { bytes } = await ask(JSON.stringify(tensorsOf(model)));
  return {
    bytes,
    writeAndRead: async () => (await ask('')).milliseconds,
    end: () => child.stdin.end(),
  };
}

/** Names as a PyTorch model has them, by which nncodec tells weights from biases. */
function tensorsOf(model: Model): { name: string; shape: number[]; levels: number[] }[] {
  return planOf(model).map(({ tensor: { name, shape, encoding }, levels }) => {
    if (encoding.type !== 'quantized') throw new Error(`${name} is not quantized`);
    return {
      name: name.replace('/weights', '.weight').replace('/biases', '.bias'),
      shape,
      levels: [...levels],
    };
  });
}
