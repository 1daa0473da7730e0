/** Rows that repeat the digits of an earlier row, at distances that recur: source text that says where to look. */

/** What the field of that row says next, how well it has agreed so far, and where in the field that is. */
export const echoContext = 'mix((echo?data[echo+at]:0)|heard<<8,col+at*99)';

/**
 * State and hooks for the trackers of fields.ts. A field of more than eight bytes, sign aside, is looked up by its first eight; the
 * distance in rows then holds for the rest of its row, and is tried again two rows on, since rows often come in pairs.
 */
export const echoSource = {
  state: `
const firsts = new Int32Array(1 << 20), cells = new Int32Array(1 << 20), lags = new Int32Array(4096), four = p => data[p] | data[p + 1] << 8 | data[p + 2] << 16 | data[p + 3] << 24;
let rowNumber = 0, echo = 0, heard = 0;`,
  ended: `{
    const p = start + (data[start] === 45), key = mix(mix(four(p), four(p + 4)), col) & 1048575;
    if (i - p > 8) { if (firsts[key]) lags[rowNumber & 4095] = rowNumber + 1 - firsts[key]; firsts[key] = rowNumber + 1; }
    if (c1 === 10) lags[++rowNumber & 4095] = 0;
  }`,
  begun: `{
    const lag = lags[rowNumber & 4095] || lags[rowNumber - 2 & 4095];
    echo = lag ? cells[(rowNumber - lag & 4095) << 8 | col] : 0; cells[(rowNumber & 4095) << 8 | col] = i; heard = 0;
  }`,
  inside: `if (echo) {
    if (at < 2 && (c1 === 45) !== (data[echo] === 45)) echo += c1 === 45 ? -1 : 1;
    else heard = data[echo + at - 1] === c1 ? heard + (heard % 100 < 15) : 100;
  }`,
};
