// Examples per second of LeNet-300-100 in tfjs-node, its variables and optimizer on TensorFlow, batch 128 of random
// images: tfjs-node.mjs FOLDER THREADS SECONDS
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import util from 'node:util';

const [folder, threads, seconds] = process.argv.slice(2);
process.env.TF_NUM_INTRAOP_THREADS = threads;
process.env.TF_NUM_INTEROP_THREADS = '1';
process.env.TF_CPP_MIN_LOG_LEVEL = '2';
// Removed in Node 23.
util.isNullOrUndefined ??= (value) => value == null;
util.isArray ??= Array.isArray;
const tf = createRequire(join(resolve(folder), 'package.json'))('@tensorflow/tfjs-node');

const batch = 128;
const widths = [784, 300, 100, 10];
const weights = [0, 1, 2].flatMap((i) => [
  tf.variable(tf.randomUniform([widths[i], widths[i + 1]], -0.05, 0.05)),
  tf.variable(tf.zeros([widths[i + 1]])),
]);
const optimizer = tf.train.adam(1e-3);
const x = tf.randomUniform([batch, 784]);
const y = tf.oneHot(tf.randomUniform([batch], 0, 10, 'int32'), 10);
const layer = (input, i) => tf.add(tf.matMul(input, weights[2 * i]), weights[2 * i + 1]);

function step() {
  const loss = optimizer.minimize(
    () => tf.losses.softmaxCrossEntropy(y, layer(tf.relu(layer(tf.relu(layer(x, 0)), 1)), 2)),
    true,
  );
  loss.dataSync();
  loss.dispose();
}

for (let i = 0; i < 20; i++) step();
const start = performance.now();
let steps = 0;
for (; performance.now() - start < Number(seconds) * 1000; steps++) step();
console.log(Math.round((steps * batch * 1000) / (performance.now() - start)));
