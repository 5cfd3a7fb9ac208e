/**
 * Power factor as Schneider meters code it over four quadrants (PM5000, PM3000, iEM3000 series):
 *
 * | quadrant | active | reactive | register   | power factor |
 * |----------|--------|----------|------------|--------------|
 * | 1        | +      | +        | 0 to +1    | x            |
 * | 2        | −      | +        | −1 to 0    | x            |
 * | 3        | −      | −        | −2 to −1   | −2 − x       |
 * | 4        | +      | −        | +1 to +2   | 2 − x        |
 *
 * The sign of the result is the direction of active power: + taken from the grid, − fed back. It does
 * not say leading or lagging; the sign of the reactive power does.
 */

/** The power factor, −1 to 1, or null for a number beyond ±2, which no quadrant has. */
export function quadrantPowerFactor(coded: number): number | null {
  if (coded > 2 || coded < -2) return null;
  if (coded > 1) return 2 - coded;
  return coded < -1 ? -2 - coded : coded;
}
