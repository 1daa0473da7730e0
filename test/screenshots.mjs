// `npm run screenshots`: takes the README's pictures anew from the UI tests and puts them into media/.
import { spawnSync } from 'node:child_process';
import { copyFileSync } from 'node:fs';

/** Pictures of the README, by their names in test/shots. */
const shown = [
  'menu',
  'training',
  'compressed',
  'parameters',
  'sizes',
  'surprisal-light',
  'analysis-bytes',
];

const { status } = spawnSync('node', ['test/ui.mjs'], { stdio: 'inherit' });
if (status !== 0) process.exit(status ?? 1);
for (const name of shown) copyFileSync(`test/shots/${name}.png`, `media/screenshot-${name}.png`);
console.log(`media/ now has ${shown.length} pictures of the README.`);
