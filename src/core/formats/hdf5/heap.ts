/** What HDF5 keeps of large groups and of many attributes: a heap of messages, and a tree of version 2 that lists them. */
import { formatCount } from '../../count';
import { KolmoError } from '../../error';
import { mostTensors } from '../format';
import { addressBytes, lengthBytes, signedBlock, type Fields, type Hdf5Bytes } from './bytes';

/** The messages that an index lists, out of its heap; those that are too large for it are left out. */
export async function readDense(
  file: Hdf5Bytes,
  { heap, index }: { heap: number | undefined; index: number | undefined },
): Promise<Fields[]> {
  if (heap === undefined || index === undefined) return [];
  const opened = await openHeap(file, heap);
  const messages: Fields[] = [];
  for (const record of await readRecords(file, index)) {
    // Names come after their hash in a record of links, and before it in one of attributes.
    const id = record.left() === 11 ? (record.skip(4), record.part(7)) : record.part(8);
    const message = await opened(id);
    if (message) messages.push(message);
  }
  return messages;
}

/** The bytes that hold numbers up to `value`. */
const widthOf = (value: number): number => Math.floor(Math.log2(Math.max(1, value)) / 8) + 1;

/** The records of a tree of version 2. */
export async function readRecords(file: Hdf5Bytes, address: number): Promise<Fields[]> {
  const header = await signedBlock(file, 'BTHD', address, 18 + addressBytes + lengthBytes);
  header.skip(2);
  const nodeBytes = header.u32();
  const recordBytes = header.u16();
  const depth = header.u16();
  header.skip(2);
  const root = header.address();
  const rootCount = header.u16();
  const damaged = (what: string): KolmoError =>
    new KolmoError(
      `${file.name}: the tree at offset ${formatCount(address)} ${what}. The file is damaged.`,
    );
  if (root === undefined) return [];
  if (recordBytes === 0 || depth > 32) {
    throw damaged(`claims records of ${recordBytes} bytes in ${depth} levels`);
  }
  // How many records fit into a node decides the width of the counts beside each pointer to one.
  const widths = [widthOf(Math.floor((nodeBytes - 10) / recordBytes))];
  const below = [Math.floor((nodeBytes - 10) / recordBytes)];
  const pointer = (level: number): number =>
    addressBytes + widths[0] + (level > 1 ? widthOf(below[level - 1]) : 0);
  for (let level = 1; level <= depth; level++) {
    const most = Math.floor((nodeBytes - 10 - pointer(level)) / (recordBytes + pointer(level)));
    below.push((most + 1) * below[level - 1] + most);
  }

  const records: Fields[] = [];
  const seen = new Set<number>();
  const nodes = [{ at: root, count: rootCount, level: depth }];
  while (nodes.length > 0) {
    const { at, count, level } = nodes.pop()!;
    if (seen.has(at)) throw damaged(`comes back to its node at ${formatCount(at)}`);
    seen.add(at);
    const pointers = level > 0 ? (count + 1) * pointer(level) : 0;
    const signature = level > 0 ? 'BTIN' : 'BTLF';
    const fields = await signedBlock(file, signature, at, 6 + count * recordBytes + pointers);
    fields.skip(2);
    for (let i = 0; i < count; i++) records.push(fields.part(recordBytes));
    if (records.length > mostTensors) throw damaged('lists more than are read');
    for (let i = 0; level > 0 && i <= count; i++) {
      const child = fields.part(pointer(level));
      const childAt = child.address();
      if (childAt === undefined) throw damaged(`leads nowhere at ${formatCount(at)}`);
      nodes.push({ at: childAt, count: child.uint(widths[0]), level: level - 1 });
    }
  }
  return records;
}

/** What leads from the id of an object to its bytes. */
type Heap = (id: Fields) => Promise<Fields | undefined>;

/** Objects are found by their offset in a space that blocks fill, each row of them twice as large as the one before. */
async function openHeap(file: Hdf5Bytes, address: number): Promise<Heap> {
  const header = await signedBlock(file, 'FRHP', address, 26 + 12 * lengthBytes + 3 * addressBytes);
  header.skip(3);
  const filterBytes = header.u16();
  header.skip(1);
  const mostManaged = header.u32();
  header.skip(lengthBytes + addressBytes + lengthBytes + addressBytes + 8 * lengthBytes);
  const columns = header.u16();
  const firstBlock = header.size();
  const largestBlock = header.size();
  const offsetWidth = Math.ceil(header.u16() / 8);
  header.skip(2);
  const root = header.address();
  const rootRows = header.u16();
  const lengthWidth = Math.min(Math.ceil(Math.log2(largestBlock) / 8), widthOf(mostManaged));
  const damaged = (what: string): KolmoError =>
    new KolmoError(
      `${file.name}: the heap at offset ${formatCount(address)} ${what}. The file is damaged.`,
    );
  if (filterBytes > 0) {
    throw new KolmoError(
      `${file.name}: the heap at offset ${formatCount(address)} is packed by filters, which is not read.`,
    );
  }
  if (columns === 0 || firstBlock === 0) throw damaged('has blocks of 0 bytes');

  /** Where the byte at `offset` of an indirect block's space is, or of a direct one's where it has no rows. */
  async function locate(block: number, rows: number, offset: number): Promise<number> {
    if (rows === 0) return block + offset;
    const row =
      offset < firstBlock * columns
        ? 0
        : Math.floor(Math.log2(offset / (firstBlock * columns))) + 1;
    const size = firstBlock * 2 ** Math.max(0, row - 1);
    const rowStart = row === 0 ? 0 : size * columns;
    const column = Math.floor((offset - rowStart) / size);
    if (row >= rows) throw damaged(`has no row ${row} at ${formatCount(block)}`);
    const entries = block + 5 + addressBytes + offsetWidth;
    await signedBlock(file, 'FHIB', block, 5 + addressBytes + offsetWidth);
    const child = (
      await file.block(entries + (row * columns + column) * addressBytes, addressBytes)
    ).address();
    if (child === undefined) throw damaged(`leads nowhere at ${formatCount(block)}`);
    const inside = offset - rowStart - column * size;
    const childRows = size <= largestBlock ? 0 : Math.log2(size / (firstBlock * columns)) + 1;
    if (childRows >= rows) throw damaged(`has a block larger than itself at ${formatCount(block)}`);
    return locate(child, childRows, inside);
  }

  return async (id) => {
    const type = (id.u8() >> 4) & 3;
    if (type !== 0 || root === undefined) return undefined;
    const offset = id.uint(offsetWidth);
    const length = id.uint(lengthWidth);
    return file.block(await locate(root, rootRows, offset), length);
  };
}
