/** Questions about cycles. Every one is bounded: SQLite cannot be interrupted while it answers. */
import type Database from 'better-sqlite3';
import type { Estimate, ModelIdentity, Reading, Verdict } from '../records.ts';
import { clockMarks } from './clock-fill.ts';
import { type Cursor, readCursor } from './cursor.ts';
import {
  asFields,
  type Fields,
  limitOf,
  optionalChoice,
  optionalNumber,
  optionalText,
} from './params.ts';
import { partOf } from './read-records.ts';

export type { Cursor };

export const outcomes = ['ok', 'defect', 'unscored'] as const;

export interface CycleFilter {
  readonly machine?: string | undefined;
  readonly mold?: string | undefined;
  readonly outcome?: Verdict['outcome'] | undefined;
  readonly reason?: string | undefined;
  /** Id of a start of the agent, or `last`. */
  readonly boot?: string | undefined;
  readonly fromWallMs?: number | undefined;
  readonly toWallMs?: number | undefined;
  /** Machine counter values, inclusive. */
  readonly fromShot?: number | undefined;
  readonly toShot?: number | undefined;
}

export interface CyclePageRequest extends CycleFilter {
  /** 1 … 1000, default 50. */
  readonly limit?: number | undefined;
  /** Order of records, not of wall time; default `newest` first. */
  readonly order?: 'newest' | 'oldest' | undefined;
  /** Continues where a page ended (`next` of that page). */
  readonly after?: Cursor | undefined;
  /** `features` and `readings` of each cycle too. */
  readonly detail?: 'row' | 'features' | undefined;
}

export interface CycleRow {
  readonly boot: string;
  readonly seq: number;
  readonly machine: string;
  readonly profile: string;
  readonly mold: string | null;
  readonly shot: number | null;
  readonly index: number;
  readonly observed: string;
  readonly suppressed: string | null;
  readonly wallMs: number;
  /** Whether the wall time can be relied on. */
  readonly clockSynced: boolean;
  /** It was put right later, once the clock was known. */
  readonly clockFilled: boolean;
  readonly outcome: Verdict['outcome'];
  readonly reason: string;
  readonly detail: string | null;
  readonly judge: string;
  readonly probability: number | null;
  readonly threshold: number | null;
  /** What a model said that gives no probability; null: none did. */
  readonly estimate: Estimate | null;
  readonly model: ModelIdentity | null;
  readonly flags: readonly string[];
  /** With `detail: features`; null once retention has let go of it. */
  readonly features?: Readonly<Record<string, Reading>> | null;
  readonly readings?: Readonly<Record<string, Reading>> | null;
}

export interface CyclePage {
  readonly rows: readonly CycleRow[];
  /** Where the next page begins; null when this was the last. */
  readonly next: Cursor | null;
}

export interface OutcomeCount {
  readonly machine: string;
  readonly outcome: Verdict['outcome'];
  readonly reason: string;
  readonly count: number;
}

const filterNames = [
  'machine',
  'mold',
  'outcome',
  'reason',
  'boot',
  'fromWallMs',
  'toWallMs',
  'fromShot',
  'toShot',
];
const pageNames = [...filterNames, 'limit', 'order', 'after', 'detail'];

function readFilter(method: string, fields: Fields): CycleFilter {
  return {
    machine: optionalText(method, fields, 'machine'),
    mold: optionalText(method, fields, 'mold'),
    outcome: optionalChoice(method, fields, 'outcome', outcomes),
    reason: optionalText(method, fields, 'reason'),
    boot: optionalText(method, fields, 'boot'),
    fromWallMs: optionalNumber(method, fields, 'fromWallMs'),
    toWallMs: optionalNumber(method, fields, 'toWallMs'),
    fromShot: optionalNumber(method, fields, 'fromShot'),
    toShot: optionalNumber(method, fields, 'toShot'),
  };
}

/** Checks what came over a wire. Throws `usage`. */
export function readCyclePageRequest(params: unknown): CyclePageRequest {
  const method = 'cycles';
  const fields = asFields(method, params, pageNames);
  return {
    ...readFilter(method, fields),
    limit: limitOf(method, fields, 50, 1000),
    order: optionalChoice(method, fields, 'order', ['newest', 'oldest']),
    after: readCursor(method, fields),
    detail: optionalChoice(method, fields, 'detail', ['row', 'features']),
  };
}

export function readCycleFilter(method: string, params: unknown): CycleFilter {
  return readFilter(method, asFields(method, params, filterNames));
}

const lastBoot = '(SELECT MAX(ordinal) FROM boots)';

/** The ids of one boot are one range of the table. */
function bootRange(boot: string): string {
  const ordinal = boot === 'last' ? lastBoot : '(SELECT ordinal FROM boots WHERE boot = @boot)';
  return `c.id BETWEEN (${ordinal} << 40) AND ((${ordinal} << 40) | 1099511627775)`;
}

function conditions(filter: CycleFilter): string[] {
  const where: string[] = [];
  if (filter.machine !== undefined) where.push('c.machine = @machine');
  if (filter.mold !== undefined) where.push('c.mold = @mold');
  if (filter.outcome !== undefined) where.push('c.outcome = @outcome');
  // Said in the index's own words, or SQLite does not use the partial index.
  if (filter.outcome !== undefined && filter.outcome !== 'ok') where.push(`c.outcome <> 'ok'`);
  if (filter.reason !== undefined) where.push('c.reason = @reason');
  if (filter.boot !== undefined) where.push(bootRange(filter.boot));
  if (filter.fromWallMs !== undefined) where.push('c.wall_ms >= @fromWallMs');
  if (filter.toWallMs !== undefined) where.push('c.wall_ms < @toWallMs');
  if (filter.fromShot !== undefined) where.push('c.shot >= @fromShot');
  if (filter.toShot !== undefined) where.push('c.shot <= @toShot');
  return where;
}

const whereClause = (where: readonly string[]): string =>
  where.length === 0 ? '' : `WHERE ${where.join(' AND ')}`;

interface RawCycle {
  ordinal: number;
  seq: number;
  boot: string;
  machine: string;
  profile: string;
  mold: string | null;
  shot: number | null;
  cycle_index: number;
  observed: string;
  suppressed: string | null;
  wall_ms: number;
  clock_synced: number;
  outcome: Verdict['outcome'];
  reason: string;
  detail: string | null;
  judge: string;
  probability: number | null;
  threshold: number | null;
  /** Absent in a file of an older ppuri. */
  estimate?: string | null;
  model_name: string | null;
  model_version: string | null;
  model_hash: string | null;
  flags: string;
  features?: string | null;
  packed_features?: Buffer | null;
  readings?: string | null;
  packed_readings?: Buffer | null;
}

function modelOf(raw: RawCycle): ModelIdentity | null {
  if (raw.model_name === null || raw.model_hash === null) return null;
  return { name: raw.model_name, version: raw.model_version ?? '', hash: raw.model_hash };
}

function toCycleRow(db: Database.Database, raw: RawCycle): CycleRow {
  const { boot, seq, machine, profile, mold, shot, observed, suppressed } = raw;
  const { outcome, reason, detail, judge, probability, threshold } = raw;
  return {
    ...{ boot, seq, machine, profile, mold, shot, index: raw.cycle_index, observed, suppressed },
    ...{
      wallMs: raw.wall_ms,
      clockSynced: raw.clock_synced !== clockMarks.unknown,
      clockFilled: raw.clock_synced === clockMarks.filled,
    },
    ...{ outcome, reason, detail, judge, probability, threshold, model: modelOf(raw) },
    estimate: raw.estimate == null ? null : JSON.parse(raw.estimate),
    flags: JSON.parse(raw.flags),
    ...('features' in raw
      ? {
          features: partOf(db, raw.features, raw.packed_features),
          readings: partOf(db, raw.readings, raw.packed_readings),
        }
      : {}),
  };
}

function pageSql(request: CyclePageRequest): string {
  const newest = request.order !== 'oldest';
  const where = conditions(request);
  if (request.after !== undefined)
    where.push(`c.id ${newest ? '<' : '>'} ((@afterBoot << 40) | @afterSeq)`);
  const withData = request.detail === 'features';
  return `
    SELECT c.id >> 40 AS ordinal, c.id & 1099511627775 AS seq, b.boot, r.clock_synced, c.*
      ${withData ? ', d.features, d.packed_features, d.readings, d.packed_readings' : ''}
    FROM cycles c CROSS JOIN records r ON r.id = c.id CROSS JOIN boots b ON b.ordinal = c.id >> 40
      ${withData ? 'LEFT JOIN cycle_data d ON d.id = c.id' : ''}
    ${whereClause(where)} ORDER BY c.id ${newest ? 'DESC' : 'ASC'} LIMIT @rows`;
}

/** One page of cycles, in the order of records. */
export function queryCycles(db: Database.Database, request: CyclePageRequest): CyclePage {
  const limit = request.limit ?? 50;
  const { after } = request;
  const cursor = after === undefined ? {} : { afterBoot: after.boot, afterSeq: after.seq };
  const found = db
    .prepare<[Record<string, unknown>], RawCycle>(pageSql(request))
    .all({ ...request, ...cursor, rows: limit + 1 });
  const page = found.slice(0, limit);
  const last = page.at(-1);
  const more = found.length > limit && last !== undefined;
  return {
    rows: page.map((raw) => toCycleRow(db, raw)),
    next: more ? { boot: last.ordinal, seq: last.seq } : null,
  };
}

/** How many cycles of each machine ended in which outcome, for which reason. */
export function countOutcomes(db: Database.Database, filter: CycleFilter): OutcomeCount[] {
  return db
    .prepare<[Record<string, unknown>], OutcomeCount>(
      `SELECT c.machine, c.outcome, c.reason, COUNT(*) AS count FROM cycles c
       ${whereClause(conditions(filter))}
       GROUP BY c.machine, c.outcome, c.reason ORDER BY c.machine, c.outcome, c.reason`,
    )
    .all({ ...filter });
}
