// Builds and runs the unit tests whose path holds one of the arguments (all without arguments).
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';

const wanted = process.argv.slice(2);
const run = (...command) =>
  spawnSync(command[0], command.slice(1), { stdio: 'inherit' }).status ?? 1;

if (run('node', 'esbuild.mjs', '--tests', '--quiet') !== 0) process.exit(1);
const files = readdirSync('out/test/unit', { recursive: true })
  .filter((file) => file.endsWith('.test.mjs'))
  .filter((file) => wanted.length === 0 || wanted.some((word) => file.includes(word)))
  .map((file) => `out/test/unit/${file}`);
if (files.length === 0) {
  console.error(
    `No unit test matches ${wanted.join(', ')}: name a part of a path below test/unit.`,
  );
  process.exit(2);
}
process.exit(run('node', '--enable-source-maps', '--test', '--test-concurrency=2', ...files));
