import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { describe, it } from 'node:test';

/** What each folder may import besides itself; the longest name that fits a file counts. */
const allowed: Record<string, string[]> = {
  'src/extension.ts': ['src/commands', 'src/views', 'src/jobs', 'src/runs', 'src/core', 'vscode'],
  'src/commands': ['src/views', 'src/jobs', 'src/runs', 'src/core', 'vscode'],
  'src/views': ['src/jobs', 'src/runs', 'src/core', 'vscode'],
  'src/cli.ts': ['src/cli', 'src/jobs', 'src/runs', 'src/core'],
  'src/cli': ['src/jobs', 'src/runs', 'src/core'],
  'src/jobs': ['src/runs', 'src/core'],
  'src/runs': ['src/jobs/protocol', 'src/core'],
  // A webview takes the contracts, the reducer, and what is pure text or data.
  webview: ['src/jobs/protocol', 'src/runs', 'src/core'],
  'src/core/data': [],
  'src/core/engine': [],
  'src/core/formats': ['src/core/train/model'],
  'src/core/train': ['src/core/data', 'src/core/engine'],
  'src/core/compress': [
    'src/core/train',
    'src/core/formats',
    // The dataset's contract, which fine-tuning reads.
    'src/core/data/dataset',
  ],
  'src/core/program': ['src/core/data', 'src/core/train', 'src/core/compress'],
  // A report reads a run; nobody but the surfaces reads a report.
  'src/core/report': ['src/core', 'src/runs', 'src/jobs/protocol'],
};

/** What every part of the core may use. */
const shared = [
  'src/core/count',
  'src/core/error',
  'src/core/join',
  'src/core/random',
  'src/core/shape',
  'src/core/unpackHead',
  'src/core/wasm.d',
];

interface Source {
  /** Path from the root, with forward slashes. */
  path: string;
  text: string;
}

/** The sentences for imports that point the wrong way. */
function violations({ path, text }: Source): string[] {
  const room = Object.keys(allowed)
    .filter((name) => path === name || path.startsWith(`${name}/`))
    .sort((a, b) => b.length - a.length)[0];
  return importsOf(text).flatMap((specifier) => {
    const isOwn = specifier.startsWith('.');
    const target = isOwn ? posix.join(dirname(path), specifier) : specifier;
    // A version read from a manifest is data, not code.
    if ((!isOwn && target !== 'vscode') || target.endsWith('.json')) return [];
    const within = (folder: string): boolean =>
      target === folder || target.startsWith(`${folder}/`) || `${target}.ts` === folder;
    // A file without a row, such as those that the whole core shares, may import nothing of the house.
    const rows = room === undefined ? [] : [room, ...allowed[room]];
    const permitted = [...rows, ...(room?.startsWith('src/core/') ? shared : [])];
    return permitted.some(within) ? [] : [`${path} imports ${target}`];
  });
}

/** Specifiers of static, type-only, re-exporting and dynamic imports; comments do not count. */
function importsOf(text: string): string[] {
  const code = text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '');
  const pattern = /(?:\bfrom\s*|\bimport\s*\(\s*|\bimport\s+|\brequire\(\s*)'([^'\n]+)'/g;
  return [...code.matchAll(pattern)].map((match) => match[1]);
}

function sources(folder: string): Source[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.d.ts'))
    .map((file) => {
      const path = join(folder, file).replaceAll('\\', '/');
      return { path, text: readFileSync(path, 'utf8') };
    });
}

describe('imports', () => {
  it('run downwards only', () => {
    assert.deepEqual([...sources('src'), ...sources('webview')].flatMap(violations), []);
  });

  const wrong: [path: string, text: string, sentence: string][] = [
    [
      'src/core/data/idx.ts',
      "import { train } from '../train/loop';",
      'src/core/data/idx.ts imports src/core/train/loop',
    ],
    [
      'src/core/compress/container/crc.ts',
      "import * as vscode from 'vscode';",
      'src/core/compress/container/crc.ts imports vscode',
    ],
    [
      'src/core/compress/passes/prune.ts',
      "import type { Reader } from '../../data/reader';",
      'src/core/compress/passes/prune.ts imports src/core/data/reader',
    ],
    [
      'src/core/train/loop.ts',
      "export { report } from '../report/report';",
      'src/core/train/loop.ts imports src/core/report/report',
    ],
    [
      'src/jobs/job.ts',
      "const views = await import('../views/runPanel');",
      'src/jobs/job.ts imports src/views/runPanel',
    ],
    [
      'webview/panel.ts',
      "import { startJob } from '../src/jobs/job';",
      'webview/panel.ts imports src/jobs/job',
    ],
    [
      'src/core/error.ts',
      "import '../jobs/protocol';",
      'src/core/error.ts imports src/jobs/protocol',
    ],
  ];
  for (const [path, text, sentence] of wrong) {
    it(`find that ${sentence}`, () => assert.deepEqual(violations({ path, text }), [sentence]));
  }

  it('in a comment do not count', () => {
    const text = "/* import 'vscode'; */\n// import x from '../train/loop';\n";
    assert.deepEqual(violations({ path: 'src/core/data/idx.ts', text }), []);
  });
});

/** The core computes in any JavaScript engine: what belongs to a browser or to VS Code is not its own. */
describe('the core', () => {
  it('touches no document and no clock', () => {
    const found = sources('src/core').flatMap(({ path, text }) => {
      const code = text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/\/\/.*$/gm, '');
      // The date of a number that is given is arithmetic.
      return [
        ...code.matchAll(
          /\b(?:document\.|window\.|Date\.now|new Date\b(?!\([^)])|performance\.now|Math\.random)/g,
        ),
      ].map((match) => `${path} uses ${match[0]}`);
    });
    assert.deepEqual(found, []);
  });
});
