/**
 * What the other values of a shot say a value should be. Melt that cools takes every barrel zone with
 * it; a thermocouple that ages goes alone. Learned from good shots, in the molds' deviations.
 */

/** Good shots before anything is told; then worked out anew every so many. */
const enough = 200;
const refreshEvery = 50;
const memory = 1500;
/** Shots wait so long before they count as good: a creep is not learned. */
const lag = 40;
/** Variance added to each value, so that two that always agree do not decide everything. */
const ridge = 0.05;
const closeFrom = 0.4;

export class Companions {
  readonly #size: number;
  /** Row by row: means of products of deviations. */
  readonly #products: Float64Array;
  #waiting: Float64Array[] = [];
  #known = 0;
  #inverse: Float64Array | null = null;

  constructor(size: number) {
    this.#size = size;
    this.#products = new Float64Array(size * size);
  }

  /** A good shot: deviations by feature, NaN where there is none. */
  learn(deviations: Float64Array): void {
    this.#waiting.push(deviations);
    const proved = this.#waiting.length > lag ? this.#waiting.shift() : undefined;
    if (proved === undefined) return;
    this.#known += 1;
    const weight = 1 / Math.min(this.#known, memory);
    for (let row = 0; row < this.#size; row += 1)
      for (let column = 0; column < this.#size; column += 1) {
        const place = row * this.#size + column;
        const product = (proved[row] ?? 0) * (proved[column] ?? 0);
        if (Number.isNaN(product)) continue;
        this.#products[place] = (this.#products[place] ?? 0) * (1 - weight) + product * weight;
      }
    if (this.#known >= enough && this.#known % refreshEvery === 0)
      this.#inverse = inverted(this.#products, this.#size);
  }

  /** What was seen lately is in doubt. */
  forgetWaiting(): void {
    this.#waiting = [];
  }

  /**
   * How far each value is from where the others put it, in its own standard deviations about that;
   * NaN where there is none. Null while too little is known.
   */
  alone(deviations: Float64Array): Float64Array | null {
    const inverse = this.#inverse;
    if (inverse === null) return null;
    const size = this.#size;
    return deviations.map((own, row) => {
      if (Number.isNaN(own)) return Number.NaN;
      let sum = 0;
      for (let column = 0; column < size; column += 1) {
        const other = deviations[column] ?? Number.NaN;
        if (!Number.isNaN(other)) sum += (inverse[row * size + column] ?? 0) * other;
      }
      return sum / Math.sqrt(inverse[row * size + row] ?? 1);
    });
  }

  /** Whether two values usually go together, or against each other. */
  areClose(one: number, other: number): boolean {
    const at = (row: number, column: number): number =>
      this.#products[row * this.#size + column] ?? 0;
    return Math.abs(at(one, other)) > closeFrom * Math.sqrt(at(one, one) * at(other, other));
  }
}

/** Gauss–Jordan; the ridge keeps every pivot above 0. */
function inverted(products: Float64Array, size: number): Float64Array {
  const rows = Array.from({ length: size }, (_, row) => {
    const both = new Float64Array(2 * size);
    both.set(products.subarray(row * size, (row + 1) * size));
    both[row] = (both[row] ?? 0) + ridge;
    both[size + row] = 1;
    return both;
  });
  for (const [place, pivot] of rows.entries()) {
    const scale = 1 / (pivot[place] ?? 1);
    for (let at = 0; at < pivot.length; at += 1) pivot[at] = (pivot[at] ?? 0) * scale;
    for (const [other, row] of rows.entries()) {
      const factor = row[place] ?? 0;
      if (other === place || factor === 0) continue;
      for (let at = 0; at < row.length; at += 1)
        row[at] = (row[at] ?? 0) - factor * (pivot[at] ?? 0);
    }
  }
  const inverse = new Float64Array(size * size);
  for (const [row, both] of rows.entries()) inverse.set(both.subarray(size), row * size);
  return inverse;
}
