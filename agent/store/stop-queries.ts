/** Questions about stops: when machines stood, and why, as people said. */
import type Database from 'better-sqlite3';
import type { GivenReason, StopKind, StopRow } from '../records.ts';
import { clockMarks } from './clock-fill.ts';
import { asFields, limitOf, optionalChoice, optionalNumber, optionalText } from './params.ts';

export interface StopRequest {
  readonly id?: string | undefined;
  readonly machine?: string | undefined;
  /** Those that lasted at some time in [fromWallMs, toWallMs). */
  readonly fromWallMs?: number | undefined;
  readonly toWallMs?: number | undefined;
  /** `unexplained`: of kind `stop`, without a reason. Default `all`. */
  readonly scope?: 'all' | 'unexplained' | undefined;
  /** 1 … 1000, default 50; newest first. */
  readonly limit?: number | undefined;
}

/** Checks what came over a wire. Throws `usage`. */
export function readStopRequest(params: unknown): StopRequest {
  const method = 'stops';
  const names = ['id', 'machine', 'fromWallMs', 'toWallMs', 'scope', 'limit'];
  const fields = asFields(method, params, names);
  return {
    id: optionalText(method, fields, 'id'),
    machine: optionalText(method, fields, 'machine'),
    fromWallMs: optionalNumber(method, fields, 'fromWallMs'),
    toWallMs: optionalNumber(method, fields, 'toWallMs'),
    scope: optionalChoice(method, fields, 'scope', ['all', 'unexplained']),
    limit: limitOf(method, fields, 50, 1000),
  };
}

interface RawStop {
  stop: string;
  last_id: number;
  boot: string;
  machine: string;
  mold: string | null;
  kind: StopKind;
  state: StopRow['state'];
  begin_mono_ms: number;
  end_mono_ms: number;
  begin_wall_ms: number;
  end_wall_ms: number;
  usual_ms: number | null;
  continues: string | null;
  clock_synced: number;
}

/** What is said of a stop that turned out to be none is left out. */
const columns = `
  SELECT s.*, b.boot, r.clock_synced,
    r.wall_ms - (r.mono_ms - s.begin_mono_ms) AS begin_wall_ms,
    r.wall_ms - (r.mono_ms - s.end_mono_ms) AS end_wall_ms
  FROM stops s CROSS JOIN records r ON r.id = s.last_id
    CROSS JOIN boots b ON b.ordinal = s.last_id >> 40
  WHERE s.end_mono_ms > s.begin_mono_ms`;

/** The last shot before a time: what was said of a stop that lasted at that time came later. */
const lastBefore = `
  SELECT id FROM cycles INDEXED BY cycles_by_time WHERE wall_ms < ? ORDER BY wall_ms DESC LIMIT 1`;

export function firstStopId(db: Database.Database, fromWallMs: number | undefined): number {
  if (fromWallMs === undefined) return 0;
  return Number(db.prepare(lastBefore).pluck().get(fromWallMs) ?? 0);
}

export interface StopWindow {
  readonly machine?: string | undefined;
  readonly fromWallMs?: number | undefined;
  readonly toWallMs?: number | undefined;
}

const mostLinks = 100;

/** Reasons in force, by stop; of a stop without one that of the stop it continues. */
class Reasons {
  readonly #newest: Database.Statement<[string], Omit<GivenReason, 'inherited'>>;
  readonly #before: Database.Statement<[string], string | null>;

  constructor(db: Database.Database) {
    this.#newest = db.prepare(
      `SELECT g.code, g.note, g.who, r.wall_ms AS wallMs FROM stop_reasons g
       JOIN records r ON r.id = g.id WHERE g.stop = ? ORDER BY g.id DESC LIMIT 1`,
    );
    this.#before = db
      .prepare<[string], string | null>('SELECT continues FROM stops WHERE stop = ?')
      .pluck();
  }

  of(stop: string, continues: string | null): GivenReason | null {
    const own = this.#newest.get(stop);
    if (own !== undefined) return { ...own, inherited: false };
    let link = continues;
    for (let links = 0; link !== null && links < mostLinks; links += 1) {
      const found = this.#newest.get(link);
      if (found !== undefined) return { ...found, inherited: true };
      link = this.#before.get(link) ?? null;
    }
    return null;
  }
}

function toStopRow(raw: RawStop, reasons: Reasons): StopRow {
  return {
    ...{ boot: raw.boot, id: raw.stop, machine: raw.machine, mold: raw.mold },
    ...{ kind: raw.kind, state: raw.state },
    beginWallMs: raw.begin_wall_ms,
    endWallMs: raw.end_wall_ms,
    durationMs: raw.end_mono_ms - raw.begin_mono_ms,
    usualMs: raw.usual_ms,
    continues: raw.continues,
    clockSynced: raw.clock_synced !== clockMarks.unknown,
    reason: reasons.of(raw.stop, raw.continues),
  };
}

/** All that lasted within the window, oldest first. */
export function stopsWithin(db: Database.Database, window: StopWindow): StopRow[] {
  const { machine, fromWallMs: from, toWallMs: to } = window;
  const where = ['s.last_id >= @low'];
  if (machine !== undefined) where.push('s.machine = @machine');
  if (from !== undefined) where.push('end_wall_ms > @from');
  if (to !== undefined) where.push('begin_wall_ms < @to');
  const low = firstStopId(db, from);
  const reasons = new Reasons(db);
  return db
    .prepare<[object], RawStop>(`${columns} AND ${where.join(' AND ')} ORDER BY s.last_id`)
    .all({ low, machine, from, to })
    .map((raw) => toStopRow(raw, reasons));
}

/** The newest first. */
export function queryStops(db: Database.Database, request: StopRequest): StopRow[] {
  const { id, scope, limit = 50 } = request;
  const reasons = new Reasons(db);
  if (id !== undefined)
    return db
      .prepare<[string], RawStop>(`${columns} AND s.stop = ?`)
      .all(id)
      .map((raw) => toStopRow(raw, reasons));
  const rows = stopsWithin(db, request).toReversed();
  const wanted =
    scope === 'unexplained'
      ? rows.filter(({ kind, reason }) => kind === 'stop' && reason === null)
      : rows;
  return wanted.slice(0, limit);
}

/** Machine → the stop that lasted when the start before this one ended. */
export function queryOpenStops(db: Database.Database): Record<string, string> {
  const rows = db
    .prepare<[], { machine: string; stop: string }>(
      `SELECT machine, stop FROM stops
       WHERE state = 'open' AND last_id >> 40 = (SELECT MAX(ordinal) FROM boots) - 1
       ORDER BY last_id`,
    )
    .all();
  return Object.fromEntries(rows.map(({ machine, stop }) => [machine, stop]));
}
