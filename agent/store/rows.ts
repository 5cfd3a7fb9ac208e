/** Records as rows. Everything that can fail on one record fails here, before a transaction. */

import { PpuriError } from '../../config/errors.ts';
import type { Alert, Cycle, RecordBody, StoredRecord, Verdict } from '../records.ts';
import { packReadings } from './compact.ts';

/** Largest body that is kept, in UTF-16 units of its JSON; a cycle has some 5,000. */
const maxBody = 1_000_000;

type Column = string | number | null;

export interface RecordRow {
  readonly seq: number;
  /** Kept first and last of all, and committed at once. */
  readonly urgent: boolean;
  /** kind, machine, wall_ms, mono_ms, clock_synced, body */
  readonly record: readonly Column[];
  /** The columns of `cycles` after id, in their order. */
  readonly cycle: readonly Column[] | null;
  /** features, readings */
  readonly data: readonly Column[] | null;
  readonly alert: Alert | null;
  readonly wallMs: number;
}

function machineOf(body: RecordBody): string | null {
  if (body.kind === 'cycle') return body.cycle.machine;
  if (body.kind === 'alert') return body.alert.machine;
  return null;
}

/** A cycle's features and readings go to `cycle_data`; the rest of the body stays one document. */
function slimBody(body: RecordBody): unknown {
  if (body.kind !== 'cycle') return body;
  const { features: _features, readings: _readings, ...cycle } = body.cycle;
  return { ...body, cycle };
}

function cycleColumns(cycle: Cycle, verdict: Verdict): Column[] {
  const { model } = verdict;
  return [
    cycle.machine,
    cycle.profile,
    cycle.mold,
    cycle.shot,
    cycle.index,
    cycle.observed,
    cycle.suppressed,
    cycle.at.wallMs,
    verdict.outcome,
    verdict.reason,
    verdict.detail,
    verdict.judge,
    verdict.probability,
    verdict.threshold,
    model?.name ?? null,
    model?.version ?? null,
    model?.hash ?? null,
    JSON.stringify(verdict.flags),
  ];
}

function refuse(record: StoredRecord, why: string, cause?: unknown): PpuriError {
  return new PpuriError('record-refused', `record ${record.seq}: ${why}`, {
    operation: `keep a ${String(record.body?.kind)} record`,
    subject: `${record.boot}/${record.seq}`,
    hint: 'please report this: the part of ppuri that made the record is at fault',
    cause,
  });
}

/** Throws `record-refused` for a body that is not JSON, or is larger than any honest one. */
export function toRow(record: StoredRecord): RecordRow {
  const { body, at, seq } = record;
  try {
    const text = JSON.stringify(slimBody(body));
    const cycle = body.kind === 'cycle' ? body.cycle : null;
    const data =
      cycle === null ? null : [packReadings(cycle.features), packReadings(cycle.readings)];
    const size = text.length + (data ?? []).reduce((sum, part) => sum + part.length, 0);
    if (size > maxBody) throw refuse(record, `its body has ${size} characters`);
    const synced = record.clockSynced ? 1 : 0;
    return {
      seq,
      urgent: body.kind === 'alert' || body.kind === 'gap',
      record: [body.kind, machineOf(body), at.wallMs, at.monoMs, synced, text],
      cycle: body.kind === 'cycle' ? cycleColumns(body.cycle, body.verdict) : null,
      data,
      alert: body.kind === 'alert' ? body.alert : null,
      wallMs: at.wallMs,
    };
  } catch (thrown) {
    if (thrown instanceof PpuriError) throw thrown;
    throw refuse(record, thrown instanceof Error ? thrown.message : String(thrown), thrown);
  }
}
