/** Questions about deeds: who did what on this gateway. */
import type Database from 'better-sqlite3';
import type { Deed } from '../records.ts';
import { clockMarks } from './clock-fill.ts';
import { asFields, limitOf, optionalNumber, optionalText } from './params.ts';

export interface DeedRequest {
  /** E.g. `alert-acknowledged`. */
  readonly what?: string | undefined;
  readonly who?: string | undefined;
  /** Id of an alert, name of a user. */
  readonly subject?: string | undefined;
  readonly fromWallMs?: number | undefined;
  readonly toWallMs?: number | undefined;
  /** 1 … 1000, default 50; newest first. */
  readonly limit?: number | undefined;
}

export interface DeedRow extends Omit<Deed, 'at'> {
  readonly boot: string;
  readonly seq: number;
  readonly wallMs: number;
  readonly clockSynced: boolean;
  /** The time was put right later, once the clock was known. */
  readonly clockFilled: boolean;
}

/** Checks what came over a wire. Throws `usage`. */
export function readDeedRequest(params: unknown): DeedRequest {
  const method = 'deeds';
  const names = ['what', 'who', 'subject', 'fromWallMs', 'toWallMs', 'limit'];
  const fields = asFields(method, params, names);
  return {
    what: optionalText(method, fields, 'what'),
    who: optionalText(method, fields, 'who'),
    subject: optionalText(method, fields, 'subject'),
    fromWallMs: optionalNumber(method, fields, 'fromWallMs'),
    toWallMs: optionalNumber(method, fields, 'toWallMs'),
    limit: limitOf(method, fields, 50, 1000),
  };
}

interface RawDeed {
  boot: string;
  seq: number;
  wall_ms: number;
  clock_synced: number;
  body: string;
}

function toDeedRow(raw: RawDeed): DeedRow {
  const { at: _at, ...deed }: Deed = JSON.parse(raw.body).deed;
  return {
    ...deed,
    boot: raw.boot,
    seq: raw.seq,
    wallMs: raw.wall_ms,
    clockSynced: raw.clock_synced !== clockMarks.unknown,
    clockFilled: raw.clock_synced === clockMarks.filled,
  };
}

/** Deeds, the last done first. */
export function queryDeeds(db: Database.Database, request: DeedRequest): DeedRow[] {
  const where = ['1'];
  for (const name of ['what', 'who', 'subject'] as const)
    if (request[name] !== undefined) where.push(`d.${name} = @${name}`);
  if (request.fromWallMs !== undefined) where.push('r.wall_ms >= @fromWallMs');
  if (request.toWallMs !== undefined) where.push('r.wall_ms < @toWallMs');
  return db
    .prepare<[Record<string, unknown>], RawDeed>(
      `SELECT b.boot, d.id & 1099511627775 AS seq, r.wall_ms, r.clock_synced, r.body
       FROM deeds d CROSS JOIN records r ON r.id = d.id CROSS JOIN boots b ON b.ordinal = d.id >> 40
       WHERE ${where.join(' AND ')} ORDER BY d.id DESC LIMIT @rows`,
    )
    .all({ ...request, rows: request.limit ?? 50 })
    .map(toDeedRow);
}
