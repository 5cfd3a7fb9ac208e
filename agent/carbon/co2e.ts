/** Emissions of an amount of energy. */
import type { Co2e, EmissionFactor, EnergyPeriod } from '../records.ts';
import type { FactorTable } from './factors.ts';

/** `amount` in the factor's unit. What is bought as electricity is burnt elsewhere: scope 2. */
export function co2eOf(amount: number, factor: EmissionFactor): Co2e {
  return { kg: amount * factor.kgPerUnit, scope: factor.of === 'electricity' ? 2 : 1, factor };
}

/** All that was used in a period, known when or not; null: nothing was measured. */
export function usedKWh({ kWh }: EnergyPeriod): number | null {
  if (kWh === null) return null;
  return kWh.production + kWh.idle + (kWh.hold ?? 0) + kWh.off + kWh.unallocated;
}

/** The period with its emissions, by the factor in force when it ended: before it is kept. */
export function withCo2e(period: EnergyPeriod, factors: FactorTable): EnergyPeriod {
  const used = usedKWh(period);
  const factor = factors.at('electricity', period.at.wallMs);
  return used === null || factor === null ? period : { ...period, co2e: co2eOf(used, factor) };
}
