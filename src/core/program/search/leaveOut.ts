/** What each restatement of a text saves: how much longer the program is without it, all else being the same. */
import type { Finding, ProgramEvent } from '../contract';
import { createCourse } from '../course';
import { restatedView } from '../restate/restated';
import { fileView, type View } from '../view';

/** A program of a view of the file. */
interface Written {
  view: View;
  program: Uint8Array;
}

/**
 * Writes the program of the file without each of the restatements of `whole`, of which the others are kept where they still apply.
 * One without which it is shorter is left out for good, and what the rest saves is measured against that program.
 * @param write gives the program of another view as `like` is one
 */
export async function* leaveOut<Program extends Written>(
  whole: Program,
  file: Uint8Array,
  write: (view: View, like: Program) => AsyncGenerator<ProgramEvent, Program>,
): AsyncGenerator<ProgramEvent, { kept: Program; found: Finding[] }> {
  const { view, program } = whole;
  const { restatements = [] } = view;
  const found: Finding[] = [];
  const once = view.text.length;
  const course = createCourse(restatements.length * once);
  // The last ones first, because with an earlier one goes what is only found behind it.
  for (const { by, sentence } of restatements.toReversed()) {
    const others = restatements.map((each) => each.by).filter((other) => other !== by);
    const rest = restatedView(file, others) ?? fileView(file);
    const without = yield* course.part(once, write(rest, whole));
    const savedBytes = without.program.length - program.length;
    if (savedBytes < 0) return yield* leaveOut(without, file, write);
    found.unshift({ sentence, savedBytes });
  }
  return { kept: whole, found };
}
