/** Eigenvalues of symmetric matrices: Householder's tridiagonal form, then implicit QL (the EISPACK routines tred2 and tql2, after JAMA). */

/** Eigenvalues, and row i of `vectors` is the eigenvector of the i-th; `matrix` [n, n] is symmetric. */
export function symmetricEigen(
  matrix: Float64Array,
  n: number,
): { values: Float64Array; vectors: Float64Array } {
  const vectors = matrix.slice();
  const diagonal = new Float64Array(n);
  const beside = new Float64Array(n);
  tridiagonalise(vectors, diagonal, beside, n);
  reflections(vectors, diagonal, n);
  diagonalise(vectors, n, diagonal, beside, n);
  return { values: diagonal, vectors };
}

/** The eigenvalues alone, in a fraction of the time. */
export function symmetricEigenvalues(matrix: Float64Array, n: number): Float64Array {
  const reduced = matrix.slice();
  const beside = new Float64Array(n);
  tridiagonalise(reduced, new Float64Array(n), beside, n);
  const values = Float64Array.from({ length: n }, (_, i) => reduced[i * n + i]);
  diagonalise(reduced, 0, values, beside, n);
  return values;
}

/** v is the textbook's V transposed, so that the inner loops walk along rows: V[k][j] is v[j * n + k]. */
function tridiagonalise(v: Float64Array, d: Float64Array, e: Float64Array, n: number): void {
  const last = n - 1;
  for (let j = 0; j < n; j++) d[j] = v[j * n + last];
  for (let i = last; i > 0; i--) {
    let scale = 0;
    let h = 0;
    for (let k = 0; k < i; k++) scale += Math.abs(d[k]);
    if (scale === 0) {
      e[i] = d[i - 1];
      for (let j = 0; j < i; j++) {
        d[j] = v[j * n + i - 1];
        v[j * n + i] = 0;
        v[i * n + j] = 0;
      }
    } else {
      for (let k = 0; k < i; k++) {
        d[k] /= scale;
        h += d[k] * d[k];
      }
      const f = d[i - 1];
      const g = f > 0 ? -Math.sqrt(h) : Math.sqrt(h);
      e[i] = scale * g;
      h -= f * g;
      d[i - 1] = f - g;
      e.fill(0, 0, i);
      for (let j = 0; j < i; j++) {
        const dj = d[j];
        v[i * n + j] = dj;
        let sum = e[j] + v[j * n + j] * dj;
        for (let k = j + 1, at = j * n + k; k < i; k++, at++) {
          sum += v[at] * d[k];
          e[k] += v[at] * dj;
        }
        e[j] = sum;
      }
      let product = 0;
      for (let j = 0; j < i; j++) {
        e[j] /= h;
        product += e[j] * d[j];
      }
      const half = product / (h + h);
      for (let j = 0; j < i; j++) e[j] -= half * d[j];
      for (let j = 0; j < i; j++) {
        const dj = d[j];
        const ej = e[j];
        for (let k = j, at = j * n + k; k < i; k++, at++) v[at] -= dj * e[k] + ej * d[k];
        d[j] = v[j * n + i - 1];
        v[j * n + i] = 0;
      }
    }
    d[i] = h;
  }
}

/** The product of all reflections becomes the first guess at the vectors, and the diagonal comes to `d`. */
function reflections(v: Float64Array, d: Float64Array, n: number): void {
  const last = n - 1;
  for (let i = 0; i < last; i++) {
    v[i * n + last] = v[i * n + i];
    v[i * n + i] = 1;
    const h = d[i + 1];
    const next = (i + 1) * n;
    if (h !== 0) {
      for (let k = 0; k <= i; k++) d[k] = v[next + k] / h;
      for (let j = 0; j <= i; j++) {
        let g = 0;
        for (let k = 0, at = j * n; k <= i; k++, at++) g += v[next + k] * v[at];
        for (let k = 0, at = j * n; k <= i; k++, at++) v[at] -= g * d[k];
      }
    }
    v.fill(0, next, next + i + 1);
  }
  for (let j = 0; j < n; j++) {
    d[j] = v[j * n + last];
    v[j * n + last] = 0;
  }
  v[last * n + last] = 1;
}

/** @param width how much of each vector is turned along: n, or 0 where nobody asks for vectors */
function diagonalise(
  v: Float64Array,
  width: number,
  d: Float64Array,
  e: Float64Array,
  n: number,
): void {
  e.copyWithin(0, 1);
  e[n - 1] = 0;
  let shift = 0;
  let largest = 0;
  for (let l = 0; l < n; l++) {
    largest = Math.max(largest, Math.abs(d[l]) + Math.abs(e[l]));
    const negligible = 2 ** -52 * largest;
    let m = l;
    while (m < n - 1 && Math.abs(e[m]) > negligible) m++;
    while (m > l && Math.abs(e[l]) > negligible) {
      const g = d[l];
      let p = (d[l + 1] - g) / (2 * e[l]);
      const r = p < 0 ? -Math.sqrt(p * p + 1) : Math.sqrt(p * p + 1);
      d[l] = e[l] / (p + r);
      d[l + 1] = e[l] * (p + r);
      const next = d[l + 1];
      const h = g - d[l];
      for (let i = l + 2; i < n; i++) d[i] -= h;
      shift += h;
      p = d[m];
      let c = 1;
      let c2 = 1;
      let c3 = 1;
      let s = 0;
      let s2 = 0;
      const before = e[l + 1];
      for (let i = m - 1; i >= l; i--) {
        c3 = c2;
        c2 = c;
        s2 = s;
        const ce = c * e[i];
        const cp = c * p;
        const length = Math.sqrt(p * p + e[i] * e[i]);
        e[i + 1] = s * length;
        s = e[i] / length;
        c = p / length;
        p = c * d[i] - s * ce;
        d[i + 1] = cp + s * (c * ce + s * d[i]);
        for (let k = 0, at = i * n; k < width; k++, at++) {
          const x = v[at];
          const y = v[at + n];
          v[at + n] = s * x + c * y;
          v[at] = c * x - s * y;
        }
      }
      p = (-s * s2 * c3 * before * e[l]) / next;
      e[l] = s * p;
      d[l] = c * p;
    }
    d[l] += shift;
    e[l] = 0;
  }
}
