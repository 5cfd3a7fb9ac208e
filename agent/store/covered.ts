/** A set of ids as few ranges, both ends inclusive, in order and apart. */
export type Range = readonly [from: number, to: number];

export class Covered {
  #ranges: Range[];

  constructor(ranges: readonly Range[] = []) {
    this.#ranges = [...ranges];
  }

  get ranges(): readonly Range[] {
    return this.#ranges;
  }

  /** Index of the first range that ends at or after `id`. */
  #find(id: number): number {
    let low = 0;
    let high = this.#ranges.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#ranges[middle]?.[1] ?? 0) < id) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  has(id: number): boolean {
    const range = this.#ranges[this.#find(id)];
    return range !== undefined && range[0] <= id;
  }

  add(from: number, to: number): void {
    const first = this.#find(from - 1);
    let last = first;
    let [low, high] = [from, to];
    for (; last < this.#ranges.length; last += 1) {
      const [a, b] = this.#ranges[last] as Range;
      if (a > to + 1) break;
      low = Math.min(low, a);
      high = Math.max(high, b);
    }
    this.#ranges.splice(first, last - first, [low, high]);
  }

  remove(id: number): void {
    const index = this.#find(id);
    const range = this.#ranges[index];
    if (range === undefined || range[0] > id) return;
    const [from, to] = range;
    const left: Range[] = from < id ? [[from, id - 1]] : [];
    const right: Range[] = id < to ? [[id + 1, to]] : [];
    this.#ranges.splice(index, 1, ...left, ...right);
  }

  /** The first range of ids above `after`, up to `upTo`, that is not covered; null when all is. */
  gap(after: number, upTo: number): Range | null {
    let from = after + 1;
    let index = this.#find(from);
    let range = this.#ranges[index];
    while (range !== undefined && range[0] <= from) {
      from = range[1] + 1;
      index += 1;
      range = this.#ranges[index];
    }
    const to = Math.min(upTo, range === undefined ? upTo : range[0] - 1);
    return from <= to ? [from, to] : null;
  }
}
