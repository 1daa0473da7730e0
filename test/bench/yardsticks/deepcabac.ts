/** The packed container beside nncodec, the reference of ISO/IEC 15938-17, on the same integer tensors. */
import { execFileSync, spawnSync } from 'node:child_process';
import { decode, encode } from '../../../src/core/compress/container/container';
import type { Model } from '../../../src/core/train/model';
import type { Row } from '../compress';

const script = 'test/bench/yardsticks/deepcabac.py';
/** Share of the reference's bytes that the container may take. */
const share = 0.97;
const rounds = 5;

/**
 * Bytes of both, and processor time of writing and reading, medians of five in a warm process.
 * The reference's bytes hold levels only; the container's are the whole file, scales and architecture included.
 */
export function compareWithDeepCabac(
  models: Record<string, Model>,
  log: (line: string) => void,
): Row[] {
  const python = process.env.KOLMO_PYTHON ?? 'python3';
  const found = spawnSync(python, ['-c', 'import nncodec'], { encoding: 'utf8' });
  if (found.status !== 0) {
    log(
      `nncodec is left out: ${python} cannot import it. "pip install nncodec torch" and set KOLMO_PYTHON to that Python to compare.`,
    );
    return [];
  }
  return Object.entries(models).flatMap(([name, model]) => {
    const answer = execFileSync(python, [script], { input: JSON.stringify(tensorsOf(model)) });
    const reference = JSON.parse(answer.toString()) as { bytes: number; milliseconds: number };
    const times: number[] = [];
    let bytes: Uint8Array = new Uint8Array();
    for (let round = 0; round < 2 * rounds; round++) {
      const before = process.cpuUsage();
      bytes = encode(model);
      decode(bytes);
      const { user, system } = process.cpuUsage(before);
      times.push((user + system) / 1000);
    }
    const milliseconds = times.slice(rounds).sort((a, b) => a - b)[Math.floor(rounds / 2)];
    log(
      `${name}: ${bytes.length} bytes in ${milliseconds.toFixed(0)} ms, nncodec ${reference.bytes} in ${reference.milliseconds.toFixed(0)} ms`,
    );
    return [
      {
        what: `${name}: container`,
        measured: bytes.length,
        yardstick: share * reference.bytes,
        unit: 'bytes',
        source: `${share} x nncodec, the best of its scan orders`,
      },
      {
        what: `${name}: writing and reading it`,
        measured: milliseconds,
        yardstick: reference.milliseconds,
        unit: 'ms',
        source: 'nncodec, processor time',
      },
    ];
  });
}

/** Names as a PyTorch model has them, by which nncodec tells weights from biases. */
function tensorsOf({ parameters }: Model): { name: string; shape: number[]; levels: number[] }[] {
  return parameters.map(({ name, shape, encoding }) => {
    if (encoding.type !== 'quantized') throw new Error(`${name} is not quantized`);
    const { levels, zeroPoints } = encoding;
    return {
      name: name.replace('/weights', '.weight').replace('/biases', '.bias'),
      shape,
      levels: Array.from(levels, (level, i) => level - zeroPoints[i % zeroPoints.length]),
    };
  });
}
