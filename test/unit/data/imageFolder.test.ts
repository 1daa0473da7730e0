import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { basename, join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { describeDataset } from '../../../src/core/data/collect';
import type { Dataset } from '../../../src/core/data/dataset';
import { seemsImageFolder } from '../../../src/core/data/imageFiles';
import { bar, barFolder, jpeg, png, turnedJpeg } from '../../fixtures/pictures';
import { temporaryFolder } from '../../fixtures/temporaryFolder';
import { collected, readSplit } from './collected';

const collectFiles = (
  t: TestContext,
  files: Record<string, string | Uint8Array>,
): Promise<Dataset> => collected(temporaryFolder(t, files));

const counts = ({ splits }: Dataset): number[] =>
  [splits.training, splits.validation, splits.test].map(({ count }) => count);

const classes = ({ task }: Dataset): string[] =>
  task.type === 'classification' ? task.classes : [];

describe('a folder of images', () => {
  it('takes its folders for classes and splits the images', async (t) => {
    const folder = temporaryFolder(t, barFolder('.', 20));
    const dataset = await collected(folder);
    assert.equal(dataset.name, basename(folder));
    assert.deepEqual(classes(dataset), ['bottom', 'top']);
    assert.deepEqual(counts(dataset), [31, 3, 6]);
    assert.deepEqual(dataset.inputShape, [8, 8, 1]);
    assert.deepEqual(dataset.preprocessing, { type: 'image', divideBy: 255 });
    const again = await collected(folder);
    assert.deepEqual(readSplit(dataset, 'test'), readSplit(again, 'test'));
  });

  it('gives each image with the class of its folder', async (t) => {
    const dataset = await collectFiles(t, barFolder('.', 10));
    const { count, inputs, targets } = readSplit(dataset, 'training');
    const half = (image: number, from: number): number =>
      inputs.subarray(image * 64 + from, image * 64 + from + 32).reduce((a, b) => a + b);
    for (let image = 0; image < count; image++) {
      const label = half(image, 0) > half(image, 32) ? [0, 1] : [1, 0];
      assert.deepEqual([...targets.subarray(2 * image, 2 * image + 2)], label);
    }
  });

  it('keeps the splits that folders name, whatever lies around them', async (t) => {
    const dataset = await collectFiles(t, {
      ...barFolder('pets/training_set/training_set', 10),
      ...barFolder('pets/test_set/test_set', 3),
      'pets/prediction/1.png': bar('top', 1),
      'pets/test_set/test_set/0.png': bar('top', 1),
      'pets/.hidden/1.png': bar('top', 1),
      'pets/training_set/training_set/top/notes.txt': 'not an image',
    });
    assert.deepEqual(classes(dataset), ['bottom', 'top']);
    assert.deepEqual(counts(dataset), [18, 2, 6]);
    const notes = dataset.notes.join('\n');
    assert.match(notes, /Test: the dataset's own .*\/test_set\.\nValidation: 2 of the training/);
    assert.match(notes, /2 images lie in no folder of a class.*, such as pets\/prediction\/1\.png/);
  });

  it('takes validation images where there are some', async (t) => {
    const dataset = await collectFiles(t, {
      ...barFolder('train', 10),
      ...barFolder('val', 2),
      ...barFolder('test', 3),
      'val/sideways/0.png': bar('top', 1),
    });
    assert.deepEqual(counts(dataset), [20, 5, 6]);
    const notes = dataset.notes.join('\n');
    assert.match(notes, /Validation: the dataset's own .*\/val\./);
    assert.match(notes, /1 validation examples have a class that never occurs in training/);
  });

  it('knows a class that is called train', async (t) => {
    const files = barFolder('.', 10);
    const dataset = await collectFiles(
      t,
      Object.fromEntries(
        Object.entries(files).map(([path, file]) => [path.replace('top', 'train'), file]),
      ),
    );
    assert.deepEqual(classes(dataset), ['bottom', 'train']);
    assert.deepEqual(
      counts(dataset).reduce((a, b) => a + b),
      20,
    );
  });

  it('has no classes where no folders sort the images', async (t) => {
    const folder = temporaryFolder(t, barFolder('all', 10));
    const files = Array.from({ length: 12 }, (_, i): [string, Uint8Array] => [
      `${i}.png`,
      bar('top', i),
    ]);
    const dataset = await collectFiles(t, Object.fromEntries(files));
    assert.deepEqual(dataset.task, { type: 'generation' });
    assert.equal(dataset.targetSize, 0);
    assert.match(dataset.notes.join('\n'), /No folders sort the images into classes/);
    assert.deepEqual((await collected(join(folder, 'all', 'top'))).task, { type: 'generation' });
  });

  it('keeps three channels where any pixel has colour, whatever the file', async (t) => {
    const dataset = await collectFiles(t, {
      ...barFolder('.', 10),
      'top/red.png': png(8, 8, (x) => [x === 7 ? 255 : 9, 9, 9]),
    });
    assert.deepEqual(dataset.inputShape, [8, 8, 3]);
    const reds: number[] = [];
    for (const split of ['training', 'validation', 'test'] as const) {
      const { count, inputs } = readSplit(dataset, split);
      for (let image = 0; image < count; image++) {
        const pixels = inputs.subarray(image * 192, (image + 1) * 192);
        if (pixels.some((value, i) => value !== pixels[i - (i % 3)])) reds.push(pixels[21]);
      }
    }
    assert.deepEqual(reds, [1]);
  });

  it('brings all images to the commonest size', async (t) => {
    const dataset = await collectFiles(t, {
      ...barFolder('.', 10),
      'top/wide.png': png(32, 16, () => [7, 7, 7]),
      'bottom/photo.jpg': jpeg(8, 16, () => [9, 9, 9]),
    });
    assert.deepEqual(dataset.inputShape, [8, 8, 1]);
    assert.match(
      dataset.notes.join('\n'),
      /2 of 22 images were scaled to 8 x 8, the commonest size\./,
    );
  });

  it('turns photos of a camera that was held on its side, and counts them', async (t) => {
    const photo = turnedJpeg(
      jpeg(16, 8, (x) => (x < 8 ? [240, 240, 240] : [10, 10, 10])),
      6,
    );
    const dataset = await collectFiles(
      t,
      Object.fromEntries(
        Array.from({ length: 20 }, (_, i) => [`${i % 2 ? 'odd' : 'even'}/${i}.jpg`, photo]),
      ),
    );
    assert.deepEqual(dataset.inputShape, [16, 8, 1]);
    const { inputs } = readSplit(dataset, 'training');
    assert.ok(inputs[0] > 0.8 && inputs[7] > 0.8 && inputs[15 * 8] < 0.2 && inputs[127] < 0.2);
    const notes = dataset.notes.join('\n');
    assert.match(notes, /20 of 20 images were turned as their EXIF orientation says\./);
    assert.doesNotMatch(notes, /scaled/);
  });

  it('scales large images down, those of many sizes to the median', async (t) => {
    const sizes = Array.from({ length: 12 }, (_, i) => 100 + 10 * i);
    const files = sizes.map((width, i): [string, Uint8Array] => [
      `${i % 2 ? 'odd' : 'even'}/${i}.png`,
      png(width, width / 2, () => [i, i, i]),
    ]);
    const dataset = await collectFiles(t, Object.fromEntries(files));
    assert.deepEqual(dataset.inputShape, [32, 64, 1]);
    assert.match(
      dataset.notes.join('\n'),
      /12 of 12 images were scaled to 64 x 32, the median size, 160 x 80, with its longer side at 64\./,
    );
  });

  it('leaves out and counts what cannot be decoded', async (t) => {
    const dataset = await collectFiles(t, {
      ...barFolder('.', 10),
      'bottom/a.png': 'hello',
      'top/cut.jpg': jpeg(8, 8, () => [1, 2, 3]).subarray(0, 400),
    });
    assert.deepEqual(
      counts(dataset).reduce((a, b) => a + b),
      20,
    );
    assert.match(
      dataset.notes.join('\n'),
      /2 of 22 images cannot be decoded and were left out, such as bottom\/a\.png: it is none of/,
    );
  });

  it('is one file, whose SHA-256 sha256sum can check', async (t) => {
    const files = barFolder('.', 10);
    const folder = temporaryFolder(t, files);
    const { files: found } = await collected(folder);
    const lines = Object.entries(files)
      .map(([path, file]) => [path.slice(2), createHash('sha256').update(file).digest('hex')])
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([path, hash]) => `${hash}  ${path}\n`);
    assert.deepEqual(found, [
      {
        path: folder,
        bytes: Object.values(files).reduce((sum, { length }) => sum + length, 0),
        sha256: createHash('sha256').update(lines.join('')).digest('hex'),
      },
    ]);
  });

  it('is described from the beginnings of some files', async (t) => {
    const whole = { ...barFolder('train', 150), ...barFolder('test', 5) };
    // The signature and the header of a PNG file tell its size; behind them nothing could be decoded.
    const heads = Object.entries(whole).map(([path, file]) => [path, file.subarray(0, 33)]);
    const folder = temporaryFolder(t, Object.fromEntries(heads));
    assert.deepEqual(await describeDataset(folder), {
      kind: 'imageFolder',
      rows: 310,
      inputShape: [8, 8, 3],
      classes: 2,
    });
  });

  it('is told from other folders at a glance', async (t) => {
    const image = bar('top', 1);
    const many = Object.fromEntries(Array.from({ length: 12 }, (_, i) => [`${i}.png`, image]));
    const folders: [seems: boolean, files: Record<string, string | Uint8Array>][] = [
      [true, many],
      [true, { 'cat/1.png': image, 'dog/2.JPG': image }],
      [true, { 'pets/train/cat/1.png': image, 'pets/train/dog/1.png': image }],
      [false, {}],
      [false, { 'icon.png': image, 'index.html': '', 'src/a.ts': '' }],
      [false, { 'media/icon.png': image, 'src/a.ts': '' }],
      [false, { 'media/a.png': image, 'docs/b.png': image, 'src/a.ts': '', 'test/a.ts': '' }],
      [false, { 'notes/a.md': '', 'notes/b.md': '', 'notes/c.png': image, 'media/a.png': image }],
      [true, { 'cat/1.png': image, 'cat/1.xml': '', 'dog/2.png': image, 'labels/a.csv': '' }],
      [false, { '.git/a/1.png': image, '.git/b/1.png': image }],
    ];
    for (const [seems, files] of folders) {
      assert.equal(await seemsImageFolder(temporaryFolder(t, files)), seems, Object.keys(files)[0]);
    }
  });

  it('tells how far it is', async (t) => {
    const { events } = await collected(temporaryFolder(t, barFolder('.', 40)));
    const decoding = events.filter(({ note }) => note === 'Decoding images');
    assert.deepEqual(
      decoding.map(({ done, total }) => [done, total]),
      [
        [0, 80],
        [32, 80],
        [64, 80],
      ],
    );
  });
});
