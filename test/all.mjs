// `npm test`: every check in order; a later one still runs when an earlier one fails, except without a build.
import { spawnSync } from 'node:child_process';

const steps = ['types', 'lint', 'test:unit', 'build', 'test:vscode', 'test:ui'];

const failed = [];
for (const step of steps) {
  if (failed.includes('build')) break;
  console.log(`\n=== npm run ${step}`);
  const start = performance.now();
  const { status } = spawnSync('npm', ['run', '--silent', step], { stdio: 'inherit' });
  const seconds = ((performance.now() - start) / 1000).toFixed(0);
  console.log(`=== ${step} ${status === 0 ? 'passed' : 'failed'} after ${seconds} s`);
  if (status !== 0) failed.push(step);
}
if (failed.length > 0) console.error(`\nFailed: ${failed.join(', ')}.`);
else console.log(`\nPassed: ${steps.join(', ')}.`);
process.exit(failed.length === 0 ? 0 : 1);
