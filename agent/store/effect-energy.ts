/** Energy of working days by machine, with the shots that were made of it: for the effect report. */
import type Database from 'better-sqlite3';
import type { EnergyPeriod } from '../records.ts';
import type { DaySpan } from './effect-evidence.ts';

export interface MachineDay {
  readonly day: string;
  readonly machine: string;
  readonly kwh: number;
  /** How long of the day the meter was read, ms. */
  readonly coveredMs: number;
  /** The meter was not read for so long that a total of elsewhen is in the sum. */
  readonly hasGap: boolean;
  /** Null: not told apart from idle. */
  readonly holdHours: number | null;
  /** kg null: not known of all shots. */
  readonly molds: ReadonlyMap<
    string | null,
    { readonly shots: number; readonly kg: number | null }
  >;
}

/** A gap this short lies within its quarter hour. */
const shortGapMs = 30 * 60_000;

interface Row {
  readonly machine: string;
  readonly body: string;
}

/** A period belongs to the day that it ends in, its end included. */
const periodsSql = (machine: string | undefined): string => `
  SELECT e.machine, r.body
  FROM energy_periods e INDEXED BY energy_periods_by_time CROSS JOIN records r ON r.id = e.id
  WHERE e.wall_ms > @from AND e.wall_ms <= @to${machine === undefined ? '' : ' AND e.machine = @machine'}`;

class MachineTally {
  kwh = 0;
  coveredMs = 0;
  hasGap = false;
  holdMs = 0;
  knowsHold = true;
  readonly molds = new Map<string | null, { shots: number; kg: number | null }>();

  add({ kWh, ms, kind, durationMs, molds }: EnergyPeriod): void {
    if (kind === 'gap' && (durationMs === null || durationMs > shortGapMs)) this.hasGap = true;
    if (kWh !== null) {
      const { production, idle, hold, off, unallocated } = kWh;
      this.kwh += production + idle + (hold ?? 0) + off + unallocated;
      if (hold === null) this.knowsHold = false;
    }
    if (ms !== null) {
      this.holdMs += ms.hold;
      if (kWh !== null) this.coveredMs += ms.production + ms.idle + ms.hold + ms.off;
    }
    for (const { mold, shots, kg } of molds) {
      const known = this.molds.get(mold);
      const sum =
        known === undefined ? kg : kg === null || known.kg === null ? null : known.kg + kg;
      this.molds.set(mold, { shots: (known?.shots ?? 0) + shots, kg: sum });
    }
  }
}

/** Days and machines with a period, in the order of days. A store without energy has none. */
export function queryMachineDays(
  db: Database.Database,
  { days, machine }: { readonly days: readonly DaySpan[]; readonly machine?: string | undefined },
): MachineDay[] {
  // A store of an older ppuri is read as it is.
  const has = db.prepare(`SELECT 1 FROM sqlite_schema WHERE name = 'energy_periods'`).get();
  if (has === undefined) return [];
  const query = db.prepare<[object], Row>(periodsSql(machine));
  return days.flatMap(({ day, fromWallMs: from, toWallMs: to }) => {
    const tallies = new Map<string, MachineTally>();
    for (const { machine: of, body } of query.iterate({ from, to, machine })) {
      const { period }: { period: EnergyPeriod } = JSON.parse(body);
      const tally = tallies.get(of) ?? new MachineTally();
      tallies.set(of, tally);
      tally.add(period);
    }
    return [...tallies].map(([of, { kwh, coveredMs, hasGap, holdMs, knowsHold, molds }]) => ({
      ...{ day, machine: of, kwh, coveredMs, hasGap, molds },
      holdHours: knowsHold ? holdMs / 3_600_000 : null,
    }));
  });
}
