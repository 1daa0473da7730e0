/** The file around a payload: a module that carries raw bytes in its own comment, checks itself, and writes what they stand for. */
import { joinBytes } from '../../join';

export interface Shell {
  /** Bytes carried in the comment, or as base64 with `ascii`. */
  body: Uint8Array;
  /** A statement that turns `b`, the body, into the data; empty where the body is the data. It may await. */
  statement: string;
  /** Whether it has to run in a browser as well; otherwise only Node's own modules are at hand. */
  browser: boolean;
  ascii: boolean;
}

/** The program, as the bytes of an .mjs file; the comment comes last, so that its end needs no telling, on lines of its own, which no complaint quotes. */
export function wrap({ body, statement, browser, ascii }: Shell): Uint8Array {
  const host = browser ? 'p=globalThis.process,' : '';
  const output = statement && `${statement};`;
  const write = browser ? 'p?.stdout.write(b);export default b' : 'process.stdout.write(b)';
  if (ascii) {
    const { before, seal, factor } = sealed(() => body, new Uint8Array(0));
    // Mail breaks lines of more than 998 characters (RFC 5322, 2.1.1), and `atob` passes over their ends.
    const text = Buffer.concat([before, seal])
      .toString('base64')
      .replace(/.{1,900}/g, '$&\n');
    const load = `b=Uint8Array.from(atob(\`${text}\`),c=>c.charCodeAt())`;
    return latin(
      `let ${host}${load};${check(factor)}b=b.slice(0,-${seal.length});${output}${write}`,
    );
  }
  const { escaped, map, undo } = escape(body);
  const load = browser
    ? `let u=import.meta.url,${host}b=p?(await import('fs')).readFileSync(new URL(u)):new Uint8Array(await(await fetch(u)).arrayBuffer());`
    : `import f from'fs';let b=f.readFileSync(process.argv[1]);`;
  const rest = sealLength + commentEnd.length;
  const code = (place: number, factor: number): string =>
    `${load}${check(factor, map)}b=b.slice(${place},-${rest});${undo}${output}${write}/*\n`;
  const whole = (factor: number): Uint8Array => {
    // Where the comment begins depends on how many digits tell it.
    let place = code(0, factor).length;
    while (place !== code(place, factor).length) place++;
    return joinBytes([latin(code(place, factor)), escaped]);
  };
  const { before, seal } = sealed(whole, commentEnd);
  return joinBytes([before, seal, commentEnd]);
}

/** What a program that was altered says, and nothing else of its stderr is this line. */
export const alarm = 'It changed.';

/**
 * Stops the program if `b`, its own bytes or those that it carries as base64, are not those that were written: Node exits with 1
 * and prints the alarm. A change of any one byte is noticed, because each step is a bijection of 32 bits. `map` is an expression
 * of each byte `x`, for which there is no second pass, and no copy, as a large program has no room for one.
 */
function check(factor: number, map = ''): string {
  const step = `h*${factor}^x`;
  const each = map ? `(h,x,i)=>(b[i]=${map},${step})` : `(h,x)=>${step}`;
  return `if(b.reduce(${each}))throw'${alarm}';`;
}

interface Sealed {
  before: Uint8Array;
  seal: Uint8Array;
  factor: number;
}

/** Bytes of a seal, by which the check of a program comes out as 0, so that the program need not tell its own checksum. */
const sealLength = 4;

/** The first factor of three digits for which there is a seal between bytes that may tell the factor themselves and others behind it. */
function sealed(bytes: (factor: number) => Uint8Array, after: Uint8Array): Sealed {
  // From here on four bytes reach all 32 bits, so that more than half of the factors have a seal.
  for (let factor = 257; ; factor += 2) {
    const before = bytes(factor);
    const seal = sealOf(factor, before, after);
    if (seal && !endsComment(Buffer.concat([before.subarray(-1), seal]))) {
      return { before, seal, factor };
    }
  }
}

/** Bytes with which the steps of `check` from the first byte of `before` to the last of `after` end in 0, if there are such; two are tried from either side. */
function sealOf(factor: number, before: Uint8Array, after: Uint8Array): Uint8Array | undefined {
  // Newton's iteration doubles the bits in which this is the inverse modulo 2^32, of which an odd number has three itself.
  let inverse = factor;
  for (let bits = 3; bits < 32; bits *= 2) {
    inverse = Math.imul(inverse, 2 - Math.imul(factor, inverse));
  }
  const step = (hash: number, byte: number) => Math.imul(hash, factor) ^ byte;
  const stepBack = (hash: number, byte: number) => Math.imul(hash ^ byte, inverse);
  const start = before.reduce(step, 0);
  const end = after.reduceRight(stepBack, 0);
  const lastTwo = new Map<number, number>();
  for (let pair = 0; pair < 65536; pair++) {
    lastTwo.set(stepBack(stepBack(end, pair & 255), pair >> 8), pair);
  }
  for (let pair = 0; pair < 65536; pair++) {
    const last = lastTwo.get(step(step(start, pair >> 8), pair & 255));
    if (last !== undefined) return Uint8Array.of(pair >> 8, pair, last >> 8, last);
  }
  return undefined;
}

interface Escaped {
  escaped: Uint8Array;
  /** An expression of each byte `x` that undoes the map of all bytes, empty where there is none. */
  map: string;
  /** Statements that restore, in `b`, the bytes which were lowered. */
  undo: string;
}

/**
 * The only two bytes that a comment cannot hold are its end. Where there are several of them, all bytes go through the map
 * x * factor + offset modulo 256 that leaves fewest; what is left has the byte for its slash lowered by one.
 */
function escape(body: Uint8Array): Escaped {
  const plain = lowered(body, { factor: 1, offset: 0 });
  if (!endsComment(body)) return plain;
  const pairs = new Uint32Array(65536);
  for (let i = 1; i < body.length; i++) pairs[(body[i - 1] << 8) | body[i]]++;
  let best = { factor: 1, offset: 0, length: Infinity };
  for (let factor = 1; factor < 256; factor += 2) {
    for (let offset = 0; offset < 256; offset++) {
      // What becomes the star and the slash.
      const [star, slash] = [42, 47].map((byte) => (byte * factor + offset) & 255);
      const left = pairs[(star << 8) | slash];
      const length = mapOf({ factor, offset }).length + 12 * left;
      if (length < best.length) best = { factor, offset, length };
    }
  }
  const mapped = lowered(body, best);
  const codeOf = ({ map, undo }: Escaped) => check(257, map) + undo;
  return codeOf(mapped).length < codeOf(plain).length ? mapped : plain;
}

interface ByteMap {
  factor: number;
  offset: number;
}

/** Its source; of the map that changes nothing there is none. */
function mapOf({ factor, offset }: ByteMap): string {
  if (factor === 1 && offset === 0) return '';
  return `x${factor === 1 ? '' : `*${factor}`}${offset === 0 ? '' : `+${offset}`}`;
}

function lowered(body: Uint8Array, map: ByteMap): Escaped {
  const back = new Uint8Array(256);
  for (let byte = 0; byte < 256; byte++) back[(byte * map.factor + map.offset) & 255] = byte;
  const escaped = body.map((byte) => back[byte]);
  const places: number[] = [];
  for (let i = 1; i < escaped.length; i++) {
    if (escaped[i - 1] === 42 && escaped[i] === 47) {
      escaped[i] = back[(body[i] - 1) & 255];
      places.push(i);
    }
  }
  const single = places.map((place) => `b[${place}]++;`).join('');
  const list = `[${places.join()}].map(x=>b[x]++);`;
  return { escaped, map: mapOf(map), undo: single.length < list.length ? single : list };
}

const latin = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'latin1'));

const commentEnd = latin('*/');

const endsComment = (bytes: Uint8Array): boolean =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).includes('*/');
