/** Texts that hold the same as a file and are predicted better, and what brings the file back. */
import { recordRows } from './records';
import { singleDecimals } from './singles';
import { clockSteps } from './steps';
import { analyseSyntax, describeSyntax, type Syntax } from './syntax';
import type { View } from './views';
import { paragraphs } from './wrapped';

export interface Restatement {
  text: string;
  /** Source of a function of that text, which gives the one that it stands for. */
  restore: string;
  /** What was found, in the report. */
  sentence: string;
  /** What the text is, where that is not what it was. */
  syntax?: Syntax;
}

/** Each restates what the ones before it left. */
const restatements: ((text: string, syntax: Syntax) => Restatement | undefined)[] = [
  singleDecimals,
  recordRows,
  clockSteps,
  paragraphs,
];

/** A text takes many times its bytes as strings. */
const largest = 1 << 25;

/** A text as all that applies to it restate it; of other files none, nor of those that do not come back. */
export function restatedView(bytes: Uint8Array): View | undefined {
  if (bytes.length > largest) return undefined;
  let syntax = analyseSyntax(bytes);
  if (!['table', 'json', 'log', 'text'].includes(syntax.type)) return undefined;
  let text = Buffer.from(bytes).toString();
  const restores: string[] = [];
  const sentences = [describeSyntax(syntax)];
  for (const restate of restatements) {
    const restated = restate(text, syntax);
    if (!restated) continue;
    ({ text, syntax = syntax } = restated);
    restores.unshift(restated.restore);
    sentences.push(restated.sentence);
  }
  if (restores.length === 0) return undefined;
  const file = restores.reduce(
    (inner, restore) => `(${restore})(${inner})`,
    'new TextDecoder().decode(b)',
  );
  const view = {
    text: Uint8Array.from(Buffer.from(text)),
    restore: `b=>new TextEncoder().encode(${file})`,
    syntax,
    sentence: sentences.join(' '),
    hasColumns: true,
  };
  // A mark in front of the text, and bytes that are no UTF-8, do not come back.
  return Buffer.compare(restored(view), bytes) === 0 ? view : undefined;
}

/** What a program makes of the text. */
export const restored = ({ text, restore }: Required<Pick<View, 'text' | 'restore'>>): Uint8Array =>
  (new Function(`return ${restore}`)() as (text: Uint8Array) => Uint8Array)(text);
