/** The header of an HDF5 object, in both its versions, as a list of messages. */
import { formatCount } from '../../count';
import { KolmoError } from '../../error';
import { signedBlock, type Fields, type Hdf5Bytes } from './bytes';

/** What a header says in one of its messages, by the numbers of the specification. */
export const messageTypes = {
  dataspace: 0x01,
  linkInfo: 0x02,
  datatype: 0x03,
  fill: 0x05,
  link: 0x06,
  externalFiles: 0x07,
  layout: 0x08,
  filters: 0x0b,
  attribute: 0x0c,
  continuation: 0x10,
  symbolTable: 0x11,
  attributeInfo: 0x15,
} as const;

export interface Message {
  type: number;
  /** Whether the fields are those of a reference to where the message is. */
  shared: boolean;
  fields: Fields;
}

/** A header that goes on in more places is damaged. */
const mostBlocks = 10_000;

/** A header of more bytes is damaged. */
const longestHeader = 64 << 20;

/** Reads the messages of the object whose header is at `address`. */
export async function readMessages(file: Hdf5Bytes, address: number): Promise<Message[]> {
  const start = await file.block(address, 16);
  const version = start.u8();
  if (version === 1) return readOld(file, address, start);
  if (version === 0x4f) return readNew(file, address);
  throw new KolmoError(
    `${file.name}: no header of an object at offset ${formatCount(address)}: expected version 1 or OHDR, found ${version}. The file is damaged.`,
  );
}

interface Block {
  offset: number;
  length: number;
}

/** Reads the first block and those that its messages lead to. */
async function follow(
  file: Hdf5Bytes,
  first: Block,
  read: (block: Block) => Promise<Message[]>,
): Promise<Message[]> {
  const messages: Message[] = [];
  const seen = new Set<number>();
  let left = longestHeader;
  for (const blocks = [first]; blocks.length > 0;) {
    const block = blocks.pop()!;
    left -= block.length;
    if (seen.has(block.offset) || seen.size >= mostBlocks || left < 0) {
      throw new KolmoError(
        `${file.name}: the header at offset ${formatCount(first.offset)} goes on for ${formatCount(block.length)} bytes at ${formatCount(block.offset)}, where no header can. The file is damaged.`,
      );
    }
    seen.add(block.offset);
    for (const message of await read(block)) {
      if (message.type !== messageTypes.continuation) messages.push(message);
      else {
        const { fields } = message;
        blocks.push({ offset: fields.address() ?? file.length, length: fields.size() });
      }
    }
  }
  return messages;
}

function readOld(file: Hdf5Bytes, address: number, start: Fields): Promise<Message[]> {
  start.skip(7);
  const first = { offset: address + 16, length: start.u32() };
  return follow(file, first, async ({ offset, length }) => {
    const fields = await file.block(offset, length);
    const messages: Message[] = [];
    while (fields.left() >= 8) {
      const type = fields.u16();
      const size = fields.u16();
      const shared = (fields.u8() & 2) !== 0;
      fields.skip(3);
      messages.push({ type, shared, fields: fields.part(size) });
    }
    return messages;
  });
}

async function readNew(file: Hdf5Bytes, address: number): Promise<Message[]> {
  const start = await signedBlock(file, 'OHDR', address, 6);
  start.skip(1);
  const flags = start.u8();
  const before = 6 + (flags & 0x20 ? 16 : 0) + (flags & 0x10 ? 4 : 0);
  const width = 1 << (flags & 3);
  const length = (await file.block(address + before, width)).uint(width);
  const first = { offset: address + before + width, length };
  return follow(file, first, async (block) => {
    const isFirst = block.offset === first.offset;
    // The checksum of the first block is not counted in its length.
    const fields = isFirst
      ? await file.block(block.offset, block.length)
      : (await signedBlock(file, 'OCHK', block.offset, block.length)).part(
          Math.max(0, block.length - 8),
        );
    const head = flags & 4 ? 6 : 4;
    const messages: Message[] = [];
    while (fields.left() >= head) {
      const type = fields.u8();
      const size = fields.u16();
      const shared = (fields.u8() & 2) !== 0;
      fields.skip(head - 4);
      messages.push({ type, shared, fields: fields.part(size) });
    }
    return messages;
  });
}
