// Runs a bench and prints its figures beside their yardsticks: `npm run bench -- NAME [parts of its cases' names]`.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { pathToFileURL } from 'node:url';

const names = readdirSync('test/bench')
  .filter((file) => file.endsWith('.ts'))
  .map((file) => file.replace('.ts', ''));
const [name, ...wanted] = process.argv.slice(2);
if (!names.includes(name)) {
  console.error(
    `${name ? `There is no bench ${name}` : 'Which bench'}: npm run bench -- ${names.join(' | ')}`,
  );
  process.exit(2);
}
const built = spawnSync(process.execPath, ['esbuild.mjs', '--bench', '--quiet'], {
  stdio: 'inherit',
});
if (built.status !== 0) process.exit(1);

const { bench } = await import(pathToFileURL(`out/bench/${name}.mjs`).href);
console.error(bench.describe);
const rows = await bench.run((line) => console.error(line), wanted);
const number = (value) => (Number.isInteger(value) ? String(value) : value.toPrecision(4));
console.table(
  rows.map(({ what, measured, yardstick, unit, source }) => ({
    what,
    measured: number(measured),
    yardstick: number(yardstick),
    unit,
    source,
  })),
);
const { model } = cpus()[0];
const result = {
  name,
  machine: `${cpus().length} x ${model}, Node ${process.versions.node}`,
  rows,
};
mkdirSync('test/bench/results', { recursive: true });
writeFileSync(`test/bench/results/${name}.json`, `${JSON.stringify(result, null, 2)}\n`);
