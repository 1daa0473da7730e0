/** The links of an HDF5 group: in a symbol table, in the messages of its header, or in a heap with an index. */
import { KolmoError } from '../../error';
import { formatCount } from '../../count';
import { longestName, mostTensors } from '../format';
import { addressBytes, lengthBytes, signedBlock, type Fields, type Hdf5Bytes } from './bytes';
import { readDense } from './heap';
import { messageTypes, type Message } from './objects';

/** A name, and the address of the object that it stands for. */
export interface Link {
  name: string;
  address: number;
}

/** Lists the links to objects in the same file: others lead to no tensor that this file holds. */
export async function readLinks(file: Hdf5Bytes, messages: Message[]): Promise<Link[]> {
  const lists: Link[][] = [];
  for (const { type, fields } of messages) {
    if (type === messageTypes.symbolTable) lists.push(await readSymbolTable(file, fields));
    if (type === messageTypes.link) lists.push(readLink(fields));
    if (type === messageTypes.linkInfo) {
      fields.skip(1);
      const flags = fields.u8();
      if (flags & 1) fields.skip(8);
      const dense = await readDense(file, { heap: fields.address(), index: fields.address() });
      lists.push(dense.flatMap(readLink));
    }
  }
  return lists.flat();
}

/** None where it is a soft or an external link. */
function readLink(fields: Fields): Link[] {
  fields.skip(1);
  const flags = fields.u8();
  const type = flags & 8 ? fields.u8() : 0;
  if (flags & 4) fields.skip(8);
  if (flags & 0x10) fields.skip(1);
  const name = nameOf(fields.bytes(fields.uint(1 << (flags & 3))));
  const address = type === 0 ? fields.address() : undefined;
  return address === undefined ? [] : [{ name, address }];
}

const nameOf = (bytes: Uint8Array): string =>
  new TextDecoder().decode(bytes.subarray(0, longestName));

/** A tree of nodes of symbols, whose names are in a heap. */
async function readSymbolTable(file: Hdf5Bytes, fields: Fields): Promise<Link[]> {
  const tree = fields.address();
  const heap = fields.address();
  if (tree === undefined || heap === undefined) return [];
  const header = await signedBlock(file, 'HEAP', heap, 8 + 2 * lengthBytes + addressBytes);
  header.skip(4);
  const heapBytes = header.size();
  header.skip(lengthBytes);
  const heapStart = header.address() ?? file.length;

  async function nameAt(offset: number): Promise<string> {
    const most = Math.min(longestName, heapBytes - offset);
    for (let length = Math.min(64, most); length > 0; length = Math.min(most, 8 * length)) {
      const bytes = (await file.block(heapStart + offset, length)).bytes(length);
      const end = bytes.indexOf(0);
      if (end >= 0 || length === most) return nameOf(end >= 0 ? bytes.subarray(0, end) : bytes);
    }
    throw new KolmoError(
      `${file.name}: a name at ${formatCount(offset)} of the ${formatCount(heapBytes)} bytes of names at offset ${formatCount(heapStart)}. The file is damaged.`,
    );
  }

  const links: Link[] = [];
  for (const node of await readTree(file, { type: 0, address: tree, keyBytes: lengthBytes })) {
    const start = await signedBlock(file, 'SNOD', node.child, 8);
    start.skip(2);
    const count = start.u16();
    if (links.length + count > mostTensors) {
      throw new KolmoError(
        `${file.name}: the group of the tree at offset ${formatCount(tree)} lists more than ${formatCount(mostTensors)} links. The file is damaged.`,
      );
    }
    const entryBytes = 2 * addressBytes + 24;
    const entries = await file.block(node.child + 8, count * entryBytes);
    for (let i = 0; i < count; i++) {
      const entry = entries.part(entryBytes);
      const name = entry.uint(addressBytes);
      const address = entry.address();
      const isSoft = entry.u32() === 2;
      if (address !== undefined && !isSoft) links.push({ name: await nameAt(name), address });
    }
  }
  return links;
}

/** A leaf of a tree of version 1: what it stands for, and the key before it. */
interface Leaf {
  key: Fields;
  child: number;
}

/** Lists the leaves of a tree of version 1, which lists nodes of a group (type 0) or chunks of a dataset (type 1). */
export async function readTree(
  file: Hdf5Bytes,
  { type, address, keyBytes }: { type: 0 | 1; address: number; keyBytes: number },
): Promise<Leaf[]> {
  const leaves: Leaf[] = [];
  const seen = new Set<number>();
  const damaged = (at: number, what: string): KolmoError =>
    new KolmoError(
      `${file.name}: the tree at offset ${formatCount(address)} ${what} at ${formatCount(at)}. The file is damaged.`,
    );
  for (const nodes = [{ at: address, below: 256 }]; nodes.length > 0;) {
    const { at, below } = nodes.pop()!;
    if (seen.has(at)) throw damaged(at, 'comes back to its node');
    seen.add(at);
    const start = await signedBlock(file, 'TREE', at, 8 + 2 * addressBytes);
    const found = start.u8();
    const level = start.u8();
    const count = start.u16();
    if (found !== type || level >= below) throw damaged(at, 'has a node that is none of its own');
    const length = count * (keyBytes + addressBytes);
    const fields = await file.block(at + 8 + 2 * addressBytes, length);
    const children: Leaf[] = Array.from({ length: count }, () => ({
      key: fields.part(keyBytes),
      child: fields.address() ?? file.length,
    }));
    if (level > 0) {
      nodes.push(...children.reverse().map(({ child }) => ({ at: child, below: level })));
    } else leaves.push(...children);
    if (leaves.length > mostTensors) throw damaged(at, 'lists more than are read');
  }
  return leaves;
}
