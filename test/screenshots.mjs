// `npm run screenshots`: takes the README's pictures anew from the UI tests that show them and puts them into media/.
import { spawnSync } from 'node:child_process';
import { copyFileSync, rmSync } from 'node:fs';

/** Pictures of the README, by their names in test/shots, and the file in test/ui that takes each. */
const shown = {
  menu: 'mnist',
  training: 'mnist',
  compressed: 'mnist',
  parameters: 'mnist',
  sizes: 'table',
  'surprisal-light': 'surprisal',
  'analysis-bytes': 'analysis',
};

const names = Object.keys(shown);
// A picture that is not taken any more must not be copied from an earlier run.
for (const name of names) rmSync(`test/shots/${name}.png`, { force: true });
const tests = [...new Set(Object.values(shown))];
const { status } = spawnSync('npm', ['run', '--silent', 'test:ui', '--', ...tests], {
  stdio: 'inherit',
});
if (status !== 0) process.exit(status ?? 1);
for (const name of names) copyFileSync(`test/shots/${name}.png`, `media/screenshot-${name}.png`);
console.log(`media/ now has ${names.length} pictures of the README.`);
