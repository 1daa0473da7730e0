/** Singular values of a matrix, from the eigenvalues of its Gram matrix. */
import { symmetricEigen, symmetricEigenvalues } from '../../train/eigen';

/**
 * Squared singular values in falling order, and the right singular vectors as rows.
 * @param matrix [rows, columns], row-major
 */
export function singularVectors(
  matrix: Float32Array,
  rows: number,
  columns: number,
): { values: Float64Array; vectors: Float64Array } {
  const n = columns;
  const { values, vectors } = symmetricEigen(gramOf(matrix, rows, n), n);
  const order = Array.from({ length: n }, (_, j) => j).sort(
    (a, b) => values[b] - values[a] || a - b,
  );
  const sorted = new Float64Array(n * n);
  order.forEach((from, to) => sorted.set(vectors.subarray(from * n, (from + 1) * n), to * n));
  return { values: Float64Array.from(order, (j) => Math.max(0, values[j])), vectors: sorted };
}

/** Squared singular values alone, in falling order. */
export function singularValues(matrix: Float32Array, rows: number, columns: number): Float64Array {
  return symmetricEigenvalues(gramOf(matrix, rows, columns), columns)
    .map((value) => Math.max(0, value))
    .sort()
    .reverse();
}

/** The products of all pairs of columns: [n, n]. */
function gramOf(matrix: Float32Array, rows: number, n: number): Float64Array {
  const gram = new Float64Array(n * n);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < n; j++) {
      const value = matrix[i * n + j];
      if (value === 0) continue;
      for (let k = j; k < n; k++) gram[j * n + k] += value * matrix[i * n + k];
    }
  }
  for (let j = 0; j < n; j++) for (let k = 0; k < j; k++) gram[j * n + k] = gram[k * n + j];
  return gram;
}
