/** The file around a payload: a module that carries raw bytes in its own comment, checks itself, and writes what they stand for. */

export interface Shell {
  /** Bytes carried in the comment, or as base64 with `ascii`. */
  body: Uint8Array;
  /** An expression that turns `b`, the body, into the data; it may await. */
  expression: string;
  /** Whether it has to run in a browser as well; otherwise only Node's own modules are at hand. */
  browser: boolean;
  ascii: boolean;
}

/** The program, as the bytes of an .mjs file. */
export function wrap({ body, expression, browser, ascii }: Shell): Uint8Array {
  const host = browser ? 'p=globalThis.process,' : '';
  const run = checked(body, expression, browser);
  if (ascii) {
    const text = Buffer.from(body).toString('base64');
    return latin(`let ${host}b=Uint8Array.from(atob('${text}'),c=>c.charCodeAt());\n${run}`);
  }
  const { escaped, places } = escape(body);
  const part = `subarray(2,${body.length + 2})`;
  const load = browser
    ? `let u=import.meta.url,${host}b=new Uint8Array(await(p?(await import('fs')).readFileSync(new URL(u)):(await fetch(u)).arrayBuffer())).${part};`
    : `import f from'fs';let b=f.readFileSync(process.argv[1]).${part};`;
  const restore = places.length ? `[${places.join()}].map(x=>b[x]++);` : '';
  return concat([latin('/*'), escaped, latin(`*/\n${load}${restore}${run}`)]);
}

/** A change of any one byte changes the sum, because each step is a bijection of 32 bits. */
export function checkSum(bytes: Uint8Array): number {
  let sum = 0;
  for (const byte of bytes) sum = (sum * 33) ^ byte;
  return sum;
}

/** Where the program stops if its bytes are not those that were written; Node exits with 1 and prints the sentence. */
function checked(body: Uint8Array, expression: string, browser: boolean): string {
  const check = `if(b.reduce((h,x)=>h*33^x,0)^${checkSum(body)})throw'This program was altered.';`;
  const output = expression === 'b' ? '' : `b=${expression};`;
  const write = browser ? 'p?.stdout.write(b);export default b' : 'process.stdout.write(b)';
  return check + output + write;
}

/** The only bytes that a comment cannot hold are its end; its slash is lowered by one and raised again by the program. */
function escape(body: Uint8Array): { escaped: Uint8Array; places: number[] } {
  const escaped = body.slice();
  const places: number[] = [];
  for (let i = 1; i < escaped.length; i++) {
    if (escaped[i - 1] === 42 && escaped[i] === 47) {
      escaped[i]--;
      places.push(i);
    }
  }
  return { escaped, places };
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
