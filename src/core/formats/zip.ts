/** The directory of a ZIP archive, ZIP64 included (APPNOTE.TXT 6.3), and the beginning of its members. */
import { formatCount } from '../count';
import { KolmoError } from '../error';
import { unpackHead } from '../unpackHead';
import { longestName, mostTensors } from './format';
import { keepLast } from './lastUnpacked';
import type { ModelFile } from './modelFile';
import type { ByteSource } from './summary';
import { within } from './within';

export interface ZipMember {
  name: string;
  /** 0 = stored, 8 = deflated. */
  method: number;
  /** Bytes in the archive. */
  stored: number;
  /** Bytes unpacked. */
  size: number;
  /** Offset of its local header. */
  offset: number;
}

/** A file that may be one, with its name for sentences. */
type Archive = Pick<ModelFile, 'name' | 'length' | 'read'>;

export function isZip(head: Uint8Array): boolean {
  return head[0] === 0x50 && head[1] === 0x4b && (head[2] === 3 || head[2] === 5);
}

/** Lists the members from the directory at the end of the file. */
export async function readZipDirectory(file: Archive): Promise<ZipMember[]> {
  const tailStart = Math.max(0, file.length - 65_557);
  const tail = await file.read(tailStart, file.length - tailStart);
  const view = viewOf(tail);
  let at = tail.length - 22;
  while (at >= 0 && view.getUint32(at, true) !== 0x06054b50) at--;
  if (at < 0) {
    throw new KolmoError(
      `${file.name} has no ZIP directory in its last ${formatCount(tail.length)} bytes: the file is cut, or no archive.`,
    );
  }
  let count = view.getUint16(at + 10, true);
  let size = view.getUint32(at + 12, true);
  let start = view.getUint32(at + 16, true);
  const locator = at - 20;
  if (locator >= 0 && view.getUint32(locator, true) === 0x07064b50) {
    const end = Number(view.getBigUint64(locator + 8, true));
    const record = await file.read(end, 56);
    if (record.length < 56 || viewOf(record).getUint32(0, true) !== 0x06064b50) {
      throw new KolmoError(
        `${file.name}: no ZIP64 record at offset ${end}, where the directory says. The archive is damaged.`,
      );
    }
    count = Number(viewOf(record).getBigUint64(32, true));
    size = Number(viewOf(record).getBigUint64(40, true));
    start = Number(viewOf(record).getBigUint64(48, true));
  }
  if (start + size > file.length || count > mostTensors || count * 46 > size) {
    throw new KolmoError(
      `${file.name} claims a directory of ${formatCount(count)} members in ${formatCount(size)} bytes at offset ${formatCount(start)} of ${formatCount(file.length)}: the archive is damaged.`,
    );
  }
  return parseDirectory(await file.read(start, size), count, start, file.name);
}

function parseDirectory(
  bytes: Uint8Array,
  count: number,
  start: number,
  file: string,
): ZipMember[] {
  const view = viewOf(bytes);
  const members: ZipMember[] = [];
  let at = 0;
  for (let i = 0; i < count; i++) {
    const whole = at + 46 <= bytes.length && view.getUint32(at, true) === 0x02014b50;
    const nameLength = whole ? view.getUint16(at + 28, true) : 0;
    const extraLength = whole ? view.getUint16(at + 30, true) : 0;
    const next = at + 46 + nameLength + extraLength + (whole ? view.getUint16(at + 32, true) : 0);
    if (!whole || next > bytes.length) {
      throw new KolmoError(
        `${file}: no ZIP member at offset ${start + at}, the directory's entry ${i}. The archive is damaged.`,
      );
    }
    const name = bytes.subarray(at + 46, at + 46 + Math.min(nameLength, longestName));
    const member: ZipMember = {
      name: new TextDecoder().decode(name),
      method: view.getUint16(at + 10, true),
      stored: view.getUint32(at + 20, true),
      size: view.getUint32(at + 24, true),
      offset: view.getUint32(at + 42, true),
    };
    const extra = at + 46 + nameLength;
    widen(member, bytes.subarray(extra, extra + extraLength));
    members.push(member);
    at = next;
  }
  return members;
}

/** Replaces the 32-bit fields that are all ones by those of the ZIP64 extra field, in its fixed order. */
function widen(member: ZipMember, extra: Uint8Array): void {
  const view = viewOf(extra);
  for (let at = 0; at + 4 <= extra.length; at += 4 + view.getUint16(at + 2, true)) {
    if (view.getUint16(at, true) !== 1) continue;
    let field = at + 4;
    for (const key of ['size', 'stored', 'offset'] as const) {
      if (member[key] !== 0xffffffff || field + 8 > extra.length) continue;
      member[key] = Number(view.getBigUint64(field, true));
      field += 8;
    }
  }
}

/** Offset of a member's bytes: the local header's own lengths decide. */
export async function locateMember(file: Archive, member: ZipMember): Promise<number> {
  const header = await file.read(member.offset, 30);
  if (header.length < 30 || viewOf(header).getUint32(0, true) !== 0x04034b50) {
    throw new KolmoError(
      `${file.name}: no member at offset ${member.offset}, where the directory has “${member.name}”. The archive is damaged.`,
    );
  }
  const view = viewOf(header);
  return member.offset + 30 + view.getUint16(26, true) + view.getUint16(28, true);
}

/** The first bytes of a member, unpacked; all of it where it is shorter. */
export async function readMemberHead(
  file: ModelFile,
  member: ZipMember,
  length: number,
): Promise<Uint8Array> {
  const start = await locateMember(file, member);
  const bytes = await file.read(start, Math.min(member.stored, length));
  if (member.method === 0) return bytes;
  if (member.method !== 8) {
    throw new KolmoError(
      `${file.name}: “${member.name}” is packed by method ${member.method}: stored and deflated members are read.`,
    );
  }
  const most = Math.min(member.size, length);
  file.unpacking(most);
  try {
    return await unpackHead(bytes, most, 'deflate');
  } catch (error) {
    throw new KolmoError(
      `${file.name}: “${member.name}” at offset ${start} cannot be unpacked: ${(error as Error).message}.`,
    );
  }
}

/**
 * The members as files of their own. A deflated one is unpacked whole when it is first read,
 * and only the one that was read last is kept in memory.
 */
export async function openMembers(
  file: ModelFile,
  members: ZipMember[],
): Promise<(ByteSource & { name: string })[]> {
  const unpacked = keepLast();
  const unpack = async (member: ZipMember): Promise<Uint8Array> => {
    // What deflate could not shorten it makes a little longer.
    const bytes = await readMemberHead(file, member, Math.max(member.size, member.stored));
    if (bytes.length < member.size) {
      throw new KolmoError(
        `${file.name}: “${member.name}” unpacks to ${formatCount(bytes.length)} bytes, the directory says ${formatCount(member.size)}. The archive is damaged.`,
      );
    }
    return bytes;
  };
  const opened: (ByteSource & { name: string })[] = [];
  for (const member of members) {
    const start = await locateMember(file, member);
    const name = `${file.name}/${member.name}`;
    const unpackWhole = (): Promise<Uint8Array> => unpack(member);
    const read: ByteSource['read'] = async (offset, length) =>
      (await unpacked(unpackWhole)).subarray(offset, offset + length);
    opened.push(
      member.method === 0
        ? within(file, name, start, member.size)
        : { name, length: member.size, read },
    );
  }
  return opened;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
