/** Keras: an archive of a model's architecture and its weights as HDF5 (.keras), HDF5 alone (.h5), and an index of shards of it (.weights.json). */
import { formatCount, plural } from '../count';
import { KolmoError } from '../error';
import { denseBytes, shorten, summarise, type Format, type LocatedTensor } from './format';
import { isHdf5, readHdf5, type Hdf5, type Hdf5Dataset } from './hdf5/hdf5';
import type { ModelFile } from './modelFile';
import type { FilesBeside } from './summary';
import { within } from './within';
import { isZip, locateMember, readMemberHead, readZipDirectory, type ZipMember } from './zip';

export const keras: Format = {
  title: 'Keras',
  extensions: ['.keras', '.h5', '.hdf5', '.weights.json'],
  magic: (head) => isHdf5(head) || isArchive(head),
  async read(file) {
    const { stores, notes, beside } = await openKeras(file);
    const tensors = stores.flatMap(({ hdf5 }) =>
      hdf5.datasets.map((dataset) => ({
        name: dataset.name,
        dtype: dtypeOf(dataset),
        shape: dataset.shape,
        parameters: dataset.parameters,
        bytes: dataset.stored,
      })),
    );
    return summarise(tensors, notes, beside);
  },
  async locate(file) {
    const { stores } = await openKeras(file);
    return stores.flatMap((store) =>
      store.hdf5.datasets.flatMap((dataset): LocatedTensor[] => {
        const { name, parameters, stored: bytes, offset, littleEndian } = dataset;
        const dtype = dtypeOf(dataset);
        // Nothing is there of what was never written.
        if (offset === undefined || bytes === 0 || bytes !== denseBytes(dtype, parameters)) {
          return [];
        }
        const coding = littleEndian ? {} : { coding: { type: 'bigEndian' as const } };
        return [{ name, dtype, parameters, bytes, file: store.file, offset, ...coding }];
      }),
    );
  },
};

/** A file of HDF5 that holds weights. */
export interface Store {
  file: ModelFile;
  hdf5: Hdf5;
  /** How an archive holds it; absent where it is a file of its own. */
  packing?: 'stored' | 'deflated';
}

export interface KerasFile {
  stores: Store[];
  notes: string[];
  beside?: FilesBeside;
}

/** The first member is that with the version, stored as it is. */
function isArchive(head: Uint8Array): boolean {
  const text = new TextDecoder('latin1').decode(head.subarray(30, 512));
  return isZip(head) && /^metadata\.json.*"keras_version"/s.test(text);
}

/** Opens what a model's weights are in, and says what takes the other bytes. */
export async function openKeras(file: ModelFile): Promise<KerasFile> {
  const head = await file.read(0, 4);
  if (isZip(head)) return openArchive(file);
  if (/\.json$/i.test(file.name)) return openIndex(file);
  const hdf5 = await openWeights(file);
  return { stores: [{ file, hdf5 }], notes: notesOf(file, hdf5) };
}

/** What Keras writes names the variables of a layer `vars`, and before Keras 3 says of the root which layers there are. */
async function openWeights(file: ModelFile): Promise<Hdf5> {
  const hdf5 = await readHdf5(file);
  const paths = [...hdf5.groups, ...hdf5.datasets.map(({ name }) => name)];
  const isKeras =
    ['keras_version', 'layer_names', 'model_config'].some((name) => hdf5.attributes.has(name)) ||
    paths.some((path) => /(^|\/)vars(\/|$)/.test(path));
  if (isKeras) return hdf5;
  throw new KolmoError(
    `${file.name} is an HDF5 file of ${plural(hdf5.datasets.length, 'dataset')}, but not one of Keras: expected groups called vars, as Keras 3 writes them, or the attribute keras_version or layer_names of its root.`,
  );
}

/** What takes the bytes that are in no tensor. */
function notesOf(file: ModelFile, { datasets, attributes }: Hdf5): string[] {
  const version = attributes.get('keras_version')?.text;
  const config = attributes.get('model_config');
  const notes = version ? [versionNote(version, config?.text ?? '')] : [];
  let own = file.length - datasets.reduce((sum, { stored }) => sum + stored, 0);
  for (const name of ['model_config', 'training_config']) {
    const bytes = attributes.get(name)?.bytes ?? 0;
    own -= bytes;
    if (bytes > 0) notes.push(`${name}: ${formatCount(bytes)} bytes.`);
  }
  notes.push(`Names, places and free space of HDF5: ${formatCount(Math.max(0, own))} bytes.`);
  const packed = datasets.filter(({ filters }) => filters.length > 0);
  if (packed.length > 0) {
    const filters = [...new Set(packed.flatMap((dataset) => dataset.filters))];
    notes.push(
      `${packed.length} of ${datasets.length} tensors are packed (${filters.join(', ')}): their values are not looked at.`,
    );
  }
  return notes;
}

/** @param config how the architecture's JSON begins */
function versionNote(version: string, config: string): string {
  const kind = /"class_name":\s*"(\w{1,80})"/.exec(config)?.[1];
  return `Keras ${shorten(version)}${kind ? `, ${kind}` : ''}.`;
}

/** Keras 3 says of types that NumPy lacks what they are. */
function dtypeOf({ dtype, attributes }: Hdf5Dataset): string {
  const said = attributes.get('dtype')?.text;
  return dtype.startsWith('void') && said ? shorten(said) : dtype;
}

/** Weights that were deflated are unpacked into memory, up to this many bytes. */
const mostUnpacked = 1 << 30;

async function openArchive(file: ModelFile): Promise<KerasFile> {
  const members = await readZipDirectory(file);
  const find = (name: string): ZipMember | undefined =>
    members.find((member) => member.name === name);
  const [weights, config, metadata] = [
    find('model.weights.h5'),
    find('config.json'),
    find('metadata.json'),
  ];
  if (!weights || !config) {
    throw new KolmoError(
      `${file.name} holds no ${weights ? 'config.json' : 'model.weights.h5'}: expected an archive that model.save of Keras 3 wrote.`,
    );
  }
  const begin = async (member: ZipMember): Promise<string> =>
    new TextDecoder().decode(await readMemberHead(file, member, 512));
  const version = /"keras_version":\s*"([^"]+)"/.exec(metadata ? await begin(metadata) : '')?.[1];
  const notes = version ? [versionNote(version, await begin(config))] : [];
  const others = members.filter((member) => ![weights, config, metadata].includes(member));
  for (const { name, stored } of [config, ...(metadata ? [metadata] : [])]) {
    notes.push(`${name}: ${formatCount(stored)} bytes.`);
  }
  if (others.length > 0) {
    const bytes = others.reduce((sum, { stored }) => sum + stored, 0);
    notes.push(`${plural(others.length, 'other file')}: ${formatCount(bytes)} bytes.`);
  }
  const inside = await openMember(file, weights);
  const hdf5 = await readHdf5(inside);
  notes.push(...notesOf(inside, hdf5));
  if (weights.method !== 0) {
    notes.push(
      `${weights.name} is deflated from ${formatCount(weights.size)} to ${formatCount(weights.stored)} bytes: those of tensors are the bytes before.`,
    );
  }
  const rest = file.length - members.reduce((sum, { stored }) => sum + stored, 0);
  notes.push(`Directory of the archive: ${formatCount(Math.max(0, rest))} bytes.`);
  const packing = weights.method === 0 ? 'stored' : 'deflated';
  return { stores: [{ file: inside, hdf5, packing }], notes };
}

/** A member as a file of its own, in the archive where it is stored as it is. */
async function openMember(file: ModelFile, member: ZipMember): Promise<ModelFile> {
  const name = `${file.name}/${member.name}`;
  const start = await locateMember(file, member);
  if (start + member.stored > file.length) {
    throw new KolmoError(
      `${name} claims bytes ${formatCount(start)} to ${formatCount(start + member.stored)} of ${formatCount(file.length)}: the archive is damaged.`,
    );
  }
  if (member.method === 0) return within(file, name, start, member.stored);
  if (member.size > mostUnpacked) {
    throw new KolmoError(
      `${name} is deflated, and has ${formatCount(member.size)} bytes: at most ${formatCount(mostUnpacked)} are unpacked. Save the model again, which stores them as they are.`,
    );
  }
  const bytes = await readMemberHead(file, member, member.size);
  if (bytes.length < member.size) {
    throw new KolmoError(
      `${name} unpacks to ${formatCount(bytes.length)} bytes, and the directory says ${formatCount(member.size)}: the archive is damaged.`,
    );
  }
  return {
    ...file,
    name,
    length: bytes.length,
    read: async (offset, length) => bytes.subarray(offset, offset + length),
  };
}

const longestIndex = 64 << 20;

/** Layers by the shards that hold them: `{"weight_map": {"/layers/dense/vars": ["a_00000.weights.h5"]}}`. */
async function openIndex(file: ModelFile): Promise<KerasFile> {
  if (file.length > longestIndex) {
    throw new KolmoError(
      `${file.name} has ${formatCount(file.length)} bytes: an index has at most ${formatCount(longestIndex)}.`,
    );
  }
  const text = new TextDecoder().decode(await file.read(0, file.length));
  const stores: Store[] = [];
  const notes: string[] = [];
  const beside = { files: 0, bytes: 0 };
  for (const name of shardsOf(text, file.name)) {
    const shard = await file.sibling(name);
    if (!shard) {
      notes.push(`${shorten(name)} is not there: its tensors are not counted.`);
      continue;
    }
    const hdf5 = await openWeights(shard);
    stores.push({ file: shard, hdf5 });
    beside.files++;
    beside.bytes += shard.length;
    notes.push(
      `${shorten(name)}: ${formatCount(shard.length)} bytes.`,
      ...notesOf(shard, hdf5).map((note) => `${shorten(name)}: ${note}`),
    );
  }
  return { stores, notes, beside };
}

function shardsOf(text: string, name: string): string[] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    throw new KolmoError(`${name} is not JSON: ${(error as Error).message}.`);
  }
  const map = (parsed as { weight_map?: unknown } | null)?.weight_map;
  const shards =
    typeof map === 'object' && map !== null ? [...new Set(Object.values(map).flat())] : [];
  if (shards.length > 0 && shards.every((shard) => typeof shard === 'string')) return shards;
  throw new KolmoError(
    `${name} has no weight_map from layers to files: expected an index that save_weights wrote with max_shard_size.`,
  );
}
