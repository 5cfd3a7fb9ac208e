/** How alerts came to be as they are: every change of one, or of a machine's. */
import type Database from 'better-sqlite3';
import type { Alert } from '../records.ts';
import { clockMarks } from './clock-fill.ts';
import { asFields, badParameter, limitOf, optionalNumber, optionalText } from './params.ts';

export interface AlertHistoryRequest {
  /** One of id and machine at least. */
  readonly id?: string | undefined;
  readonly machine?: string | undefined;
  /** Id of a start of the agent, in which alerts got their ids; absent: all. */
  readonly boot?: string | undefined;
  readonly fromWallMs?: number | undefined;
  readonly toWallMs?: number | undefined;
  /** 1 … 1000, default 100; newest first. */
  readonly limit?: number | undefined;
}

/** The alert as that change left it. */
export interface AlertChange extends Omit<Alert, 'at'> {
  readonly boot: string;
  readonly seq: number;
  readonly wallMs: number;
  readonly clockSynced: boolean;
  /** The time was put right later, once the clock was known. */
  readonly clockFilled: boolean;
}

/** Checks what came over a wire. Throws `usage`. */
export function readAlertHistoryRequest(params: unknown): AlertHistoryRequest {
  const method = 'alert-history';
  const fields = asFields(method, params, [
    ...['id', 'machine', 'boot', 'fromWallMs', 'toWallMs', 'limit'],
  ]);
  const [id, machine] = [
    optionalText(method, fields, 'id'),
    optionalText(method, fields, 'machine'),
  ];
  if (id === undefined && machine === undefined)
    throw badParameter(method, 'name an alert by id, or a machine');
  return {
    ...{ id, machine },
    boot: optionalText(method, fields, 'boot'),
    fromWallMs: optionalNumber(method, fields, 'fromWallMs'),
    toWallMs: optionalNumber(method, fields, 'toWallMs'),
    limit: limitOf(method, fields, 100, 1000),
  };
}

interface RawChange {
  boot: string;
  seq: number;
  wall_ms: number;
  clock_synced: number;
  body: string;
}

function toChange(raw: RawChange): AlertChange {
  const { at: _at, ...alert }: Alert = JSON.parse(raw.body).alert;
  return {
    ...alert,
    boot: raw.boot,
    seq: raw.seq,
    wallMs: raw.wall_ms,
    clockSynced: raw.clock_synced !== clockMarks.unknown,
    clockFilled: raw.clock_synced === clockMarks.filled,
  };
}

/** Changes, the last first. */
export function queryAlertHistory(
  db: Database.Database,
  request: AlertHistoryRequest,
): AlertChange[] {
  const where = ['1'];
  if (request.id !== undefined) where.push('a.alert = @id');
  if (request.machine !== undefined) where.push('r.machine = @machine');
  if (request.boot !== undefined) where.push('b.boot = @boot');
  if (request.fromWallMs !== undefined) where.push('r.wall_ms >= @fromWallMs');
  if (request.toWallMs !== undefined) where.push('r.wall_ms < @toWallMs');
  return db
    .prepare<[Record<string, unknown>], RawChange>(
      `SELECT b.boot, a.id & 1099511627775 AS seq, r.wall_ms, r.clock_synced, r.body
       FROM alert_changes a CROSS JOIN records r ON r.id = a.id
         CROSS JOIN boots b ON b.ordinal = a.id >> 40
       WHERE ${where.join(' AND ')} ORDER BY a.id DESC LIMIT @rows`,
    )
    .all({ ...request, rows: request.limit ?? 100 })
    .map(toChange);
}
