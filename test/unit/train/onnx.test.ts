import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { openModel } from '../../../src/core/engine/session';
import { createRandom } from '../../../src/core/random';
import {
  architectures,
  fittingArchitectures,
} from '../../../src/core/train/architectures/architectures';
import { exportOnnx } from '../../../src/core/train/export';
import { exportInt8 } from '../../../src/core/train/exportInt8';
import { initialize } from '../../../src/core/train/layers/layers';
import { categoryDataset, imageDataset, symbolDataset, tableDataset } from './datasets';

/** Python with the packages onnx, onnxruntime and numpy, for the readers that count. */
const python = process.env.KOLMO_ONNX_PYTHON ?? 'python3';

const script = `
import json, sys, numpy, onnx, onnxruntime
answers = {}
for name in sys.argv[2:]:
    path = sys.argv[1] + '/' + name
    onnx.checker.check_model(path + '.onnx', full_check=True)
    given = json.load(open(path + '.json'))
    session = onnxruntime.InferenceSession(path + '.onnx', providers=['CPUExecutionProvider'])
    x = numpy.array(given['data'], dtype=numpy.float32).reshape(given['shape'])
    answers[name] = session.run(None, {'input': x})[0].ravel().tolist()
print(json.dumps(answers))
`;

function hasOnnx(): boolean {
  try {
    execFileSync(python, ['-c', 'import numpy, onnx, onnxruntime'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

describe('exported files of every architecture', () => {
  it('pass the ONNX checker and give the same outputs in Python', async (test) => {
    if (!hasOnnx()) {
      test.skip(
        `${python} lacks onnx, onnxruntime or numpy: install them, or name another Python in KOLMO_ONNX_PYTHON`,
      );
      return;
    }
    const folder = mkdtempSync(join(tmpdir(), 'kolmo-onnx-'));
    try {
      const expected: Record<string, Float32Array> = {};
      const datasets = [imageDataset(), tableDataset(), categoryDataset(), symbolDataset()];
      for (const dataset of datasets) {
        for (const choice of fittingArchitectures(dataset)) {
          const exported = dataset.codes ? `${choice.name}-codes` : choice.name;
          const architecture = choice.build(dataset);
          const random = createRandom(1);
          const shape = [2, ...architecture.inputShape];
          const data = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () =>
            architecture.task === 'nextSymbol' || dataset.codes
              ? random.integer(6)
              : random.normal(),
          );
          const model = initialize(architecture, 1);
          const files: Record<string, Uint8Array> = { [exported]: exportOnnx(model) };
          // A generator reads noise, which the dataset has none of.
          if (architecture.inputShape.join() === dataset.inputShape.join()) {
            files[`${exported}-int8`] = await exportInt8(model, dataset);
          }
          for (const [name, bytes] of Object.entries(files)) {
            const opened = await openModel(bytes, { threads: 1 });
            expected[name] = await opened.run(data, shape);
            await opened.dispose();
            writeFileSync(join(folder, `${name}.onnx`), bytes);
            writeFileSync(
              join(folder, `${name}.json`),
              JSON.stringify({ shape, data: Array.from(data) }),
            );
          }
        }
      }
      const names = Object.keys(expected);
      assert.deepEqual(
        Object.keys(architectures).filter((name) => !names.includes(name)),
        [],
        'an architecture is not checked',
      );
      const answers = JSON.parse(
        execFileSync(python, ['-c', script, folder, ...names], {
          maxBuffer: 1e9,
        }).toString(),
      ) as Record<string, number[]>;
      for (const name of names) {
        assert.equal(answers[name].length, expected[name].length);
        answers[name].forEach((value, i) => {
          // Another release may round the last integer another way.
          const tolerance = name.endsWith('int8') ? 0.02 : 1e-5;
          assert.ok(Math.abs(value - expected[name][i]) < tolerance, `${name}, output ${i}`);
        });
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
