/** Code generation: a model and its payload become a program that carries just the decoder that this file needs. */
import { minify } from 'terser';
import { brotliCompressSync, constants, deflateRawSync } from 'node:zlib';
import { bodyOf, type Model } from './model/evaluate';
import { concat, wrap } from './shell';

export interface Generated {
  program: Uint8Array;
  /** How the program holds the data, for the report. */
  form: 'predictor' | 'small predictor' | 'brotli' | 'deflate' | 'stored';
  /** Bytes of `program` that are code: decoder, loader, check. */
  runtime: number;
  /** Bytes of `program` that are coded data. */
  residual: number;
}

interface Form {
  ascii: boolean;
}

/** The predictor's program: its decoder is minified and deflated, the payload follows it. */
export async function predictorProgram(
  model: Model,
  payload: Uint8Array,
  size: number,
  { ascii }: Form,
): Promise<Generated> {
  const code = await decoderCode(model);
  const length = code.length;
  const inflate = `await new Response(new Response(b.subarray(0,${length})).body.pipeThrough(new DecompressionStream('deflate-raw'))).text()`;
  const expression = `eval(${inflate})(b.subarray(${length}),${size})`;
  const program = wrap({ body: concat([code, payload]), expression, browser: true, ascii });
  return counted(model.type === 'mixing' ? 'predictor' : 'small predictor', program, payload);
}

/** The shortest program that uses a general compressor of Node's, or none; with the bytes that brotli leaves. */
export function plainProgram(
  data: Uint8Array,
  { ascii }: Form,
): { plain: Generated; brotli: number } {
  const deflated = deflateRawSync(data, { level: 9, memLevel: 9 });
  const brotli = brotliCompressSync(data, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: 11,
      [constants.BROTLI_PARAM_LGWIN]: 24,
      [constants.BROTLI_PARAM_SIZE_HINT]: data.length,
    },
  });
  const zlib = (name: string) => `(await import('zlib')).${name}Sync(b)`;
  const forms = [
    { form: 'stored', body: data, expression: 'b' },
    { form: 'deflate', body: new Uint8Array(deflated), expression: zlib('inflateRaw') },
    { form: 'brotli', body: new Uint8Array(brotli), expression: zlib('brotliDecompress') },
  ] as const;
  const plain = forms
    .map(({ form, body, expression }) =>
      counted(form, wrap({ body, expression, browser: false, ascii }), body),
    )
    .reduce((best, other) => (other.program.length < best.program.length ? other : best));
  return { plain, brotli: brotli.length };
}

const counted = (form: Generated['form'], program: Uint8Array, data: Uint8Array): Generated => {
  const residual = Math.min(data.length, program.length);
  return { program, form, runtime: program.length - residual, residual };
};

/** The decoder as an arrow function of (payload, size), minified and deflated. */
async function decoderCode(model: Model): Promise<Uint8Array> {
  // Declarations of one kind are joined, which is shorter than telling constants apart.
  const loose = bodyOf(model, 'decode').replace(/\bconst\b/g, 'let');
  const { code } = await minify(`D=(source,size)=>{${loose}}`, {
    ecma: 2020,
    compress: { passes: 3, unsafe_math: false, toplevel: true },
    mangle: true,
  });
  const expression = code!.replace(/^D=/, '').replace(/;$/, '');
  return new Uint8Array(deflateRawSync(expression, { level: 9, memLevel: 9 }));
}
