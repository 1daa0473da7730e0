/** The containers of PyTorch: a ZIP of storages and a pickle that names them, and the plain file that was written before version 1.6. */
import { formatCount } from '../count';
import { KolmoError } from '../error';
import { bitsOf } from './format';
import type { ModelFile } from './modelFile';
import { readPickle, type Pickled } from './pickle';
import { asStorage } from './torchTensors';
import { isZip, locateMember, readMemberHead, readZipDirectory } from './zip';

export interface TorchFile {
  /** Reads the pickle as data; throws where it holds what is not read. */
  root(): Promise<Pickled>;
  /** Bytes of the pickle: values that are no tensors are in it. */
  pickleBytes: number;
  /** By key, as the pickle names them. */
  storages: Map<string, StoredBytes>;
}

export interface StoredBytes {
  /** Bytes in the file. */
  stored: number;
  /** Bytes unpacked. */
  size: number;
  /** Where the bytes begin; undefined where they are packed. */
  offset(): Promise<number | undefined>;
}

/** Pickles beyond this hold more than names: the directory is all that is read then. */
const longestPickle = 256 << 20;

/** A number that only such files begin with, as a pickle. */
const oldMagic = [0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19];

export function isTorch(head: Uint8Array): boolean {
  if (isZip(head)) {
    // The first member of a ZIP: "archive/data.pkl", "archive/data/0".
    const name = String.fromCharCode(...head.subarray(30, 30 + head[26]));
    return /^[^/]+\/(data\.pkl|data\/\d+)$/.test(name);
  }
  return isOldTorch(head);
}

const isOldTorch = (head: Uint8Array): boolean =>
  head[0] === 0x80 && oldMagic.every((byte, i) => head[2 + i] === byte);

export async function openTorchFile(file: ModelFile): Promise<TorchFile> {
  const head = await file.read(0, 64);
  if (isZip(head)) return openArchive(file);
  if (isOldTorch(head)) return openOld(file);
  throw new KolmoError(
    `${file.name} is no file of torch.save: expected a ZIP archive, or the pickles of PyTorch before version 1.6.${head[0] === 0x80 ? ' It may be another pickle, which is not read.' : ''}`,
  );
}

async function openArchive(file: ModelFile): Promise<TorchFile> {
  const members = await readZipDirectory(file);
  const pickle = members.find(({ name }) => /(^|\/)data\.pkl$/.test(name));
  if (!pickle) {
    throw new KolmoError(`${file.name} holds no data.pkl: expected a model saved by torch.save.`);
  }
  const folder = pickle.name.slice(0, -'data.pkl'.length);
  const storages = new Map<string, StoredBytes>();
  for (const member of members) {
    if (!member.name.startsWith(`${folder}data/`)) continue;
    const { stored, size, method } = member;
    const offset = async (): Promise<number | undefined> =>
      method === 0 ? locateMember(file, member) : undefined;
    storages.set(member.name.slice(folder.length + 'data/'.length), { stored, size, offset });
  }
  const where = `${file.name}/${pickle.name}`;
  return {
    storages,
    pickleBytes: pickle.stored,
    async root() {
      if (pickle.size > longestPickle) {
        throw new KolmoError(`${where} has ${formatCount(pickle.size)} bytes, more than are read.`);
      }
      return readPickle(await readMemberHead(file, pickle, pickle.size), where).value;
    },
  };
}

interface OldHeader {
  value: Pickled;
  /** Keys of the storages in the order in which they follow. */
  keys: Pickled[];
  /** Type of the values of each storage. */
  dtypes: Map<string, string>;
  end: number;
}

async function openOld(file: ModelFile): Promise<TorchFile> {
  const { value, keys, dtypes, end } = await readOldHeader(file);
  const storages = new Map<string, StoredBytes>();
  let at = end;
  for (const key of keys.map(String)) {
    const count = await file.read(at, 8);
    const values =
      count.length < 8
        ? 0
        : Number(new DataView(count.buffer).getBigUint64(count.byteOffset, true));
    const size = (values * bitsOf(dtypes.get(key) ?? '')) / 8;
    const start = at + 8;
    at = start + size;
    if (count.length < 8 || at > file.length) {
      throw new KolmoError(
        `${file.name} has ${formatCount(file.length)} bytes, and its storage ${key} reaches to ${formatCount(at)}: the file is cut.`,
      );
    }
    storages.set(key, { stored: size, size, offset: async () => start });
  }
  return { storages, pickleBytes: end, root: async () => value };
}

/** Five pickles: the magic number, the version, the system, what was saved, and the keys of its storages. */
async function readOldHeader(file: ModelFile): Promise<OldHeader> {
  for (let length = 1 << 16; ; length *= 8) {
    const bytes = await file.read(0, length);
    try {
      let end = 0;
      const next = (): ReturnType<typeof readPickle> => {
        const read = readPickle(bytes, file.name, end);
        end = read.end;
        return read;
      };
      for (let skipped = 0; skipped < 3; skipped++) next();
      const { value, persistents } = next();
      const { value: keys } = next();
      if (!Array.isArray(keys)) throw new KolmoError(`${file.name} lists no storages.`);
      const dtypes = new Map(
        persistents.flatMap((id) => {
          const storage = asStorage(id);
          return storage ? [[storage.key, storage.dtype] as const] : [];
        }),
      );
      return { value, keys, dtypes, end };
    } catch (error) {
      // How long the pickles are is known only when they have been read.
      if (bytes.length === file.length || length >= longestPickle) throw error;
    }
  }
}
