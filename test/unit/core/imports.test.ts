import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { describe, it } from 'node:test';

/** What each folder may import besides itself; the longest name that fits a file counts. */
const allowed: Record<string, string[]> = {
  'src/extension.ts': [
    'src/commands',
    'src/views',
    'src/jobs',
    'src/report',
    'src/runs',
    'src/core',
    'vscode',
  ],
  'src/commands': ['src/views', 'src/jobs', 'src/report', 'src/runs', 'src/core', 'vscode'],
  'src/views': ['src/jobs', 'src/report', 'src/runs', 'src/core', 'vscode'],
  'src/cli.ts': ['src/cli', 'src/jobs', 'src/report', 'src/runs', 'src/core'],
  'src/cli': ['src/jobs', 'src/report', 'src/runs', 'src/core'],
  'src/jobs': ['src/report', 'src/runs', 'src/core'],
  // A report reads a run; nobody but the surfaces and the jobs reads a report.
  'src/report': ['src/runs', 'src/core'],
  'src/runs': ['src/core'],
  // A webview takes the contracts, the reducer, and what is pure text or data.
  webview: ['src/views/panelMessages', 'src/report', 'src/runs', 'src/core'],
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
  'src/core/compare': ['src/core/formats', 'src/core/compress'],
  'src/core/program': [
    'src/core/data',
    'src/core/train',
    'src/core/compress',
    // The directory of an archive, whose members are predicted.
    'src/core/formats/zip',
  ],
};

/** What every part of the core may use. */
const shared = [
  'src/core/count',
  'src/core/error',
  'src/core/group',
  'src/core/join',
  'src/core/orDispose',
  'src/core/random',
  'src/core/relay',
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
  return importsOf({ path, text }).flatMap((target) => {
    if (!isOwn(target) && target !== 'vscode') return [];
    const within = (folder: string): boolean =>
      target === folder || target.startsWith(`${folder}/`) || `${target}.ts` === folder;
    // A file without a row, such as those that the whole core shares, may import nothing of the house.
    const rows = room === undefined ? [] : [room, ...allowed[room]];
    const permitted = [...rows, ...(room?.startsWith('src/core/') ? shared : [])];
    return permitted.some(within) ? [] : [`${path} imports ${target}`];
  });
}

/** Two parts of the house, of which the first imports the second; undefined where that is of no interest. */
type PartsOf = (path: string, target: string) => (string | undefined)[];

/** A sentence for each two parts that import each other, be it by way of others. */
function rings(files: Source[], partsOf: PartsOf): string[] {
  const imported = new Map<string, Set<string>>();
  for (const file of files) {
    for (const target of importsOf(file).filter(isOwn)) {
      const [from, to] = partsOf(file.path, target);
      if (from && to) imported.set(from, (imported.get(from) ?? new Set()).add(to));
    }
  }
  const reaches = (from: string, to: string, seen = new Set<string>()): boolean =>
    [...(imported.get(from) ?? [])].some((next) => {
      if (next === to) return true;
      if (seen.has(next)) return false;
      return reaches(next, to, seen.add(next));
    });
  return [...imported].flatMap(([from, targets]) =>
    [...targets]
      .filter((to) => reaches(to, from))
      .map((to) => `${from} imports ${to}, which imports it`),
  );
}

/**
 * The folders in which two paths part, both in the last one that holds both; none of a file right in that one.
 * A folder and its own files are one part: a table may stand beside the folder of its rows, which read its contract.
 */
const folders: PartsOf = (...paths) => {
  const [one, other] = paths.map((path) => dirname(path).split('/'));
  const depth = one.findIndex((name, i) => name !== other[i]);
  if (depth < 0 || depth >= other.length) return [];
  return [one, other].map((names) => names.slice(0, depth + 1).join('/'));
};

const single: PartsOf = (path, target) => [path, `${target}.ts`];

/** Whether an import is of the house's own code: a version read from a manifest is data. */
const isOwn = (target: string): boolean =>
  /^(?:src|webview)\//.test(target) && !target.endsWith('.json');

/** What a file imports, from the root: static, type-only, re-exporting and dynamic; comments do not count. */
function importsOf({ path, text }: Source): string[] {
  const code = text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '');
  const pattern = /(?:\bfrom\s*|\bimport\s*\(\s*|\bimport\s+|\brequire\(\s*)'([^'\n]+)'/g;
  return [...code.matchAll(pattern)].map(([, name]) =>
    name.startsWith('.') ? posix.join(dirname(path), name) : name,
  );
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

  for (const [part, partsOf] of [
    ['folder', folders],
    ['file', single],
  ] as const) {
    it(`never lead back to the ${part} that they came from`, () => {
      assert.deepEqual(rings([...sources('src'), ...sources('webview')], partsOf), []);
    });
  }

  it('that lead back to a file are found, be they of types alone', () => {
    const files = [
      { path: 'src/core/data/picture.ts', text: "import { upright } from './orientation';" },
      { path: 'src/core/data/orientation.ts', text: "import type { Size } from './pixels';" },
      { path: 'src/core/data/pixels.ts', text: "import '../count';" },
      { path: 'src/core/count.ts', text: '' },
    ];
    assert.deepEqual(rings(files, single), []);
    const back = { ...files[2], text: "import type { Picture } from './picture';" };
    assert.deepEqual(rings([...files, back], single), [
      'src/core/data/picture.ts imports src/core/data/orientation.ts, which imports it',
      'src/core/data/orientation.ts imports src/core/data/pixels.ts, which imports it',
      'src/core/data/pixels.ts imports src/core/data/picture.ts, which imports it',
    ]);
  });

  it('that lead back to a folder are found, be it by way of a third one', () => {
    const files = [
      { path: 'src/runs/events.ts', text: "import { table } from '../report/markdown';" },
      { path: 'src/report/markdown.ts', text: "export * from '../jobs/protocol';" },
      { path: 'src/jobs/protocol.ts', text: "import type { Run } from '../runs/folder';" },
      { path: 'src/core/compress/passes/share.ts', text: "import '../entropy/rate';" },
      { path: 'src/core/compress/entropy/rate.ts', text: "import '../../random';" },
      { path: 'src/core/engine/backend.ts', text: "import './lowerings/table';" },
      { path: 'src/core/engine/lowerings/table.ts', text: "import '../graph';" },
    ];
    assert.deepEqual(rings(files, folders), [
      'src/runs imports src/report, which imports it',
      'src/report imports src/jobs, which imports it',
      'src/jobs imports src/runs, which imports it',
    ]);
    const back = {
      path: 'src/core/compress/entropy/network.ts',
      text: "import '../passes/share';",
    };
    assert.deepEqual(rings([...files.slice(3), back], folders), [
      'src/core/compress/passes imports src/core/compress/entropy, which imports it',
      'src/core/compress/entropy imports src/core/compress/passes, which imports it',
    ]);
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
      "export { report } from '../../report/report';",
      'src/core/train/loop.ts imports src/report/report',
    ],
    [
      'src/runs/events.ts',
      "import type { JobRequest } from '../jobs/protocol';",
      'src/runs/events.ts imports src/jobs/protocol',
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

/** The core computes in any JavaScript engine, and a report of the same run is the same: neither has a browser or a clock. */
describe('the core and the report', () => {
  it('touch no document and no clock', () => {
    const found = [...sources('src/core'), ...sources('src/report')].flatMap(({ path, text }) => {
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
