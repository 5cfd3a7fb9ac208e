/** Records as rows. Everything that can fail on one record fails here, before a transaction. */

import { PpuriError } from '../../config/errors.ts';
import type {
  Alert,
  Cycle,
  Deed,
  EnergyPeriod,
  Label,
  RecordBody,
  ShotEnergy,
  StageTimes,
  Stop,
  StopReason,
  StoredRecord,
  Verdict,
} from '../records.ts';
import { clockMarks } from './clock-fill.ts';
import { packReadings } from './compact.ts';

/** Largest body that is kept, in UTF-16 units of its JSON; a cycle has some 5,000. */
const maxBody = 1_000_000;

/** Somebody waits for these, or is in danger without them. */
const urgentKinds: ReadonlySet<string> = new Set([
  ...['alert', 'gap', 'label', 'deed', 'stop-reason'],
]);

type Column = string | number | null;

export interface CycleTexts {
  readonly machine: string;
  readonly body: string;
  readonly features: string;
  readonly readings: string;
}

export interface RecordRow {
  readonly seq: number;
  /** Kept first and last of all, and committed at once. */
  readonly urgent: boolean;
  /** kind, machine, wall_ms, mono_ms, clock_synced, body; that of a shot is in `texts`. */
  readonly record: readonly Column[];
  /** The columns of `cycles` after id, in their order. */
  readonly cycle: readonly Column[] | null;
  /** Of a shot: its long texts, which are packed against others of the same machine. */
  readonly texts: CycleTexts | null;
  readonly alert: Alert | null;
  readonly label: Label | null;
  readonly deed: Deed | null;
  readonly period: EnergyPeriod | null;
  readonly shotEnergy: ShotEnergy | null;
  readonly stop: Stop | null;
  readonly reason: StopReason | null;
  readonly wallMs: number;
}

function machineOf(body: RecordBody): string | null {
  if (body.kind === 'cycle') return body.cycle.machine;
  if (body.kind === 'alert') return body.alert.machine;
  if (body.kind === 'label') return body.label.machine;
  if (body.kind === 'energy') return body.period.machine;
  if (body.kind === 'shot-energy') return body.energy.machine;
  if (body.kind === 'heat') return body.heat.machine;
  if (body.kind === 'fuel') return body.fuel.machine;
  if (body.kind === 'stop') return body.stop.machine;
  if (body.kind === 'stop-reason') return body.reason.machine;
  return null;
}

/** A cycle's features and readings go to `cycle_data`; the rest of the body stays one document. */
function slimBody(body: RecordBody): unknown {
  if (body.kind !== 'cycle') return body;
  const { features: _features, readings: _readings, times, ...cycle } = body.cycle;
  const verdict = { ...body.verdict, times: rounded(body.verdict.times) };
  return { kind: body.kind, cycle: { ...cycle, times: rounded(times) }, verdict };
}

/** Stage times to the microsecond: more is noise, and half of the digits. */
function rounded(times: StageTimes): unknown {
  const toMicro = (ms: unknown): unknown =>
    typeof ms === 'number' ? Math.round(ms * 1000) / 1000 : ms;
  return Object.fromEntries(Object.entries(times).map(([name, ms]) => [name, toMicro(ms)]));
}

function textsOf(body: RecordBody, text: string): CycleTexts | null {
  if (body.kind !== 'cycle') return null;
  const { machine, features, readings } = body.cycle;
  return {
    machine,
    body: text,
    features: packReadings(features),
    readings: packReadings(readings),
  };
}

function cycleColumns(cycle: Cycle, verdict: Verdict, wallMs: number): Column[] {
  const { model } = verdict;
  return [
    cycle.machine,
    cycle.profile,
    cycle.mold,
    cycle.shot,
    cycle.index,
    cycle.observed,
    cycle.suppressed,
    wallMs,
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
    verdict.estimate == null ? null : JSON.stringify(verdict.estimate),
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
    const texts = textsOf(body, text);
    const data = texts === null ? 0 : texts.features.length + texts.readings.length;
    const size = text.length + data;
    if (size > maxBody) throw refuse(record, `its body has ${size} characters`);
    const { known, filled, unknown } = clockMarks;
    const synced = record.clockSynced ? known : record.clockFilled === true ? filled : unknown;
    return {
      seq,
      urgent: urgentKinds.has(body.kind),
      record: [
        body.kind,
        machineOf(body),
        at.wallMs,
        at.monoMs,
        synced,
        texts === null ? text : '',
      ],
      cycle: body.kind === 'cycle' ? cycleColumns(body.cycle, body.verdict, at.wallMs) : null,
      texts,
      alert: body.kind === 'alert' ? body.alert : null,
      label: body.kind === 'label' ? body.label : null,
      deed: body.kind === 'deed' ? body.deed : null,
      period: body.kind === 'energy' ? body.period : null,
      shotEnergy: body.kind === 'shot-energy' ? body.energy : null,
      stop: body.kind === 'stop' ? body.stop : null,
      reason: body.kind === 'stop-reason' ? body.reason : null,
      wallMs: at.wallMs,
    };
  } catch (thrown) {
    if (thrown instanceof PpuriError) throw thrown;
    throw refuse(record, thrown instanceof Error ? thrown.message : String(thrown), thrown);
  }
}
