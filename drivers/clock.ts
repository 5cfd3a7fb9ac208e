import type { Instant } from './driver.ts';

/** The present moment on both clocks. Durations and order come from `monoMs` only. */
export function now(): Instant {
  return { monoMs: performance.now(), wallMs: Date.now() };
}
