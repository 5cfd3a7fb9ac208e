/** Energy of the running shift, as the panel shows it: what is kept, and what the loop has under way. */
import { type EnergyFigures, EnergySums } from './energy-sums.ts';
import type { ShiftEnergy } from './panel/contract.ts';
import type { EnergyPeriod } from './records.ts';

/** `kept`: of this machine since the shift began; `underWay` null: nothing measures it. */
export function shiftEnergyOf(
  kept: EnergyFigures | null,
  underWay: readonly EnergyPeriod[] | null,
  shiftFromWallMs: number,
): ShiftEnergy | null {
  if (underWay === null && kept === null) return null;
  const sums = new EnergySums();
  if (kept !== null) sums.addFigures(kept);
  for (const period of underWay ?? [])
    if (period.at.wallMs > shiftFromWallMs) sums.add(period, period.at.wallMs);
  const { kWh, kWhPerShot, kWhPerGood, peakKw, idleShare } = sums.figures();
  return {
    ...{ shiftKwh: kWh?.total ?? null, kwhPerShot: kWhPerShot, kwhPerGood: kWhPerGood },
    ...{ peakKw, idleShare },
  };
}
