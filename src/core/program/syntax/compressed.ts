/** Files that are compressed already, told by their first bytes: what is left in them is no law of the data. */

const kinds: { name: string; magic: number[] }[] = [
  { name: 'gzip', magic: [0x1f, 0x8b, 8] },
  { name: 'zip', magic: [0x50, 0x4b, 3, 4] },
  { name: 'bzip2', magic: [0x42, 0x5a, 0x68] },
  { name: 'xz', magic: [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0] },
  { name: 'zstd', magic: [0x28, 0xb5, 0x2f, 0xfd] },
  { name: '7z', magic: [0x37, 0x7a, 0xbc, 0xaf] },
  { name: 'PNG', magic: [0x89, 0x50, 0x4e, 0x47] },
  { name: 'JPEG', magic: [0xff, 0xd8, 0xff] },
  { name: 'FLAC', magic: [0x66, 0x4c, 0x61, 0x43] },
];

/** What to do about it, in a sentence; nothing of files that are not known to be compressed. */
export function compressedSentence(bytes: Uint8Array): string | undefined {
  const kind = kinds.find(({ magic }) => magic.every((byte, k) => bytes[k] === byte));
  return (
    kind &&
    `It is compressed already, as ${kind.name}: unpack it, and generate the program of what comes out.`
  );
}
