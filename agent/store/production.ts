/** What is known of a time in which machines produced or stood: shots, molds, stops, who watched. */
import type Database from 'better-sqlite3';
import type { ProductionFacts, Verdict } from '../records.ts';
import { idsBetween } from './find-cycle.ts';
import { inForce } from './label-layout.ts';
import { asFields, badParameter, optionalNumber, optionalText } from './params.ts';
import { partsOf, shiftStartsOf } from './shift-params.ts';
import { type Period, shiftsWithin, usualShifts } from './shifts.ts';
import { type SeenCycle, ShotTally } from './shot-tally.ts';
import { stopsWithin } from './stop-queries.ts';
import { watchedTimes } from './watched.ts';

export interface ProductionRequest {
  readonly fromWallMs: number;
  readonly toWallMs: number;
  readonly machine?: string | undefined;
  /** Local times at which shifts begin, `08:00`; default 08:00 and 20:00. */
  readonly shifts?: readonly string[] | undefined;
  /** Machine → how many parts its shots have; absent: 1. */
  readonly parts?: Readonly<Record<string, number>> | undefined;
  /** The newest start of the agent watches up to now; absent: up to its last record. */
  readonly seenToWallMs?: number | undefined;
}

/** Of a question to a running agent, as for quality. */
const longestMs = 8 * 86_400_000;

/** Checks what came over a wire. Throws `usage`. */
export function readProductionRequest(params: unknown): ProductionRequest {
  const method = 'production';
  const names = ['fromWallMs', 'toWallMs', 'machine', 'shifts', 'parts', 'seenToWallMs'];
  const fields = asFields(method, params, names);
  const fromWallMs = optionalNumber(method, fields, 'fromWallMs');
  const toWallMs = optionalNumber(method, fields, 'toWallMs');
  if (fromWallMs === undefined || toWallMs === undefined || !(fromWallMs < toWallMs))
    throw badParameter(method, 'fromWallMs and toWallMs are times, the first before the second');
  if (toWallMs - fromWallMs > longestMs)
    throw badParameter(method, `a period has at most ${longestMs / 86_400_000} days`);
  return {
    ...{ fromWallMs, toWallMs },
    machine: optionalText(method, fields, 'machine'),
    shifts: shiftStartsOf(method, fields),
    parts: partsOf(method, fields),
    seenToWallMs: optionalNumber(method, fields, 'seenToWallMs'),
  };
}

const cycleColumns = `
  c.id, c.id >> 40 AS ordinal, c.machine, c.mold, c.shot, c.observed, c.suppressed, c.outcome,
  c.wall_ms AS wallMs`;

/** Before the time asked for: which mold was in, and how fast it ran. */
const runUpShots = 300;
const runUp = `
  SELECT ${cycleColumns} FROM cycles c INDEXED BY cycles_by_machine
  WHERE c.machine = @machine AND c.id < @low ORDER BY c.id DESC LIMIT ${runUpShots}`;

const cyclesSql = (machine: string | undefined): string => `
  SELECT ${cycleColumns} FROM cycles c INDEXED BY cycles_by_time
  WHERE c.wall_ms >= @from AND c.wall_ms < @to ${machine === undefined ? '' : 'AND c.machine = @machine'}
  ORDER BY c.wall_ms`;

interface Inspected {
  readonly parts: number;
  readonly defects: number;
}

/** Id of a shot → how many of its parts are labelled, and how many are defects. */
function labelsWithin(
  db: Database.Database,
  range: { readonly low: number; readonly high: number },
): Map<number, Inspected> {
  const rows = db
    .prepare<[object], Inspected & { cycle: number }>(
      `SELECT l.cycle, COUNT(*) AS parts, SUM(l.result = 'defect') AS defects
       FROM labels l WHERE l.cycle BETWEEN @low AND @high AND ${inForce} GROUP BY l.cycle`,
    )
    .all(range);
  return new Map(rows.map(({ cycle, ...found }) => [cycle, found]));
}

/** A shot is a defect when one of its parts is, and good when all of them are. */
function inspectionOf(found: Inspected | undefined, parts: number): 'ok' | 'defect' | null {
  if (found === undefined) return null;
  if (found.defects > 0) return 'defect';
  return found.parts >= parts ? 'ok' : null;
}

interface RawCycle extends Omit<SeenCycle, 'inspected'> {
  readonly id: number;
  readonly outcome: Verdict['outcome'];
}

/** Everything of [fromWallMs, toWallMs) that OEE is made of. Shots are gone through one by one. */
export function queryProduction(
  db: Database.Database,
  request: ProductionRequest,
): ProductionFacts {
  const { fromWallMs: from, toWallMs: to, machine, parts = {} } = request;
  const shifts: Period[] = shiftsWithin(from, to, request.shifts ?? usualShifts);
  const stops = stopsWithin(db, { machine, fromWallMs: from, toWallMs: to });
  const range = db
    .prepare<[object], { low: number | null; high: number | null }>(idsBetween)
    .get({ from, to });
  const ids = { low: range?.low ?? 0, high: range?.high ?? -1 };
  const labels = labelsWithin(db, ids);
  const tally = new ShotTally(shifts);
  const before = db.prepare<[object], RawCycle>(runUp);
  const enter = (id: string): void => {
    const low = range?.low ?? Number.MAX_SAFE_INTEGER;
    const past = before.all({ machine: id, low }).toReversed();
    tally.runUp(
      id,
      past.filter(({ wallMs }) => wallMs < from),
    );
  };
  for (const stop of stops) if (!tally.knows(stop.machine)) enter(stop.machine);
  const cycles = db.prepare<[object], RawCycle>(cyclesSql(machine));
  for (const cycle of cycles.iterate({ from, to, machine })) {
    if (!tally.knows(cycle.machine)) enter(cycle.machine);
    const inspected = inspectionOf(labels.get(cycle.id), parts[cycle.machine] ?? 1);
    tally.add({ ...cycle, inspected });
  }
  const seenTo = request.seenToWallMs ?? null;
  return {
    ...{ fromWallMs: from, toWallMs: to, shifts, stops },
    watched: watchedTimes(db, tally.machines(), { from, to, seenTo }),
    ...{ molds: tally.molds(), counts: tally.counts(), paces: tally.paces() },
  };
}
