/** Energy of both periods by day, all metered machines together, as the baseline takes it. */
import type { EnergyRow } from '../effect/energy-result.ts';
import type { MachineDay } from '../store/effect-energy.ts';
import { type Basis, defectsOf, type EvidenceRow, type Settings } from './evidence.ts';

export interface EnergyDays {
  readonly energy: readonly EnergyRow[];
  readonly energyPer: Settings['energyPer'];
  readonly energyLeftOut: Settings['energyLeftOut'];
}

/** Of 24 hours, from which on a day counts as read throughout. */
const leastCovered = 0.95;
const dayMs = 86_400_000;

const keyOf = (day: string, machine: string, mold: string | null): string =>
  JSON.stringify([day, machine, mold]);

/**
 * A day counts where every machine that has a meter was read nearly all of it. Production is good kg:
 * the weight made, without the part of the shots that were found to be defects; shots where weights
 * are not known.
 */
export function energyDays(
  machineDays: readonly MachineDay[],
  shots: readonly EvidenceRow[],
  days: { readonly before: readonly string[]; readonly after: readonly string[] },
  basis: Basis,
): EnergyDays {
  const metered = new Set(
    machineDays.filter(({ coveredMs }) => coveredMs > 0).map(({ machine }) => machine),
  );
  const byDay = Map.groupBy(machineDays, ({ day }) => day);
  const made = new Map(shots.map((row) => [keyOf(row.day, row.machine, row.mold), row]));
  const isWeighed = machineDays.every(({ molds }) =>
    [...molds.values()].every(({ shots: count, kg }) => count === 0 || kg !== null),
  );
  const goodShare = (day: string, machine: string, mold: string | null): number => {
    const row = made.get(keyOf(day, machine, mold));
    return row === undefined || row.shots === 0 ? 1 : 1 - defectsOf(row, basis) / row.shots;
  };
  const rowOf = (period: EnergyRow['period'], day: string): EnergyRow | null => {
    const own = byDay.get(day) ?? [];
    const read = own.filter(
      ({ coveredMs, hasGap }) => !hasGap && coveredMs >= leastCovered * dayMs,
    );
    if (metered.size === 0 || read.length < metered.size) return null;
    const goodKg = read.reduce(
      (sum, { machine, molds }) =>
        [...molds].reduce(
          (all, [mold, { shots: count, kg }]) =>
            all + (isWeighed ? (kg ?? 0) : count) * goodShare(day, machine, mold),
          sum,
        ),
      0,
    );
    const holds = read.map(({ holdHours }) => holdHours);
    const holdHours = holds.reduce<number | null>(
      (sum, hours) => (sum === null || hours === null ? null : sum + hours),
      0,
    );
    const kwh = read.reduce((sum, one) => sum + one.kwh, 0);
    return { period, day, kwh, goodKg, holdHours, ambientC: null };
  };
  const rows = (['before', 'after'] as const).map((period) =>
    days[period].flatMap((day) => rowOf(period, day) ?? []),
  );
  const left = (period: 'before' | 'after', at: number): number =>
    metered.size === 0 ? 0 : days[period].length - (rows[at]?.length ?? 0);
  return {
    energy: rows.flat(),
    energyPer: isWeighed ? 'kg' : 'shot',
    energyLeftOut: { before: left('before', 0), after: left('after', 1) },
  };
}
