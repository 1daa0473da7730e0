// Builds the extension and runs the UI tests whose name holds one of the arguments (all without arguments).
import { spawnSync } from 'node:child_process';
import { readdirSync, rmSync } from 'node:fs';

const wanted = process.argv.slice(2);
const files = readdirSync('test/ui')
  .filter((file) => file.endsWith('.test.mjs'))
  .filter((file) => wanted.length === 0 || wanted.some((word) => file.includes(word)))
  .map((file) => `test/ui/${file}`);
if (files.length === 0) {
  console.error(`No UI test matches ${wanted.join(', ')}: name a part of a file in test/ui.`);
  process.exit(2);
}
if (wanted.length === 0) rmSync('test/shots', { recursive: true, force: true });
// One workbench at a time: two would race for the cores and for the clipboard.
const failing = (paths) =>
  paths.filter((path) => spawnSync('node', ['--test', path], { stdio: 'inherit' }).status !== 0);
let failed = failing(files);
if (failed.length > 0) {
  console.log(`Once more, since a busy machine may lose a click: ${failed.join(', ')}`);
  failed = failing(failed);
}
console.log(`${files.length - failed.length} of ${files.length} UI test files passed.`);
process.exit(failed.length > 0 ? 1 : 0);
