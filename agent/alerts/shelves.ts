/** What people put off: a cause of one machine, for a time and with a reason. Running time counts. */
import type { Mark, Shelf } from '../records.ts';

interface Entry extends Mark {
  readonly reason: string;
  readonly untilMonoMs: number;
}

/** Longest time something can be put off at once: a shift. */
export const longestShelfMs = 8 * 3_600_000;

export class Shelves {
  readonly #entries = new Map<string, Entry>();

  put(key: string, mark: Mark & { readonly reason: string }, untilMonoMs: number): void {
    const { who, wallMs, reason } = mark;
    this.#entries.set(key, { who, wallMs, reason, untilMonoMs });
  }

  remove(key: string): boolean {
    return this.#entries.delete(key);
  }

  /** Null: it is not put off. */
  at(key: string, monoMs: number): Shelf | null {
    const entry = this.#entries.get(key);
    if (entry === undefined || entry.untilMonoMs <= monoMs) return null;
    const { who, wallMs, reason, untilMonoMs } = entry;
    return { who, wallMs, reason, leftMs: Math.round(untilMonoMs - monoMs) };
  }

  /** Removes and gives those whose time is over. */
  expired(monoMs: number): readonly string[] {
    const keys = [...this.#entries]
      .filter(([, { untilMonoMs }]) => untilMonoMs <= monoMs)
      .map(([key]) => key);
    for (const key of keys) this.#entries.delete(key);
    return keys;
  }
}
