import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { createOptimizer, type OptimizerName } from '../../../src/core/engine/optimizer';
import { compileStep, type Step } from '../../../src/core/engine/step';
import * as tf from '../../../src/core/engine/tf';

/** A matrix and biases, whose gradient is the input `slope` everywhere. */
async function sloped(test: TestContext): Promise<Step> {
  const step = await compileStep({
    parameters: [
      { name: 'weights', shape: [2, 3] },
      { name: 'biases', shape: [3] },
    ],
    inputs: [{ name: 'slope', shape: [] }],
    loss: ({ weights, biases }, { slope }) => ({
      loss: tf.mul(slope, tf.add(tf.sum(weights), tf.sum(biases))),
    }),
    threads: 1,
  });
  test.after(() => step.dispose());
  step.parameters.weights.fill(1);
  step.parameters.biases.fill(1);
  return step;
}

describe('an optimizer', () => {
  for (const name of ['adam', 'sgd'] as OptimizerName[]) {
    it(`decays weights and leaves biases alone: ${name}`, async (t) => {
      const step = await sloped(t);
      const optimizer = createOptimizer(name, step, { weightDecay: 0.1 });
      await step.run();
      optimizer.update(0.5);
      optimizer.update(0.5);
      // Twice 1 - rate * decay.
      for (const weight of step.parameters.weights) assert.ok(Math.abs(weight - 0.9025) < 1e-6);
      assert.deepEqual([...step.parameters.biases], [1, 1, 1]);
    });

    it(`lets no moment become a denormal number: ${name}`, async (t) => {
      const step = await sloped(t);
      const optimizer = createOptimizer(name, step);
      step.inputs.slope[0] = 1e-3;
      await step.run();
      optimizer.update(1e-3);
      step.inputs.slope[0] = 0;
      await step.run();
      const smallestNormal = 2 ** -126;
      for (let i = 0; i < 1200; i++) {
        optimizer.update(1e-3);
        for (const moment of optimizer.state().moments) {
          assert.ok(moment === 0 || Math.abs(moment) >= smallestNormal, `${moment} in update ${i}`);
        }
      }
    });
  }
});
