/** Added to the diagonal, one after another, until a matrix that rounding made indefinite can be factored. */
const JITTERS = [0, 1e-10, 1e-8, 1e-6, 1e-4];

/** The lower triangle L of a symmetric positive definite matrix A = L·Lᵀ, row-major. */
export class Cholesky {
  readonly size: number;
  readonly #lower: Float64Array;

  /** `matrix`: size × size, row-major. Throws RangeError where it is far from positive definite. */
  constructor(matrix: Float64Array, size: number) {
    this.size = size;
    for (const jitter of JITTERS) {
      const lower = factor(matrix, size, jitter);
      if (lower === null) continue;
      this.#lower = lower;
      return;
    }
    throw new RangeError('The matrix is not positive definite.');
  }

  /** log of the determinant of A. */
  get logDeterminant(): number {
    let sum = 0;
    for (let i = 0; i < this.size; i++) sum += Math.log(this.#at(i, i));
    return 2 * sum;
  }

  /** L⁻¹·b. */
  solveLower(b: Float64Array): Float64Array {
    const x = Float64Array.from(b);
    for (let i = 0; i < this.size; i++) {
      let sum = x[i] as number;
      for (let j = 0; j < i; j++) sum -= this.#at(i, j) * (x[j] as number);
      x[i] = sum / this.#at(i, i);
    }
    return x;
  }

  /** A⁻¹·b. */
  solve(b: Float64Array): Float64Array {
    const x = this.solveLower(b);
    for (let i = this.size - 1; i >= 0; i--) {
      let sum = x[i] as number;
      for (let j = i + 1; j < this.size; j++) sum -= this.#at(j, i) * (x[j] as number);
      x[i] = sum / this.#at(i, i);
    }
    return x;
  }

  #at(row: number, column: number): number {
    return this.#lower[row * this.size + column] as number;
  }
}

function factor(matrix: Float64Array, size: number, jitter: number): Float64Array | null {
  const lower = new Float64Array(size * size);
  for (let i = 0; i < size; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = (matrix[i * size + j] as number) + (i === j ? jitter : 0);
      for (let k = 0; k < j; k++) sum -= (lower[i * size + k] as number) * (lower[j * size + k] as number);
      if (i === j && !(sum > 0)) return null;
      lower[i * size + j] = i === j ? Math.sqrt(sum) : sum / (lower[j * size + j] as number);
    }
  }
  return lower;
}
