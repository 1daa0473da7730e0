/** NumPy arrays: one (.npy) or an archive of them (.npz) (https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html). */
import { formatCount } from '../count';
import { KolmoError } from '../error';
import { countParameters, shorten, summarise, type Format, type LocatedTensor } from './format';
import type { ModelFile } from './modelFile';
import type { TensorSummary } from './summary';
import { openMembers, readMemberHead, readZipDirectory, type ZipMember } from './zip';

/** Longer headers than this are structured types, not tensors. */
const longestHeader = 1 << 16;

export const npy: Format = {
  title: 'NumPy array',
  extensions: ['.npy'],
  magic: isNpy,
  async read(file) {
    const { tensor, start } = await readArray(file);
    const there = file.length - start;
    if (tensor.bytes > there) {
      throw new KolmoError(
        `${file.name} holds ${formatCount(there)} bytes of values, its shape [${tensor.shape.join(', ')}] of ${tensor.dtype} asks for ${formatCount(tensor.bytes)}. The file is cut.`,
      );
    }
    return summarise([tensor], notesOf([tensor], 0));
  },
  async locate(file) {
    const array = await readArray(file);
    return [locateArray(array, file)];
  },
};

const readArray = async (file: ModelFile): Promise<NumpyArray> =>
  parseHeader(
    await file.read(0, longestHeader),
    file.name.replace(/\.npy$/i, ''),
    file.name,
    file.length,
  );

export const npz: Format = {
  title: 'NumPy archive',
  extensions: ['.npz'],
  async read(file) {
    const arrays = await readArchive(file);
    const tensors = arrays.map(({ array, member }) => ({ ...array.tensor, bytes: member.stored }));
    const packed = arrays.filter(({ member }) => member.method !== 0).length;
    return summarise(tensors, notesOf(tensors, packed));
  },
  async locate(file) {
    const arrays = (await readArchive(file)).filter(
      ({ member }) => member.method === 0 || member.size <= mostUnpacked,
    );
    const sources = await openMembers(
      file,
      arrays.map(({ member }) => member),
    );
    return arrays.map(({ array, member }, i) => ({
      ...locateArray(array, sources[i]),
      ...(member.method === 0 ? {} : { packed: member.stored }),
    }));
  },
};

/** Deflated arrays beyond this are not looked into: all that is before a value has to be unpacked to reach it. */
const mostUnpacked = 256 << 20;

async function readArchive(file: ModelFile): Promise<{ array: NumpyArray; member: ZipMember }[]> {
  const arrays: { array: NumpyArray; member: ZipMember }[] = [];
  for (const member of await readZipDirectory(file)) {
    if (!member.name.endsWith('.npy')) continue;
    const head = await readMemberHead(file, member, 4096);
    const where = `${file.name}/${member.name}`;
    arrays.push({ array: parseHeader(head, member.name.slice(0, -4), where, member.size), member });
  }
  if (arrays.length === 0) {
    throw new KolmoError(`${file.name} holds no .npy member: expected an archive of arrays.`);
  }
  return arrays;
}

function locateArray(
  { tensor, start, bigEndian, columns }: NumpyArray,
  file: LocatedTensor['file'],
): LocatedTensor {
  const { name, dtype, shape, parameters, bytes } = tensor;
  return {
    ...{ name, dtype, parameters, bytes, file, offset: start },
    ...(bigEndian && { coding: { type: 'bigEndian' } }),
    ...(columns && shape.length > 1 && { order: shape.map((_, axis) => axis).reverse() }),
  };
}

function notesOf(tensors: TensorSummary[], packed: number): string[] {
  const notes = packed > 0 ? [`${packed} of ${tensors.length} arrays are deflated.`] : [];
  const objects = tensors.filter(({ dtype }) => dtype === 'object').map(({ name }) => name);
  if (objects.length === 0) return notes;
  return [
    ...notes,
    `${objects.map(shorten).join(', ')}: Python objects, a pickle that is neither read nor run.`,
  ];
}

interface NumpyArray {
  tensor: TensorSummary;
  /** Where its values begin. */
  start: number;
  bigEndian: boolean;
  /** The first axis is the one whose values are neighbours. */
  columns: boolean;
}

function isNpy(head: Uint8Array): boolean {
  return head[0] === 0x93 && String.fromCharCode(...head.subarray(1, 6)) === 'NUMPY';
}

/**
 * `{'descr': '<f4', 'fortran_order': False, 'shape': (300, 100), }`: a Python literal of a fixed form.
 * @param length of the array with its header, which says how long pickles and records are
 */
function parseHeader(bytes: Uint8Array, name: string, where: string, length: number): NumpyArray {
  if (!isNpy(bytes) || bytes.length < 12) {
    throw new KolmoError(`${where} is not a NumPy array: expected 93 4e 55 4d 50 59 at offset 0.`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const [headerLength, begin] =
    bytes[6] === 1 ? [view.getUint16(8, true), 10] : [view.getUint32(8, true), 12];
  const text = new TextDecoder('latin1').decode(bytes.subarray(begin, begin + headerLength));
  const type = parseType(text);
  const shapeText = /'shape':\s*\(([\d,\s]*)\)/.exec(text);
  if (!type || !shapeText) {
    throw new KolmoError(
      `${where}: no plain dtype and shape in the header at offset ${begin}, found “${shorten(text.trim())}”.`,
    );
  }
  const shape = shapeText[1]
    .split(',')
    .filter((side) => side.trim() !== '')
    .map(Number);
  const { dtype, size, bigEndian } = type;
  const parameters = countParameters(shape, name, where);
  const start = begin + headerLength;
  const stored = size === undefined ? Math.max(0, length - start) : parameters * size;
  return {
    tensor: { name, dtype, shape, parameters, bytes: stored },
    start,
    bigEndian,
    columns: /'fortran_order':\s*True/.test(text),
  };
}

/** What `descr` says, in NumPy's words; the size of pickles and records is not said. */
function parseType(
  header: string,
): { dtype: string; size?: number; bigEndian: boolean } | undefined {
  if (/'descr':\s*\[/.test(header)) return { dtype: 'record', bigEndian: false };
  const descr = /'descr':\s*'([<>|=]?)([a-zA-Z])(\d*)(\[\w+\])?'/.exec(header);
  if (!descr) return undefined;
  const [, order, kind, digits, unit = ''] = descr;
  if (kind === 'O') return { dtype: 'object', bigEndian: false };
  if (digits === '') return undefined;
  const bytes = Number(digits);
  const numbers: Record<string, string> = { f: 'float', i: 'int', u: 'uint', c: 'complex' };
  const times: Record<string, string> = { M: 'datetime64', m: 'timedelta64' };
  const bigEndian = order === '>';
  if (kind === 'b') return { dtype: 'bool', size: bytes, bigEndian };
  if (numbers[kind]) return { dtype: `${numbers[kind]}${8 * bytes}`, size: bytes, bigEndian };
  if (times[kind]) return { dtype: `${times[kind]}${unit}`, size: bytes, bigEndian };
  // A character of U takes four bytes, one of S and V one.
  return { dtype: `${kind}${bytes}`, size: kind === 'U' ? 4 * bytes : bytes, bigEndian };
}
