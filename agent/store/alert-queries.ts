/** Questions about alerts. */
import type Database from 'better-sqlite3';
import type { Alert, Severity } from '../records.ts';
import { clockMarks } from './clock-fill.ts';
import { asFields, limitOf, optionalChoice, optionalNumber, optionalText } from './params.ts';

export const severities = ['stop', 'warning', 'caution', 'info'] as const;

export interface AlertRequest {
  /** `current`: raised in the newest start of the agent and not cleared. Default `current`. */
  readonly scope?: 'current' | 'all' | undefined;
  readonly machine?: string | undefined;
  readonly severity?: Severity | undefined;
  readonly cause?: string | undefined;
  /** By the time of the last change. */
  readonly fromWallMs?: number | undefined;
  readonly toWallMs?: number | undefined;
  /** 1 … 1000, default 50; newest change first. */
  readonly limit?: number | undefined;
}

/** An alert as it stands, or as it stood when its agent stopped. */
export interface AlertRow extends Omit<Alert, 'at'> {
  readonly boot: string;
  /** Seq of its last change. */
  readonly seq: number;
  readonly raisedWallMs: number;
  readonly updatedWallMs: number;
  readonly clearedWallMs: number | null;
  /** Whether the clock was set at the last change. */
  readonly clockSynced: boolean;
  /** It was put right later, once the clock was known. */
  readonly clockFilled: boolean;
  /** Not cleared, and its agent is (or was) the newest. */
  readonly current: boolean;
}

/** Checks what came over a wire. Throws `usage`. */
export function readAlertRequest(params: unknown): AlertRequest {
  const method = 'alerts';
  const names = ['scope', 'machine', 'severity', 'cause', 'fromWallMs', 'toWallMs', 'limit'];
  const fields = asFields(method, params, names);
  return {
    scope: optionalChoice(method, fields, 'scope', ['current', 'all']),
    machine: optionalText(method, fields, 'machine'),
    severity: optionalChoice(method, fields, 'severity', severities),
    cause: optionalText(method, fields, 'cause'),
    fromWallMs: optionalNumber(method, fields, 'fromWallMs'),
    toWallMs: optionalNumber(method, fields, 'toWallMs'),
    limit: limitOf(method, fields, 50, 1000),
  };
}

interface RawAlert {
  boot: string;
  seq: number;
  raised_wall_ms: number;
  updated_wall_ms: number;
  cleared_wall_ms: number | null;
  clock_synced: number;
  current: number;
  body: string;
}

function toAlertRow(raw: RawAlert): AlertRow {
  const { at: _at, ...alert }: Alert = JSON.parse(raw.body).alert;
  return {
    ...alert,
    boot: raw.boot,
    seq: raw.seq,
    raisedWallMs: raw.raised_wall_ms,
    updatedWallMs: raw.updated_wall_ms,
    clearedWallMs: raw.cleared_wall_ms,
    clockSynced: raw.clock_synced !== clockMarks.unknown,
    clockFilled: raw.clock_synced === clockMarks.filled,
    current: raw.current === 1,
  };
}

const isCurrent = `(a.state <> 'cleared' AND a.boot = (SELECT MAX(ordinal) FROM boots))`;

/** Alerts, the last changed first. */
export function queryAlerts(db: Database.Database, request: AlertRequest): AlertRow[] {
  // A start takes over what stood, under the same id: the newest word on an alert is the only one.
  const where = [
    'NOT EXISTS (SELECT 1 FROM alert_changes c WHERE c.alert = a.alert AND c.id > a.last_id)',
  ];
  if (request.scope !== 'all') where.push(isCurrent);
  if (request.machine !== undefined) where.push('a.machine = @machine');
  if (request.severity !== undefined) where.push('a.severity = @severity');
  if (request.cause !== undefined) where.push('a.cause = @cause');
  if (request.fromWallMs !== undefined) where.push('a.updated_wall_ms >= @fromWallMs');
  if (request.toWallMs !== undefined) where.push('a.updated_wall_ms < @toWallMs');
  return db
    .prepare<[Record<string, unknown>], RawAlert>(
      `SELECT b.boot, a.last_id & 1099511627775 AS seq, a.raised_wall_ms, a.updated_wall_ms,
         a.cleared_wall_ms, r.clock_synced, ${isCurrent} AS current, r.body
       FROM alerts a CROSS JOIN records r ON r.id = a.last_id
         CROSS JOIN boots b ON b.ordinal = a.boot
       WHERE ${where.join(' AND ')} ORDER BY a.last_id DESC LIMIT @rows`,
    )
    .all({ ...request, rows: request.limit ?? 50 })
    .map(toAlertRow);
}
