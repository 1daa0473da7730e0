import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, it } from 'node:test';
import { compress, wantedPasses } from '../../../src/cli/compress';
import { parseCommand, UsageError, type Command, type Flag } from '../../../src/cli/command';
import { commandHelp } from '../../../src/cli/help';
import { barOf, createProgress } from '../../../src/cli/progress';
import { textTable } from '../../../src/cli/table';
import { entryBytes, type Ledger } from '../../../src/core/compress/container/ledger';
import type { Finding } from '../../../src/core/formats/finding';
import { writeSafetensors } from '../../../src/core/formats/safetensors';
import { emptyRun, reduce } from '../../../src/runs/state';
import type { TrainSummary } from '../../../src/jobs/train';
import type { StampedEvent } from '../../../src/runs/events';
import { syntheticTable } from '../../fixtures/syntheticTable';
import { barFolder } from '../../fixtures/pictures';
import { temporaryFolder } from '../../fixtures/temporaryFolder';

function kolmo(words: string[], cwd = process.cwd()) {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [resolve('out/dist/cli.js'), ...words],
    { cwd, encoding: 'utf8' },
  );
  return { status, stdout, stderr };
}

describe('kolmo', () => {
  const wrong: [words: string[], sentence: RegExp][] = [
    [['trian'], /^There is no command trian: choose one of train, compress/],
    [['constructor'], /^There is no command constructor/],
    [['help', 'constructor'], /^There is no command constructor/],
    [['train'], /^DATASET is missing: kolmo train DATASET\.\nSee kolmo train --help\.\n$/],
    [['train', 'absent.csv'], /^absent\.csv is not there\./],
    [['train', 'a', 'b'], /^b is one word too many/],
    [['train', 'a', '--epochs', 'many'], /^--epochs is a whole number of at least 1, not many\./],
    [['train', 'a', '--epochs'], /^--epochs needs a value/],
    [['train', 'a', '--learning-rate', '0'], /^--learning-rate is a number above 0, not 0\./],
    [['train', 'a', '--label-smoothing', '0.6'], /^--label-smoothing is a number from 0 to 0\.5,/],
    [['train', 'a', '--optimizer', 'lion'], /^--optimizer is adam or sgd, not lion\./],
    [['train', 'a', '--velocity', '9'], /^There is no flag --velocity: choose among --archit/],
    [['train', 'a', '--epoch', '9'], /^There is no flag --epoch: is --epochs meant\?/],
    [['train', 'a', '--learningRat', '9'], /^There is no flag --learningRat: is --learning-rate m/],
    [
      ['compress', 'a', '--prune-epoch', '9'],
      /: is --prune-steps? or |: is --prune-epochs meant\?/,
    ],
    [['compress', 'a', '--prune', '1.5'], /^--prune is a number from 0 to 0\.999, not 1\.5\./],
    [['sweep', '.', '--prune', '0.5,2'], /^--prune is a number from 0 to 0\.999, not 2\./],
    [['sweep', '.'], /^A sweep needs values of a pass, as in --prune 0\.8,0\.9,0\.95\./],
    [
      ['train', 'a', '--architecture', 'lenet5'],
      /^--architecture is auto or lenet-300-100 or .*, not/,
    ],
    [['train', 'a', '--seed=-1'], /^--seed is a whole number from 0 to 2147483647, not -1\./],
    [
      ['program', 'a', '--seed', '1e10'],
      /^--seed is a whole number from 0 to 2147483647, not 1e10/,
    ],
    [['train', 'a', '--threads', '257'], /^--threads is a whole number from 1 to 256, not 257\./],
    [
      ['train', 'a', '--test-share', '0'],
      /^--test-share is a number above 0, and at most 0\.9, not 0\./,
    ],
    [['report', 'a', '--json=yes'], /^--json takes no value\./],
    [['surprisal', 'a', '--out', 'b'], /^There is no flag --out: choose among --limit/],
    [['verify', 'a', 'b', '--out', 'c'], /^There is no flag --out: choose among --seed/],
  ];
  for (const [words, sentence] of wrong) {
    it(`exits with 2 on "${words.join(' ')}" and says why`, () => {
      const { status, stdout, stderr } = kolmo(words);
      assert.equal(status, 2);
      assert.equal(stdout, '');
      assert.match(stderr, sentence);
    });
  }

  it('takes for settings of a map what its pass may have, and no gap between commas', (t) => {
    const run = temporaryFolder(t, { 'run.json': '{}' });
    const refused: [words: string[], sentence: RegExp][] = [
      [['prune', '--settings', '0.5,,0.9'], /^--settings needs a value/],
      [
        ['prune', '--settings', '0.5,1'],
        /^--settings of prune is a number from 0 to 0\.999, not 1/,
      ],
      [['quantize', '--settings', '2.5'], /^--settings of quantize is a whole number from 2 to/],
    ];
    for (const [words, sentence] of refused) {
      const { status, stderr } = kolmo(['analyse', run, '--sensitivity', ...words]);
      assert.equal(status, 2);
      assert.match(stderr, sentence);
    }
  });

  it('exits with 1 and one sentence when its output finds no place', () => {
    if (!existsSync('/dev/full')) return;
    const full = openSync('/dev/full', 'w');
    const { status, stderr } = spawnSync(process.execPath, [resolve('out/dist/cli.js'), '--help'], {
      stdio: ['ignore', full, 'pipe'],
      encoding: 'utf8',
    });
    closeSync(full);
    assert.equal(status, 1);
    assert.equal(stderr, 'The result could not be written to standard output: the disk is full.\n');
  });

  it('exits with 1 and one sentence when a job fails', (t) => {
    const { status, stdout, stderr } = kolmo(['report', temporaryFolder(t), '--json']);
    assert.equal(status, 1);
    assert.equal(stdout, '');
    assert.match(stderr, /^.* is not a run: it has no readable run\.json\. .*\n$/);
  });

  it('helps in a narrow terminal without a line that is broken in a word', () => {
    const flags: Record<string, Flag> = {
      'learning-rate': { type: 'number', description: 'How far a step goes at the beginning.' },
      out: { type: 'text', description: 'Folder of the run.' },
    };
    const command = { usage: 'x FILE', summary: 'Does something to a file that is named.', flags };
    for (const room of [30, 60, 79]) {
      const lines = commandHelp('x', command as Command, room).split('\n');
      const widest = Math.max(...lines.map(({ length }) => length));
      assert.ok(widest <= Math.max(room, 46), `${widest} columns of ${room}`);
    }
    const wide = commandHelp('x', command as Command, Infinity);
    assert.match(wide, /^ {2}--learning-rate N {2}How far a step goes at the beginning\.$/m);
    assert.match(
      commandHelp('x', command as Command, 50),
      /^ {2}--learning-rate N\n {6}How far a step goes at the beginning\.$/m,
    );
  });

  it('takes -h for --help behind a command too', () => {
    assert.equal(kolmo(['verify', '-h']).stdout, kolmo(['verify', '--help']).stdout);
  });

  it('describes every option of every pass in words', () => {
    const { stdout } = kolmo(['compress', '--help']);
    assert.match(
      stdout,
      /--prune-step-epochs N +Epochs of training after each removal\. Default: 2/,
    );
    assert.doesNotMatch(stdout, / [a-z]+[A-Z]\w*\. Default/);
  });

  it('helps on stdout, with the flags of a command and their limits', () => {
    const { status, stdout } = kolmo(['compress', '--help']);
    assert.equal(status, 0);
    assert.match(
      stdout,
      /--share N +Share Weights: .*\(a whole number from 2 to 256\)\. Default: 32\./,
    );
    assert.match(stdout, /--seed N/);
    const train = kolmo(['train', '--help']).stdout;
    assert.match(
      train,
      /--learning-rate N .* \(a number above 0\)\. Default: 0\.001, or the architecture's own\./,
    );
    assert.match(
      train,
      /--validation-share N .* \(a number above 0, and at most 0\.9\)\. Default: 0\.0833\./,
    );
    assert.match(kolmo(['--help']).stdout, /train DATASET/);
    assert.match(kolmo(['help', 'compress']).stdout, /^kolmo compress RUN\|MODEL/);
    assert.match(train, /--architecture NAME .* \(auto, lenet-300-100, [^|]*\)\. Default: auto\./);
  });

  it('trains, compresses, unpacks and reports, with one JSON object each', (t) => {
    const folder = temporaryFolder(t, { 'a.csv': syntheticTable({ rows: 300, target: 'grade' }) });
    const json = (...words: string[]): Record<string, unknown> => {
      const { status, stdout, stderr } = kolmo([...words, '--json', '--threads', '1'], folder);
      assert.equal(status, 0, stderr);
      assert.equal(stdout.trim().split('\n').length, 1);
      return JSON.parse(stdout) as Record<string, unknown>;
    };
    const trained = json('train', 'a.csv', '--epochs', '3', '--seed', '4');
    assert.deepEqual(Object.keys(trained).sort(), [
      'architecture',
      'ended',
      'epochs',
      'examplesPerSecond',
      'file',
      'metrics',
      'parameters',
      'run',
      'seconds',
      'testError',
      'testLoss',
      'trainLoss',
    ]);
    assert.equal(trained.architecture, 'mlp');
    const run = String(trained.run);
    assert.ok(run.startsWith(join(folder, '.kolmo', 'runs')), run);

    const compressed = json('compress', run, '--quantize', '6', '--no-fine-tune');
    assert.equal(compressed.bytes, readFileSync(String(compressed.file)).length);
    assert.deepEqual(
      (compressed.stages as { name: string }[]).map(({ name }) => name),
      ['quantize'],
    );

    const packed = json('inspect', String(compressed.file));
    const ledger = packed.ledger as Ledger;
    assert.equal(ledger.bytes, compressed.bytes);
    assert.equal(
      ledger.header + ledger.tensors.reduce((sum, entry) => sum + entryBytes(entry), 0),
      compressed.bytes,
    );
    const shown = kolmo(['inspect', String(compressed.file)], folder).stdout;
    assert.match(shown, /bytes of +positions +symbols +codebook +scales +biases +header +all\n/);

    const beside = kolmo(['unpack', String(compressed.file)], folder);
    assert.equal(beside.status, 2, 'it would take the place of the model that was trained');
    assert.match(
      beside.stderr,
      /model\.onnx is there already: say with --out where the model goes\./,
    );
    const unpacked = json('unpack', String(compressed.file), '--out', 'back.onnx');
    assert.ok(existsSync(join(folder, 'back.onnx')));
    assert.equal((unpacked.bytes as { packed: number }).packed, compressed.bytes);
    const onnx = json('inspect', 'back.onnx');
    assert.equal(onnx.format, 'onnx');
    assert.equal(onnx.ledger, undefined);
    const explained = json('explain', 'back.onnx');
    assert.equal(explained.format, 'onnx');
    // Six bits of each weight were chosen, and ONNX writes 32.
    const [finding] = explained.findings as Finding[];
    assert.equal(finding.type, 'fewValues');
    assert.match(
      kolmo(['explain', 'back.onnx', String(compressed.file)], folder).stdout,
      /: onnx, .* parameters\n- .* different values other than zero, .* pack the model\. Saves .*\.\n[^]*: kolmo, .*\nNothing was found that takes bytes without need\.\n/,
    );
    json('unpack', String(compressed.file), '--out', 'back.safetensors');
    const tensors = json('inspect', 'back.safetensors');
    assert.equal(tensors.format, 'safetensors');
    assert.equal(tensors.parameters, onnx.parameters);
    assert.equal(json('report', run).file, join(run, 'report.md'));
    assert.equal((json('runs').runs as { run: string }[])[0].run, run);
  });

  it('trains on a folder of images, and says what to choose for one without classes', (t) => {
    const folder = temporaryFolder(t, barFolder('bars', 30));
    const flags = ['--epochs', '6', '--threads', '1', '--json'];
    const { status, stdout, stderr } = kolmo(['train', 'bars', ...flags], folder);
    assert.equal(status, 0, stderr);
    const trained = JSON.parse(stdout) as TrainSummary;
    assert.equal(trained.architecture, 'lenet-300-100');
    assert.ok(trained.testError! < 0.2, `test error ${trained.testError}`);
    const packed = kolmo(['compress', trained.run, '--share', '4', '--no-fine-tune'], folder);
    assert.equal(packed.status, 0, packed.stderr);

    const flat = kolmo(['train', 'bars/top', '--architecture', 'lenet-5'], folder);
    assert.equal(flat.status, 1);
    assert.match(flat.stderr, /LeNet-5 sorts images into classes\. .* a folder for each class/s);
  });

  it('leaves no run behind that was refused before anything was made, and every other folder', (t) => {
    const table = syntheticTable({ rows: 300, target: 'grade' });
    const folder = temporaryFolder(t, { 'a.csv': table, 'old/run.txt': 'mine' });
    const refused = (...words: string[]): void => {
      const { status, stderr } = kolmo(words, folder);
      assert.equal(status, 1);
      assert.match(stderr, /mistyped|LeNet-5 takes images/);
    };
    refused('train', 'a.csv', '--target', 'mistyped');
    refused('train', 'a.csv', '--architecture', 'lenet-5');
    assert.deepEqual(readdirSync(join(folder, '.kolmo', 'runs')), []);
    refused('train', 'a.csv', '--target', 'mistyped', '--out', 'new');
    assert.equal(existsSync(join(folder, 'new')), false);
    refused('train', 'a.csv', '--target', 'mistyped', '--out', 'old');
    assert.ok(existsSync(join(folder, 'old', 'run.txt')));

    const flags = ['--learning-rate', '1e30', '--optimizer', 'sgd', '--out', 'diverged', '--quiet'];
    const diverged = kolmo(['train', 'a.csv', ...flags], folder);
    assert.match(diverged.stderr, /no longer a number/);
    assert.ok(existsSync(join(folder, 'diverged', 'events.jsonl')));
  });

  it('tells how far numbers are off where there is no share of errors, and lists a folder of runs', (t) => {
    const folder = temporaryFolder(t, { 'a.csv': syntheticTable({ rows: 300 }) });
    const ran = (...words: string[]): string => {
      const { status, stdout, stderr } = kolmo([...words, '--quiet'], folder);
      assert.equal(status, 0, stderr);
      return stdout;
    };
    ran('train', 'a.csv', '--epochs', '1', '--out', 'mine/run');
    const told = ran('compress', 'mine/run', '--prune', '0.5', '--no-fine-tune');
    assert.match(told, /^pass +bytes +test +time$/m);
    assert.match(told, /^Prune Weights +\d[\d,]* +RMSE [\d.,]+, R² -?[\d.]+ +[\d.]+ s$/m);
    assert.match(told, /model\.kolmo: .*, test RMSE [\d.,]+, R² /);
    const listed = ran('runs', '--out', 'mine');
    assert.match(listed, /^.*run +finished +\d[\d,]* +RMSE [\d.,]+, R² /m);
  });

  it('says of a folder to list that it is not there, or is none', (t) => {
    const folder = temporaryFolder(t, { 'a.txt': 'a' });
    const said = (out: string) => kolmo(['runs', '--out', out], folder);
    assert.match(said('missing').stderr, /^missing cannot be read \(ENOENT\): check its name/);
    assert.match(said('a.txt').stderr, /^a\.txt is not a folder: name one to look in\./);
    assert.deepEqual([said('missing').status, said('a.txt').status], [2, 2]);
    assert.match(said('.').stdout, /^No runs yet: kolmo train DATASET makes one\.$/m);
  });

  it('compares runs: what differs is marked', (t) => {
    const folder = temporaryFolder(t, { 'a.csv': syntheticTable({ rows: 300, target: 'grade' }) });
    for (const epochs of ['1', '2']) {
      const flags = ['--epochs', epochs, '--out', `run${epochs}`, '--quiet'];
      assert.equal(kolmo(['train', 'a.csv', ...flags], folder).status, 0);
    }
    const { stdout } = kolmo(['compare', 'run1', 'run2', '--json'], folder);
    const { rows } = JSON.parse(stdout) as {
      rows: { name: string; values: unknown[]; differs: boolean }[];
    };
    const epochs = rows.find(({ name }) => name === 'epochs')!;
    assert.deepEqual([epochs.values, epochs.differs], [[1, 2], true]);
    const table = kolmo(['compare', 'run1', 'run2'], folder).stdout;
    assert.match(table, /^\* +epochs +1 +2$/m);
    assert.match(table, /^ +batchSize +32 +32$/m);
    assert.match(kolmo(['compare', 'run1'], folder).stderr, /^RUN… is missing/);
  });

  it('holds a model file against another, the worst tensor first', (t) => {
    const names = ['gemm.onnx', 'gemm.quantized.onnx'];
    const folder = temporaryFolder(
      t,
      Object.fromEntries(names.map((name) => [name, readFileSync(`test/fixtures/models/${name}`)])),
    );
    const { stdout, status } = kolmo(['diff', ...names], folder);
    assert.equal(status, 0);
    const table = stdout.split('\n').map((line) => line.split(/ {2,}/));
    assert.deepEqual(table[3].slice(0, 8), [
      'fc.weight = fc.weight_Transposed_quantized',
      'float32 to int8',
      '4 x 6 to 6 x 4, turned',
      '96',
      '44',
      '32.00',
      '14.67',
      '50.5 dB',
    ]);
    assert.deepEqual(table[4].slice(0, 2), ['fc.bias', 'float32']);
    assert.match(stdout, /^269 bytes to 929 bytes \(0\.290x\)\.$/m);
    assert.match(stdout, /^2 tensors in both: 1 identical, 1 with other values\.$/m);
    const told = JSON.parse(kolmo(['diff', ...names, '--json'], folder).stdout) as {
      totals: { identical: number };
    };
    assert.equal(told.totals.identical, 1);
    assert.match(kolmo(['diff', names[0]], folder).stderr, /^B is missing: kolmo diff A B\./);
  });

  it('tells of two model files which values became infinite', (t) => {
    const file = (last: number): Uint8Array =>
      writeSafetensors([
        {
          name: 'w',
          dtype: 'F32',
          shape: [2],
          bytes: new Uint8Array(Float32Array.of(1, last).buffer),
        },
      ]);
    const names = ['a.safetensors', 'b.safetensors'];
    const folder = temporaryFolder(t, { [names[0]]: file(2), [names[1]]: file(Infinity) });
    const { stdout } = kolmo(['diff', ...names], folder);
    // No errors are told, only the zeros.
    assert.match(stdout, /^w .* differs +0\.00 % +0\.00 %$/m);
    assert.match(stdout, /^w: 1 value is no finite number on one side\.$/m);
    assert.match(stdout, /^All weights together: 1 value is no finite number on one side\.$/m);
  });

  it('inspects the other files where one of several cannot be read, and fails', (t) => {
    const folder = temporaryFolder(t, {
      'empty.onnx': '',
      'a.pt': readFileSync('test/fixtures/models/state.pt'),
    });
    const { status, stdout } = kolmo(['inspect', 'empty.onnx', 'a.pt'], folder);
    assert.equal(status, 1);
    assert.match(
      stdout,
      /empty\.onnx: empty\.onnx is empty: it has 0 bytes\.\n\n.*a\.pt: pytorch, /,
    );
    assert.match(
      kolmo(['inspect', 'absent.onnx', 'a.pt'], folder).stdout,
      /^\S+absent\.onnx cannot be read \(ENOENT\)/,
      'a sentence that has the path has it once',
    );
    const told = JSON.parse(kolmo(['inspect', 'empty.onnx', 'a.pt', '--json'], folder).stdout) as {
      files: { error?: string; format?: string }[];
    };
    assert.deepEqual(
      told.files.map(({ error, format }) => error ?? format),
      ['empty.onnx is empty: it has 0 bytes.', 'pytorch'],
    );
  });

  it('writes a program and verifies it; a wrong file is a failure', (t) => {
    const folder = temporaryFolder(t, { a: 'abc'.repeat(500), b: 'abd'.repeat(500) });
    const made = kolmo(['program', 'a', '--json'], folder);
    assert.equal(made.status, 0, made.stderr);
    assert.equal((JSON.parse(made.stdout) as { verified: boolean }).verified, true);
    assert.equal(kolmo(['verify', 'a.program.mjs', 'a'], folder).status, 0);
    const source = readFileSync(join(folder, 'a.program.mjs'));
    source[source.length - 8] ^= 1;
    writeFileSync(join(folder, 'altered.mjs'), source);
    const altered = kolmo(['verify', 'altered.mjs', 'a'], folder);
    assert.equal(altered.status, 1);
    assert.match(
      altered.stderr,
      /^.*altered\.mjs was altered after it was written: .* exit code 1\. Write it again\.\n$/,
    );
    const other = kolmo(['verify', 'a.program.mjs', 'b'], folder);
    assert.equal(other.status, 1);
    assert.match(
      other.stdout,
      /something else than .*b\nit prints 1,500 bytes, SHA-256 (\w{64})\nthe file has 1,500 bytes, SHA-256 (?!\1)\w{64}\nthe first 2 are the same/,
    );
  });

  it('takes a folder for a file in no command', (t) => {
    const folder = temporaryFolder(t);
    for (const command of ['program', 'inspect', 'compress', 'surprisal']) {
      const { status, stderr } = kolmo([command, folder], folder);
      assert.equal(status, 1);
      assert.match(stderr, /is not a file: name one|is not a run: choose|is a folder: name a file/);
      assert.doesNotMatch(stderr, /Unexpected/);
    }
  });

  it('says of what is no program, and of a name that no program can have, one sentence', (t) => {
    const folder = temporaryFolder(t, { a: 'abc'.repeat(500), 'other.mjs': 'print(1)' });
    const missing = kolmo(['verify', 'none.mjs', 'a'], folder);
    assert.equal(missing.status, 1);
    assert.match(missing.stderr, /^.*none\.mjs cannot be read \(ENOENT\): check its name, .*\n$/);
    const other = kolmo(['verify', 'other.mjs', 'a'], folder);
    assert.equal(other.status, 1);
    assert.match(
      other.stderr,
      /^.*other\.mjs ended with exit code 1 .*: ReferenceError: print is not defined\. Write it again, or name another one\.\n$/,
    );
    const named = kolmo(['program', 'a', '--out', 'a'], folder);
    assert.equal(named.status, 2);
    assert.match(named.stderr, /^a does not end in \.mjs/);
    assert.equal(readFileSync(join(folder, 'a'), 'utf8'), 'abc'.repeat(500));
  });
});

describe('kolmo surprisal', () => {
  it('gives the bits of each line and word, which add up to the file', (t) => {
    const text = `${'name,city\nanna,rome\nbert,oslo\n'.repeat(20)}zq#,\n`;
    const folder = temporaryFolder(t, { 'a.csv': text });
    const { status, stdout, stderr } = kolmo(['surprisal', 'a.csv', '--json'], folder);
    assert.equal(status, 0, stderr);
    const { bits, bytes, unit, ranges, dearest } = JSON.parse(stdout) as {
      bits: number;
      bytes: number;
      unit: string;
      ranges: { from: number; to: number; bits: number; tokens: { bits: number }[] }[];
      dearest: { first: number; bitsPerByte: number }[];
    };
    assert.equal(bytes, text.length);
    assert.equal(unit, 'line');
    assert.equal(ranges.length, text.split('\n').length);
    const sum = (costs: { bits: number }[]) => costs.reduce((total, cost) => total + cost.bits, 0);
    assert.ok(Math.abs(sum(ranges) - bits) < 0.1);
    assert.ok(ranges.every(({ bits: line, tokens }) => sum(tokens) <= line + 0.01));
    assert.ok(sum(ranges.at(-2)!.tokens) > 4 * ranges.at(-3)!.bits);
    assert.equal(dearest[0].first, 1);
  });

  it('names parts of a line that is all of the file, and images by their names', (t) => {
    const records = Array.from({ length: 200 }, (_, k) => ({ name: `n${k}`, of: [k] }));
    const folder = temporaryFolder(t, {
      'a.json': JSON.stringify(records),
      ...barFolder('images', 12),
    });
    const { stdout } = kolmo(['surprisal', 'a.json'], folder);
    assert.match(stdout, /Dearest\nline .*\nin line 1 .*\n[^]*Cheapest\nline .*\nin line 1 /);
    const { stdout: images } = kolmo(['surprisal', 'images'], folder);
    assert.match(images, /Dearest\nsample .*\n(header .*\n)?(top|bottom)\/\d+\.png +\d/);
  });

  it('shows a short table to a person, and says what it cannot read', (t) => {
    const folder = temporaryFolder(t, { a: 'again and '.repeat(60) });
    const { stdout } = kolmo(['surprisal', 'a', '--limit', '200'], folder);
    assert.match(stdout, /bits a byte, .* bytes of surprise in 200 bytes\n\nDearest\nline/);
    const missing = kolmo(['surprisal', 'b'], folder);
    assert.equal(missing.status, 1);
    assert.match(missing.stderr, /b cannot be read \(ENOENT\): check its name/);
  });
});

describe('the passes that flags ask for', () => {
  const given = (...words: string[]) =>
    wantedPasses(parseCommand(compress, ['run', ...words]).given);

  it('keeps the order of the flags', () => {
    assert.deepEqual(given('--share', '16', '--prune', '0.8'), [
      { name: 'share', options: { clusters: 16 } },
      { name: 'prune', options: { sparsity: 0.8 } },
    ]);
  });

  it('are prune and share without any', () => {
    assert.deepEqual(
      given().map(({ name }) => name),
      ['prune', 'share'],
    );
  });
});

describe('parseCommand', () => {
  const command: Command = {
    usage: 'x FILE…',
    summary: '',
    operands: ['FILE…'],
    flags: {},
    run: () => Promise.resolve({}),
    print: () => '',
  };

  it('takes several operands where the last one says so', () => {
    assert.deepEqual(parseCommand(command, ['a', '--seed', '3', 'b']).operands, ['a', 'b']);
    assert.throws(() => parseCommand(command, []), UsageError);
  });

  it('uses the threads that were asked for, and at least one', () => {
    assert.ok(parseCommand(command, ['a']).threads >= 1);
    assert.equal(parseCommand(command, ['a', '--threads', '7']).threads, 7);
  });
});

describe('progress', () => {
  const events: StampedEvent[] = [
    { type: 'stageStarted', stage: 'train', settings: {}, at: 1 },
    { type: 'point', stage: 'train', step: 1, split: 'training', loss: 0.5, at: 1 },
    {
      type: 'progress',
      stage: 'train',
      done: 50,
      total: 100,
      note: 'Epoch 2 of 4',
      examplesPerSecond: 85000,
      secondsLeft: 12,
      at: 2,
    },
  ];
  const state = events.reduce(reduce, emptyRun);

  it('draws share, loss, pace and time left', () => {
    assert.equal(
      barOf(state),
      'Train [############------------]  50 % Epoch 2 of 4, loss 0.500, 85,000 examples/s, 12 s left',
    );
  });

  it('draws on a terminal only, and nothing when quiet', () => {
    const drawn = (quiet: boolean, isTTY: boolean): string => {
      let text = '';
      const write = (part: string | Uint8Array): boolean => {
        text += String(part);
        return true;
      };
      createProgress({ quiet, stream: { isTTY, columns: 200, write } }).show(events, state);
      return text;
    };
    assert.match(drawn(false, true), /Train \[#/);
    assert.equal(drawn(false, false), '');
    assert.equal(drawn(true, true), '');
  });
});

describe('textTable', () => {
  it('puts numbers to the right and words to the left', () => {
    const rows = [
      ['Prune', '1,000'],
      ['Share', '27'],
    ];
    assert.equal(textTable(['pass', 'bytes'], rows), 'pass   bytes\nPrune  1,000\nShare     27\n');
  });
  it('puts numbers below zero to the right, too', () => {
    assert.equal(textTable(['SQNR'], [['-3.0 dB'], ['12.5 dB']]), '   SQNR\n-3.0 dB\n12.5 dB\n');
    assert.equal(textTable(['x'], [['-3'], ['12.5']]), '   x\n  -3\n12.5\n');
  });
  it('takes what is missing for a number', () => {
    assert.equal(textTable(['bytes'], [['1,000'], ['–'], ['']]), 'bytes\n1,000\n    –\n\n');
  });
  it('may have more rows than a function takes arguments', () => {
    const rows = Array<string[]>(200_000).fill(['7']);
    assert.equal(textTable(['n'], rows).length, 2 * 200_001);
  });
});
