/** Singular values of a matrix by Jacobi rotations of its Gram matrix: slow for thousands of columns, exact and short for hundreds. */

/** Rotations below this share of the diagonal change nothing. */
const tolerance = 1e-9;
const sweeps = 12;

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
  const gram = new Float64Array(n * n);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < n; j++) {
      const value = matrix[i * n + j];
      if (value === 0) continue;
      for (let k = j; k < n; k++) gram[j * n + k] += value * matrix[i * n + k];
    }
  }
  for (let j = 0; j < n; j++) for (let k = 0; k < j; k++) gram[j * n + k] = gram[k * n + j];

  const vectors = new Float64Array(n * n);
  for (let j = 0; j < n; j++) vectors[j * n + j] = 1;
  for (let sweep = 0; sweep < sweeps; sweep++) {
    let rotated = false;
    for (let p = 0; p < n - 1; p++) {
      for (let q = p + 1; q < n; q++) rotated = rotate(gram, vectors, n, p, q) || rotated;
    }
    if (!rotated) break;
  }

  const order = Array.from({ length: n }, (_, j) => j).sort(
    (a, b) => gram[b * n + b] - gram[a * n + a] || a - b,
  );
  return {
    values: Float64Array.from(order, (j) => Math.max(0, gram[j * n + j])),
    vectors: Float64Array.from(
      { length: n * n },
      (_, i) => vectors[order[Math.floor(i / n)] * n + (i % n)],
    ),
  };
}

/** One rotation that clears gram[p, q]; rows of `vectors` turn along. False where nothing was left to clear. */
function rotate(
  gram: Float64Array,
  vectors: Float64Array,
  n: number,
  p: number,
  q: number,
): boolean {
  const off = gram[p * n + q];
  const [a, b] = [gram[p * n + p], gram[q * n + q]];
  if (Math.abs(off) <= tolerance * (Math.abs(a) + Math.abs(b)) * 0.5 || off === 0) return false;
  const theta = (b - a) / (2 * off);
  const t = (theta >= 0 ? 1 : -1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1));
  const c = 1 / Math.sqrt(t * t + 1);
  const s = t * c;
  for (let k = 0; k < n; k++) {
    const [x, y] = [gram[p * n + k], gram[q * n + k]];
    gram[p * n + k] = c * x - s * y;
    gram[q * n + k] = s * x + c * y;
  }
  for (let k = 0; k < n; k++) {
    const [x, y] = [gram[k * n + p], gram[k * n + q]];
    gram[k * n + p] = c * x - s * y;
    gram[k * n + q] = s * x + c * y;
    const [u, v] = [vectors[p * n + k], vectors[q * n + k]];
    vectors[p * n + k] = c * u - s * v;
    vectors[q * n + k] = s * u + c * v;
  }
  return true;
}
