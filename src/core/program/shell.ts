/** The file around a payload: a module that carries raw bytes in its own comment, checks itself, and writes what they stand for. */

export interface Shell {
  /** Bytes carried in the comment, or as base64 with `ascii`. */
  body: Uint8Array;
  /** A statement that turns `b`, the body, into the data; empty where the body is the data. It may await. */
  statement: string;
  /** Whether it has to run in a browser as well; otherwise only Node's own modules are at hand. */
  browser: boolean;
  ascii: boolean;
}

/** The program, as the bytes of an .mjs file. */
export function wrap({ body, statement, browser, ascii }: Shell): Uint8Array {
  const host = browser ? 'p=globalThis.process,' : '';
  const output = statement && `${statement};`;
  const write = browser ? 'p?.stdout.write(b);export default b' : 'process.stdout.write(b)';
  if (ascii) {
    const text = Buffer.from(body).toString('base64');
    return latin(
      `let ${host}b=Uint8Array.from(atob('${text}'),c=>c.charCodeAt())${checked(body)}${output}${write}`,
    );
  }
  const { escaped, restore } = escape(body);
  const part = `slice(2,${body.length + 2})`;
  const load = browser
    ? `let u=import.meta.url,${host}b=new Uint8Array(p?(await import('fs')).readFileSync(new URL(u)):await(await fetch(u)).arrayBuffer()).${part}`
    : `import f from'fs';let b=f.readFileSync(process.argv[1]).${part}`;
  return concat([latin('/*'), escaped, latin(`*/\n${load}${restore}${output}${write}`)]);
}

/**
 * The start from which `start = start * 33 ^ byte` over all bytes ends in 0. A change of any one byte ends elsewhere, because
 * each step is a bijection of 32 bits.
 */
function checkStart(bytes: Uint8Array): number {
  // 33 * 0x3e0f83e1 is 1 modulo 2^32.
  return bytes.reduceRight((sum, byte) => Math.imul(sum ^ byte, 0x3e0f83e1), 0);
}

const alarm = `throw'This program was altered.';`;

/**
 * Continues `let b=…`, and stops the program if the bytes are not those that were written; Node exits with 1 and prints the
 * sentence. `undo` puts back what `escape` has changed, and `map` is a function of each byte `x`.
 */
function checked(bytes: Uint8Array, undo = '', map = ''): string {
  const start = checkStart(bytes);
  return map
    ? `,h=${start}${undo};b=b.map(x=>(h=h*33^x,${map}));if(h)${alarm}`
    : `${undo};if(b.reduce((h,x)=>h*33^x,${start}))${alarm}`;
}

/**
 * The only two bytes that a comment cannot hold are its end. Where there are several of them, all bytes go through the map
 * x * factor + offset modulo 256 that leaves fewest; what is left has its slash lowered by one.
 * @returns the bytes, and the source that continues `let b=…`, undoes it and checks them
 */
function escape(body: Uint8Array): { escaped: Uint8Array; restore: string } {
  const low = lowered(body);
  const plain = { escaped: low.escaped, restore: checked(body, low.undo) };
  if (!low.undo) return plain;
  const pairs = new Uint32Array(65536);
  for (let i = 1; i < body.length; i++) pairs[(body[i - 1] << 8) | body[i]]++;
  let best = { factor: 1, offset: 0, left: Infinity };
  for (let factor = 1; factor < 256; factor += 2) {
    for (let offset = 0; offset < 256; offset++) {
      // What becomes the star and the slash.
      const [star, slash] = [42, 47].map((byte) => (byte * factor + offset) & 255);
      const left = pairs[(star << 8) | slash];
      if (left < best.left) best = { factor, offset, left };
    }
  }
  const { factor, offset } = best;
  const back = new Uint8Array(256);
  for (let byte = 0; byte < 256; byte++) back[(byte * factor + offset) & 255] = byte;
  const image = body.map((byte) => back[byte]);
  const { escaped, undo } = lowered(image);
  const restore = checked(image, undo, `x*${factor}+${offset}`);
  return restore.length < plain.restore.length ? { escaped, restore } : plain;
}

function lowered(body: Uint8Array): { escaped: Uint8Array; undo: string } {
  const escaped = Uint8Array.from(body);
  const places: number[] = [];
  for (let i = 1; i < escaped.length; i++) {
    if (escaped[i - 1] === 42 && escaped[i] === 47) {
      escaped[i]--;
      places.push(i);
    }
  }
  const single = places.map((place) => `;b[${place}]++`).join('');
  const list = `;[${places.join()}].map(x=>b[x]++)`;
  return { escaped, undo: single.length < list.length ? single : list };
}

const latin = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'latin1'));

/** The parts, one after the other. */
export function concat(parts: Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
