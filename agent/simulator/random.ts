/** A small seeded generator (sfc32), so that every run can be made again. */

/** One stream of numbers; the same seed and stream name give the same numbers on every machine. */
export class Random {
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  constructor(seed: number, stream = '') {
    let hash = Math.imul(seed | 0, 0x9e3779b1) ^ 0x85ebca6b;
    for (const letter of stream) {
      hash = Math.imul(hash ^ (letter.codePointAt(0) ?? 0), 0x01000193);
    }
    this.#a = hash | 0;
    this.#b = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d) | 0;
    this.#c = Math.imul(hash ^ (hash >>> 13), 0x297a2d39) | 0;
    for (let i = 0; i < 12; i++) this.next();
  }

  /** 0 ≤ x < 1. */
  next(): number {
    const sum = (this.#a + this.#b + this.#counter++) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = ((this.#c << 21) | (this.#c >>> 11)) + sum;
    return (sum >>> 0) / 0x1_0000_0000;
  }

  between(low: number, high: number): number {
    return low + (high - low) * this.next();
  }

  /** A whole number, both ends included. */
  whole(low: number, high: number): number {
    return low + Math.floor((high - low + 1) * this.next());
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  normal(mean: number, deviation: number): number {
    const radius = Math.sqrt(-2 * Math.log(1 - this.next()));
    return mean + deviation * radius * Math.cos(2 * Math.PI * this.next());
  }

  pick<T>(items: readonly [T, ...T[]]): T {
    return items[Math.floor(items.length * this.next())] ?? items[0];
  }
}

/** A value that wanders about zero and comes back (Ornstein–Uhlenbeck), one step per shot. */
export class Drift {
  readonly #random: Random;
  readonly #deviation: number;
  readonly #keep: number;
  #value: number;

  /** `deviation` in the long run; `memoryShots` until a wander is mostly forgotten. */
  constructor(random: Random, deviation: number, memoryShots: number) {
    this.#random = random;
    this.#deviation = deviation;
    this.#keep = Math.exp(-1 / memoryShots);
    this.#value = random.normal(0, deviation);
  }

  get value(): number {
    return this.#value;
  }

  step(): number {
    const push = this.#deviation * Math.sqrt(1 - this.#keep ** 2);
    this.#value = this.#value * this.#keep + this.#random.normal(0, push);
    return this.#value;
  }
}

/** A steep step from 0 to 1: 0.5 at `threshold`, 0.88 two widths above it. */
export function steep(value: number, threshold: number, width: number): number {
  return 1 / (1 + Math.exp((threshold - value) / width));
}
