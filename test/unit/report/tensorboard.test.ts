import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import {
  encodeTensorBoard,
  maskedChecksum,
  tensorBoardHeader,
  type TensorBoardEvent,
} from '../../../src/report/tensorboard';

const events: TensorBoardEvent[] = [
  { type: 'scalar', tag: 'loss/training', value: 0.5, step: 10, at: 1000 },
  { type: 'scalar', tag: 'loss/training', value: 0.25, step: 20, at: 1001 },
  {
    type: 'histogram',
    tag: 'dense_1/weights',
    histogram: { minimum: -1, maximum: 1, counts: [2, 0, 1, 5] },
    zeros: 7,
    step: 20,
    at: 1002,
  },
];
const file = Buffer.concat([tensorBoardHeader(1000), encodeTensorBoard(events)]);

/** Python with the tensorboard package, for the reader that counts. */
const python = process.env.KOLMO_TENSORBOARD_PYTHON ?? 'python3';

const script = `
import json, sys
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
a = EventAccumulator(sys.argv[1]); a.Reload()
h = a.Histograms('dense_1/weights')[0].histogram_value
print(json.dumps({'scalars': [[e.wall_time, e.step, e.value] for e in a.Scalars('loss/training')],
                  'num': h.num, 'min': h.min, 'max': h.max}))
`;

function hasTensorBoard(): boolean {
  try {
    execFileSync(python, ['-c', 'import tensorboard'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

describe('TensorBoard event files', () => {
  it('hold framed records whose checksums fit', () => {
    let records = 0;
    for (let offset = 0; offset < file.length; records++) {
      const length = Number(file.readBigUInt64LE(offset));
      assert.equal(
        file.readUInt32LE(offset + 8),
        maskedChecksum(file.subarray(offset, offset + 8)),
      );
      const record = file.subarray(offset + 12, offset + 12 + length);
      assert.equal(file.readUInt32LE(offset + 12 + length), maskedChecksum(record));
      offset += length + 16;
    }
    assert.equal(records, events.length + 1);
  });

  it('have the checksum that TFRecord files have', () => {
    // CRC-32C of "123456789" is 0xe3069283.
    const masked = (((0xe3069283 >>> 15) | (0xe3069283 << 17)) + 0xa282ead8) >>> 0;
    assert.equal(maskedChecksum(Buffer.from('123456789')), masked);
  });

  it('are read back by TensorBoard itself', (test) => {
    if (!hasTensorBoard()) {
      test.skip(
        `${python} has no tensorboard package: pip install tensorboard, or name another Python in KOLMO_TENSORBOARD_PYTHON`,
      );
      return;
    }
    const folder = mkdtempSync(join(tmpdir(), 'kolmo-tensorboard-'));
    try {
      writeFileSync(join(folder, 'events.out.tfevents.1000.kolmo'), file);
      const read: unknown = JSON.parse(
        execFileSync(python, ['-c', script, folder], {
          stdio: ['ignore', 'pipe', 'ignore'],
        }).toString(),
      );
      assert.deepEqual(read, {
        scalars: [
          [1000, 10, 0.5],
          [1001, 20, 0.25],
        ],
        num: 15,
        min: -1,
        max: 1,
      });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
