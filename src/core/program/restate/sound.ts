/** Sound that was written as samples, restated as what a predictor of each sample leaves: the form in which it is encoded. */
import { expectationOf } from '../model/evaluate';
import { expectSource } from '../model/residuals';
import { soundOf, type Sound } from '../syntax/media';
import type { Origin, View } from '../view';

/** The file with a residual in the place of each sample of a WAV file; of other files none. One sample in `every` teaches what is expected. */
export function residualView(bytes: Uint8Array, every?: number): View | undefined {
  const sound = soundOf(bytes);
  if (!sound) return undefined;
  const { header, count, sample, channels } = sound;
  const bits = 8 * sample;
  // Samples of one byte are stored with an offset.
  const offset = sample === 1 ? 128 : 0;
  const samples = new Int32Array(count);
  for (let k = 0; k < count; k++) {
    let value = -offset;
    for (let j = 0; j < sample; j++) value += bytes[header + k * sample + j] << (8 * j);
    samples[k] = (value << (32 - bits)) >> (32 - bits);
  }
  // Sound of fewer bits was often moved up to fill its samples.
  const used = samples.reduce((all, value) => all | value, 0);
  const unused = used === 0 ? 0 : 31 - Math.clz32(used & -used);
  for (let k = 0; k < count; k++) samples[k] >>= unused;
  const spare = 32 - bits + unused;
  const text = bytes.slice();
  expectationOf(channels, every)(samples, channels, (k, expected) => {
    const residual = ((samples[k] - expected) << spare) >> spare;
    const folded = (residual << 1) ^ (residual >> 31);
    for (let j = 0; j < sample; j++)
      text[header + k * sample + j] = folded >> (8 * (sample - 1 - j));
  });
  const restore = `b=>{const x=new Int32Array(${count}),o=b.slice();(${expectSource(channels, every)})(x,${channels},(k,p)=>{let z=0,j=0,t=${header}+k*${sample};for(;j<${sample};j++)z=z<<8|b[t+j];z=x[k]=(z>>>1^-(z&1))+p<<${spare}>>${spare};for(j=0;j<${sample};j++)o[t+j]=z*${2 ** unused}+${offset}>>8*j});return o}`;
  const syntax = {
    type: 'residuals',
    header,
    count,
    sample,
    channels,
    ...(every && { every }),
  } as const;
  return { text, syntax, restore, origin: originOf(text, sound) };
}

/** A residual has its highest byte first, a sample its lowest. */
const originOf =
  (text: Uint8Array, { header, count, sample }: Sound) =>
  (): Origin => {
    const first = Uint32Array.from(text, (_, at) => {
      const k = Math.floor((at - header) / sample);
      return k >= 0 && k < count ? 2 * (header + k * sample) + sample - 1 - at : at;
    });
    return { first, bytes: 1 };
  };
