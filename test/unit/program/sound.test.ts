import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { analyse } from '../../../src/core/program/analyse';
import { encodeWith, measure } from '../../../src/core/program/model/evaluate';
import { residualView } from '../../../src/core/program/restate/sound';
import { createRandom } from '../../../src/core/random';
import { decodeWith } from '../../fixtures/decodeWith';
import { finishedSync } from '../../fixtures/finished';
import { wave } from '../../fixtures/media';
import { restored } from '../../fixtures/restored';

/** Two tones that swell, a little noise, and the same a little later in every second channel. */
function tones(count: number, channels: number, amplitude: number): Int32Array {
  const random = createRandom(3);
  const at = (time: number): number =>
    (Math.sin(time / 9) + Math.sin(time / 31) * Math.sin(time / 700)) * 0.4 * amplitude;
  return Int32Array.from({ length: count }, (_, k) => {
    const channel = k % channels;
    return Math.round(at((k - channel) / channels - 2 * channel) + random.integer(5) - 2);
  });
}

describe('sound', () => {
  for (const bits of [8, 16, 24] as const)
    for (const channels of [1, 2, 3])
      it(`of ${bits} bits in ${channels} channels comes back from its residuals`, () => {
        const samples = tones(3000, channels, 2 ** (bits - 2));
        const bytes = wave(samples, { bits, channels, before: 'JUNK', after: 'LIST' });
        assert.deepEqual(restored(residualView(bytes)), bytes);
        assert.deepEqual(restored(residualView(bytes, 4)), bytes);
      });

  it('is expected hardly worse where one sample in four teaches, which blocks are told', () => {
    const bytes = wave(tones(40_000, 2, 8000), { bits: 16, channels: 2 });
    const costOf = (every?: number): number => {
      const { text, syntax } = residualView(bytes, every)!;
      assert.deepEqual(syntax, { ...residualView(bytes)!.syntax, ...(every && { every }) });
      return measure(analyse(text, syntax).full, text);
    };
    const [all, some] = [costOf(), costOf(4)];
    assert.notEqual(all, some);
    assert.ok(some < 1.1 * all, `${some} bytes instead of ${all}`);
  });

  it('comes back from silence, from noise at full scale, and from bits that were moved up', () => {
    const random = createRandom(4);
    const noise = Int32Array.from({ length: 2000 }, () => random.integer(65536) - 32768);
    const burst = noise.map((value, k) => (k % 1000 < 900 ? 0 : value));
    const moved = tones(2000, 1, 20000).map((value) => value << 6);
    for (const samples of [noise, burst, new Int32Array(500_000), moved]) {
      const bits = samples === moved ? 24 : 16;
      const bytes = wave(samples, { bits, channels: 1 });
      assert.ok(Buffer.compare(restored(residualView(bytes)), bytes) === 0);
    }
  });

  it('leaves nothing of silence, and no more bits than samples have that were moved up', () => {
    const { text: silence } = residualView(wave(new Int32Array(500), { bits: 8, channels: 1 }))!;
    assert.ok(silence.subarray(44).every((byte) => byte === 0));
    const random = createRandom(8);
    const moved = Int32Array.from({ length: 500 }, () => (random.integer(1024) - 512) << 6);
    const { text } = residualView(wave(moved, { bits: 16, channels: 1 }))!;
    assert.ok(text.subarray(44).every((byte, at) => at % 2 === 1 || byte < 4));
  });

  it('tells where in the file each byte of a residual belongs, its highest first', () => {
    const bytes = wave(tones(4, 1, 9000), { bits: 16, channels: 1, after: 'LIST' });
    const origin = residualView(bytes)!.origin!();
    assert.equal(origin.bytes, 1);
    const places = [...bytes.keys()];
    const turned = [45, 44, 47, 46, 49, 48, 51, 50];
    assert.deepEqual([...origin.first], [...places.slice(0, 44), ...turned, ...places.slice(52)]);
  });

  it('costs less than half of what its bytes cost, and comes back from its payload', () => {
    const bytes = wave(tones(20_000, 2, 8000), { bits: 16, channels: 2 });
    const { text, syntax } = residualView(bytes)!;
    const { full } = analyse(text, syntax);
    const { payload } = finishedSync(encodeWith(full, text));
    const plain = measure(analyse(bytes).full, bytes);
    assert.ok(payload.length * 2 < plain, `${payload.length} bytes, and ${plain} as records`);
    assert.deepEqual(decodeWith(full, payload, text.length), text);
  });

  it('is left alone in other files', () => {
    assert.equal(residualView(new Uint8Array(100)), undefined);
  });
});
