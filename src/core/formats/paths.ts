/** Finds the paths of model files in source text, for the sizes above them: pure, and quick enough for each edit. */
import { extensions } from './formats';

export interface ModelPath {
  /** From 0. */
  line: number;
  /** Columns of the path inside its quotes, the end excluded. */
  start: number;
  end: number;
  /** As the program would see it: escapes are undone. */
  path: string;
}

/** Minified lines hold no path that someone looks at. */
const longestLine = 2000;

/** A file that names more is generated. */
const mostPaths = 500;

/**
 * Finds string literals of Python, JavaScript, TypeScript or JSON that name a model file by its ending.
 * Addresses on the network and literals with placeholders are left out, for there is no file to measure.
 */
export function findModelPaths(text: string): ModelPath[] {
  const endings = extensions();
  const found: ModelPath[] = [];
  const lines = text.split('\n');
  for (let line = 0; line < lines.length && found.length < mostPaths; line++) {
    if (lines[line].length > longestLine) continue;
    for (const literal of lines[line].matchAll(/(["'`])((?:\\.|(?!\1)[^\\])*)\1/g)) {
      const [whole, , inner] = literal;
      const path = inner.replace(/\\(.)/g, '$1');
      const lower = path.toLowerCase();
      const names = endings.some((ending) => lower.endsWith(ending) && lower !== ending);
      if (!names && lower !== 'model.json') continue;
      if (/[{}*?<>|\n]|^[a-z][a-z\d+.-]+:\/\//i.test(path)) continue;
      const start = literal.index + 1;
      found.push({ line, start, end: start + whole.length - 2, path });
    }
  }
  return found;
}
