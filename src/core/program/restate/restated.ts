/** Texts that hold the same as a file and are predicted better, and what brings the file back. */
import { evaluated } from '../evaluated';
import { analyseSyntax, describeSyntax } from '../syntax';
import type { Restate, Restatement, View } from '../view';
import { recordRows } from './records';
import { singleDecimals } from './singles';
import { clockSteps } from './steps';
import { paragraphs } from './wrapped';

/** Each restates what the ones before it left. */
const all: Restate[] = [singleDecimals, recordRows, clockSteps, paragraphs];

/** A text takes many times its bytes as strings. */
const largest = 1 << 25;

/** A text as those of the restatements that apply to it and come back restate it; of other files none. */
export function restatedView(bytes: Uint8Array, restatements = all): View | undefined {
  if (bytes.length > largest) return undefined;
  let syntax = analyseSyntax(bytes);
  if (!['table', 'json', 'log', 'text'].includes(syntax.type)) return undefined;
  let text = Buffer.from(bytes).toString();
  // Bytes that are no UTF-8 do not come back.
  if (Buffer.compare(Buffer.from(text), bytes) !== 0) return undefined;
  const sentence = describeSyntax(syntax);
  const applied: NonNullable<View['restatements']> = [];
  const restores: string[] = [];
  for (const by of restatements) {
    const restated = by(text, syntax);
    if (!restated || !comesBack(restated, text)) continue;
    ({ text, syntax = syntax } = restated);
    applied.push({ by, sentence: restated.sentence });
    restores.unshift(restated.restore);
  }
  if (applied.length === 0) return undefined;
  const restoring = (given: string): string =>
    restores.reduce((inner, restore) => `(${restore})(${inner})`, given);
  return {
    text: Uint8Array.from(Buffer.from(text)),
    restore: `b=>new TextEncoder().encode(${restoring('new TextDecoder().decode(b)')})`,
    retell: `b=>${restoring("(''+b)")}`,
    syntax,
    sentence,
    restatements: applied,
    hasColumns: true,
  };
}

/** Whether a program makes of the text what it stands for; one that begins with a byte order mark is decoded without it. */
function comesBack({ text, restore }: Restatement, before: string): boolean {
  const restored = evaluated<(text: string) => string>(restore);
  return new TextDecoder().decode(Buffer.from(text)) === text && restored(text) === before;
}
