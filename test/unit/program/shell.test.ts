import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { wrap } from '../../../src/core/program/generate/shell';
import { createRandom } from '../../../src/core/random';
import { temporaryFolder } from '../../fixtures/temporaryFolder';

const random = createRandom(8);
const noise = (size: number) => Uint8Array.from({ length: size }, () => random.integer(256));

describe('the shell of a program', () => {
  const bodies: { name: string; body: Uint8Array; most: number }[] = [
    { name: 'nothing', body: new Uint8Array(0), most: 200 },
    { name: 'one end of a comment', body: Buffer.from('*/'), most: 200 },
    { name: 'nothing but ends of comments', body: Buffer.from('*/'.repeat(5000)), most: 200 },
    { name: '300 KB of noise', body: noise(300_000), most: 200 },
    // Each pair of bytes occurs fifteen times, so that an end of a comment or two is left under any map.
    { name: '1 MB of noise', body: noise(1_000_000), most: 200 },
  ];
  for (const { name, body, most } of bodies) {
    it(`carries ${name} in at most ${most} bytes more`, (t) => {
      const program = wrap({ body, statement: '', browser: false, ascii: false });
      assert.ok(program.length <= body.length + most, `${program.length - body.length}`);
      const path = join(temporaryFolder(t, { 'p.mjs': program }), 'p.mjs');
      const printed = execFileSync(process.execPath, [path], { maxBuffer: 1 << 24 });
      assert.ok(printed.equals(body));
    });
  }

  it('stops at a change of any byte', (t) => {
    const program = wrap({
      body: Buffer.from('data */'),
      statement: '',
      browser: false,
      ascii: false,
    });
    for (let i = 1; i < 8; i++) {
      const altered = program.slice();
      altered[altered.length - 2 - i] ^= 4;
      const path = join(temporaryFolder(t, { 'p.mjs': altered }), 'p.mjs');
      assert.throws(
        () => execFileSync(process.execPath, [path], { stdio: 'pipe' }),
        /^It changed\.$/m,
      );
    }
  });
});
