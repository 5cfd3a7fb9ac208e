const buckets = 10;
const bucketMs = 1000;

/** Share of the last ten seconds that something took. */
export class BusyMeter {
  readonly #busyMs = new Float64Array(buckets);
  readonly #startedMs = performance.now();
  #last = this.#slot(this.#startedMs);

  /** `fromMs` to `toMs`, monotonic, in order and not overlapping. */
  add(fromMs: number, toMs: number): void {
    this.#advance(toMs);
    for (let at = Math.max(fromMs, toMs - buckets * bucketMs); at < toMs; ) {
      const end = Math.min(toMs, (this.#slot(at) + 1) * bucketMs);
      const index = this.#slot(at) % buckets;
      this.#busyMs[index] = (this.#busyMs[index] ?? 0) + end - at;
      at = end;
    }
  }

  /** 0–1. */
  share(nowMs: number): number {
    this.#advance(nowMs);
    const spanMs = Math.min(nowMs - this.#startedMs, (buckets - 1) * bucketMs + (nowMs % bucketMs));
    if (spanMs <= 0) return 0;
    return Math.min(1, this.#busyMs.reduce((sum, ms) => sum + ms, 0) / spanMs);
  }

  #slot(ms: number): number {
    return Math.floor(ms / bucketMs);
  }

  #advance(nowMs: number): void {
    const now = this.#slot(nowMs);
    for (let slot = Math.max(this.#last + 1, now - buckets + 1); slot <= now; slot++) {
      this.#busyMs[slot % buckets] = 0;
    }
    this.#last = Math.max(this.#last, now);
  }
}
