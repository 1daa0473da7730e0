/** The file around a payload: a module that carries raw bytes in its own comment, checks these, and writes what they stand for. */
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
    // Mail breaks lines of more than 998 characters (RFC 5322, 2.1.1), and `atob` passes over their ends.
    const text = Buffer.from(body)
      .toString('base64')
      .replace(/.{1,900}/g, '$&\n');
    const load = `b=Uint8Array.from(atob(\`${text}\`),c=>c.charCodeAt())`;
    return latin(`let ${host}${checked(load, body)}${output}${write}`);
  }
  const { escaped, restored } = escape(body);
  const [declare, load] = browser
    ? [
        `let u=import.meta.url,${host}`,
        // Of Node's buffer a slice is no copy.
        `(p?(await import('fs')).readFileSync(new URL(u)):new Uint8Array(await(await fetch(u)).arrayBuffer()))`,
      ]
    : [`import f from'fs';let `, `f.readFileSync(process.argv[1])`];
  const code = (place: number): string =>
    `${declare}${restored(`b=${load}.slice(${place},-2)`)}${output}${write}/*\n`;
  // Where the comment begins depends on how many digits tell it.
  let place = code(0).length;
  while (place !== code(place).length) place++;
  return joinBytes([latin(code(place)), escaped, latin('*/')]);
}

/** What the checks of bytes may multiply by, and the inverse modulo 2^32. */
const factors = [
  [3, 0xaaaaaaab],
  [5, 0xcccccccd],
  [7, 0xb6db6db7],
  [9, 0x38e38e39],
];

/**
 * A step `h = h * factor ^ byte` and the start from which it ends in 0 after all bytes, the shortest to write. A change of any one
 * byte ends elsewhere, because each step is a bijection of 32 bits.
 */
function checkOf(bytes: Uint8Array): { start: string; step: string } {
  const checks = factors.map(([factor, inverse]) => ({
    start: String(bytes.reduceRight((sum, byte) => Math.imul(sum ^ byte, inverse), 0)),
    step: `h*${factor}^x`,
  }));
  return checks.reduce((a, b) => (b.start.length < a.start.length ? b : a));
}

/** What a program that was altered says, and nothing else of its stderr is this line. */
export const alarm = 'It changed.';

/**
 * Continues `let` with `load`, which declares `b`, and stops the program if the bytes are not those that were written; Node exits
 * with 1 and prints the alarm. `map` is an expression of each byte `x`.
 */
function checked(load: string, bytes: Uint8Array, map = ''): string {
  const { start, step } = checkOf(bytes);
  // In place, since a large program has no room for a copy.
  const each = map ? `(h,x,i)=>(b[i]=${map},${step})` : `(h,x)=>${step}`;
  return `${load};if(b.reduce(${each},${start}))throw'${alarm}';`;
}

interface Escaped {
  escaped: Uint8Array;
  /** The source that continues `let` with what declares `b`, checks the bytes and undoes the escape. */
  restored: (load: string) => string;
}

/**
 * The only two bytes that a comment cannot hold are its end. Where there are several of them, all bytes go through the map
 * x * factor + offset modulo 256 that leaves fewest; what is left has the byte for its slash lowered by one.
 */
function escape(body: Uint8Array): Escaped {
  const plain = lowered(body, { factor: 1, offset: 0 });
  const pairs = new Uint32Array(65536);
  for (let i = 1; i < body.length; i++) pairs[(body[i - 1] << 8) | body[i]]++;
  if (!pairs[(42 << 8) | 47]) return plain;
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
  return mapped.restored('').length < plain.restored('').length ? mapped : plain;
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
  const undo = single.length < list.length ? single : list;
  return { escaped, restored: (load) => checked(load, escaped, mapOf(map)) + undo };
}

const latin = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'latin1'));
