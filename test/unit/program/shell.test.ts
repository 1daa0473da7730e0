import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { promisify } from 'node:util';
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

  const carried = { body: Buffer.from('data */'), statement: '' };
  const shells: { name: string; program: Uint8Array }[] = [
    { name: 'in Node', program: wrap({ ...carried, browser: false, ascii: false }) },
    { name: 'in Node and browsers', program: wrap({ ...carried, browser: true, ascii: false }) },
  ];
  for (const { name, program } of shells) {
    it(`stops at a change of any byte, ${name}`, async (t) => {
      const comment = Buffer.from(program).indexOf('/*\n') + 3;
      for (let i = 1; i < program.length; i += i < comment ? 13 : 1) {
        const altered = program.slice();
        altered[i] ^= 4;
        const path = join(temporaryFolder(t, { 'p.mjs': altered }), 'p.mjs');
        const complaint = await refusal(path);
        // What is altered in the code or at the comment's end may be no code any more, or the alarm itself.
        if (i >= comment && i < program.length - 2) {
          assert.match(complaint, /^It changed\.$/m, `byte ${i}`);
        }
      }
    });
  }

  it('checks what it carries as base64', async (t) => {
    const program = wrap({ ...carried, browser: true, ascii: true });
    const path = join(temporaryFolder(t, { 'p.mjs': program }), 'p.mjs');
    assert.equal(execFileSync(process.execPath, [path]).toString(), 'data */');
    const altered = Buffer.from(program).toString('latin1').replace('`Z', '`Y');
    assert.notEqual(altered, Buffer.from(program).toString('latin1'));
    const other = join(temporaryFolder(t, { 'p.mjs': altered }), 'p.mjs');
    assert.match(await refusal(other), /^It changed\.$/m);
  });
});

/** What a program says on its standard error that ends with 1; any other end fails. */
async function refusal(path: string): Promise<string> {
  const end = await promisify(execFile)(process.execPath, [path]).catch((error: unknown) => error);
  const { code, stdout, stderr } = end as { code?: number; stdout: string; stderr: string };
  assert.deepEqual([code, stdout], [1, ''], stderr);
  return stderr;
}
