/** Measures in a process of its own, which nothing has warmed or slowed before. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/**
 * Calls a function of a bench in a new process.
 * @param module the bench's `import.meta.url`
 * @param name of a function that it exports
 * @param values its arguments
 */
export async function inProcess<Result>(
  module: string,
  name: string,
  ...values: (string | number)[]
): Promise<Result> {
  const script = `
    const bench = await import(${JSON.stringify(module)});
    const result = await bench[${JSON.stringify(name)}](...${JSON.stringify(values)});
    process.stdout.write(JSON.stringify(result), () => process.exit(0));
  `;
  const words = ['--input-type=module', '-e', script];
  const { stdout } = await promisify(execFile)(process.execPath, words);
  return JSON.parse(stdout) as Result;
}
