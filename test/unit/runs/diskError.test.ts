import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { DiskError, KolmoError } from '../../../src/core/error';
import { diskError, fileError } from '../../../src/runs/diskError';
import { temporaryFolder } from '../../fixtures/temporaryFolder';

describe('diskError', () => {
  const cases: [string, RegExp][] = [
    ['ENOSPC', /The disk is full: b\.onnx could not be written to \/a\. Files written before/],
    ['EROFS', /\/a cannot be written \(EROFS\): make the folder writable/],
    ['EACCES', /\/a cannot be written \(EACCES\)/],
    ['ENOENT', /b\.onnx cannot be made: its folder is read-only or was removed/],
    ['ENAMETOOLONG', /b\.onnx cannot be made: its name is longer than the disk allows/],
    ['ENOTDIR', /a file stands where a folder is needed/],
  ];
  for (const [code, sentence] of cases) {
    it(`gives a sentence for ${code}`, () => {
      const error = diskError(Object.assign(new Error('raw'), { code }), '/a/b.onnx');
      assert.ok(error instanceof KolmoError);
      assert.match(error.message, sentence);
    });
  }

  it('leaves what it does not know as it is', () => {
    const defect = new TypeError('x is undefined');
    assert.equal(diskError(defect, '/a'), defect);
  });
});

/** What Node throws: a call that failed, with its code and, for most calls, the path. */
const refused = (syscall: string, code: string, path?: string): Error =>
  Object.assign(new Error(`${code}: raw, ${syscall}`), { syscall, code, path });

describe('fileError', () => {
  const cases: [Error, RegExp][] = [
    [refused('open', 'EACCES', '/data/a.csv'), /^\/data\/a\.csv cannot be read \(EACCES\): allow/],
    [
      refused('stat', 'ENOENT', '/data/a.csv'),
      /^\/data\/a\.csv cannot be read \(ENOENT\): check its name, put it/,
    ],
    [refused('scandir', 'EPERM', '/data'), /^\/data cannot be read \(EPERM\)/],
    [refused('read', 'EISDIR'), /^A file cannot be read \(EISDIR\): see that it is a file/],
    [refused('mkdir', 'EACCES', '/data/run/x'), /^\/data\/run cannot be written \(EACCES\)/],
    [refused('open', 'EROFS', '/data/run/x'), /^\/data\/run cannot be written \(EROFS\)/],
    [refused('write', 'ENOSPC', '/data/run/x'), /^The disk is full: x could not be written/],
  ];
  for (const [error, sentence] of cases) {
    it(`tells ${error.message} as what it was`, () => {
      const told = fileError(error);
      assert.ok(told instanceof DiskError);
      assert.match(told.message, sentence);
    });
  }

  it('tells what Node throws for a folder that is read as a file', async (t) => {
    const error = await readFile(temporaryFolder(t)).catch((thrown: unknown) => thrown);
    assert.match(fileError(error).message, /cannot be read \(EISDIR\)/);
  });

  it('leaves a program that is not there, and a defect, as they are', () => {
    for (const error of [refused('spawn xz', 'ENOENT', 'xz'), new TypeError('x is undefined')]) {
      assert.equal(fileError(error), error);
    }
  });
});
