import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, it } from 'node:test';
import { compileStep } from '../../../src/core/engine/step';
import * as tf from '../../../src/core/engine/tf';
import { chooseArchitecture } from '../../../src/core/train/architectures/architectures';
import { initialize } from '../../../src/core/train/layers/layers';
import { train, type TrainResult } from '../../../src/core/train/loop';
import { loadTfjsNode } from '../../../src/jobs/tfjsNode';
import { temporaryFolder } from '../../fixtures/temporaryFolder';
import { imageDataset, tableDataset } from './datasets';

const folder = resolve(process.env.KOLMO_TFJS_NODE ?? '.cache/tfjs-node');
const installed = existsSync(join(folder, 'node_modules/@tensorflow/tfjs-node/lib'));
const skip = installed
  ? false
  : `@tensorflow/tfjs-node is not in ${folder}: test/bench/provision-tfjs-node.sh builds it there`;

describe('the engine tfjs-node', () => {
  it('is missed with a sentence that says what to do', async (t) => {
    const empty = temporaryFolder(t, {});
    assert.throws(() => loadTfjsNode([empty], 1), {
      name: 'KolmoError',
      message: new RegExp(`not installed in ${empty}: run npm install @tensorflow/tfjs-node there`),
    });
    if (tf.findBackendFactory('tensorflow')) return;
    const step = compileStep({
      parameters: [{ name: 'w', shape: [1] }],
      inputs: [],
      loss: ({ w }) => ({ loss: tf.sum(w) }),
      threads: 1,
      runtime: 'tfjs-node',
    });
    await assert.rejects(step, { name: 'KolmoError', message: /is not loaded: install/ });
  });

  for (const { architecture, dataset } of [
    { architecture: 'mlp', dataset: tableDataset() },
    { architecture: 'lenet-5', dataset: imageDataset() },
  ]) {
    it(`trains ${architecture} as ONNX Runtime does`, { skip }, async () => {
      loadTfjsNode([folder], 1);
      const { choice } = chooseArchitecture(architecture, dataset);
      const trained = async (runtime: 'auto' | 'tfjs-node'): Promise<TrainResult> => {
        const model = initialize(choice.build(dataset), 1);
        const options = { epochs: 2, batchSize: 32, threads: 1, runtime };
        const run = train(model, dataset, options);
        for (;;) {
          const step = await run.next();
          if (step.done) return step.value;
        }
      };
      const [native, eager] = [await trained('auto'), await trained('tfjs-node')];
      const difference = Math.abs(eager.validation.loss - native.validation.loss);
      assert.ok(
        difference < 1e-3 * native.validation.loss,
        `${eager.validation.loss} and ${native.validation.loss}`,
      );
      assert.notDeepEqual(eager.model.parameters[0].data, native.model.parameters[0].data);
      assert.equal(tf.memory().numTensors, 0);
    });
  }
});
