import assert from 'node:assert/strict';
import { symlinkSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { runProgram, verifyProgram } from '../../../src/core/program/verify';
import { temporaryFolder } from '../../fixtures/temporaryFolder';

const save = (t: TestContext, source: string): string =>
  join(temporaryFolder(t, { 'a.mjs': source }), 'a.mjs');

describe('verification', () => {
  it('refuses a program the rest of the disk', async (t) => {
    const source = `import f from 'fs'; process.stdout.write(f.readFileSync('/etc/hostname'))`;
    await assert.rejects(verifyProgram(save(t, source), ''), /ERR_ACCESS_DENIED/);
  });

  const imports = ['net', 'dgram', 'dns', 'tls', 'http', 'http2']
    .map((name) => `import ${name} from '${name}';`)
    .join('');
  const attempts: Record<string, (port: number) => string> = {
    'a socket': (port) => `net.connect(${port}, '127.0.0.1')`,
    'a socket by its class': (port) => `new net.Socket().connect(${port}, '127.0.0.1')`,
    'a name': (port) => `net.connect(${port}, 'localhost')`,
    'a pipe': () => `net.connect('/tmp/kolmo-nobody-listens')`,
    'a server': () => `net.createServer().listen(0)`,
    'a secure socket': (port) => `tls.connect(${port}, '127.0.0.1')`,
    fetch: (port) =>
      `await fetch('http://127.0.0.1:${port}').catch(({ cause }) => { throw cause; })`,
    'a request': (port) => `http.get('http://127.0.0.1:${port}')`,
    'a session': (port) => `http2.connect('http://127.0.0.1:${port}')`,
    'a datagram': (port) => `dgram.createSocket('udp4').send('x', ${port}, '127.0.0.1')`,
    'a look-up': () => `await dns.promises.lookup('localhost')`,
    'an imported look-up': () => `(await import('dns')).lookup('localhost', () => {})`,
    'a name server': () => `new (await import('dns/promises')).Resolver().resolve4('localhost')`,
  };
  for (const [what, attempt] of Object.entries(attempts)) {
    it(`refuses a program the network: ${what}`, async (t) => {
      let reached = 0;
      const server = createServer((socket) => {
        reached++;
        socket.destroy();
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      t.after(() => server.close());
      const { port } = server.address() as AddressInfo;
      const source = `${imports}${attempt(port)}; setTimeout(() => {}, 200)`;
      await assert.rejects(
        verifyProgram(save(t, source), ''),
        /The network is denied.*ERR_ACCESS_DENIED/,
      );
      assert.equal(reached, 0);
    });
  }

  it('tells other bytes from the expected ones', async (t) => {
    const path = save(t, `process.stdout.write('other')`);
    assert.equal((await verifyProgram(path, '0'.repeat(64))).verified, false);
  });

  it('runs a program in a folder that is reached by a link', async (t) => {
    const folder = temporaryFolder(t, { 'real/a.mjs': `process.stdout.write('it')` });
    symlinkSync(join(folder, 'real'), join(folder, 'link'));
    let printed = '';
    const print = (chunk: Buffer): void => void (printed += chunk.toString());
    await runProgram(join(folder, 'link', 'a.mjs'), [], print);
    assert.equal(printed, 'it');
  });

  it(
    'is in a group of its own, and does not call a program altered that was ended there',
    { skip: process.platform === 'win32' && 'no groups of processes' },
    async (t) => {
      const path = save(t, `process.stdout.write(String(process.pid)); setTimeout(() => {}, 6e4)`);
      const interrupt = (chunk: Buffer): void =>
        void process.kill(-Number(chunk.toString()), 'SIGINT');
      await assert.rejects(runProgram(path, [], interrupt), {
        name: 'KolmoError',
        message: /a\.mjs was ended by SIGINT before .* says nothing of its bytes/,
      });
    },
  );

  const failures: { what: string; source: string; sentence: RegExp }[] = [
    {
      what: 'has no memory left',
      source: `import v8 from 'v8'; v8.setFlagsFromString('--max-old-space-size=40'); const a = []; for (;;) a.push(new Array(1e5).fill(0.5))`,
      sentence: /^It ran out of memory .* says nothing of its bytes: close other programs/,
    },
    {
      what: 'ends without a word',
      source: `process.exit(3)`,
      sentence:
        /^It ended with exit code 3 instead of printing its data, so it was altered or is no program of Kolmo\. Write it again, or name another one\.$/,
    },
    {
      what: 'throws what is no error',
      source: `throw 'boom'`,
      sentence: /^It ended with exit code 1 .* no program of Kolmo: boom\. Write it again/,
    },
    {
      what: 'throws an error of several lines',
      source: `throw new Error('one\\ntwo')`,
      sentence: /no program of Kolmo: Error: one\. Write it again/,
    },
  ];
  for (const { what, source, sentence } of failures) {
    it(`says in one line of a program that ${what} why it has not printed its data`, async (t) => {
      await assert.rejects(
        runProgram(save(t, source), [], () => {}, { name: 'It' }),
        (error: Error) => {
          assert.match(error.message, sentence);
          assert.doesNotMatch(error.message, /\n/);
          return true;
        },
      );
    });
  }
});
