/** The images in a folder, and what the folders that they lie in say of them. */
import type { Dirent } from 'node:fs';
import { opendir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { formatCount } from '../count';
import { KolmoError, readError } from '../error';
import type { SplitName } from './dataset';

export interface FoundImages {
  /** Those for training first, then validation and test, each in the order of their paths. */
  images: FoundImage[];
  /** Names of the classes, sorted; none where no folders sort the images. */
  classes: string[];
  /** The folder of each split that has one. */
  folders: Partial<Record<SplitName, string>>;
  /** Images that lie where neither a class nor a split is said. */
  leftOut: string[];
}

export interface FoundImage {
  /** Seen from the folder, with slashes. */
  path: string;
  split: SplitName;
  /** One of `classes`. */
  className?: string;
}

/**
 * Finds the images in a folder, their classes and splits.
 * @throws KolmoError where there are none
 */
export async function findImages(root: string): Promise<FoundImages> {
  const { images, others } = await listImages(root);
  if (images.length > 0) return arrange(images);
  throw new KolmoError(
    others.length > 0
      ? `${root} holds no PNG, JPEG or BMP images, only others such as ${others[0]}: save them as PNG or JPEG.`
      : `${root} is a folder without PNG, JPEG or BMP images: expected a folder for each class with its images in it. To train on a table or on IDX files, choose the file.`,
  );
}

/** More files than this are hardly one dataset. */
const mostFiles = 500_000;

const imageName = /\.(png|jpe?g|bmp)$/i;
const otherImageName = /\.(gif|webp|tiff?|avif|heic|p[gp]m|jp2)$/i;

/** Paths of the images at any depth; hidden folders and files are no data. */
async function listImages(root: string): Promise<{ images: string[]; others: string[] }> {
  const images: string[] = [];
  const others: string[] = [];
  let seen = 0;
  const visit = async (folder: string): Promise<void> => {
    for (const entry of await entriesOf(join(root, folder))) {
      const { name } = entry;
      if (++seen > mostFiles) {
        throw new KolmoError(
          `${root} holds more than ${formatCount(mostFiles)} files: choose the folder in it that holds the folders of the classes.`,
        );
      }
      if (name.startsWith('.') || name === '__MACOSX') continue;
      const path = folder === '' ? name : `${folder}/${name}`;
      if (entry.isDirectory()) await visit(path);
      else if (imageName.test(name)) images.push(path);
      else if (otherImageName.test(name)) others.push(path);
    }
  };
  await visit('');
  return { images: images.sort(), others };
}

async function entriesOf(folder: string): Promise<Dirent[]> {
  try {
    return await readdir(folder, { withFileTypes: true });
  } catch (error) {
    throw readError(error, folder);
  }
}

/** Fewer images than this in one folder are pictures of something else. */
const fewestImages = 10;

/**
 * Guesses by a few entries whether a folder holds images to learn from: many, or those of two classes, also behind
 * folders of splits.
 */
export async function seemsImageFolder(folder: string): Promise<boolean> {
  const { images, folders } = await glance(folder);
  if (images >= fewestImages) return true;
  const looked = folders.slice(0, 8);
  let classes = 0;
  for (const name of looked) {
    const inner = join(folder, name);
    const { images, others } = await glance(inner);
    // A project has folders of pictures too, among many others, and pictures among its pages.
    if (images > 0 && images >= others && ++classes >= 2 && 2 * classes > looked.length)
      return true;
    const leadsOn = folders.length === 1 || splitNamed(name) !== undefined;
    if (leadsOn && (await seemsImageFolder(inner))) return true;
  }
  return false;
}

/** The first entries of a folder, which may hold very many. */
async function glance(
  folder: string,
): Promise<{ images: number; others: number; folders: string[] }> {
  const found = { images: 0, others: 0, folders: [] as string[] };
  let seen = 0;
  for await (const entry of await opendir(folder)) {
    if (++seen > 200) break;
    if (entry.name.startsWith('.')) continue;
    if (entry.isDirectory()) found.folders.push(entry.name);
    else if (imageName.test(entry.name)) found.images++;
    else found.others++;
  }
  return found;
}

/** What folders of splits are called: `train`, `seg_train`, `training_set`, `testSet`. */
const splitFolders: [SplitName, RegExp][] = [
  ['training', /^(.*[-_. ])?(train|training)([-_. ]?(set|data|images))?$/i],
  ['validation', /^(.*[-_. ])?(val|valid|validation|dev)([-_. ]?(set|data|images))?$/i],
  ['test', /^(.*[-_. ])?(test|testing)([-_. ]?(set|data|images))?$/i],
];

const splitNamed = (folder: string): SplitName | undefined =>
  splitFolders.find(([, name]) => name.test(folder))?.[0];

/** Splits and classes by the names of folders. */
function arrange(paths: string[]): FoundImages {
  const parts = paths.map((path) => path.split('/'));
  const top = sharedFolders(parts, 0);
  /** The split that the folder of an image at the top stands for. */
  const splitOf = (part: string[]): SplitName | undefined =>
    part.length > top + 1 ? splitNamed(part[top]) : undefined;
  const training = parts.filter((part) => splitOf(part) === 'training');
  const below = training.length > 0 ? sharedFolders(training, top + 1) : top;
  // A class may be called `train` too: then no classes are in it, and those beside it are no splits.
  const splits =
    training.length > 0 &&
    (training.some((part) => part.length > below + 1) || parts.every(splitOf));
  const place = splits ? below : top;
  const classOf = (part: string[]): string | undefined =>
    part.length > place + 1 ? part[place] : undefined;
  const sorted = (splits ? training : parts).some(classOf);

  const placed = parts.flatMap((part, i) => {
    const split = splits ? splitOf(part) : 'training';
    const className = sorted ? classOf(part) : undefined;
    if (!split || (sorted && className === undefined)) return [];
    return [{ path: paths[i], split, className, folder: splits ? part[top] : undefined }];
  });
  const used = new Set(placed.map(({ path }) => path));
  return {
    images: splitFolders.flatMap(([split]) => placed.filter((image) => image.split === split)),
    classes: [...new Set(placed.flatMap(({ className }) => className ?? []))].sort(),
    folders: Object.fromEntries(
      placed.flatMap(({ split, folder }) => (folder === undefined ? [] : [[split, folder]])),
    ),
    leftOut: paths.filter((path) => !used.has(path)),
  };
}

/** How many folders, from the given depth on, all paths go through. */
function sharedFolders(paths: string[][], from: number): number {
  let depth = from;
  while (paths.every((path) => path.length > depth + 1 && path[depth] === paths[0][depth])) depth++;
  return depth;
}
