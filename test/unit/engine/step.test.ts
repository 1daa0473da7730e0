import '@tensorflow/tfjs-backend-cpu';
import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { createOptimizer, type OptimizerName } from '../../../src/core/engine/optimizer';
import {
  compileStep,
  type Constraint,
  type Step,
  type Tensors,
} from '../../../src/core/engine/step';
import * as tf from '../../../src/core/engine/tf';
import { createRandom } from '../../../src/core/random';

const parameters = [
  { name: 'w1', shape: [12, 9] },
  { name: 'b1', shape: [9] },
  { name: 'w2', shape: [9, 3] },
  { name: 'b2', shape: [3] },
];
const batch = 16;
const inputs = [
  { name: 'x', shape: [batch, 12] },
  { name: 'y', shape: [batch, 3] },
];

const loss = (p: Tensors, i: Tensors, activation = tf.relu): tf.Tensor => {
  const hidden = activation(tf.add(tf.matMul(i.x, p.w1), p.b1));
  const logits = tf.add(tf.matMul(hidden, p.w2), p.b2);
  return tf.losses.softmaxCrossEntropy(i.y, logits);
};

const random = createRandom(7);
const draw = (size: number): Float32Array => Float32Array.from({ length: size }, random.normal);
const initial = parameters.map(({ shape }) => draw(tf.util.sizeFromShape(shape)).map((v) => v / 3));
const batches = Array.from({ length: 20 }, () => {
  const y = new Float32Array(batch * 3);
  for (let i = 0; i < batch; i++) y[i * 3 + random.integer(3)] = 1;
  return { x: draw(batch * 12), y };
});

async function compile(
  constraints: Record<string, Constraint> = {},
  activation = tf.relu,
): Promise<Step> {
  const step = await compileStep({
    parameters: parameters.map((p) => ({ ...p, constraint: constraints[p.name] })),
    inputs,
    loss: (p, i) => ({ loss: loss(p, i, activation) }),
    threads: 1,
  });
  parameters.forEach(({ name }, i) => step.parameters[name].set(initial[i]));
  return step;
}

const feed = (step: Step, { x, y }: { x: Float32Array; y: Float32Array }): void => {
  step.inputs.x.set(x);
  step.inputs.y.set(y);
};

const close = (actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number): void => {
  assert.equal(actual.length, expected.length);
  for (let i = 0; i < actual.length; i++) {
    const difference = Math.abs(actual[i] - expected[i]);
    assert.ok(difference <= tolerance, `element ${i} is ${actual[i]}, expected ${expected[i]}`);
  }
};

const yardsticks: { [N in OptimizerName]: () => tf.Optimizer } = {
  adam: () => tf.train.adam(0.01),
  sgd: () => tf.train.momentum(0.01, 0.9),
};

describe('a compiled step', () => {
  for (const name of Object.keys(yardsticks) as OptimizerName[]) {
    it(`trains as the tfjs cpu backend does over 20 steps of ${name}`, async () => {
      await tf.setBackend('cpu');
      const variables = parameters.map((p, i) => tf.variable(tf.tensor(initial[i], p.shape)));
      const optimizer = yardsticks[name]();
      const expected = batches.map(({ x, y }) => {
        const cost = optimizer.minimize(
          () =>
            loss(Object.fromEntries(parameters.map((p, i) => [p.name, variables[i]])), {
              x: tf.tensor(x, [batch, 12]),
              y: tf.tensor(y, [batch, 3]),
            }) as tf.Scalar,
          true,
        );
        return cost!.dataSync()[0];
      });

      const step = await compile();
      const ours = createOptimizer(name, step);
      const losses: number[] = [];
      for (const data of batches) {
        feed(step, data);
        losses.push((await step.run()).loss);
        ours.update(0.01);
      }
      close(losses, expected, 1e-4);
      parameters.forEach((p, i) => close(step.parameters[p.name], variables[i].dataSync(), 1e-4));
      await step.dispose();
    });
  }

  it('gives the gradients that finite differences give', async () => {
    // Smooth, since a difference across the kink of ReLU is no derivative.
    const step = await compile({}, tf.tanh);
    feed(step, batches[0]);
    await step.run();
    for (const { name } of parameters) {
      const weights = step.parameters[name];
      const expected = step.gradients[name].slice();
      for (let i = 0; i < weights.length; i += 5) {
        const before = weights[i];
        weights[i] = before + 0.01;
        const above = (await step.run()).loss;
        weights[i] = before - 0.01;
        const below = (await step.run()).loss;
        weights[i] = before;
        assert.ok(Math.abs((above - below) / 0.02 - expected[i]) < 2e-3, `${name}[${i}]`);
      }
    }
    await step.dispose();
  });

  it('keeps masked weights at zero', async () => {
    const mask = Uint8Array.from(initial[0], (_, i) => i % 3 && 1);
    const step = await compile({ w1: { type: 'mask', mask } });
    step.parameters.w1.set(initial[0].map((w, i) => w * mask[i]));
    const optimizer = createOptimizer('adam', step, { weightDecay: 0.1 });
    for (const data of batches) {
      feed(step, data);
      await step.run();
      optimizer.update(0.01);
    }
    step.parameters.w1.forEach((w, i) => assert.equal(w === 0, mask[i] === 0));
    await step.dispose();
  });

  it('trains shared weights by the sum of their gradients', async () => {
    const centroids = Float32Array.of(-0.5, 0.1, 0.6);
    const indices = Int32Array.from(initial[2], (_, i) => (i % 4) - 1);
    const plain = await compile();
    const step = await compile({ w2: { type: 'codebook', indices, centroids } });
    const shared = Float32Array.from(indices, (index) => (index < 0 ? 0 : centroids[index]));
    for (const each of [plain, step]) {
      each.parameters.w2.set(shared);
      feed(each, batches[0]);
      await each.run();
    }
    createOptimizer('sgd', step).update(0.1);
    const expected = centroids.map((centroid, k) => {
      const sum = plain.gradients.w2.reduce((s, g, i) => s + (indices[i] === k ? g : 0), 0);
      return centroid - 0.1 * sum;
    });
    close(
      step.parameters.w2,
      Array.from(indices, (index) => (index < 0 ? 0 : expected[index])),
      1e-6,
    );
    await plain.dispose();
    await step.dispose();
  });

  it('trains an equal codebook of two parameters by the gradients of both', async () => {
    const centroids = Float32Array.of(-0.5, 0.1, 0.6);
    const indices = [0, 2].map((p) => Int32Array.from(initial[p], (_, i) => (i % 4) - 1));
    const plain = await compile();
    const step = await compile({
      w1: { type: 'codebook', indices: indices[0], centroids },
      w2: { type: 'codebook', indices: indices[1], centroids: centroids.slice() },
    });
    for (const each of [plain, step]) {
      ['w1', 'w2'].forEach((name, p) => each.parameters[name].set(valuesOf(indices[p])));
      feed(each, batches[0]);
      await each.run();
    }
    createOptimizer('sgd', step).update(0.1);
    const expected = centroids.map((centroid, k) => {
      const sumOf = (name: string, p: number): number =>
        plain.gradients[name].reduce((s, g, i) => s + (indices[p][i] === k ? g : 0), 0);
      return centroid - 0.1 * (sumOf('w1', 0) + sumOf('w2', 1));
    });
    close(step.centroids.w1, expected, 1e-6);
    close(step.centroids.w2, expected, 1e-6);
    close(
      step.parameters.w2,
      Array.from(indices[1], (index) => (index < 0 ? 0 : expected[index])),
      1e-6,
    );
    await plain.dispose();
    await step.dispose();

    function valuesOf(all: Int32Array): Float32Array {
      return Float32Array.from(all, (index) => (index < 0 ? 0 : centroids[index]));
    }
  });

  it('scales gradients down to the global norm that is asked for', async () => {
    const [plain, clipped] = [await compile(), await compile()];
    for (const step of [plain, clipped]) {
      feed(step, batches[0]);
      await step.run();
    }
    const norm = Math.hypot(...Object.values(plain.gradients).flatMap((g) => Array.from(g)));
    createOptimizer('sgd', plain).update(0.1);
    createOptimizer('sgd', clipped, { clipNorm: norm / 2 }).update(0.2);
    for (const { name } of parameters) {
      close(clipped.parameters[name], plain.parameters[name], 1e-6);
    }
    await plain.dispose();
    await clipped.dispose();
  });

  it('names the kernel that it cannot compile', async () => {
    await assert.rejects(
      compileStep({
        parameters: [{ name: 'w', shape: [4] }],
        inputs: [],
        loss: ({ w }) => ({ loss: tf.sum(tf.abs(tf.fft(tf.complex(w, w)))) }),
        threads: 1,
      }),
      /The engine has no lowering for the TensorFlow.js kernel Complex/,
    );
  });

  it('says that a value is not known while tracing', async () => {
    await assert.rejects(
      compileStep({
        parameters: [{ name: 'w', shape: [4] }],
        inputs: [],
        loss: ({ w }) => ({ loss: w.dataSync()[0] > 0 ? tf.sum(w) : tf.mean(w) }),
        threads: 1,
      }),
      /reads the value of a tensor while it is traced/,
    );
  });

  it('leaves no copies of its gradients for the garbage collector', async () => {
    const megabyte = 2 ** 20;
    const step = await compileStep({
      parameters: [{ name: 'w', shape: [megabyte] }],
      inputs: [],
      loss: ({ w }) => ({ loss: tf.sum(tf.square(w)) }),
      threads: 1,
    });
    after(() => step.dispose());
    step.parameters.w[0] = 3;
    await step.run();
    const before = process.memoryUsage().arrayBuffers;
    for (let i = 0; i < 6; i++) await step.run();
    const grown = process.memoryUsage().arrayBuffers - before;
    assert.ok(grown < 4 * megabyte, `six gradients of 4 MB left ${grown / megabyte} MB behind`);
    assert.equal(step.gradients.w[0], 6);
  });

  it('runs the same graph on WebAssembly where there is no native library', async () => {
    const step = await compileStep({
      parameters,
      inputs,
      loss: (p, i) => ({ loss: loss(p, i) }),
      threads: 1,
      runtime: 'wasm',
    });
    const native = await compile();
    assert.deepEqual([step.runtime, native.runtime], ['wasm', 'native']);
    parameters.forEach(({ name }, i) => step.parameters[name].set(initial[i]));
    for (const each of [step, native]) feed(each, batches[0]);
    close([(await step.run()).loss], [(await native.run()).loss], 1e-5);
    for (const { name } of parameters) close(step.gradients[name], native.gradients[name], 1e-5);
    await step.dispose();
    await native.dispose();
  });
});

after(() => tf.disposeVariables());
