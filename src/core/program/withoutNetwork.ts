/** Takes the network from a Node process: what is loaded by it before the program that it runs. */

/**
 * JavaScript that denies what every module of Node's, and `fetch`, reach the network by: the methods of the handles of TCP, UDP,
 * pipes and name servers that connect, listen, send and ask, and the look-up of names. Node's permission model, which has to be
 * on, keeps a program from the ways around them: processes, threads, native code, the inspector and Node's own bindings.
 *
 * A socket makes its handle when it begins to connect, and is stopped right there. `open` adopts what is open already, as stdout.
 */
const source = `import net from 'node:net';
import dgram from 'node:dgram';
import dns from 'node:dns';
import { syncBuiltinESMExports } from 'node:module';
const value = function () {
  throw Object.assign(new Error('The network is denied.'), { code: 'ERR_ACCESS_DENIED' });
};
const deny = (owner) => {
  for (const name of Object.getOwnPropertyNames(owner)) {
    const kept = name === 'constructor' || name === 'open';
    const { value: method } = Object.getOwnPropertyDescriptor(owner, name);
    if (typeof method !== 'function' || kept) continue;
    Object.defineProperty(owner, name, { value, writable: false, configurable: false });
  }
};
const handleOf = (address) => {
  const socket = new net.Socket();
  let handle;
  Object.defineProperty(socket, '_handle', {
    set(made) {
      throw (handle = made);
    },
  });
  try {
    socket.connect(address);
  } catch (thrown) {
    if (thrown !== handle) throw thrown;
  }
  handle.close();
  return handle;
};
const socket = dgram.createSocket('udp4');
const states = Object.getOwnPropertySymbols(socket).map((key) => socket[key]);
const handles = [
  handleOf({ host: '127.0.0.1', port: 1 }),
  handleOf({ path: '/' }),
  states.find((state) => state && state.handle).handle,
  new dns.Resolver()._handle,
];
socket.close();
for (const handle of handles) deny(Object.getPrototypeOf(handle));
deny(dns);
deny(dns.promises);
syncBuiltinESMExports();`;

/** The same as an argument of Node: a program may read no file but itself, so that it comes as an address that holds it. */
export const withoutNetwork = `--import=data:text/javascript,${encodeURIComponent(source)}`;
