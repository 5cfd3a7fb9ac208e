/** Questions about energy: sums by machine and shift, single periods and shots, where meters stood. */
import type Database from 'better-sqlite3';
import { type EnergyFigures, EnergySums } from '../energy-sums.ts';
import type { EnergyPeriod, ShotEnergy, Verdict } from '../records.ts';
import { type Cursor, readCursor } from './cursor.ts';
import { inForce } from './label-layout.ts';
import { asFields, badParameter, limitOf, optionalNumber, optionalText } from './params.ts';
import { type Period, shiftsWithin } from './shifts.ts';

export interface EnergyRequest {
  /** By the end of the periods. */
  readonly fromWallMs: number;
  readonly toWallMs: number;
  readonly machine?: string | undefined;
  /** Local times at which shifts begin, `08:00`: one row each; absent: one row a machine. */
  readonly shifts?: readonly string[] | undefined;
}

export interface EnergyRow extends EnergyFigures {
  readonly machine: string;
  /** Null: of the whole time. */
  readonly shiftFromWallMs: number | null;
}

export interface EnergyReport {
  readonly fromWallMs: number;
  readonly toWallMs: number;
  /** By machine, then by shift. */
  readonly rows: readonly EnergyRow[];
}

export interface EnergyPageRequest {
  readonly fromWallMs?: number | undefined;
  readonly toWallMs?: number | undefined;
  readonly machine?: string | undefined;
  /** 1 … 5000, default 500; oldest first. */
  readonly limit?: number | undefined;
  readonly after?: Cursor | undefined;
}

export interface EnergyPage<T> {
  readonly rows: readonly (T & {
    readonly boot: string;
    readonly seq: number;
    readonly wallMs: number;
  })[];
  readonly next: Cursor | null;
}

/** Where the meter of a machine stood last, before this start. */
export interface LastEnergy {
  readonly registerKwh: number;
  readonly wallMs: number;
  readonly seenKw: number | null;
}

const isClock = (value: unknown): value is string =>
  typeof value === 'string' && /^([01]\d|2[0-3]):[0-5]\d$/.test(value);

/** Checks what came over a wire. Throws `usage`. */
export function readEnergyRequest(params: unknown): EnergyRequest {
  const method = 'energy';
  const fields = asFields(method, params, ['fromWallMs', 'toWallMs', 'machine', 'shifts']);
  const fromWallMs = optionalNumber(method, fields, 'fromWallMs');
  const toWallMs = optionalNumber(method, fields, 'toWallMs');
  if (fromWallMs === undefined || toWallMs === undefined || !(fromWallMs < toWallMs))
    throw badParameter(method, 'fromWallMs and toWallMs are times, the first before the second');
  const { shifts } = fields;
  const machine = optionalText(method, fields, 'machine');
  if (shifts === undefined || shifts === null) return { fromWallMs, toWallMs, machine };
  if (!Array.isArray(shifts) || shifts.length === 0 || !shifts.every(isClock))
    throw badParameter(method, 'shifts is a list of times such as 08:00');
  return { fromWallMs, toWallMs, machine, shifts };
}

/** Checks what came over a wire. Throws `usage`. */
export function readEnergyPageRequest(method: string, params: unknown): EnergyPageRequest {
  const names = ['fromWallMs', 'toWallMs', 'machine', 'limit', 'after'];
  const fields = asFields(method, params, names);
  return {
    fromWallMs: optionalNumber(method, fields, 'fromWallMs'),
    toWallMs: optionalNumber(method, fields, 'toWallMs'),
    machine: optionalText(method, fields, 'machine'),
    limit: limitOf(method, fields, 500, 5000),
    after: readCursor(method, fields),
  };
}

interface RawPeriod {
  machine: string;
  wallMs: number;
  body: string;
}

interface LabelledShot {
  machine: string;
  mold: string | null;
  wallMs: number;
  outcome: Verdict['outcome'];
  suppressed: number;
  defects: number;
}

const ofMachine = (machine: string | undefined, table: string): string =>
  machine === undefined ? '' : `AND ${table}.machine = @machine`;

const periodsSql = (machine: string | undefined): string => `
  SELECT e.machine, e.wall_ms AS wallMs, r.body
  FROM energy_periods e INDEXED BY energy_periods_by_time CROSS JOIN records r ON r.id = e.id
  WHERE e.wall_ms > @from AND e.wall_ms <= @to ${ofMachine(machine, 'e')}`;

/** Labels are few against shots. */
const labelledSql = (machine: string | undefined): string => `
  SELECT c.machine, c.mold, c.wall_ms AS wallMs, c.outcome, c.suppressed IS NOT NULL AS suppressed,
    SUM(l.result = 'defect') AS defects
  FROM labels l CROSS JOIN cycles c ON c.id = l.cycle
  WHERE ${inForce} AND c.wall_ms > @from AND c.wall_ms <= @to ${ofMachine(machine, 'c')}
  GROUP BY c.id`;

/** What periods and labels add up to. A period belongs to the shift that it ends in, its end included. */
export function queryEnergy(db: Database.Database, request: EnergyRequest): EnergyReport {
  const { fromWallMs, toWallMs, machine, shifts } = request;
  const spans = shifts === undefined ? null : shiftsWithin(fromWallMs, toWallMs, shifts);
  const tally = new Map<string, { machine: string; shift: Period | null; sums: EnergySums }>();
  const sumsOf = (of: string, wallMs: number): EnergySums => {
    const shift = spans?.find(({ to }) => wallMs <= to) ?? null;
    const key = JSON.stringify([of, shift?.shiftFrom ?? null]);
    const row = tally.get(key) ?? { machine: of, shift, sums: new EnergySums() };
    tally.set(key, row);
    return row.sums;
  };
  const range = { from: fromWallMs, to: toWallMs, machine };
  const periods = db.prepare<[object], RawPeriod>(periodsSql(machine)).iterate(range);
  for (const raw of periods) {
    const { period }: { period: EnergyPeriod } = JSON.parse(raw.body);
    sumsOf(raw.machine, raw.wallMs).add(period, raw.wallMs);
  }
  const metered = new Set([...tally.values()].map((row) => row.machine));
  for (const shot of db.prepare<[object], LabelledShot>(labelledSql(machine)).iterate(range))
    if (metered.has(shot.machine)) correct(sumsOf(shot.machine, shot.wallMs), shot);
  const rows = [...tally.values()].map((row) => ({
    machine: row.machine,
    shiftFromWallMs: row.shift?.shiftFrom ?? null,
    ...row.sums.figures(),
  }));
  rows.sort(
    (a, b) =>
      a.machine.localeCompare(b.machine) || (a.shiftFromWallMs ?? 0) - (b.shiftFromWallMs ?? 0),
  );
  return { fromWallMs, toWallMs, rows };
}

/** What inspection found counts before what the verdict said. */
function correct(sums: EnergySums, { mold, outcome, suppressed, defects }: LabelledShot): void {
  const wasGood = outcome === 'ok' ? 1 : 0;
  const isGood = defects > 0 ? 0 : 1;
  const wasUnknown = outcome === 'unscored' && suppressed === 0 ? 1 : 0;
  if (wasGood !== isGood || wasUnknown === 1) sums.correct(mold, isGood - wasGood, -wasUnknown);
}

interface RawEnergy {
  ordinal: number;
  seq: number;
  boot: string;
  wall_ms: number;
  body: string;
}

function page(
  db: Database.Database,
  table: 'energy_periods' | 'shot_energy',
  request: EnergyPageRequest,
): { found: RawEnergy[]; next: Cursor | null } {
  const { limit = 500, after, ...range } = request;
  const where = ['1'];
  if (range.machine !== undefined) where.push('e.machine = @machine');
  if (range.fromWallMs !== undefined) where.push('r.wall_ms > @fromWallMs');
  if (range.toWallMs !== undefined) where.push('r.wall_ms <= @toWallMs');
  if (after !== undefined) where.push('e.id > ((@afterBoot << 40) | @afterSeq)');
  const found = db
    .prepare<[object], RawEnergy>(
      `SELECT e.id >> 40 AS ordinal, e.id & 1099511627775 AS seq, b.boot, r.wall_ms, r.body
       FROM ${table} e CROSS JOIN records r ON r.id = e.id CROSS JOIN boots b ON b.ordinal = e.id >> 40
       WHERE ${where.join(' AND ')} ORDER BY e.id LIMIT @rows`,
    )
    .all({ ...range, afterBoot: after?.boot, afterSeq: after?.seq, rows: limit + 1 });
  const shown = found.slice(0, limit);
  const last = shown.at(-1);
  const more = found.length > limit && last !== undefined;
  return { found: shown, next: more ? { boot: last.ordinal, seq: last.seq } : null };
}

const keyOf = ({ boot, seq, wall_ms: wallMs }: RawEnergy) => ({ boot, seq, wallMs });

/** Quarter hours, in the order of records. */
export function queryPeriods(
  db: Database.Database,
  request: EnergyPageRequest,
): EnergyPage<EnergyPeriod> {
  const { found, next } = page(db, 'energy_periods', request);
  const rows = found.map((raw) => {
    const { period }: { period: EnergyPeriod } = JSON.parse(raw.body);
    return { ...period, ...keyOf(raw) };
  });
  return { rows, next };
}

/** Shots, in the order of records. */
export function queryShotEnergy(
  db: Database.Database,
  request: EnergyPageRequest,
): EnergyPage<ShotEnergy> {
  const { found, next } = page(db, 'shot_energy', request);
  const rows = found.map((raw) => {
    const { energy }: { energy: ShotEnergy } = JSON.parse(raw.body);
    return { ...energy, ...keyOf(raw) };
  });
  return { rows, next };
}

/** A day of quarter hours: what the machine is known to draw. */
const seenPeriods = 96;

const lastSql = `
  SELECT r.wall_ms AS wallMs, r.body
  FROM energy_periods e CROSS JOIN records r ON r.id = e.id
  WHERE e.machine = ? AND e.id < (SELECT MAX(ordinal) FROM boots) << 40
  ORDER BY e.id DESC LIMIT ${seenPeriods}`;

/** Parts of a quarter hour count from here on. */
const leastMs = 10_000;

/** What a period shows of the machine's power; null: nothing. */
function meanKw({ demandKw, kWh, durationMs }: EnergyPeriod): number | null {
  if (demandKw !== null) return demandKw;
  if (kWh === null || durationMs === null || durationMs < leastMs) return null;
  const { production, idle, hold, off } = kWh;
  return ((production + idle + (hold ?? 0) + off) * 3_600_000) / durationMs;
}

/** By machine; one whose meter was never heard is absent. */
export function queryLastEnergy(
  db: Database.Database,
  machines: readonly string[],
): Readonly<Record<string, LastEnergy>> {
  const query = db.prepare<[string], Omit<RawPeriod, 'machine'>>(lastSql);
  const found: Record<string, LastEnergy> = {};
  for (const machine of machines) {
    const rows = query.all(machine).map(({ wallMs, body }) => {
      const { period }: { period: EnergyPeriod } = JSON.parse(body);
      return { wallMs, period };
    });
    const last = rows.find(({ period }) => period.meters.length > 0);
    const registerKwh = last?.period.meters.at(-1)?.toKwh;
    if (last === undefined || registerKwh === undefined) continue;
    const seen = rows.flatMap(({ period }) => meanKw(period) ?? []);
    const seenKw = seen.length === 0 ? null : Math.max(...seen);
    found[machine] = { registerKwh, wallMs: last.wallMs, seenKw };
  }
  return found;
}
