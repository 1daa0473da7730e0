/** The Fréchet distance between two clouds of points, each seen as a normal distribution (Dowson & Landau 1982). */
import { symmetricEigenvalues } from './eigen';

/**
 * |m1 - m2|^2 + tr(S1 + S2 - 2 (S1 S2)^(1/2)) with the means and covariances of the rows.
 * With S1 = L L^T the eigenvalues of S1 S2 are those of the symmetric L^T S2 L.
 */
export function frechetDistance(a: Float64Array[], b: Float64Array[]): number {
  const [first, second] = [momentsOf(a), momentsOf(b)];
  const n = first.mean.length;
  const inner = congruent(cholesky(first.covariance, n), second.covariance, n);
  const values = symmetricEigenvalues(inner, n);
  let distance = -2 * values.reduce((sum, value) => sum + Math.sqrt(Math.max(0, value)), 0);
  for (let i = 0; i < n; i++) {
    distance += (first.mean[i] - second.mean[i]) ** 2;
    distance += first.covariance[i * n + i] + second.covariance[i * n + i];
  }
  return Math.max(0, distance);
}

function momentsOf(rows: Float64Array[]): { mean: Float64Array; covariance: Float64Array } {
  const n = rows[0].length;
  const mean = new Float64Array(n);
  for (const row of rows) for (let i = 0; i < n; i++) mean[i] += row[i] / rows.length;
  const covariance = new Float64Array(n * n);
  const centred = new Float64Array(n);
  for (const row of rows) {
    for (let i = 0; i < n; i++) centred[i] = row[i] - mean[i];
    for (let i = 0; i < n; i++) {
      const d = centred[i] / rows.length;
      for (let j = 0; j <= i; j++) covariance[i * n + j] += d * centred[j];
    }
  }
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < i; j++) covariance[j * n + i] = covariance[i * n + j];
  }
  return { mean, covariance };
}

/** Lower triangular L with L L^T = S; a direction in which nothing varies gets a column of zeros. */
function cholesky(s: Float64Array, n: number): Float64Array {
  const l = new Float64Array(n * n);
  let largest = 0;
  for (let i = 0; i < n; i++) largest = Math.max(largest, s[i * n + i]);
  for (let j = 0; j < n; j++) {
    for (let i = j; i < n; i++) {
      let sum = s[i * n + j];
      for (let k = 0; k < j; k++) sum -= l[i * n + k] * l[j * n + k];
      if (i === j) {
        if (sum <= 1e-13 * largest) break;
        l[j * n + j] = Math.sqrt(sum);
      } else {
        l[i * n + j] = sum / l[j * n + j];
      }
    }
  }
  return l;
}

/** L^T S L. */
function congruent(l: Float64Array, s: Float64Array, n: number): Float64Array {
  const product = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < n; k++) {
      const factor = s[i * n + k];
      for (let j = 0; j <= k; j++) product[i * n + j] += factor * l[k * n + j];
    }
  }
  const result = new Float64Array(n * n);
  for (let k = 0; k < n; k++) {
    for (let i = 0; i <= k; i++) {
      const factor = l[k * n + i];
      for (let j = 0; j < n; j++) result[i * n + j] += factor * product[k * n + j];
    }
  }
  return result;
}
