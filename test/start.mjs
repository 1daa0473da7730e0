// `npm start`: opens the extension in a real VS Code on a sample folder, prints the address and serves until Ctrl+C.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fillSampleFolder } from './real-vscode/sampleFolder.mjs';
import { root, startServer, workbenchAddress } from './real-vscode/server.mjs';

const scratch = mkdtempSync(join(tmpdir(), 'kolmo-start-'));
const folder = process.argv[2] ?? join(scratch, 'sample');
if (!process.argv[2]) fillSampleFolder(folder);
process.once('exit', () => rmSync(scratch, { recursive: true, force: true }));

const server = await startServer({ port: Number(process.env.KOLMO_PORT ?? 0) });
console.log(`Kolmo runs in VS Code on ${folder}:`);
console.log(workbenchAddress(server, { folder, extension: root }));
console.log('Ctrl+C ends it.');
// The process lives until a signal ends it.
setInterval(() => {}, 2 ** 30);
