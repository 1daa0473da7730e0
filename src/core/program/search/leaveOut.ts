/** What each restatement of a text saves: how much longer the program is without it, the others and the contexts being the same. */
import { analyse } from '../analyse';
import type { Finding, ProgramEvent } from '../contract';
import { createCourse } from '../course';
import type { ModelSpec } from '../model/engine';
import { predict, type Predicted } from '../predicted';
import { restatedView } from '../restate/restated';
import { fileView } from '../view';
import { chosenFor } from './candidates';

/**
 * Writes the program of the file without each of the restatements of `whole`, of which the others are kept where they still apply.
 * One without which it is shorter is left out for good, and what the rest saves is measured against that program.
 */
export async function* leaveOut(
  whole: Predicted<ModelSpec>,
  file: Uint8Array,
  ascii: boolean,
): AsyncGenerator<ProgramEvent, { kept: Predicted<ModelSpec>; found: Finding[] }> {
  const { view, analysis, model, program } = whole;
  const { restatements = [] } = view;
  const found: Finding[] = [];
  const once = view.text.length;
  const course = createCourse(restatements.length * once);
  // The last ones first, because with an earlier one goes what is only found behind it.
  for (const { by, sentence } of restatements.toReversed()) {
    const others = restatements.map((each) => each.by).filter((other) => other !== by);
    const rest = restatedView(file, others) ?? fileView(file);
    const seen = analyse(rest.text, rest.syntax);
    const predicting = predict(chosenFor(seen, analysis, model), rest, seen, ascii);
    const without = yield* course.part(once, predicting);
    const savedBytes = without.program.length - program.length;
    if (savedBytes < 0) return yield* leaveOut(without, file, ascii);
    found.unshift({ sentence, savedBytes });
  }
  return { kept: whole, found };
}
