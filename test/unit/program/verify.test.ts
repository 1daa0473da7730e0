import assert from 'node:assert/strict';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { verifyProgram } from '../../../src/core/program/verify';
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
});
