/** Code generation: a model and its payload become a program that carries just the decoder that this file needs. */
import { minify } from 'terser';
import { deflateRawSync } from 'node:zlib';
import { joinBytes } from '../join';
import type { CodedBlock } from './blocks';
import type { ProgramForm } from './contract';
import { deflate } from './generate/deflate';
import { wrap, type Shell } from './generate/shell';
import { engineSource, filled, pagesOf, type ModelSpec } from './model/engine';
import { decoderOf, exportNames, sourceOf, zeros, type Model } from './model/evaluate';

export interface Generated {
  program: Uint8Array;
  form: ProgramForm;
  /** Whether it runs in browsers as well as in Node. */
  browser: boolean;
  /** Bytes of `program` that are code: decoder, loader, check. */
  runtime: number;
  /** Bytes of `program` that are coded data. */
  residual: number;
}

interface Form {
  ascii: boolean;
}

/**
 * The predictor's program: the payload, and behind it the kernel and the decoder's minified text, deflated together.
 * With `then`, the source of a function of the data, its result is what the program gives.
 */
export async function predictorProgram(
  model: Model,
  payload: Uint8Array,
  size: number,
  { ascii, then }: Form & { then?: string },
): Promise<Generated> {
  const text = await decoderText(model, size, then);
  const kernel = model.type === 'mixing' ? kernelOf(model, pagesOf(model, size)) : undefined;
  const coded = joinBytes([payload, zeros]);
  return assembled(model, coded, { kernel, text }, { ascii, residual: payload.length });
}

/**
 * The program of a file that was coded in blocks of at most `room` bytes, all of which but the first begin with `head` bytes that
 * are not their own. In Node it writes each block as soon as it is decoded, and holds one at a time; in browsers it gives a Blob.
 * With `pack`, the source of a generator, it gives in the place of the blocks what that gives of them.
 */
export async function blocksProgram(
  model: ModelSpec,
  blocks: Pick<CodedBlock, 'payload' | 'size' | 'restore'>[],
  { ascii, head, room, pack }: Form & { head: number; room: number; pack?: string },
): Promise<Generated> {
  const payload = joinBytes(blocks.map((block) => block.payload));
  const table = blocks.map((block) => [block.size, block.payload.length]);
  const longest = Math.max(...blocks.map((block) => block.payload.length));
  const source = engineSource(model, room, 'decode', {
    payload: longest,
    length: 'blockSize',
    known: 'givenWeights',
  });
  const isRestored = blocks.some(({ restore }) => restore !== undefined);
  const restores = blocks.map(({ restore = 'b=>b' }) => restore);
  const text = await minifiedExpression(`async source=>{
${instanceSource(source)}
const whole=new Uint8Array(memory.buffer),parts=[]${isRestored ? `,restores=[${restores.join()}]` : ''};
${pack ? `const packing=(${pack})();packing.next();` : ''}
let givenWeights=[],at=0,from=0;
for(const [blockSize,coded] of ${JSON.stringify(table)}){
  whole.fill(0,0,${filled.from}).fill(0,${filled.to});
  const block=${pack ? 'packing.next(' : ''}${isRestored ? 'restores.shift()' : ''}((source=>{${source.replaceAll('kernel.', '')}})(source.subarray(at,at+=coded))).subarray(from)${pack ? ').value' : ''};
  from=${head};
  p?await new Promise(done=>p.stdout.write(block,done)):parts.push(new Blob([block]))
}
return p?'':new Blob(parts)}`);
  const kernel = kernelOf(model, pagesOf(model, room, longest));
  return assembled(model, payload, { kernel, text }, { ascii, residual: payload.length });
}

/** Bytes that every engine's DecompressionStream gives at once; Node's and Firefox's end a chunk here. */
const oneChunk = 1 << 14;

/** Puts the code behind what is coded. */
function assembled(
  model: Model,
  coded: Uint8Array,
  decoder: { kernel?: Uint8Array; text: string },
  { ascii, residual }: Form & { residual: number },
): Generated {
  const text = Buffer.from(decoder.text);
  const { kernel } = decoder;
  // Behind the kernel the text is a section that WebAssembly skips, 0 with an empty name (WebAssembly 1.0, 5.5.3).
  const head = kernel
    ? joinBytes([kernel, Uint8Array.from([0, ...leb128(text.length + 1), 0])])
    : new Uint8Array(0);
  const code = deflate(kernel ? [head, text] : [text]);
  const place = `b.slice(${coded.length})`;
  const inflating = `.pipeThrough(new DecompressionStream('deflate-raw'))`;
  const response = `await new Response(new Response(${place}).body${inflating})`;
  // Node takes 17 ms to load Response; what needs one chunk alone, as engines cut them, is read from the stream.
  const bytes =
    head.length + text.length > oneChunk
      ? `(${response}.arrayBuffer())`
      : `(await new Blob([${place}]).stream()${inflating}.getReader().read()).value`;
  // What is evaluated sees `b`, the process as `p`, and the kernel `k`.
  const statement = kernel
    ? `b=await(k=>eval(new TextDecoder().decode(k.slice(${head.length})))(b))(${bytes})`
    : `eval(${response}.text())`;
  const shell = { body: joinBytes([coded, code]), statement, browser: true, ascii };
  return counted(model.type === 'minimal' ? 'small predictor' : 'predictor', residual, shell);
}

/** What is compressed in the place of a file that a function of source `retell` gives of other bytes, and where these begin. */
export async function retold(
  text: Uint8Array,
  retell: string,
): Promise<{ data: Uint8Array; from: number }> {
  const code = Buffer.from(await minifiedExpression(retell));
  return { data: joinBytes([code, text]), from: code.length };
}

/**
 * The shortest program that uses a general compressor of Node's, or none; `brotli` is what brotli leaves, if it was asked. It is
 * read by Node alone: a loader that browsers know too has a hundred bytes more, and browsers inflate no brotli. Base64 needs no loader.
 * @param from where the bytes begin that a function before them gives the file of
 */
export function plainProgram(
  data: Uint8Array,
  brotli: Uint8Array | undefined,
  { ascii, from }: Form & { from?: number },
): Generated {
  const deflated = deflateRawSync(data, { level: 9, memLevel: 9 });
  const told = from ? `;b=eval(''+b.slice(0,${from}))(b.slice(${from}))` : '';
  const zlib = (name: string) => `b=(await import('zlib')).${name}Sync(b)${told}`;
  const forms: ({ form: ProgramForm } & Omit<Shell, 'ascii'>)[] = [
    ...(from ? [] : [{ form: 'stored', body: data, statement: '', browser: ascii } as const]),
    {
      form: 'deflate',
      body: new Uint8Array(deflated),
      statement: zlib('inflateRaw'),
      browser: false,
    },
  ];
  if (brotli)
    forms.push({
      form: 'brotli',
      body: brotli,
      statement: zlib('brotliDecompress'),
      browser: false,
    });
  return forms
    .map(({ form, ...shell }) => counted(form, shell.body.length, { ...shell, ascii }))
    .reduce((best, other) => (other.program.length < best.program.length ? other : best));
}

function counted(form: ProgramForm, coded: number, shell: Shell): Generated {
  const program = wrap(shell);
  const residual = Math.min(coded, program.length);
  const { browser } = shell;
  return { program, form, browser, runtime: program.length - residual, residual };
}

/** The model's kernel with a memory of so many pages in the place of an empty one. */
function kernelOf(model: ModelSpec, pages: number): Uint8Array {
  const kernel = Buffer.from(decoderOf(model));
  // A section of one memory, which has no maximum and begins empty (WebAssembly 1.0, 5.5.8).
  const empty = Buffer.from([5, 3, 1, 0, 0]);
  const at = kernel.indexOf(empty);
  if (at < 0) throw new Error('The kernel of a program has no memory that begins empty.');
  const initial = leb128(pages);
  const memory = Uint8Array.from([5, initial.length + 2, 1, 0, ...initial]);
  return joinBytes([kernel.subarray(0, at), memory, kernel.subarray(at + empty.length)]);
}

/** A number as WebAssembly writes it, in groups of seven bits (1.0, 5.2.2). */
function leb128(value: number): number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...leb128(value >>> 7)];
}

/**
 * The decoder's minified text: of a mixing model an arrow function of the payload that sees the kernel's bytes as `k`, of a
 * model in JavaScript what turns `b` into the data.
 */
async function decoderText(model: Model, size: number, then?: string): Promise<string> {
  if (model.type !== 'mixing')
    return minified(`${sourceOf(model, size, 'decode')}${then ? `b=(${then})(b);` : ''}`);
  const source = engineSource(model, size, 'decode');
  const body = `async source=>{
${instanceSource(source)}
${source.replaceAll('kernel.', '')}}`;
  const whole = then ? `async source=>(${then})(await(${body})(source))` : body;
  return minifiedExpression(whole);
}

/** Declares what the source asks of the kernel. */
function instanceSource(source: string): string {
  const asked = new Set(Array.from(source.matchAll(/\bkernel\.(\w+)/g), ([, name]) => name));
  const names = Array.from(asked, (name) => `${exportNames[name]}:${name}`);
  return `const {${names.join()}}=(await WebAssembly.instantiate(k)).instance.exports;`;
}

/** A minifier drops an expression that nothing takes the value of. */
const minifiedExpression = async (source: string): Promise<string> =>
  (await minified(`D=${source}`)).replace(/^D=/, '');

async function minified(source: string): Promise<string> {
  const plain = source
    // Engines need not ask whether a variable that functions share has been declared yet.
    .replace(/^(const|let)\b/gm, 'var')
    // Declarations of one kind are joined, which is shorter than telling constants apart.
    .replace(/\bconst\b/g, 'let')
    // An array that no context asks for may go.
    .replace(/\bnew (?=\w+Array\()/g, '/*@__PURE__*/new ');
  const { code } = await minify(plain, {
    ecma: 2020,
    compress: { passes: 3, unsafe_math: false, toplevel: true },
    mangle: { toplevel: true },
  });
  return code!.replace(/;$/, '');
}
