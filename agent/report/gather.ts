/** Evidence out of the file of a store. */
import { PpuriError } from '../../config/errors.ts';
import type { Period } from '../effect/counts.ts';
import { queryLedger } from '../store/account-queries.ts';
import type { openReadOnly } from '../store/database.ts';
import { querySpan } from '../store/effect-evidence.ts';
import type { CountRequest, PeriodCounts } from './count-period.ts';
import { energyDays } from './energy-days.ts';
import { type Evidence, type EvidenceRow, modelUses, type Settings } from './evidence.ts';
import { type Periods, workingDay, workingDayOf } from './periods.ts';

export interface Asked {
  readonly periods: Periods;
  readonly settings: Omit<Settings, 'energyPer' | 'energyLeftOut'>;
  /** Machine → how many parts its shots have; absent: 1. */
  readonly parts: Readonly<Record<string, number>>;
  /** What people call a machine; its id when nothing else is known. */
  readonly nameOf: (machine: string) => string;
}

type Database = ReturnType<typeof openReadOnly>;

const both = ['before', 'after'] as const satisfies readonly Period[];

export interface Counted {
  readonly before: PeriodCounts;
  readonly after: PeriodCounts;
}

/** What is to be counted of one period, in the file `database`. */
export function countRequest(
  { periods, settings, parts }: Asked,
  period: Period,
  database: string,
): CountRequest {
  const { dayStart, machine, mold } = settings;
  const days = periods[period].map((day) => ({ day, ...workingDay(day, dayStart) }));
  return { database, days, machine: machine ?? undefined, mold: mold ?? undefined, parts };
}

/** Throws `usage` where a period has no shot. */
export function gather(
  db: Database,
  { periods, settings, nameOf }: Asked,
  counted: Counted,
): Evidence {
  const found = both.map((period) => {
    const { shots, models, machineDays } = counted[period];
    if (!shots.some((row) => row.shots > 0)) throw nothingIn(db, period, settings);
    return {
      shots: shots.map(
        (row): EvidenceRow => ({
          ...row,
          mold: row.mold === '' ? null : row.mold,
          ...{ period, mode: null, lot: null },
        }),
      ),
      models: models.map((model) => ({ ...model, period })),
      machineDays,
    };
  });
  const shots = found.flatMap((one) => one.shots);
  const { energy, ...energyFacts } = energyDays(
    found.flatMap(({ machineDays }) => machineDays),
    shots,
    periods,
    settings.basis,
  );
  const ledger = queryLedger(db);
  const named = <T extends { readonly machine: string }>(row: T): T => {
    const name = nameOf(row.machine);
    return name === row.machine ? row : { ...row, machine: `${name} (${row.machine})` };
  };
  return {
    settings: { ...settings, ...energyFacts },
    days: { before: periods.before, after: periods.after },
    ...{ shots: shots.map(named), energy },
    models: modelUses(found.flatMap(({ models }) => models)).map(named),
    ledger: {
      kept: ledger.kept,
      // Of others a part is gone, or a target lacks them: they are kept.
      lost: ledger.gaps
        .filter(({ part, target }) => part === 'record' && target === undefined)
        .reduce((sum, { count }) => sum + count, 0),
      unexplained: ledger.unexplained,
    },
  };
}

function nothingIn(db: Database, period: Period, settings: Asked['settings']): PpuriError {
  const span = querySpan(db);
  const { dayStart, machine, mold } = settings;
  const only = [machine, mold].filter((one) => one !== null).join(', ');
  const hint =
    span === null
      ? 'the store has no shots yet'
      : `the store has shots from ${workingDayOf(span.first, dayStart)} to ${workingDayOf(span.last, dayStart)}`;
  return new PpuriError('usage', `no shots in that time${only === '' ? '' : ` of ${only}`}`, {
    ...{ operation: 'report effect', subject: `--${period}`, hint },
  });
}
