/** Tables on a terminal: columns of equal width, numbers to the right; `–` and an empty cell are numbers that are missing. */

export function textTable(heads: string[], rows: string[][]): string {
  const all = [heads, ...rows];
  const widths = heads.map((_, column) =>
    all.reduce((width, row) => Math.max(width, row[column].length), 0),
  );
  const isNumber = heads.map((_, column) =>
    rows.every((row) => /^-?\d[\d.,]*(e[-+]\d+)?( ?[x%a-z]+)?$|^–?$/i.test(row[column])),
  );
  return all
    .map((row) =>
      row
        .map((cell, i) => (isNumber[i] ? cell.padStart(widths[i]) : cell.padEnd(widths[i])))
        .join('  ')
        .trimEnd(),
    )
    .map((line) => `${line}\n`)
    .join('');
}
