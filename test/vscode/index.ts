/** Entry that VS Code calls inside its extension host: runs every test file beside it with mocha. */
import Mocha from 'mocha';
import { appendFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** File that the program outside prints, because the extension host has no terminal. */
const output = process.env.KOLMO_TEST_OUTPUT;

/** Resolves when all tests passed; VS Code turns a rejection into exit code 1. */
export async function run(): Promise<void> {
  const mocha = new Mocha({ ui: 'bdd', timeout: 60_000, reporter: Report });
  const files = readdirSync(__dirname).filter((file) => file.endsWith('.test.js'));
  for (const file of files) mocha.addFile(join(__dirname, file));

  const failed = await new Promise<number>((resolve) => mocha.run(resolve));
  if (failed > 0) throw new Error(`${failed} tests failed.`);
}

/** Writes in the words of Node's own runner, so that all reports of `npm test` end alike. */
class Report extends Mocha.reporters.Base {
  constructor(runner: Mocha.Runner) {
    super(runner);
    const counts = { tests: 0, pass: 0, fail: 0, skipped: 0 };
    runner.on('pass', (test) => {
      counts.pass++;
      write(`ok ${++counts.tests} - ${test.fullTitle()} (${test.duration} ms)`);
    });
    runner.on('fail', (test, error: Error) => {
      counts.fail++;
      write(`not ok ${++counts.tests} - ${test.fullTitle()}`);
      write((error.stack ?? error.message).replace(/^/gm, '  '));
    });
    runner.on('pending', (test) => {
      counts.skipped++;
      write(`ok ${++counts.tests} - ${test.fullTitle()} # SKIP`);
    });
    runner.on('end', () => {
      for (const [name, count] of Object.entries(counts)) write(`# ${name} ${count}`);
      write(`${endRecord} ${JSON.stringify(counts)}`);
    });
  }
}

/** A run that ends without this line did not end by itself. */
const endRecord = 'KOLMO-END';

function write(line: string): void {
  if (output) appendFileSync(output, `${line}\n`);
  else console.log(line);
}
