/** Keras: an archive of a model's architecture and its weights as HDF5 (.keras), HDF5 alone (.h5), and an index of shards of it (.weights.json). */
import { formatCount, plural } from '../count';
import { KolmoError } from '../error';
import { sizeOf } from '../shape';
import { bitsOf, denseBytes, shorten, summarise, type Format, type LocatedTensor } from './format';
import { isHdf5, readHdf5, type Hdf5, type Hdf5Dataset } from './hdf5/hdf5';
import { isReadable, openChunks } from './hdf5/unpack';
import { keepLast, type Unpacked } from './lastUnpacked';
import type { ModelFile } from './modelFile';
import { openShards } from './shards';
import type { FilesBeside } from './summary';
import { isZip, openMembers, readMemberHead, readZipDirectory, type ZipMember } from './zip';

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
    const unpacked = keepLast();
    return stores.flatMap((store) =>
      store.hdf5.datasets.flatMap((dataset) => locateValues(store, dataset, unpacked) ?? []),
    );
  },
};

/** Undefined where values are of no known type, were never written, or went through what cannot be undone. */
function locateValues(
  { hdf5: { file }, deflated }: Store,
  dataset: Hdf5Dataset,
  unpacked: Unpacked,
): LocatedTensor | undefined {
  const { name, parameters, stored, offset, chunks, filters, littleEndian } = dataset;
  const dtype = dtypeOf(dataset);
  const bytes = denseBytes(dtype, parameters);
  const chunkBytes = sizeOf(dataset.chunkShape) * dataset.size;
  const readable = chunks.length > 0 && isReadable(dataset) && chunkBytes <= mostUnpacked;
  if (bytes === undefined || stored === 0 || (offset === undefined && !readable)) return undefined;
  if (offset === undefined && bytes > mostUnpacked) return undefined;
  const inFile = Math.round(stored * (deflated ?? 1));
  return {
    name,
    dtype,
    parameters,
    bytes,
    ...(offset === undefined
      ? { file: openChunks(file, dataset, unpacked), offset: 0 }
      : { file, offset }),
    ...(littleEndian ? {} : { coding: { type: 'bigEndian' } }),
    ...(filters.length > 0 || deflated !== undefined ? { packed: inFile } : {}),
  };
}

/** A file of HDF5 that holds weights. */
export interface Store {
  bytes: number;
  hdf5: Hdf5;
  /** Whether it is in an archive. */
  archived?: boolean;
  /** What is left of each byte, where the archive deflated it. */
  deflated?: number;
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

/** Whether a file is an archive in which the weights are deflated, which its directory tells. */
export async function isDeflated(file: ModelFile): Promise<boolean> {
  if (!isZip(await file.read(0, 4))) return false;
  const members = await readZipDirectory(file);
  return members.some(({ name, method }) => name === weightsName && method !== 0);
}

const weightsName = 'model.weights.h5';

/** Opens what a model's weights are in, and says what takes the other bytes. */
export async function openKeras(file: ModelFile): Promise<KerasFile> {
  const head = await file.read(0, 4);
  if (isZip(head)) return openArchive(file);
  if (/\.json$/i.test(file.name)) return openIndex(file);
  const stores = [{ bytes: file.length, hdf5: await openWeights(file) }];
  return { stores, notes: notesOf(stores) };
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

/** What takes the bytes that are in no tensor, and how tensors are packed. */
function notesOf(stores: Store[]): string[] {
  const datasets = stores.flatMap(({ hdf5 }) => hdf5.datasets);
  let own = stores.reduce((sum, { bytes }) => sum + bytes, 0);
  for (const { stored } of datasets) own -= stored;
  const notes: string[] = [];
  for (const { attributes } of stores.map(({ hdf5 }) => hdf5)) {
    const version = attributes.get('keras_version')?.text;
    if (version) notes.push(versionNote(version, attributes.get('model_config')?.text ?? ''));
    for (const name of ['model_config', 'training_config']) {
      const bytes = attributes.get(name)?.bytes ?? 0;
      own -= bytes;
      if (bytes > 0) notes.push(`${name}: ${formatCount(bytes)} bytes.`);
    }
  }
  notes.push(`Names, places and free space of HDF5: ${formatCount(Math.max(0, own))} bytes.`);
  const packed = datasets.filter(({ filters }) => filters.length > 0);
  if (packed.length > 0) {
    const filters = [...new Set(packed.flatMap((dataset) => dataset.filters))].join(', ');
    notes.push(`${packed.length} of ${datasets.length} tensors are packed (${filters}).`);
  }
  const unread = packed.filter((dataset) => !isReadable(dataset));
  if (unread.length > 0) {
    notes.push(`${plural(unread.length, 'tensor')} went through filters that are not undone.`);
  }
  return notes;
}

/** @param config how the architecture's JSON begins */
function versionNote(version: string, config: string): string {
  const kind = /"class_name":\s*"(\w{1,80})"/.exec(config)?.[1];
  return `Keras ${shorten(version)}${kind ? `, ${kind}` : ''}.`;
}

/** Keras 3 says of types that NumPy lacks what they are. */
function dtypeOf({ dtype, size, attributes }: Hdf5Dataset): string {
  const said = attributes.get('dtype')?.text ?? '';
  return dtype.startsWith('void') && bitsOf(said) === 8 * size ? shorten(said) : dtype;
}

/** What was packed is unpacked into memory, up to this many bytes. */
const mostUnpacked = 1 << 30;

async function openArchive(file: ModelFile): Promise<KerasFile> {
  const members = await readZipDirectory(file);
  const find = (name: string): ZipMember | undefined =>
    members.find((member) => member.name === name);
  const [weights, config, metadata] = [
    find(weightsName),
    find('config.json'),
    find('metadata.json'),
  ];
  if (!weights || !config) {
    throw new KolmoError(
      `${file.name} holds no ${weights ? 'config.json' : weightsName}: expected an archive that model.save of Keras 3 wrote.`,
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
  const deflated = weights.method === 0 ? undefined : weights.stored / Math.max(1, weights.size);
  const hdf5 = await readHdf5(await openMember(file, weights));
  const stores = [{ bytes: weights.size, hdf5, archived: true, deflated }];
  notes.push(...notesOf(stores));
  if (weights.method !== 0) {
    notes.push(
      `${weights.name} is deflated from ${formatCount(weights.size)} to ${formatCount(weights.stored)} bytes: those of tensors are the bytes before.`,
    );
  }
  const rest = file.length - members.reduce((sum, { stored }) => sum + stored, 0);
  notes.push(`Directory of the archive: ${formatCount(Math.max(0, rest))} bytes.`);
  return { stores, notes };
}

/** A member as a file of its own; a deflated one is unpacked when it is read. */
async function openMember(file: ModelFile, member: ZipMember): Promise<ModelFile> {
  if (member.method !== 0 && member.size > mostUnpacked) {
    throw new KolmoError(
      `${file.name}/${member.name} is deflated, and has ${formatCount(member.size)} bytes: at most ${formatCount(mostUnpacked)} are unpacked. Save the model again, which stores them as they are.`,
    );
  }
  const [source] = await openMembers(file, [member]);
  return { ...file, ...source };
}

/** Layers by the shards that hold them: `{"weight_map": {"/layers/dense/vars": ["a_00000.weights.h5"]}}`. */
async function openIndex(file: ModelFile): Promise<KerasFile> {
  const expected =
    'from layers to files: expected an index that save_weights wrote with max_shard_size';
  const { shards, notes, beside } = await openShards(file, expected);
  const stores: Store[] = [];
  for (const shard of shards) {
    stores.push({ bytes: shard.length, hdf5: await openWeights(shard) });
  }
  if (stores.length > 0) notes.push(...notesOf(stores));
  return { stores, notes, beside };
}
