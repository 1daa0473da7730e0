/** What VS Code calls the encodings of documents, as those whose bytes can be laid over characters. */
import type { Encoding } from '../core/program/syntax/encoding';

const unicode: Record<string, Encoding> = {
  utf8: 'utf8',
  utf8bom: 'utf8',
  utf16le: 'utf16le',
  utf16be: 'utf16be',
};

/** Characters take one byte or more, and which take how many is in tables. */
const multibyte = new Set('gbk gb18030 gb2312 cp950 big5hkscs shiftjis eucjp euckr'.split(' '));

/** In all others that VS Code knows each byte is a character; undefined where that is not so. */
export function followedEncoding(name: string): Encoding | undefined {
  return multibyte.has(name) ? undefined : (unicode[name] ?? 'bytes');
}
