/** Recursive least squares (Haykin, Adaptive Filter Theory, 10.3) as source text: a number is expected as a weighted sum of others, and teaches the weights. */

/**
 * Source of `guess(w, P, h, n)`, the sum of the first `n` features `h` by the weights `w`, and of `teach(w, P, h, n, missed)`, which
 * moves the weights by how much that missed. `P`, [most, most], is kept symmetric; what is older counts for `memory` of what comes after.
 * Both begin anew where rounding has spoilt them; a sum above the root of `largest` has.
 */
export const leastSquaresSource = ({
  most,
  memory,
  largest,
}: {
  most: number;
  memory: number;
  largest: number;
}): string => `
const gain = new Float64Array(${most});
const guess = (w, P, h, n) => {
  let p = 0, j;
  if (!(P[0] > 0 && P[0] < 1e9)) for (j = 0; j < ${most * most}; j++) P[j] = j % ${most + 1} ? 0 : 1;
  for (j = 0; j < n; j++) p += w[j] * h[j];
  if (!(p * p < ${largest})) { w.fill(0); p = P[0] = 0; }
  return p;
};
const teach = (w, P, h, n, missed) => {
  let power = ${memory}, j, m, s;
  for (j = 0; j < n; j++) {
    for (s = m = 0; m < n; m++) s += P[j * ${most} + m] * h[m];
    power += (gain[j] = s) * h[j];
  }
  for (j = 0; j < n; j++) {
    s = gain[j] / power;
    w[j] += s * missed;
    for (m = 0; m <= j; m++) P[j * ${most} + m] = P[m * ${most} + j] = (P[j * ${most} + m] - s * gain[m]) / ${memory};
  }
};
`;
