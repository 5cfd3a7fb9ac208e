/** Raw register value → reading: sentinels, scale, range. A bad value is never a number. */
import type { SignalSpec } from '../../config/profile.ts';
import type { Instant, Quality, Reading } from '../records.ts';

/** Why a raw number has no value in the signal's unit. */
export interface BadValue {
  readonly quality: Exclude<Quality, 'good'>;
  readonly note: string;
}

/** From a raw number to the signal's unit. */
export type Scaler = (raw: number) => number | BadValue;

/** Nothing was read, and why. */
export function missingReading(at: Instant, note: string): Reading {
  return { value: null, quality: 'missing', at, note };
}

/**
 * Judges one raw value (before scale and offset) of `spec`.
 * A string says why the words hold no number, e.g. `not-a-number`.
 */
export function toReading(
  raw: number | string,
  spec: SignalSpec,
  scaled: Scaler,
  at: Instant,
): Reading {
  if (typeof raw === 'string') return { value: null, quality: 'invalid', at, note: raw };
  if (spec.missing.includes(raw)) return missingReading(at, `sentinel ${raw}`);
  if (spec.invalid.includes(raw)) {
    return { value: null, quality: 'invalid', at, note: `sentinel ${raw}` };
  }
  const value = scaled(raw);
  if (typeof value !== 'number') return { value: null, ...value, at };
  if (spec.range !== undefined) {
    const [low, high] = spec.range;
    if (value < low) return { value: null, quality: 'invalid', at, note: `${value} below ${low}` };
    if (value > high)
      return { value: null, quality: 'invalid', at, note: `${value} above ${high}` };
  }
  return { value, quality: 'good', at };
}

/** A text, e.g. a lot number; a string says why the words hold none. Empty means that there is none. */
export function textReading(found: { readonly text: string } | string, at: Instant): Reading {
  if (typeof found === 'string') return { value: null, quality: 'invalid', at, note: found };
  if (found.text === '') return missingReading(at, 'empty text');
  return { value: null, text: found.text, quality: 'good', at };
}

/** A slow value seen from the moment of a snapshot: too old is `stale`, not its last number. */
export function agedReading(reading: Reading, atMonoMs: number, staleAfterMs: number): Reading {
  const ageMs = atMonoMs - reading.at.monoMs;
  if (reading.quality !== 'good' || ageMs <= staleAfterMs) return reading;
  return { value: null, quality: 'stale', at: reading.at, note: `${Math.round(ageMs)} ms old` };
}
