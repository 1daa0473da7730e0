/** Text whose lines end where the next word would not have fitted: it is restated as paragraphs, and broken again at its width. */
import { formatCount } from '../../count';
import type { Syntax } from '../syntax';
import type { Restatement } from '../view';

/** Columns that lines may be broken at. */
const widths = { from: 40, to: 132 };
/** Line ends that have to follow from the width, and their share of those within paragraphs, for the law to pay for itself. */
const least = { told: 300, share: 0.4 };

/** Characters of a line that may not be broken and has no end: it is looked through again from each of them. */
const longestOpen = 1024;

/** Spaces that no line may end at are written so. */
const glue = '\v';
/** Of what is not broken where the law says costs as much as so many line ends that follow from it. */
const price = 3;

/** The longest line that fits, words that are glued to its last one, and the gap to the next word, or the line end that was kept. */
const lineOf = (width: number): string => `(.{0,${width - 1}}\\S(\\v\\S*)*)( +|\\n)`;

/**
 * Line ends become the gap that stands between words elsewhere where greedy breaking at one width brings them back. Those that it
 * does not tell are kept, and spaces at which it would break are glued. Of other files none.
 */
export function paragraphs(file: string, { type }: Syntax): Restatement | undefined {
  if (type !== 'text') return undefined;
  const ends: string[] = file.match(/\r?\n/g) ?? [];
  const isWindows = ends[0] === '\r\n';
  if (ends.length < least.told || ends.some((end) => end !== ends[0])) return undefined;
  const lines = file.split(ends[0]);
  const { width, share } = widthOf(lines);
  if (share < least.share) return undefined;

  const wide = sentenceGap(file);
  let [text, told] = ['', 0];
  for (const [k, line] of lines.entries()) {
    // Neither the last line nor one that ends with a space stops at a gap or a line end, so none of it may be broken.
    const isOpen = k === lines.length - 1 || /\s$/.test(line);
    if (isOpen && line.length > longestOpen) return undefined;
    const glued = glueIn(line, isOpen ? 0 : width);
    const before = lines[k - 1] ?? '';
    const gap = endsSentence.test(before) ? wide : ' ';
    const word = /^[^ \v]*/.exec(glued)![0].length;
    const follows = isBetweenWords(before, line) && before.length + gap.length + word > width;
    if (follows) told++;
    text += (k === 0 ? '' : follows ? gap : '\n') + glued;
  }
  const windows = isWindows ? ".replace(/\\n/g,'\\r\\n')" : '';
  return {
    text,
    restore: `t=>t.replace(/${lineOf(width)}/g,'$1\\n').replace(/\\v/g,' ')${windows}`,
    sentence: `Its lines have at most ${width} characters, so that ${formatCount(told)} line ends follow from the words.`,
  };
}

/** Whether a line end stands where in another line there would be a gap. */
const isBetweenWords = (before: string, line: string): boolean =>
  /\S$/.test(before) && /^\S/.test(line);

/** The width that tells most line ends, and the share of those between words that it tells. */
function widthOf(lines: string[]): { width: number; share: number } {
  const tells = new Float64Array(widths.to + 2);
  let between = 0;
  for (const [k, line] of lines.entries()) {
    // A longer line has to be glued at any narrower width.
    tells[0] -= price;
    tells[Math.min(line.length, widths.to + 1)] += price;
    const next = lines[k + 1] ?? '';
    if (!isBetweenWords(line, next)) continue;
    between++;
    tells[Math.min(line.length, widths.to + 1)]++;
    tells[Math.min(line.length + 1 + next.split(' ', 1)[0].length, widths.to + 1)]--;
  }
  let [width, most, sum] = [0, 0, 0];
  for (const [at, change] of tells.entries()) {
    sum += change;
    if (at >= widths.from && at <= widths.to && sum > most) [width, most] = [at, sum];
  }
  return { width, share: most >= least.told ? most / between : 0 };
}

const endsSentence = /[.?!:;][)'"]*$/;

/** Two spaces, if most sentences that end within a line have them behind them. */
function sentenceGap(file: string): string {
  const gaps = file.match(/[.?!:;][)'"]* +(?=\S)/g) ?? [];
  return 2 * gaps.filter((gap) => gap.endsWith('  ')).length > gaps.length ? '  ' : ' ';
}

/** The line with glue for spaces that would end it: those behind its width, where it has one. */
function glueIn(line: string, width: number): string {
  if (line.length <= width) return line;
  const kept = line.slice(0, Math.max(0, line.lastIndexOf(' ', width))).trimEnd();
  return kept + line.slice(kept.length).replaceAll(' ', glue);
}
