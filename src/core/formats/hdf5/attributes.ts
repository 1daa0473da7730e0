/** The attributes of an HDF5 object whose values are one text: how long it is, and how it begins. */
import { formatCount } from '../../count';
import { KolmoError } from '../../error';
import { lengthBytes, signedBlock, type Fields, type Hdf5Bytes } from './bytes';
import { readDense } from './heap';
import { messageTypes, type Message } from './objects';
import { readShape } from './values';

export interface Attribute {
  /** Bytes of the text; 0 where the values are none. */
  bytes: number;
  /** Its first characters. */
  text: string;
}

/** Objects of a collection have numbers of 16 bits. */
const mostObjects = 1 << 16;

/** As much of a text is read. */
const mostText = 512;

/** Reads the attributes of an object by their names. */
export async function readAttributes(
  file: Hdf5Bytes,
  messages: Message[],
): Promise<Map<string, Attribute>> {
  const attributes = new Map<string, Attribute>();
  for (const { type, shared, fields } of messages) {
    if (shared) continue;
    if (type === messageTypes.attribute) attributes.set(...(await readAttribute(file, fields)));
    if (type === messageTypes.attributeInfo) {
      fields.skip(1);
      const flags = fields.u8();
      if (flags & 1) fields.skip(2);
      const dense = await readDense(file, { heap: fields.address(), index: fields.address() });
      for (const each of dense) attributes.set(...(await readAttribute(file, each)));
    }
  }
  return attributes;
}

async function readAttribute(file: Hdf5Bytes, fields: Fields): Promise<[string, Attribute]> {
  const version = fields.u8();
  // Whether type and shape are kept elsewhere, as those of no text are.
  const shared = fields.u8();
  const [nameBytes, typeBytes, shapeBytes] = [fields.u16(), fields.u16(), fields.u16()];
  if (version === 3) fields.skip(1);
  const next = (bytes: number): Fields => {
    const part = fields.part(bytes);
    if (version === 1) fields.skip(-bytes & 7);
    return part;
  };
  const name = new TextDecoder().decode(next(nameBytes).bytes(nameBytes)).replace(/\0+$/, '');
  const type = next(typeBytes);
  const shape = next(shapeBytes);
  const none = { bytes: 0, text: '' };
  if ((version > 1 && shared !== 0) || readShape(shape).length > 0) return [name, none];
  const kind = type.u8() & 15;
  const isText = kind === 9 && (type.u8() & 15) === 1;
  if (kind === 3) {
    type.skip(3);
    // What follows the text fills up the message.
    const bytes = Math.min(type.u32(), fields.left());
    return [name, { bytes, text: textOf(fields.bytes(Math.min(bytes, mostText))) }];
  }
  if (!isText) return [name, none];
  const bytes = fields.u32();
  const collection = fields.address();
  const index = fields.u32();
  if (collection === undefined || bytes === 0) return [name, none];
  return [name, { bytes, text: await readGlobal(file, { collection, index, bytes }) }];
}

const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes).replace(/\0+$/, '');

/** The beginning of an object in a collection that all the file shares. */
async function readGlobal(
  file: Hdf5Bytes,
  { collection, index, bytes }: { collection: number; index: number; bytes: number },
): Promise<string> {
  const headBytes = 8 + lengthBytes;
  const head = await signedBlock(file, 'GCOL', collection, headBytes);
  head.skip(4);
  const end = collection + head.size();
  let at = collection + headBytes;
  for (let objects = 0; objects < mostObjects && at + headBytes <= end; objects++) {
    const object = await file.block(at, headBytes);
    const found = object.u16();
    object.skip(6);
    const length = object.size();
    if (found === 0) break;
    if (found === index) {
      const most = Math.min(bytes, length, mostText);
      return textOf((await file.block(at + headBytes, most)).bytes(most));
    }
    at += headBytes + Math.ceil(length / 8) * 8;
  }
  throw new KolmoError(
    `${file.name}: no object ${index} in the collection at offset ${formatCount(collection)}, where an attribute has its text. The file is damaged.`,
  );
}
