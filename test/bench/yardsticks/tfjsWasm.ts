/** Examples per second of LeNet-300-100 on the WebAssembly backend of TensorFlow.js, its variables and optimizer included. */
import { setThreadsCount, setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import { resolve } from 'node:path';
import * as tf from '../../../src/core/engine/tf';

const batch = 128;
const widths = [784, 300, 100, 10];

/** Batch 128 of random images with Adam, as the script for tfjs-node does it; the backend has no convolution gradients. */
export async function wasmSpeed(threads: number, seconds: number): Promise<number> {
  setWasmPaths(`${resolve('node_modules/@tensorflow/tfjs-backend-wasm/dist')}/`);
  setThreadsCount(threads);
  await tf.setBackend('wasm');
  const weights = [0, 1, 2].flatMap((i) => [
    tf.variable(tf.randomUniform([widths[i], widths[i + 1]], -0.05, 0.05)),
    tf.variable(tf.zeros([widths[i + 1]])),
  ]);
  const optimizer = tf.train.adam(1e-3);
  const x = tf.randomUniform([batch, widths[0]]);
  const y = tf.oneHot(tf.randomUniform([batch], 0, 10, 'int32'), 10);
  const layer = (input: tf.Tensor, i: number): tf.Tensor =>
    tf.add(tf.matMul(input, weights[2 * i]), weights[2 * i + 1]);
  const step = async (): Promise<void> => {
    const loss = optimizer.minimize(() => {
      const hidden = tf.relu(layer(tf.relu(layer(x, 0)), 1));
      return tf.losses.softmaxCrossEntropy(y, layer(hidden, 2)) as tf.Scalar;
    }, true)!;
    await loss.data();
    loss.dispose();
  };
  try {
    for (let i = 0; i < 20; i++) await step();
    const start = performance.now();
    let steps = 0;
    for (; performance.now() - start < seconds * 1000; steps++) await step();
    return (steps * batch * 1000) / (performance.now() - start);
  } finally {
    tf.dispose([x, y, ...weights]);
    optimizer.dispose();
  }
}
