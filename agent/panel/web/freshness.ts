/** Whether what the page holds is still true. An old value is never shown as if it were current. */
import type { Overview } from '../contract.ts';

/** Silence that is no longer normal; the server speaks each second. */
export const silentMs = 3000;

export type Freshness =
  | { readonly kind: 'current' }
  /** Nothing has come yet. */
  | { readonly kind: 'waiting' }
  /** `lost`: no connection; `silent`: connected, but nothing comes; `loop`: the agent is not heard. */
  | { readonly kind: 'lost' | 'silent' | 'loop'; readonly ageMs: number | null };

export interface Heard {
  readonly overview: Overview | null;
  /** Monotonic ms of the page when it came, or when the page began to wait. */
  readonly atMs: number;
  readonly connected: boolean;
}

export function freshness({ overview, atMs, connected }: Heard, nowMs: number): Freshness {
  const elapsed = Math.max(0, nowMs - atMs);
  if (overview === null) {
    return elapsed > silentMs ? { kind: 'lost', ageMs: null } : { kind: 'waiting' };
  }
  if (!connected) return { kind: 'lost', ageMs: elapsed };
  if (elapsed > silentMs) return { kind: 'silent', ageMs: elapsed };
  if (overview.loopSilentMs === null) return { kind: 'loop', ageMs: null };
  const loopMs = overview.loopSilentMs + elapsed;
  return loopMs > silentMs ? { kind: 'loop', ageMs: loopMs } : { kind: 'current' };
}

export function isOld({ kind }: Freshness): boolean {
  return kind === 'lost' || kind === 'silent' || kind === 'loop';
}
