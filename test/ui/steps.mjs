// A session of a person is a row of steps: when one fails, a picture is kept and the later ones are not tried.
import { it } from 'node:test';

/** `step(name, run)` like `it`, for a workbench that `current()` gives. */
export function sessionOf(current) {
  let failed;
  return (name, run) =>
    it(name, async () => {
      if (failed) throw new Error(`Not tried, because "${failed}" failed.`);
      try {
        await run();
      } catch (error) {
        failed = name;
        const picture = await current()?.screenshot(`failed: ${name}`.replace(/\W+/g, '-'));
        error.message += `\nThe screen at that time: ${picture}`;
        throw error;
      }
    });
}
