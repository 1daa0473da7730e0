/** HDF5: the datasets of a file and where their values are; headers only (HDF5 File Format Specification 3.0). */
import { formatCount, plural } from '../../count';
import { KolmoError } from '../../error';
import { countParameters, longestName, mostTensors, shorten } from '../format';
import type { ModelFile } from '../modelFile';
import { within } from '../within';
import { readAttributes, type Attribute } from './attributes';
import { addressBytes, lengthBytes, openBytes, type Hdf5Bytes } from './bytes';
import { listChunks, type Chunk } from './chunks';
import { readLinks, type Link } from './groups';
import { messageTypes, readMessages, type Message } from './objects';
import { readFill, readFilters, readLayout, readShape, readType, type ValueType } from './values';

export interface Hdf5 {
  /** Where offsets and addresses lead to: the file without what a program keeps before it. */
  file: ModelFile;
  /** In the order of their names; one that several names lead to is there once. */
  datasets: Hdf5Dataset[];
  /** Paths of the groups. */
  groups: string[];
  /** Attributes of the root by name. */
  attributes: Map<string, Attribute>;
}

export interface Hdf5Dataset extends ValueType {
  /** Names of the groups and its own, with slashes between them. */
  name: string;
  shape: number[];
  parameters: number;
  /** Bytes of the values in the file. */
  stored: number;
  /** Where the values lie one after the other; undefined where they are in chunks, or nowhere. */
  offset?: number;
  /** Where else they lie. */
  chunks: Chunk[];
  /** Sides of a chunk. */
  chunkShape: number[];
  /** What chunks were packed by, the first one first. */
  filters: string[];
  /** The bytes of each value that is in no chunk; empty where they are zeros. */
  fill: Uint8Array;
  /** Its own attributes. */
  attributes: Map<string, Attribute>;
}

const signature = [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a];

/** Whether a file begins as HDF5 does, without what a program may keep before it. */
export const isHdf5 = (head: Uint8Array): boolean => signature.every((byte, i) => head[i] === byte);

/**
 * Reads what an HDF5 file holds.
 * @throws KolmoError naming file, offset, expected and found
 */
export async function readHdf5(whole: ModelFile): Promise<Hdf5> {
  const { file, bytes, root } = await open(whole);
  const datasets: Hdf5Dataset[] = [];
  const groups: string[] = [];
  let attributes = new Map<string, Attribute>();
  const seen = new Set<number>();
  let [listed, chunks] = [0, 0];
  for (const links: Link[] = [{ name: '', address: root }]; links.length > 0;) {
    const { name, address } = links.pop()!;
    // A group may hold itself.
    if (seen.has(address)) continue;
    seen.add(address);
    const messages = await readMessages(bytes, address);
    const isDataset = messages.some(({ type }) => type === messageTypes.layout);
    if (name === '' && !isDataset) attributes = await readAttributes(bytes, messages);
    if (isDataset) {
      const dataset = await readDataset(bytes, name, messages);
      datasets.push(dataset);
      chunks += dataset.chunks.length;
      if (chunks > mostTensors) {
        throw new KolmoError(
          `${file.name} lists more than ${plural(mostTensors, 'chunk')}, ${formatCount(dataset.chunks.length)} of tensor “${shorten(name)}”: so many are not read.`,
        );
      }
    } else {
      groups.push(name);
      const inside = (await readLinks(bytes, messages)).sort(byName).reverse();
      listed += inside.length;
      if (listed > mostTensors || name.length > longestName) {
        throw new KolmoError(
          `${file.name} lists more than ${plural(mostTensors, 'link')}, or has names of more than ${formatCount(longestName)} characters: “${shorten(name)}”.`,
        );
      }
      for (const link of inside) {
        links.push({ ...link, name: name === '' ? link.name : `${name}/${link.name}` });
      }
    }
  }
  return { file, datasets, groups, attributes };
}

/** `vars/10` comes after `vars/2`, and `dense_10` after `dense_9`. */
function byName(a: Link, b: Link): number {
  const [one, other] = [a.name, b.name].map((name) => name.replace(/\d{1,15}$/, ''));
  if (one !== other) return one < other ? -1 : 1;
  return Number(a.name.slice(one.length)) - Number(b.name.slice(one.length));
}

/** The first block says how long addresses are, and where the root is. */
async function open(
  whole: ModelFile,
): Promise<{ file: ModelFile; bytes: Hdf5Bytes; root: number }> {
  const start = await findStart(whole);
  const file = start === 0 ? whole : within(whole, whole.name, start, whole.length - start);
  const head = await file.read(0, 16);
  const version = head[8];
  const old = version < 2;
  const [address, length] = old ? [head[13], head[14]] : [head[9], head[10]];
  if (version > 3 || address !== addressBytes || length !== lengthBytes) {
    throw new KolmoError(
      `${file.name} is HDF5 with a first block of version ${version}, addresses of ${address} and lengths of ${length} bytes at offset ${start + 8}: versions 0 to 3 with 8 and 8 bytes are read.`,
    );
  }
  const bytes = openBytes(file);
  const before = old ? 24 + (version === 1 ? 4 : 0) : 12;
  const fields = await bytes.block(before, (old ? 6 : 4) * addressBytes);
  fields.skip(2 * addressBytes);
  const end = fields.address() ?? 0;
  if (end > whole.length) {
    throw new KolmoError(
      `${file.name} has ${formatCount(whole.length)} bytes, and its first block says ${formatCount(end)}: the file is cut.`,
    );
  }
  // Of the old ones follow the address of the driver, and the entry of the root: its name and its header.
  if (old) fields.skip(2 * addressBytes);
  const root = fields.address();
  if (root === undefined) {
    throw new KolmoError(`${file.name} has no root group at offset ${fields.position()}.`);
  }
  return { file, bytes, root };
}

/** What a program keeps before the file has 512 bytes, or twice as many, and so on. */
async function findStart(file: ModelFile): Promise<number> {
  for (let start = 0; start + 16 <= file.length; start = start === 0 ? 512 : 2 * start) {
    if (isHdf5(await file.read(start, 8))) return start;
  }
  throw new KolmoError(
    `${file.name} is no HDF5 file: expected 89 48 44 46 0d 0a 1a 0a at offset 0.`,
  );
}

async function readDataset(
  file: Hdf5Bytes,
  name: string,
  messages: Message[],
): Promise<Hdf5Dataset> {
  const where = `${file.name}: tensor “${shorten(name)}”`;
  const find = (type: number): Message | undefined => messages.find((each) => each.type === type);
  const typeMessage = find(messageTypes.datatype);
  const shapeMessage = find(messageTypes.dataspace);
  if (!typeMessage || !shapeMessage) {
    throw new KolmoError(`${where} has no type or no shape in its header. The file is damaged.`);
  }
  const type = readType((await resolve(file, typeMessage, where)).fields);
  const shape = readShape((await resolve(file, shapeMessage, where)).fields);
  const filterMessage = find(messageTypes.filters);
  const filters = filterMessage
    ? readFilters((await resolve(file, filterMessage, where)).fields)
    : [];
  const parameters = countParameters(shape, name, file.name);
  const layout = readLayout(find(messageTypes.layout)!.fields, where);
  const attributes = await readAttributes(file, messages);
  const fillMessage = find(messageTypes.fill);
  const fill = fillMessage
    ? readFill((await resolve(file, fillMessage, where)).fields)
    : new Uint8Array();
  const none = { chunks: [], chunkShape: [] };
  const dataset = { name, ...type, shape, parameters, filters, fill, attributes, ...none };
  if (find(messageTypes.externalFiles) || layout.type === 'virtual') {
    throw new KolmoError(
      `${where} has its values in other files, which are not read: copy them into this one with h5repack.`,
    );
  }
  if (layout.type === 'chunked') {
    const filtered = filters.length > 0;
    const chunks = await listChunks(file, { layout, shape, filtered, where });
    const stored = chunks.reduce((sum, { bytes }) => sum + bytes, 0);
    return { ...dataset, stored, chunks, chunkShape: layout.chunk.slice(0, -1) };
  }
  const dense = parameters * type.size;
  const offset = layout.type === 'compact' ? layout.offset : layout.address;
  if (offset === undefined) return { ...dataset, stored: 0 };
  const stored = layout.bytes ?? dense;
  if (stored !== dense) {
    throw new KolmoError(
      `${where} stores ${formatCount(stored)} bytes, its shape [${shape.join(', ')}] of ${type.dtype} asks for ${formatCount(dense)}. The file is damaged.`,
    );
  }
  if (offset + stored > file.length) {
    throw new KolmoError(
      `${where} claims bytes ${formatCount(offset)} to ${formatCount(offset + stored)} of ${formatCount(file.length)}: the file is cut or damaged.`,
    );
  }
  return { ...dataset, stored, offset };
}

/** The message itself where the header has one of another object's instead, as of a type that has a name. */
async function resolve(file: Hdf5Bytes, message: Message, where: string): Promise<Message> {
  if (!message.shared) return message;
  const { fields } = message;
  const version = fields.u8();
  const kind = fields.u8();
  // Version 1 has the offset of a name before the address, as an entry of a group.
  if (version === 1) fields.skip(6 + lengthBytes);
  const address = version === 3 && kind === 1 ? undefined : fields.address();
  const found =
    address === undefined
      ? undefined
      : (await readMessages(file, address)).find(
          ({ type, shared }) => type === message.type && !shared,
        );
  if (found) return found;
  throw new KolmoError(
    `${where} shares its type or shape in a way that is not read, at offset ${formatCount(fields.position())}.`,
  );
}
