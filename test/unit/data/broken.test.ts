import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { describeDataset } from '../../../src/core/data/collect';
import { KolmoError } from '../../../src/core/error';
import { barFolder } from '../../fixtures/pictures';
import { idxBytes, syntheticIdx } from '../../fixtures/syntheticIdx';
import { temporaryFolder } from '../../fixtures/temporaryFolder';
import { collected } from './collected';

const good = syntheticIdx({ count: 30 });
const images = 'train-images-idx3-ubyte';
const labels = 'train-labels-idx1-ubyte';
const rows = (count: number, row: (i: number) => string): string =>
  Array.from({ length: count }, (_, i) => row(i)).join('\n') + '\n';

interface Broken {
  what: string;
  files: Record<string, string | Uint8Array>;
  /** The file that is chosen; the first by default. */
  choose?: string;
  target?: string;
  message: RegExp;
  /** The fault shows only when everything is read. */
  describes?: true;
}

const broken: Broken[] = [
  {
    what: 'names with NUL bytes to predict',
    files: { 'a.csv': 'x,y\n' + rows(40, (i) => `${i},n\0${i % 3}`) },
    target: 'y',
    message:
      /^The target “y” of a\.csv cannot be learned: its names hold NUL bytes\. Choose another/,
    describes: true,
  },
  {
    what: 'nothing but names with NUL bytes to predict from',
    files: { 'a.csv': 'x,y\n' + rows(40, (i) => `n\0${i % 3},${i % 2}`) },
    target: 'y',
    message: /^a\.csv has no usable column .*: x is left out: its names hold NUL bytes\. Add a/,
    describes: true,
  },
  {
    what: 'images that are cut',
    files: { [images]: good.images.subarray(0, 1000), [labels]: good.labels },
    message:
      /^train-images-idx3-ubyte holds 1,000 bytes: its header, \[30, 8, 8\] unsigned bytes, asks for 1,936\. The file is cut: fetch it again\.$/,
  },
  {
    what: 'bytes after the values',
    files: { [images]: good.images, [labels]: new Uint8Array([...good.labels, 1]) },
    message:
      /^train-labels-idx1-ubyte holds 39 bytes: .* asks for 38\. Something follows the values: fetch it again\.$/,
  },
  {
    what: 'a cut header',
    files: { [images]: good.images.subarray(0, 9), [labels]: good.labels },
    message: /^train-images-idx3-ubyte is cut in its header: 9 bytes, expected at least 16\.$/,
  },
  {
    what: 'a wrong magic',
    files: { [images]: Buffer.from('PNG? not at all'), [labels]: good.labels },
    message:
      /^train-images-idx3-ubyte is not an IDX file: it begins with 50 4e 47 3f at offset 0, expected 00 00 08/,
  },
  {
    what: 'an empty IDX file',
    files: { [images]: '', [labels]: good.labels },
    message: /^train-images-idx3-ubyte is not an IDX file: it begins with nothing at offset 0/,
  },
  {
    what: 'IDX values that are not bytes',
    files: { [images]: Uint8Array.of(0, 0, 0x0d, 1, 0, 0, 0, 0), [labels]: good.labels },
    message:
      /^train-images-idx3-ubyte holds values of IDX type 0x0d \(offset 2\): only unsigned bytes/,
  },
  {
    what: 'a gzip that is cut',
    files: { [`${images}.gz`]: gzipSync(good.images).subarray(0, 700), [labels]: good.labels },
    message:
      /^train-images-idx3-ubyte\.gz cannot be unpacked: .*The download may be cut: fetch it again\.$/,
    describes: true,
  },
  {
    what: 'a gzip of far more than its header asks for',
    files: {
      [`${images}.gz`]: gzipSync(Buffer.concat([good.images, Buffer.alloc(1 << 26)])),
      [labels]: good.labels,
    },
    message:
      /^train-images-idx3-ubyte\.gz holds more than the 1,936 bytes that its header asks for\. Something follows/,
    describes: true,
  },
  {
    what: 'label and image counts that differ',
    files: { [images]: good.images, [labels]: idxBytes([29], good.labels.subarray(8, 37)) },
    message:
      /^train-images-idx3-ubyte holds 30 images and train-labels-idx1-ubyte 29 labels: each image needs one label\. Put the labels that belong to them beside the images\.$/,
  },
  {
    what: 'labels that are missing',
    files: { [images]: good.images },
    message:
      /^The labels of train-images-idx3-ubyte were not found: expected a file such as train-labels-idx1-ubyte in /,
  },
  {
    what: 'images that are missing',
    files: { [labels]: good.labels },
    message:
      /^The images of train-labels-idx1-ubyte were not found: expected a file such as train-images-idx3-ubyte in /,
  },
  {
    what: 'an IDX file with an unknown name',
    files: { 'data.bin': good.images },
    message:
      /^data\.bin names neither images nor labels: expected a name such as train-images-idx3-ubyte/,
  },
  {
    what: 'labels with two dimensions',
    files: { [images]: good.images, [labels]: idxBytes([30, 1], good.labels.subarray(8)) },
    message:
      /^train-labels-idx1-ubyte has 2 dimensions, and labels have one: put the labels that belong to train-images-idx3-ubyte beside it\.$/,
  },
  {
    what: 'test images of another size',
    files: {
      [images]: good.images,
      [labels]: good.labels,
      't10k-images-idx3-ubyte': syntheticIdx({ count: 10, side: 6 }).images,
      't10k-labels-idx1-ubyte': syntheticIdx({ count: 10, side: 6 }).labels,
    },
    message:
      /^t10k-images-idx3-ubyte holds images of 6x6x1, train-images-idx3-ubyte of 8x8x1: bring them to one size, or move the test files elsewhere, so that a part of the others is held out\.$/,
  },
  {
    what: 'labels of one class',
    files: { [images]: good.images, [labels]: idxBytes([30], new Uint8Array(30).fill(3)) },
    message:
      /^train-images-idx3-ubyte has one class, 3: there is nothing to tell apart\. Choose images of at least two classes\.$/,
  },
  {
    what: 'an empty CSV',
    files: { 'a.csv': '' },
    message: /^a\.csv is empty: expected a header line with the column names/,
  },
  {
    what: 'a header only',
    files: { 'a.csv': 'x,y\n' },
    message: /^a\.csv has a header and no rows: expected one row a line below x, y\.$/,
  },
  {
    what: 'a ragged row',
    files: { 'a.csv': 'x,y\n1,2\n3,4,5\n6,7\n' },
    message:
      /^a\.csv, line 3: expected 2 columns, found 3\. Correct the line, or quote the field that holds the delimiter\.$/,
  },
  {
    what: 'a short row',
    files: { 'a.csv': 'x,y,z\n1,2,3\n3,4\n6,7,8\n' },
    message: /^a\.csv, line 3: expected 3 columns, found 2\./,
  },
  {
    what: 'a ragged row far down',
    files: { 'a.csv': 'x,y\n' + rows(150_000, (i) => (i === 140_000 ? '1,2,3' : `${i},${i % 9}`)) },
    message: /^a\.csv, line 140002: expected 2 columns, found 3\./,
  },
  {
    what: 'a word among numbers far down',
    files: { 'a.csv': 'x,y\n' + rows(150_000, (i) => `${i === 140_000 ? 'oops' : i},${i % 9}`) },
    message:
      /^a\.csv, line 140002: column x holds “oops”, expected a number as in the rows before it\. Correct the cell, or leave it empty\.$/,
    describes: true,
  },
  {
    what: 'text that is not UTF-8',
    files: { 'a.csv': Buffer.from('x,y\n1,caf\xe9\n3,x\n', 'latin1') },
    message: /^a\.csv, line 2: the text is not UTF-8\. Save the file with encoding UTF-8\.$/,
  },
  {
    what: 'an unknown target',
    files: { 'a.csv': 'x,y\n' + rows(20, (i) => `${i},${i * 1.5}`) },
    target: 'z',
    message: /^a\.csv has no column “z” to predict: its columns are x, y\.$/,
    describes: true,
  },
  {
    what: 'a target with one class',
    files: { 'a.csv': 'x,z,y\n' + rows(20, (i) => `${i},${i * i},same`) },
    target: 'y',
    message:
      /^The target “y” of a\.csv has one class only: there is nothing to learn\. Choose another column\.$/,
    describes: true,
  },
  {
    what: 'a target of too many classes',
    files: { 'a.csv': 'x,z,y\n' + rows(12_000, (i) => `${i % 7},${i},n${i}`) },
    target: 'y',
    message: /^The target “y” of a\.csv has more than 10,000 classes\. Choose another column\.$/,
    describes: true,
  },
  {
    what: 'a target without a value',
    files: { 'a.csv': 'x,z,y\n' + rows(20, (i) => `${i},${i * i},`) },
    target: 'y',
    message:
      /^The target “y” of a\.csv has no value at all: there is nothing to learn\. Choose another column\.$/,
    describes: true,
  },
  {
    what: 'columns that hold nothing',
    files: { 'a.csv': 'x,z,y\n' + rows(20, (i) => `,,${i * 1.5}`) },
    message:
      /^a\.csv has no usable column besides the target: x is left out: all its values are missing\. z is left out/,
  },
  {
    what: 'a column that only names without an end could be predicted from',
    files: { 'a.csv': 'who,y\n' + rows(60, (i) => `name ${i},${i * 1.5}`) },
    target: 'y',
    message:
      /^a\.csv has no usable column besides the target: who is left out: its words hardly repeat: an identifier or free text\. Add a column /,
    describes: true,
  },
  {
    what: 'a single column',
    files: { 'a.csv': 'y\n' + rows(20, (i) => `${i * 1.5}`) },
    message: /^a\.csv has one column, y, and nothing to predict it from: add a column, or, where /,
  },
  {
    what: 'the same values in all rows',
    files: { 'a.csv': 'x,y\n' + rows(20, () => '1,2') },
    message:
      /^a\.csv has no column to predict: each holds no value, one value in all rows, or more than 10,000 names\. Add one /,
  },
  {
    what: 'too few rows',
    files: { 'a.csv': 'x,y\n' + rows(5, (i) => `${i},${i * 1.5}`) },
    message: /^a\.csv has 5 usable examples: at least 10 are needed to train, validate and test\.$/,
  },
  {
    what: 'a text that is too short',
    files: { 'a.txt': 'what?' },
    message: /^a\.txt has 5 bytes: at least 650 are needed to learn what follows what\.$/,
  },
  {
    what: 'an empty text',
    files: { 'a.txt': '' },
    message: /^a\.txt has 0 bytes: at least 650 are needed/,
  },
  {
    what: 'a Parquet file that is none',
    files: { 'a.parquet': 'PAR0 nothing' },
    message: /^a\.parquet cannot be read as a table: /,
  },
  {
    what: 'a folder without images',
    files: { 'data/a.csv': 'x,y\n1,2\n' },
    choose: 'data',
    message:
      /data is a folder without PNG, JPEG or BMP images: expected a folder for each class .* choose the file\.$/,
  },
  {
    what: 'a folder of images of another kind',
    files: { 'data/cat/a.webp': '?' },
    choose: 'data',
    message: /data holds no PNG, JPEG or BMP images, only others such as cat\/a\.webp: save them/,
  },
  {
    what: 'a folder of few images',
    files: barFolder('data', 2),
    choose: 'data',
    message: /^data has 4 usable examples: at least 10 are needed/,
  },
  {
    what: 'a folder of files that are no images',
    files: Object.fromEntries(
      Array.from({ length: 12 }, (_, i) => [`data/${i % 2}/${i}.png`, 'hello']),
    ),
    choose: 'data',
    message: /^None of the image files in .*data says its size .* damaged, or of other formats\.$/,
  },
  {
    what: 'a folder of images that are cut',
    files: Object.fromEntries(
      Object.entries(barFolder('data', 6)).map(([path, file]) => [path, file.subarray(0, 40)]),
    ),
    choose: 'data',
    message: /^None of the 12 image files in .*data can be decoded; of the first, bottom\/0\.png: /,
    describes: true,
  },
];

describe('broken data', () => {
  for (const { what, files, choose, target, message, describes } of broken) {
    it(`says what is wrong with ${what}`, async (t) => {
      const path = join(temporaryFolder(t, files), choose ?? Object.keys(files)[0]);
      await assert.rejects(collected(path, { target }), (error: Error) => {
        assert.ok(error instanceof KolmoError, error.stack);
        assert.match(error.message, message);
        return true;
      });
      const { problem } = await describeDataset(path);
      if (describes) assert.equal(problem, undefined);
      else assert.match(problem ?? '', message);
    });
  }

  it('offers no target that could not be predicted from another column', async (t) => {
    const describeRows = async (row: (i: number) => string): Promise<string[] | undefined> => {
      const folder = temporaryFolder(t, { 'a.csv': 'who,y\n' + rows(12_000, row) });
      return (await describeDataset(join(folder, 'a.csv'))).targets;
    };
    assert.deepEqual(await describeRows((i) => `n${i % 300},${i}`), ['y', 'who']);
    assert.deepEqual(await describeRows((i) => `n${i % 9000},${i}`), ['who']);
  });

  it('says that a file is missing', async (t) => {
    const path = join(temporaryFolder(t), 'none.csv');
    await assert.rejects(collected(path), {
      name: 'KolmoError',
      message: /none\.csv cannot be read \(ENOENT\): check its name/,
    });
  });

  for (const [name, content] of [
    ['a.csv', `x,y\n${rows(10, (i) => `${i},${i * 2}`)}`],
    ['a.txt', 'the quick brown fox jumps over the lazy dog. '.repeat(30)],
  ]) {
    it(`refuses shares that leave nothing of ${name} to train on`, async (t) => {
      const folder = temporaryFolder(t, { [name]: content });
      const shares = { validationShare: 0.9, testShare: 0.9 };
      await assert.rejects(collected(join(folder, name), shares), {
        name: 'KolmoError',
        message: `The ${name === 'a.csv' ? '10 examples' : '1,350 bytes'} of ${name} leave none to train on: lower the validation share or the test share.`,
      });
    });
  }

  it('says which share is out of range', async (t) => {
    const folder = temporaryFolder(t, { 'a.csv': 'x,y\n' + rows(20, (i) => `${i},${i * 1.5}`) });
    await assert.rejects(collected(join(folder, 'a.csv'), { testShare: 1 }), {
      message:
        'The test share is 1: expected a fraction between 0 and 1, as a model is measured on what is held out.',
    });
  });
});
