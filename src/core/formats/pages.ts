/** Random access to a file by small reads, which finds most of them in what was read before. */
import type { ByteSource } from './summary';

/** As many bytes are kept. */
const mostKept = 16 << 20;

/** Reads as `source` does; what lies within a page of that many bytes is read with all of it, and kept. */
export function readInPages(source: ByteSource, pageBytes: number): ByteSource['read'] {
  const pages = new Map<number, Uint8Array>();

  async function page(index: number): Promise<Uint8Array> {
    const known = pages.get(index);
    if (known) return known;
    if (pages.size * pageBytes >= mostKept) pages.clear();
    const read = await source.read(index * pageBytes, pageBytes);
    pages.set(index, read);
    return read;
  }

  return async (offset, length) => {
    const index = Math.floor(offset / pageBytes);
    const inside = offset - index * pageBytes;
    if (inside + length > pageBytes) return source.read(offset, length);
    return (await page(index)).subarray(inside, inside + length);
  };
}
