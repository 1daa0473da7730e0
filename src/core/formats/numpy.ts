/** NumPy arrays: one (.npy) or an archive of them (.npz) (https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html). */
import { formatCount } from '../count';
import { KolmoError } from '../error';
import { countParameters, denseBytes, shorten, summarise, type Format } from './format';
import type { TensorSummary } from './summary';
import { readMemberHead, readZipDirectory } from './zip';

/** Longer headers than this are structured types, not tensors. */
const longestHeader = 1 << 16;

export const npy: Format = {
  title: 'NumPy array',
  extensions: ['.npy'],
  magic: isNpy,
  async read(file) {
    const { tensor, start } = parseHeader(
      await file.read(0, longestHeader),
      file.name.replace(/\.npy$/i, ''),
      file.name,
    );
    const there = file.length - start;
    if (tensor.bytes > there) {
      throw new KolmoError(
        `${file.name} holds ${formatCount(there)} bytes of values, its shape [${tensor.shape.join(', ')}] of ${tensor.dtype} asks for ${formatCount(tensor.bytes)}. The file is cut.`,
      );
    }
    return summarise([tensor], []);
  },
  async locate(file) {
    const head = await file.read(0, longestHeader);
    const { tensor, start } = parseHeader(head, file.name.replace(/\.npy$/i, ''), file.name);
    return [{ ...tensor, file, offset: start }];
  },
};

export const npz: Format = {
  title: 'NumPy archive',
  extensions: ['.npz'],
  async read(file) {
    const members = await readZipDirectory(file);
    const tensors: TensorSummary[] = [];
    let packed = 0;
    for (const member of members) {
      if (!member.name.endsWith('.npy')) continue;
      const head = await readMemberHead(file, member, 4096);
      const { tensor } = parseHeader(head, member.name.slice(0, -4), `${file.name}/${member.name}`);
      if (member.method !== 0) packed++;
      tensors.push({ ...tensor, bytes: member.stored });
    }
    if (tensors.length === 0) {
      throw new KolmoError(`${file.name} holds no .npy member: expected an archive of arrays.`);
    }
    return summarise(
      tensors,
      packed > 0 ? [`${packed} of ${tensors.length} arrays are deflated.`] : [],
    );
  },
};

function isNpy(head: Uint8Array): boolean {
  return head[0] === 0x93 && String.fromCharCode(...head.subarray(1, 6)) === 'NUMPY';
}

/** `{'descr': '<f4', 'fortran_order': False, 'shape': (300, 100), }`: a Python literal of a fixed form. */
function parseHeader(
  bytes: Uint8Array,
  name: string,
  where: string,
): { tensor: TensorSummary; start: number } {
  if (!isNpy(bytes) || bytes.length < 12) {
    throw new KolmoError(`${where} is not a NumPy array: expected 93 4e 55 4d 50 59 at offset 0.`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const [length, begin] =
    bytes[6] === 1 ? [view.getUint16(8, true), 10] : [view.getUint32(8, true), 12];
  const text = new TextDecoder('latin1').decode(bytes.subarray(begin, begin + length));
  const descr = /'descr':\s*'([<>|=]?)([a-zA-Z])(\d+)'/.exec(text);
  const shapeText = /'shape':\s*\(([\d,\s]*)\)/.exec(text);
  if (!descr || !shapeText) {
    throw new KolmoError(
      `${where}: no plain dtype and shape in the header at offset ${begin}, found “${shorten(text.trim())}”.`,
    );
  }
  const shape = shapeText[1]
    .split(',')
    .filter((side) => side.trim() !== '')
    .map(Number);
  const kinds: Record<string, string> = {
    f: 'float',
    i: 'int',
    u: 'uint',
    c: 'complex',
    b: 'bool',
  };
  const kind = kinds[descr[2]] ?? descr[2];
  const dtype = kind === 'bool' ? 'bool' : `${kind}${Number(descr[3]) * 8}`;
  const parameters = countParameters(shape, name, where);
  return {
    tensor: {
      name,
      dtype,
      shape,
      parameters,
      bytes: denseBytes(dtype, parameters) ?? parameters * Number(descr[3]),
    },
    start: begin + length,
  };
}
