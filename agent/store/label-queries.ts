/** Questions about labels: what inspection found, shot by shot. */
import type Database from 'better-sqlite3';
import type { Label } from '../records.ts';
import { clockMarks } from './clock-fill.ts';
import { type Cursor, readCursor } from './cursor.ts';
import { inForce } from './label-layout.ts';
import {
  asFields,
  badParameter,
  type Fields,
  limitOf,
  optionalChoice,
  optionalNumber,
  optionalText,
} from './params.ts';

/** One shot, by the key of its record. */
export interface CycleKey {
  readonly boot: string;
  readonly seq: number;
}

export interface LabelRequest {
  readonly machine?: string | undefined;
  readonly mold?: string | undefined;
  readonly cycle?: CycleKey | undefined;
  /** By the time at which it was said. */
  readonly fromWallMs?: number | undefined;
  readonly toWallMs?: number | undefined;
  /** `all`: those too that a later one replaced. Default `in-force`. */
  readonly scope?: 'in-force' | 'all' | undefined;
  /** 1 … 1000, default 50; newest first. */
  readonly limit?: number | undefined;
  readonly after?: Cursor | undefined;
}

export interface LabelRow extends Omit<Label, 'at'> {
  readonly boot: string;
  readonly seq: number;
  readonly wallMs: number;
  readonly clockSynced: boolean;
  /** The time was put right later, once the clock was known. */
  readonly clockFilled: boolean;
  /** No later label of the same part of the same shot. */
  readonly inForce: boolean;
  /** Whether the shot itself is still in the store. */
  readonly cycleKept: boolean;
}

export interface LabelPage {
  readonly rows: readonly LabelRow[];
  /** Where the next page begins; null when this was the last. */
  readonly next: Cursor | null;
}

/** `{boot, seq}`; throws `usage`. */
export function readCycleKey(method: string, value: unknown): CycleKey {
  const fields = asFields(method, value, ['boot', 'seq']);
  const boot = optionalText(method, fields, 'boot');
  const seq = optionalNumber(method, fields, 'seq');
  if (boot !== undefined && seq !== undefined && Number.isSafeInteger(seq) && seq > 0)
    return { boot, seq };
  throw badParameter(method, 'a shot is named by {boot, seq}, seq a whole number from 1');
}

/** Checks what came over a wire. Throws `usage`. */
export function readLabelRequest(params: unknown): LabelRequest {
  const method = 'labels';
  const names = ['machine', 'mold', 'cycle', 'fromWallMs', 'toWallMs', 'scope', 'limit', 'after'];
  const fields: Fields = asFields(method, params, names);
  const { cycle } = fields;
  return {
    machine: optionalText(method, fields, 'machine'),
    mold: optionalText(method, fields, 'mold'),
    cycle: cycle === undefined || cycle === null ? undefined : readCycleKey(method, cycle),
    fromWallMs: optionalNumber(method, fields, 'fromWallMs'),
    toWallMs: optionalNumber(method, fields, 'toWallMs'),
    scope: optionalChoice(method, fields, 'scope', ['in-force', 'all']),
    limit: limitOf(method, fields, 50, 1000),
    after: readCursor(method, fields),
  };
}

interface RawLabel {
  ordinal: number;
  seq: number;
  boot: string;
  wall_ms: number;
  clock_synced: number;
  in_force: number;
  cycle_kept: number;
  body: string;
}

function toLabelRow(raw: RawLabel): LabelRow {
  const { at: _at, ...label }: Label = JSON.parse(raw.body).label;
  return {
    ...label,
    boot: raw.boot,
    seq: raw.seq,
    wallMs: raw.wall_ms,
    clockSynced: raw.clock_synced !== clockMarks.unknown,
    clockFilled: raw.clock_synced === clockMarks.filled,
    inForce: raw.in_force === 1,
    cycleKept: raw.cycle_kept === 1,
  };
}

function conditions(request: LabelRequest): string {
  const where = ['1'];
  if (request.scope !== 'all') where.push(inForce);
  if (request.machine !== undefined) where.push('l.machine = @machine');
  if (request.mold !== undefined) where.push('l.mold = @mold');
  if (request.cycle !== undefined)
    where.push('l.cycle = ((SELECT ordinal FROM boots WHERE boot = @cycleBoot) << 40) | @cycleSeq');
  if (request.fromWallMs !== undefined) where.push('r.wall_ms >= @fromWallMs');
  if (request.toWallMs !== undefined) where.push('r.wall_ms < @toWallMs');
  if (request.after !== undefined) where.push('l.id < ((@afterBoot << 40) | @afterSeq)');
  return where.join(' AND ');
}

/** One page of labels, the last said first. */
export function queryLabels(db: Database.Database, request: LabelRequest): LabelPage {
  const limit = request.limit ?? 50;
  const { after, cycle, ...plain } = request;
  const found = db
    .prepare<[Record<string, unknown>], RawLabel>(
      `SELECT l.id >> 40 AS ordinal, l.id & 1099511627775 AS seq, b.boot, r.wall_ms,
         r.clock_synced, ${inForce} AS in_force,
         EXISTS (SELECT 1 FROM cycles c WHERE c.id = l.cycle) AS cycle_kept, r.body
       FROM labels l CROSS JOIN records r ON r.id = l.id CROSS JOIN boots b ON b.ordinal = l.id >> 40
       WHERE ${conditions(request)} ORDER BY l.id DESC LIMIT @rows`,
    )
    .all({
      ...plain,
      ...(cycle === undefined ? {} : { cycleBoot: cycle.boot, cycleSeq: cycle.seq }),
      ...(after === undefined ? {} : { afterBoot: after.boot, afterSeq: after.seq }),
      rows: limit + 1,
    });
  const page = found.slice(0, limit);
  const last = page.at(-1);
  const more = found.length > limit && last !== undefined;
  return {
    rows: page.map(toLabelRow),
    next: more ? { boot: last.ordinal, seq: last.seq } : null,
  };
}
