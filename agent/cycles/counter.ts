/** What a new counter value means: nothing, the next shot, shots that went by unseen, a reset. */

export type CounterStep =
  | { readonly kind: 'same' }
  /** `missed`: counter values that went by unread, oldest first; `shot`: the one to read now. */
  | { readonly kind: 'advanced'; readonly missed: readonly number[]; readonly shot: number }
  /** The counter jumped back or too far. `shot` is null where it reads 0: no shot was made yet. */
  | { readonly kind: 'reset'; readonly missed: readonly number[]; readonly shot: number | null };

export interface CounterOptions {
  /** Number of counter values before it wraps to 0, e.g. 65536. */
  readonly modulus: number;
  /** Largest forward jump still taken for missed shots. */
  readonly maxMissed: number;
}

/**
 * Compares two readings of the same counter. A wrap (65535 → 0) is one step forward; anything that
 * is not a small step forward is a reset, after which shots count from 1.
 */
export function stepCounter(before: number, now: number, options: CounterOptions): CounterStep {
  const { modulus, maxMissed } = options;
  const forward = (now - before + modulus) % modulus;
  if (forward === 0) return { kind: 'same' };
  if (forward <= maxMissed + 1) {
    const missed = Array.from({ length: forward - 1 }, (_, i) => (before + 1 + i) % modulus);
    return { kind: 'advanced', missed, shot: now };
  }
  if (now === 0) return { kind: 'reset', missed: [], shot: null };
  const unseen = now - 1 <= maxMissed ? now - 1 : 0;
  return { kind: 'reset', missed: Array.from({ length: unseen }, (_, i) => i + 1), shot: now };
}
