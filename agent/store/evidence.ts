/** What was kept of energy, fuel, heats, shots and labels in a period: what monthly reports are made of. */
import type Database from 'better-sqlite3';
import type { EnergyPeriod, FuelRecord, HeatRecord } from '../records.ts';
import { clockMarks } from './clock-fill.ts';
import { idsBetween } from './find-cycle.ts';
import { inForce } from './label-layout.ts';

/** A record with the time that it ended, as well as that is known by now. */
export interface Kept<T> {
  readonly wallMs: number;
  /** False: the clock was not set, and nobody has said since what time it was. */
  readonly isDated: boolean;
  readonly record: T;
}

/** Shots of one machine and mold in the period. */
export interface ShotCounts {
  readonly machine: string;
  readonly mold: string | null;
  readonly shots: number;
  /** By verdict, and by inspection: shots with a part that was found bad. */
  readonly verdictDefects: number;
  readonly labelled: number;
  readonly labelledDefects: number;
}

export interface Evidence {
  readonly energy: readonly Kept<EnergyPeriod>[];
  /** In their order, with the last ones before the period. */
  readonly fuels: readonly Kept<FuelRecord>[];
  readonly heats: readonly Kept<HeatRecord>[];
  readonly shots: readonly ShotCounts[];
}

interface Row {
  kind: 'energy' | 'fuel' | 'heat';
  wall_ms: number;
  clock_synced: number;
  body: string;
}

const energySql = `
  SELECT r.kind, r.wall_ms, r.clock_synced, r.body
  FROM energy_periods e INDEXED BY energy_periods_by_time CROSS JOIN records r ON r.id = e.id
  WHERE e.wall_ms >= @from AND e.wall_ms < @to ORDER BY r.id`;

// Few beside shots, and in an index of their own.
const recordsSql = `
  SELECT kind, wall_ms, clock_synced, body FROM records INDEXED BY records_rare
  WHERE kind IN ('fuel', 'heat') AND kind <> 'cycle'
    AND wall_ms >= @from AND wall_ms < @to ORDER BY id`;

/** As many as there can be meters: each of them has one among these. */
const beforeSql = `
  SELECT kind, wall_ms, clock_synced, body FROM records INDEXED BY records_rare
  WHERE kind = 'fuel' AND kind <> 'cycle' AND wall_ms < @from ORDER BY id DESC LIMIT 256`;

const shotsSql = `
  SELECT machine, mold, COUNT(*) AS shots, SUM(outcome = 'defect') AS verdictDefects
  FROM cycles INDEXED BY cycles_by_time WHERE wall_ms >= @from AND wall_ms < @to
  GROUP BY machine, mold ORDER BY machine, mold`;

const labelsSql = `
  SELECT machine, mold, COUNT(*) AS labelled, SUM(bad) AS labelledDefects FROM (
    SELECT c.machine, c.mold, MAX(l.result = 'defect') AS bad
    FROM labels l CROSS JOIN cycles c ON c.id = l.cycle
    WHERE l.cycle BETWEEN @low AND @high AND ${inForce} AND c.wall_ms >= @from AND c.wall_ms < @to
    GROUP BY c.id) GROUP BY machine, mold`;

type Counted = Pick<ShotCounts, 'machine' | 'mold'>;

const keyOf = ({ machine, mold }: Counted): string => JSON.stringify([machine, mold]);

function shotCounts(db: Database.Database, span: { from: number; to: number }): ShotCounts[] {
  const ids = db
    .prepare<[object], { low: number | null; high: number | null }>(idsBetween)
    .get(span);
  const labels = db
    .prepare<[object], Counted & { labelled: number; labelledDefects: number }>(labelsSql)
    .all({ ...span, low: ids?.low ?? 0, high: ids?.high ?? -1 });
  const found = new Map(labels.map((row) => [keyOf(row), row]));
  return db
    .prepare<[object], Counted & { shots: number; verdictDefects: number }>(shotsSql)
    .all(span)
    .map((row) => {
      const { labelled = 0, labelledDefects = 0 } = found.get(keyOf(row)) ?? {};
      return { ...row, labelled, labelledDefects };
    });
}

/** Epoch ms, the first of them in the period and the second not. */
export function queryEvidence(db: Database.Database, from: number, to: number): Evidence {
  const energy: Kept<EnergyPeriod>[] = [];
  const fuels: Kept<FuelRecord>[] = [];
  const heats: Kept<HeatRecord>[] = [];
  const before = db.prepare<[object], Row>(beforeSql).all({ from }).reverse();
  const within = [energySql, recordsSql].flatMap((sql) =>
    db.prepare<[object], Row>(sql).all({ from, to }),
  );
  for (const row of [...before, ...within]) {
    const body = JSON.parse(row.body);
    const when = { wallMs: row.wall_ms, isDated: row.clock_synced !== clockMarks.unknown };
    if (row.kind === 'energy') energy.push({ ...when, record: body.period });
    else if (row.kind === 'fuel') fuels.push({ ...when, record: body.fuel });
    else heats.push({ ...when, record: body.heat });
  }
  return { energy, fuels, heats, shots: shotCounts(db, { from, to }) };
}
