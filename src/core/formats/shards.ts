/** An index of files that hold a model together: `{"weight_map": {"layer": "a-00001.safetensors", "other": ["b.h5"]}}`. */
import { formatCount } from '../count';
import { KolmoError } from '../error';
import { shorten } from './format';
import type { ModelFile } from './modelFile';
import type { FilesBeside } from './summary';

export interface Shards {
  /** Those that are there, by their names. */
  shards: ModelFile[];
  /** A line for each that the index names. */
  notes: string[];
  beside: FilesBeside;
}

const longestIndex = 100_000_000;

/**
 * Opens the files that an index names.
 * @param expected what the map is from and who writes such an index, as a sentence goes on
 */
export async function openShards(file: ModelFile, expected: string): Promise<Shards> {
  if (file.length > longestIndex) {
    throw new KolmoError(
      `${file.name} has ${formatCount(file.length)} bytes: an index has at most ${formatCount(longestIndex)}.`,
    );
  }
  const text = new TextDecoder().decode(await file.read(0, file.length));
  const opened: Shards = { shards: [], notes: [], beside: { files: 0, bytes: 0 } };
  for (const name of namesIn(text, file.name, expected)) {
    const shard = await file.sibling(name);
    if (!shard) {
      opened.notes.push(`${shorten(name)} is not there: its tensors are not counted.`);
      continue;
    }
    opened.shards.push(shard);
    opened.beside.files++;
    opened.beside.bytes += shard.length;
    opened.notes.push(`${shorten(name)}: ${formatCount(shard.length)} bytes.`);
  }
  return opened;
}

function namesIn(text: string, name: string, expected: string): string[] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    throw new KolmoError(`${name} is not JSON: ${(error as Error).message}.`);
  }
  const map = (parsed as { weight_map?: unknown } | null)?.weight_map;
  const names =
    typeof map === 'object' && map !== null ? [...new Set<unknown>(Object.values(map).flat())] : [];
  if (names.length > 0 && names.every((each) => typeof each === 'string')) return names.sort();
  throw new KolmoError(`${name} has no weight_map ${expected}.`);
}
