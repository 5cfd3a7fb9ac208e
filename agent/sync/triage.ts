/**
 * Whether it is single records that a target does not take, or everything. A record steps aside until
 * another is taken: then it was the record. Where nothing is taken, nothing is given up.
 */
import type { PpuriError } from '../../config/errors.ts';

export interface Held<R> {
  readonly record: R;
  readonly why: string;
  /** `refused`: the target says never; `failed`: it says not now. */
  readonly how: 'refused' | 'failed';
  readonly tries: number;
  readonly dueMs: number;
}

/** Failures of one batch before its records are suspected. */
const patientTries = 3;
const firstSuspects = 3;
const mostSuspects = 100;
/** More than this are no single records any more. */
const mostHeld = 200;
const firstHoldMs = 60_000;
const lastHoldMs = 3_600_000;
/** What may be given up at once, and how many must be taken before one more may. */
const mostGivenUp = 5;
const takenForOne = 10;

export class Triage<R> {
  readonly #now: () => number;
  readonly #suspects = new Map<R, Held<R>>();
  readonly #held = new Map<R, Held<R>>();
  #tries = 0;
  #most = Number.POSITIVE_INFINITY;
  #proven = false;
  #round = firstSuspects;
  #allowance = mostGivenUp;

  /** `now`: ms of a monotonic clock. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** Most records of the next batch. */
  get most(): number {
    return this.#most;
  }

  /** Whether the target takes records while single ones are looked for: it need not be spared. */
  get narrowing(): boolean {
    return this.#proven && this.#most < Number.POSITIVE_INFINITY;
  }

  /** Aside until they are due again, the longest there first. */
  get held(): readonly Held<R>[] {
    return [...this.#held.values(), ...this.#suspects.values()];
  }

  isHeld(record: R): boolean {
    return this.#held.has(record);
  }

  /** Records were taken. Those suspected before are to be tried alone once more. */
  taken(records: readonly R[]): R[] {
    this.#tries = 0;
    this.#proven = true;
    this.#round = firstSuspects;
    this.#allowance = Math.min(mostGivenUp, this.#allowance + records.length / takenForOne);
    this.#most = this.#most > 1000 ? Number.POSITIVE_INFINITY : this.#most * 2;
    for (const record of records) this.#held.delete(record);
    const again: R[] = [];
    for (const suspect of this.#suspects.values()) {
      if (suspect.how === 'refused') again.push(suspect.record);
      this.#hold(suspect);
    }
    this.#suspects.clear();
    return again;
  }

  /** A batch failed with an answer, and the connection with it. True: its one record steps aside. */
  failed(records: readonly R[], { message: why }: PpuriError): boolean {
    const [record] = records;
    const held = record === undefined ? undefined : this.#held.get(record);
    if (held !== undefined) {
      this.#hold({ ...held, why });
      return false;
    }
    this.#tries += 1;
    if (this.#tries < patientTries && this.#most === Number.POSITIVE_INFINITY) return false;
    if (records.length > 1 || record === undefined) {
      this.#most = this.#proven && records.length > 4 ? Math.ceil(records.length / 4) : 1;
      return false;
    }
    this.#most = 1;
    this.#suspect(record, why, 'failed');
    return true;
  }

  /** One record is never to be taken. `aside`: perhaps; `given-up`: others are taken, so it is. */
  refused(record: R, { message: why }: PpuriError): 'aside' | 'given-up' {
    const held = this.#held.get(record);
    if (held === undefined) {
      this.#suspect(record, why, 'refused');
      return 'aside';
    }
    if (this.#allowance < 1) {
      this.#hold({ ...held, why });
      return 'aside';
    }
    this.#allowance -= 1;
    this.#held.delete(record);
    return 'given-up';
  }

  /** All that stepped aside where it is not single records: to be given again. Null: it may be. */
  nothingTaken(): R[] | null {
    if (this.#suspects.size < this.#round && this.#held.size <= mostHeld) return null;
    this.#round = Math.min(mostSuspects, this.#round * 2);
    const all = [...this.#suspects.keys(), ...this.#held.keys()];
    this.#suspects.clear();
    this.#held.clear();
    this.#most = 1;
    return all;
  }

  /** One that stepped aside and is to be tried again now; it is not due again for a while. */
  due(): R | null {
    const now = this.#now();
    for (const among of [this.#held, this.#suspects])
      for (const [record, one] of among) {
        if (one.dueMs > now) continue;
        among.set(record, { ...one, dueMs: now + firstHoldMs });
        return record;
      }
    return null;
  }

  /** When the next one is due, ms of `now`; null: none stepped aside. */
  get nextDueMs(): number | null {
    const all = [...this.#held.values(), ...this.#suspects.values()];
    return all.length === 0 ? null : Math.min(...all.map(({ dueMs }) => dueMs));
  }

  #suspect(record: R, why: string, how: Held<R>['how']): void {
    this.#proven = false;
    const dueMs = this.#now() + firstHoldMs;
    this.#suspects.set(record, { record, why, how, tries: 0, dueMs });
  }

  #hold(one: Held<R>): void {
    const waitMs = Math.min(lastHoldMs, firstHoldMs * 4 ** one.tries);
    this.#held.set(one.record, { ...one, tries: one.tries + 1, dueMs: this.#now() + waitMs });
  }
}
