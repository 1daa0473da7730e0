/** Reads a ByteSource forwards through a small window, so that skipping gigabytes costs nothing. */
import { KolmoError } from '../error';
import type { ByteSource } from './summary';

const windowBytes = 1 << 16;

export interface Cursor {
  /** Offset in the file of the next byte. */
  position(): number;
  /** Moves to an offset; what lies between is not read. */
  seek(offset: number): void;
  /**
   * Makes `count` bytes available to the synchronous reads below, or throws the sentence that the file ends early.
   * @param count at most 64 KiB
   */
  need(count: number): Promise<void>;
  /** How many bytes the synchronous reads may take now. */
  available(): number;
  u8(): number;
  u32(): number;
  i32(): number;
  /** A 64-bit unsigned integer as a number; throws where it exceeds 2^53, which no length or count does. */
  u64(): number;
  /** A protobuf varint, up to 64 bits, as a number that loses precision beyond 2^53. Needs 10 bytes, or the end. */
  varint(): number;
  /** Reads up to `count` bytes into memory, however many they are. The caller bounds `count`. */
  bytes(count: number): Promise<Uint8Array>;
}

/** @param name of the file, for sentences */
export function createCursor(source: ByteSource, name: string, start = 0): Cursor {
  let bytes = new Uint8Array(0);
  let view = new DataView(bytes.buffer);
  /** Offset in the file of `bytes[0]`. */
  let base = start;
  let at = 0;

  const fail = (count: number): never => {
    throw new KolmoError(
      `${name} ends at ${source.length} bytes: ${count} more were expected at offset ${base + at}. The file is cut or damaged.`,
    );
  };

  return {
    position: () => base + at,
    seek(offset) {
      if (offset >= base && offset <= base + bytes.length) at = offset - base;
      else {
        base = offset;
        at = 0;
        bytes = new Uint8Array(0);
      }
    },
    available: () => bytes.length - at,
    async need(count) {
      if (bytes.length - at >= count) return;
      if (base + at + count > source.length) fail(count);
      base += at;
      at = 0;
      bytes = new Uint8Array(await source.read(base, Math.max(count, windowBytes)));
      view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      if (bytes.length < count) fail(count);
    },
    u8: () => bytes[at++],
    u32: () => view.getUint32((at += 4) - 4, true),
    i32: () => view.getInt32((at += 4) - 4, true),
    u64() {
      const value = view.getBigUint64((at += 8) - 8, true);
      if (value > BigInt(Number.MAX_SAFE_INTEGER)) {
        throw new KolmoError(
          `${name} holds the number ${value} at offset ${base + at - 8}, where a length or a count belongs: the file is damaged.`,
        );
      }
      return Number(value);
    },
    varint() {
      let value = 0;
      let scale = 1;
      for (let i = 0; i < 10; i++) {
        if (at >= bytes.length) fail(1);
        const byte = bytes[at++];
        value += (byte & 0x7f) * scale;
        if (byte < 0x80) return value;
        scale *= 128;
      }
      throw new KolmoError(
        `${name} holds a number of more than 10 bytes at offset ${base + at - 10}: the file is damaged, or not what its name says.`,
      );
    },
    async bytes(count) {
      if (count <= windowBytes) {
        await this.need(count);
        return bytes.slice(at, (at += count));
      }
      if (base + at + count > source.length) fail(count);
      const read = await source.read(base + at, count);
      if (read.length < count) fail(count);
      this.seek(base + at + count);
      return read;
    },
  };
}
