/** Which defect the deviating values point to, by the profile's patterns. Says "together", not "why". */
import type { DefectSpec } from '../../config/profile.ts';
import type { Deviation, Driver } from '../records.ts';

export interface Cause {
  /** A defect id of the profile, or null when no pattern fits. */
  readonly defect: string | null;
  /** The deviation that leads the text; null when nothing has a normal yet. */
  readonly lead: Deviation | null;
}

/** Beyond this a larger deviation says nothing more about which defect it is. */
const CLAMP = 8;
const LEAST_SCORE = 2;
const LEAST_LEAD_Z = 1.5;
/** Each later feature of a pattern counts this much less than the one before. */
const FADE = 0.75;

function towards(deviation: Deviation | undefined, wanted: 'low' | 'high' | 'off'): number {
  if (deviation === undefined) return 0;
  const { z } = deviation;
  const size = wanted === 'off' ? Math.abs(z) : wanted === 'low' ? -z : z;
  return Math.max(-CLAMP, Math.min(CLAMP, size));
}

function score(spec: DefectSpec, byFeature: ReadonlyMap<string, Deviation>): number {
  let sum = 0;
  let squares = 0;
  spec.pattern.forEach(({ feature, towards: wanted }, i) => {
    const weight = FADE ** i;
    const size = towards(byFeature.get(feature), wanted);
    sum += weight * (size > 0 ? size : size / 2);
    squares += weight ** 2;
  });
  return squares === 0 ? 0 : sum / Math.sqrt(squares);
}

/** A value inside its own normal band explains nothing to whoever reads both. */
export const isOff = ({ value, normalLow, normalHigh }: Deviation): boolean =>
  value < normalLow || value > normalHigh;

function leadOf(spec: DefectSpec, byFeature: ReadonlyMap<string, Deviation>): Deviation | null {
  let lead: Deviation | null = null;
  let best = LEAST_LEAD_Z;
  for (const { feature, towards: wanted } of spec.pattern) {
    const deviation = byFeature.get(feature);
    const size = towards(deviation, wanted);
    if (deviation !== undefined && isOff(deviation) && size > best) {
      lead = deviation;
      best = size;
    }
  }
  return lead;
}

/**
 * The value that leads the text. The pattern's own stays unless the model's answer did not hang on it
 * and the strongest driver fits the pattern too, so that value, defect and action stay of one piece.
 */
export function leadOfText(
  spec: DefectSpec | null,
  lead: Deviation | null,
  drivers: readonly Driver[],
  deviations: readonly Deviation[],
): Deviation | null {
  if (drivers.some(({ feature }) => feature === lead?.feature)) return lead;
  const first = deviations.find(({ feature }) => feature === drivers[0]?.feature);
  if (first === undefined || !isOff(first)) return lead;
  const fits = spec?.pattern.some(
    ({ feature, towards: wanted }) => feature === first.feature && towards(first, wanted) > 0,
  );
  return (fits ?? true) ? first : lead;
}

/** Mean deviation of each feature over a few cycles; the last cycle's value and band are kept. */
export function pooled(cycles: readonly (readonly Deviation[])[]): readonly Deviation[] {
  const last = cycles.at(-1) ?? [];
  return last
    .map((deviation) => {
      const zs = cycles.flatMap((list) =>
        list.filter((d) => d.feature === deviation.feature).map((d) => d.z),
      );
      return { ...deviation, z: zs.reduce((sum, z) => sum + z, 0) / zs.length };
    })
    .sort((a, b) => Math.abs(b.z) - Math.abs(a.z));
}

export function findCause(
  defects: Readonly<Record<string, DefectSpec>>,
  deviations: readonly Deviation[],
): Cause {
  const byFeature = new Map(deviations.map((deviation) => [deviation.feature, deviation]));
  let defect: string | null = null;
  let best = LEAST_SCORE;
  for (const [id, spec] of Object.entries(defects)) {
    const points = score(spec, byFeature);
    if (points > best) {
      defect = id;
      best = points;
    }
  }
  const spec = defect === null ? undefined : defects[defect];
  const lead = spec === undefined ? null : leadOf(spec, byFeature);
  return { defect, lead: lead ?? deviations.find(isOff) ?? null };
}
