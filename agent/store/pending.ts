/**
 * Records that are not known to be on the disk yet, bounded. When there is no room the oldest
 * ordinary ones go first, alerts, labels, reasons of stops and gap records last, and every one that
 * goes is counted.
 */
import type { GapRecord, StoredRecord } from '../records.ts';

const preciousKinds: ReadonlySet<string> = new Set(['alert', 'label', 'stop-reason', 'gap']);

export class PendingRecords {
  readonly #most: number;
  readonly #ordinary = new Map<number, StoredRecord>();
  readonly #precious = new Map<number, StoredRecord>();
  /** Seqs that the present child has not been given, in order. */
  #unsent = new Set<number>();
  #unsentPrecious = 0;
  #gaps = new Map<string, { fromSeq: number; toSeq: number; count: number }>();
  #dropped = 0;

  constructor(most: number) {
    this.#most = most;
  }

  get size(): number {
    return this.#ordinary.size + this.#precious.size;
  }

  /** With the present child, not yet acknowledged. */
  get sent(): number {
    return this.size - this.#unsent.size;
  }

  get unsent(): number {
    return this.#unsent.size;
  }

  /** In all, since the start. */
  get dropped(): number {
    return this.#dropped;
  }

  get oldestSeq(): number {
    const first = (map: Map<number, StoredRecord>): number =>
      map.keys().next().value ?? Number.POSITIVE_INFINITY;
    return Math.min(first(this.#ordinary), first(this.#precious));
  }

  /** How long the oldest has waited, by its own instant; null when nothing waits. */
  oldestAgeMs(nowMonoMs: number): number | null {
    const seq = this.oldestSeq;
    const oldest = this.#ordinary.get(seq) ?? this.#precious.get(seq);
    return oldest === undefined ? null : Math.max(0, nowMonoMs - oldest.at.monoMs);
  }

  add(record: StoredRecord): void {
    if (this.size >= this.#most) this.#dropOldest();
    const precious = preciousKinds.has(record.body.kind);
    (precious ? this.#precious : this.#ordinary).set(record.seq, record);
    this.#unsent.add(record.seq);
    if (precious) this.#unsentPrecious += 1;
  }

  /**
   * Records for the child, in order; they count as sent from now on. Up to `most` ordinary ones:
   * an alert never waits behind them.
   */
  take(most: number): StoredRecord[] {
    const taken: StoredRecord[] = [];
    let room = most;
    for (const seq of this.#unsent) {
      if (room <= 0 && this.#unsentPrecious === 0) break;
      const precious = this.#precious.get(seq);
      const record = precious ?? (room > 0 ? this.#ordinary.get(seq) : undefined);
      if (record === undefined) continue;
      taken.push(record);
      this.#unsent.delete(seq);
      if (precious === undefined) room -= 1;
      else this.#unsentPrecious -= 1;
    }
    return taken;
  }

  /** The child is gone: everything unacknowledged has to be given to the next one. */
  resendAll(): void {
    const all = [...this.#ordinary.keys(), ...this.#precious.keys()];
    this.#unsent = new Set(all.sort((a, b) => a - b));
    this.#unsentPrecious = this.#precious.size;
  }

  acknowledge(seqs: readonly number[]): void {
    for (const seq of seqs) this.#remove(seq);
  }

  /** Gives a record up; it will be in a gap record. */
  drop(seq: number, reason: string): void {
    this.#remove(seq);
    this.count(seq, seq, 1, reason);
  }

  /** Adds to the gap of `reason` what is lost without being here. */
  count(fromSeq: number, toSeq: number, count: number, reason: string): void {
    this.#dropped += count;
    const gap = this.#gaps.get(reason);
    this.#gaps.set(reason, {
      fromSeq: Math.min(gap?.fromSeq ?? fromSeq, fromSeq),
      toSeq: Math.max(gap?.toSeq ?? toSeq, toSeq),
      count: (gap?.count ?? 0) + count,
    });
  }

  /** The gaps counted so far, which are then the caller's to keep. */
  takeGaps(): GapRecord[] {
    const gaps = [...this.#gaps].map(([reason, gap]) => ({ ...gap, reason }));
    this.#gaps = new Map();
    return gaps;
  }

  get hasGaps(): boolean {
    return this.#gaps.size > 0;
  }

  #remove(seq: number): void {
    const unsent = this.#unsent.delete(seq);
    if (this.#ordinary.delete(seq)) return;
    if (this.#precious.delete(seq) && unsent) this.#unsentPrecious -= 1;
  }

  /** One already with the child may be on the disk: it goes only when no other is left. */
  #dropOldest(): void {
    const oldest =
      this.#oldestUnsent() ??
      this.#ordinary.keys().next().value ??
      this.#precious.keys().next().value;
    if (oldest !== undefined) this.drop(oldest, 'memory-full');
  }

  #oldestUnsent(): number | undefined {
    for (const seq of this.#unsent) if (this.#ordinary.has(seq)) return seq;
    return undefined;
  }
}
