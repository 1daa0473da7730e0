/** Commands as they can be pasted into a shell. */

/** Quotes for a POSIX shell, where quotes are needed. */
export function quote(text: string): string {
  return /^[\w./:=@%+-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

/** A command as it can be pasted into a shell, but for the source of what is loaded before a program, which is left out. */
export const commandText = (words: string[]): string =>
  words
    .map((word) => {
      const short = word.replace(/^(--import=data:[^,]*,).*/s, '$1…');
      return short === word ? quote(word) : short;
    })
    .join(' ');
