/** Measures training on a table larger than the memory it may take: seconds to the first point, peak memory of the job. */
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { execFileSync } from 'node:child_process';
import { datasetDefaults } from '../../src/core/data/dataset';
import { createRandom } from '../../src/core/random';
import { startJob } from '../../src/jobs/job';
import type { FromWorker } from '../../src/jobs/protocol';
import type { TrainSummary } from '../../src/jobs/train';
import type { Row } from './harness/row';

export const bench = {
  name: 'table',
  describe:
    'Trains for one epoch on a CSV of 1 GB that is made for it: streamed, in bounded memory.',
  run,
};

const rowsAtOnce = 5000;

/** @param gigabytes another size than that of the goal, for a quick look */
async function run(log: (line: string) => void, [gigabytes = '1']: string[]): Promise<Row[]> {
  execFileSync(process.execPath, ['esbuild.mjs', '--quiet'], { stdio: 'inherit' });
  const folder = mkdtempSync(join(tmpdir(), 'kolmo-bench-'));
  try {
    const dataset = join(folder, 'sensors.csv');
    log(`${writeTable(dataset, Number(gigabytes) * 1e9)} bytes in ${dataset}`);
    let peak = 0;
    let firstPoint: { seconds: number; cpu: number } | undefined;
    const started = performance.now();
    const job = startJob(
      {
        type: 'train',
        dataset,
        data: { ...datasetDefaults, target: 'y' },
        architecture: 'auto',
        training: { epochs: 1, seed: 1 },
        run: join(folder, 'run'),
        threads: 1,
      },
      {
        worker: resolve('dist/worker.js'),
        onMessage(message: FromWorker) {
          if (message.type !== 'events' || firstPoint) return;
          for (const event of message.events) {
            if (event.type === 'stageStarted' || event.type === 'stageFinished') {
              log(`${seconds().toFixed(1)} s: ${event.type} ${event.stage}`);
            }
          }
          if (!message.events.some((event) => event.type === 'point')) return;
          firstPoint = { seconds: seconds(), cpu: processorSeconds(job.pid!) };
          log(
            `First point after ${firstPoint.seconds.toFixed(1)} s, ${firstPoint.cpu} s of processor`,
          );
        },
      },
    );
    const seconds = (): number => (performance.now() - started) / 1000;
    const watch = setInterval(() => (peak = Math.max(peak, peakMemory(job.pid!))), 100);
    const summary = (await job.result.finally(() => clearInterval(watch))) as TrainSummary;
    const test = summary.metrics.test!;
    log(
      `${summary.seconds.toFixed(0)} s in all, test RMSE ${test.rmse} (mean: ${test.baselineRmse})`,
    );
    const goal = 'the goal';
    const row = (what: string, measured: number, yardstick: number, unit: string): Row => ({
      what,
      measured,
      yardstick,
      unit,
      source: goal,
    });
    return [
      row(`${gigabytes} GB CSV, first point on the curve`, firstPoint!.seconds, 5, 's'),
      row(`${gigabytes} GB CSV, peak memory of the job`, peak / 1e9, 1.5, 'GB'),
      row(
        `${gigabytes} GB CSV, test RMSE beside the mean’s`,
        test.rmse!,
        test.baselineRmse!,
        'of the target',
      ),
    ];
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Sixteen numbers, a name, and a target that depends on some of them. */
function writeTable(path: string, fileBytes: number): number {
  const random = createRandom(1);
  const sensors = Array.from({ length: 16 }, (_, i) => `sensor${i}`);
  const places = ['north', 'east', 'south', 'west'];
  const file = openSync(path, 'w');
  try {
    let bytes = writeSync(file, `${[...sensors, 'place', 'y'].join(',')}\n`);
    while (bytes < fileBytes) {
      const lines = Array.from({ length: rowsAtOnce }, () => {
        const values = sensors.map(() => random.uniform());
        const place = random.integer(places.length);
        const noise = random.uniform() / 10;
        const y = 2 * values[0] - values[1] * values[2] + place / 2 + noise;
        const numbers = values.map((value) => value.toFixed(5)).join(',');
        return `${numbers},${places[place]},${y.toFixed(4)}\n`;
      });
      bytes += writeSync(file, lines.join(''));
    }
    return bytes;
  } finally {
    closeSync(file);
  }
}

/** Linux only, as the other figures of a process here. */
function peakMemory(pid: number): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    return 1024 * Number(/VmHWM:\s*(\d+) kB/.exec(status)?.[1] ?? 0);
  } catch (error) {
    // The process has ended between two looks.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 0;
    throw error;
  }
}

function processorSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}
