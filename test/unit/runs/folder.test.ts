import assert from 'node:assert/strict';
import {
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { describe, it } from 'node:test';
import { refuseUnwritable, writeArtifact } from '../../../src/runs/artifact';
import {
  claimRunFolder,
  createRunFolder,
  listRuns,
  readEvents,
  readRecord,
  readState,
  runFolderFor,
  writeRecord,
  type RunRecord,
} from '../../../src/runs/folder';
import { openHistory } from '../../../src/runs/history';
import { temporaryFolder } from '../../fixtures/temporaryFolder';

const record = (createdAt: number): RunRecord => ({
  kolmo: '0.1.0',
  versions: { node: '20' },
  createdAt,
  seed: 7,
  request: {
    type: 'compress',
    run: '/models/a.kolmo',
    passes: [],
    fineTune: false,
    seed: 7,
    threads: 1,
  },
  compressions: [],
});

describe('a run folder', () => {
  it('is named by time, dataset and architecture', () => {
    const folder = runFolderFor('/w', {
      dataset: '/data/My Train.IDX3-ubyte.gz',
      architecture: 'lenet-5',
      date: new Date('2026-11-24T18:30:05Z'),
    });
    assert.equal(folder, join('/w', '.kolmo', 'runs', '2026-11-24-183005-my-train-lenet-5'));
  });

  it('keeps the letters of any script in its name', () => {
    const named = (dataset: string): string =>
      basename(
        runFolderFor('/w', {
          dataset,
          architecture: 'mlp',
          date: new Date('2026-11-24T18:30:05Z'),
        }),
      );
    assert.equal(
      named("/a b/wéather #1 (copy) & 'y'.csv"),
      '2026-11-24-183005-wéather-1-copy-y-mlp',
    );
    assert.equal(named('/数据集.csv'), '2026-11-24-183005-数据集-mlp');
    for (const letter of ['a', '数', '𠀀']) {
      const long = named(`/${letter.repeat(100)}.csv`);
      assert.ok(Buffer.byteLength(long) <= 255, `${Buffer.byteLength(long)} bytes of ${letter}`);
      assert.equal(long, long.toWellFormed(), 'no letter is cut in two');
    }
  });

  it('is shared by no other run that began in the same second', async (t) => {
    const workspace = temporaryFolder(t);
    const wanted = join(workspace, '.kolmo', 'runs', 'a');
    const folders = await Promise.all([1, 2, 3].map(() => claimRunFolder(wanted)));
    assert.deepEqual(folders.toSorted(), [wanted, `${wanted}-2`, `${wanted}-3`]);
    assert.ok(existsSync(join(workspace, '.kolmo', '.gitignore')));
    writeFileSync(join(workspace, 'taken'), '');
    await assert.rejects(claimRunFolder(join(workspace, 'taken', 'a')), /a file stands where/);
  });

  it('keeps .kolmo out of version control, and leaves a .gitignore of the user as it is', async (t) => {
    const workspace = temporaryFolder(t);
    await createRunFolder(join(workspace, '.kolmo', 'runs', 'a'));
    const ignore = join(workspace, '.kolmo', '.gitignore');
    assert.equal(readFileSync(ignore, 'utf8'), '*\n');
    writeFileSync(ignore, 'mine\n');
    await createRunFolder(join(workspace, '.kolmo', 'runs', 'b'));
    assert.equal(readFileSync(ignore, 'utf8'), 'mine\n');
  });

  it('lists runs, the newest first, and passes over folders that are no runs', async (t) => {
    const workspace = temporaryFolder(t);
    for (const name of ['2026-01-01-a', '2026-02-01-b']) {
      const folder = join(workspace, '.kolmo', 'runs', name);
      await createRunFolder(folder);
      await writeRecord(folder, record(1));
    }
    await createRunFolder(join(workspace, '.kolmo', 'runs', 'not-a-run'));
    const names = (await listRuns(workspace)).map((run) => run.folder.slice(-12));
    assert.deepEqual(names, ['2026-02-01-b', '2026-01-01-a']);
    assert.deepEqual(await listRuns(temporaryFolder(t)), []);
  });

  it('says so when it holds no run or a broken one', async (t) => {
    const folder = temporaryFolder(t);
    await assert.rejects(readRecord(folder), /is not a run: it has no readable run\.json/);
    writeFileSync(join(folder, 'run.json'), '{"kolmo":');
    await assert.rejects(readRecord(folder), /run\.json is not JSON .*restore it or train again/);
  });
});

describe('history', () => {
  it('reads back what was appended', async (t) => {
    const folder = temporaryFolder(t);
    const history = openHistory(folder);
    history.append([
      { type: 'warning', stage: 'train', message: 'Slow.', at: 1 },
      { type: 'finished', at: 2 },
    ]);
    history.close();
    assert.equal((await readEvents(folder)).length, 2);
    const state = await readState(folder);
    assert.deepEqual(state.warnings, ['Slow.']);
    assert.equal(state.status, 'finished');
  });

  it('goes on after a line that a kill has cut off', async (t) => {
    const folder = temporaryFolder(t);
    writeFileSync(join(folder, 'events.jsonl'), '{"type":"warning","stage":"train","mess');
    const history = openHistory(folder);
    history.append([{ type: 'finished', at: 2 }]);
    history.close();
    assert.deepEqual(await readEvents(folder), [{ type: 'finished', at: 2 }]);
  });

  it('says that the disk is full', { skip: !existsSync('/dev/full') && 'no /dev/full' }, (t) => {
    const folder = temporaryFolder(t);
    symlinkSync('/dev/full', join(folder, 'events.jsonl'));
    const history = openHistory(folder);
    assert.throws(
      () => history.append([{ type: 'finished', at: 2 }]),
      /^KolmoError: The disk is full: events\.jsonl could not be written/,
    );
    history.close();
  });
});

describe('writeArtifact', () => {
  it('replaces a file whole and leaves nothing else behind', async (t) => {
    const folder = temporaryFolder(t);
    const path = join(folder, 'deep', 'model.onnx');
    assert.equal(await writeArtifact(path, new Uint8Array([1, 2, 3])), 3);
    assert.equal(await writeArtifact(path, 'other'), 5);
    assert.equal(readFileSync(path, 'utf8'), 'other');
    assert.deepEqual(readdirSync(join(folder, 'deep')), ['model.onnx']);
  });

  it('keeps the old file and no temporary one when it fails', async (t) => {
    const folder = temporaryFolder(t);
    const path = join(folder, 'model.onnx');
    mkdirSync(join(path, 'inside'), { recursive: true });
    await assert.rejects(writeArtifact(path, 'new'));
    assert.deepEqual(readdirSync(folder), ['model.onnx']);
  });

  it('says when a file stands where a folder is needed', async (t) => {
    const folder = temporaryFolder(t);
    writeFileSync(join(folder, 'taken'), '');
    await assert.rejects(writeArtifact(join(folder, 'taken', 'x'), ''), /a file stands where/);
  });
});

describe('refuseUnwritable', () => {
  it('takes a folder that could be made, makes nothing, and says what stands in the way', async (t) => {
    const folder = temporaryFolder(t, { 'a.txt': 'a' });
    await refuseUnwritable(join(folder, '.kolmo', 'runs'));
    assert.equal(existsSync(join(folder, '.kolmo')), false);
    await assert.rejects(refuseUnwritable(join(folder, 'a.txt', 'runs')), {
      name: 'KolmoError',
      message: /a file stands where a folder is needed/,
    });
  });
});
