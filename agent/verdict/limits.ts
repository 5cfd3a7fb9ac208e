/** Rule limits: gross values that are wrong whatever a model says. */
import type { LimitSpec } from '../../config/profile.ts';
import type { Breach, Reading } from '../records.ts';

export type LimitTable = Readonly<Record<string, LimitSpec>>;

/** The limits in force: the profile's, none, or the site's own over the profile's. */
export function limitsInForce(
  profileLimits: LimitTable,
  configured: 'profile' | 'none' | LimitTable,
): LimitTable {
  if (configured === 'profile') return profileLimits;
  if (configured === 'none') return {};
  return { ...profileLimits, ...configured };
}

/** Every limit that a good feature breaks. A bad value breaks nothing: it is not a number. */
export function findBreaches(
  limits: LimitTable,
  features: Readonly<Record<string, Reading>>,
): readonly Breach[] {
  const breaches: Breach[] = [];
  for (const [feature, { low, high, defect }] of Object.entries(limits)) {
    const value = features[feature]?.value ?? null;
    if (value === null) continue;
    if ((low !== undefined && value < low) || (high !== undefined && value > high)) {
      const bounds = { low: low ?? null, high: high ?? null };
      breaches.push({ feature, value, ...bounds, defect: defect ?? null });
    }
  }
  return breaches;
}

/** The limits that could not be checked because their feature has no good value. */
export function uncheckedLimits(
  limits: LimitTable,
  features: Readonly<Record<string, Reading>>,
): readonly string[] {
  return Object.keys(limits).filter((feature) => (features[feature]?.value ?? null) === null);
}
