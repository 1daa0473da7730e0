/** The members of a ZIP archive that are deflated, as of an NPZ file, a workbook or a wheel. */
import { KolmoError } from '../../error';
import { isZip, locateMember, readZipDirectory } from '../../formats/zip';
import type { Streams } from './stream';

const deflated = 8;

export async function zipStreams(file: Uint8Array): Promise<Streams | undefined> {
  if (!isZip(file)) return undefined;
  const archive = {
    name: 'the archive',
    length: file.length,
    read: (offset: number, length: number) =>
      Promise.resolve(file.subarray(offset, offset + length)),
  };
  try {
    const members = await readZipDirectory(archive);
    const streams: Streams['streams'] = [];
    for (const member of members) {
      if (member.method !== deflated) continue;
      const at = await locateMember(archive, member);
      streams.push([[at, at + member.stored]]);
    }
    streams.sort(([[a]], [[b]]) => a - b);
    return { name: 'ZIP', streams, window: 1 << 15, mayBeFiltered: false };
  } catch (error) {
    // What is no whole archive is predicted as it is.
    if (error instanceof KolmoError) return undefined;
    throw error;
  }
}
