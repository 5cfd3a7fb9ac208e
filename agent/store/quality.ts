/** How verdicts agree with what inspection found, by machine, mold, model and shift. */
import type Database from 'better-sqlite3';
import {
  type QualityDimension,
  type QualityReport,
  type QualityRow,
  qualityDimensions,
  type Verdict,
} from '../records.ts';
import { CalibrationTally } from './calibration.ts';
import { idsBetween } from './find-cycle.ts';
import { inForce } from './label-layout.ts';
import { asFields, badParameter, optionalNumber, optionalText } from './params.ts';
import { figuresOf, noCounts, type QualityCounts } from './quality-row.ts';
import { listOf, partsOf, shiftStartsOf } from './shift-params.ts';
import { type Period, shiftsWithin, usualShifts } from './shifts.ts';

export interface QualityRequest {
  /** By the time of the shots. */
  readonly fromWallMs: number;
  readonly toWallMs: number;
  readonly machine?: string | undefined;
  readonly mold?: string | undefined;
  /** Default: all. None: everything is one row. */
  readonly by?: readonly QualityDimension[] | undefined;
  /** Local times at which shifts begin, `08:00`; default 08:00 and 20:00. */
  readonly shifts?: readonly string[] | undefined;
  /** Machine → how many parts its shots have; absent: 1. */
  readonly parts?: Readonly<Record<string, number>> | undefined;
}

/**
 * Of a question to a running agent: shots are counted one by one while nothing is kept. Whoever has
 * the file itself asks for as long as they like.
 */
const longestMs = 8 * 86_400_000;

const isDimension = (value: unknown): value is QualityDimension =>
  qualityDimensions.some((dimension) => dimension === value);

/** Checks what came over a wire. Throws `usage`. */
export function readQualityRequest(params: unknown): QualityRequest {
  const method = 'quality';
  const names = ['fromWallMs', 'toWallMs', 'machine', 'mold', 'by', 'shifts', 'parts'];
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
    mold: optionalText(method, fields, 'mold'),
    by: listOf(method, fields, 'by', isDimension),
    shifts: shiftStartsOf(method, fields),
    parts: partsOf(method, fields),
  };
}

interface Group {
  machine: string;
  mold: string | null;
  model_name: string | null;
  model_version: string | null;
  outcome: Verdict['outcome'];
}

interface CycleGroup extends Group {
  shots: number;
}

interface LabelledCycle extends Group {
  wall_ms: number;
  probability: number | null;
  parts: number;
  defects: number;
}

const grouped = 'c.machine, c.mold, c.model_name, c.model_version, c.outcome';

function conditions({ machine, mold }: QualityRequest): string {
  const where = ['c.wall_ms >= @from AND c.wall_ms < @to'];
  if (machine !== undefined) where.push('c.machine = @machine');
  if (mold !== undefined) where.push('c.mold = @mold');
  return where.join(' AND ');
}

const cyclesSql = (request: QualityRequest): string => `
  SELECT ${grouped}, COUNT(*) AS shots FROM cycles c INDEXED BY cycles_by_time
  WHERE ${conditions(request)} GROUP BY ${grouped}`;

/** Labels are few against shots: those of the records of this period come first. */
const labelledSql = (request: QualityRequest): string => `
  SELECT ${grouped}, c.wall_ms, c.probability, COUNT(*) AS parts, SUM(l.result = 'defect') AS defects
  FROM labels l CROSS JOIN cycles c ON c.id = l.cycle
  WHERE l.cycle BETWEEN @low AND @high AND ${inForce} AND ${conditions(request)} GROUP BY c.id`;

/** The oldest shots go first, so that what is left begins at one id. */
const orphansSql = `
  SELECT COUNT(*) FROM labels l WHERE ${inForce} AND (l.cycle IS NULL
    OR l.cycle < COALESCE((SELECT MIN(id) FROM cycles), ${Number.MAX_SAFE_INTEGER}))`;

type Place = Pick<QualityRow, 'machine' | 'mold' | 'model' | 'shiftFromWallMs'>;

class Tally {
  readonly #by: ReadonlySet<QualityDimension>;
  readonly #rows = new Map<string, { place: Place; counts: QualityCounts }>();

  constructor(by: readonly QualityDimension[]) {
    this.#by = new Set(by);
  }

  of(group: Group, shiftFrom: number): QualityCounts {
    const { model_name: name, model_version: version } = group;
    const has = (dimension: QualityDimension): boolean => this.#by.has(dimension);
    const place: Place = {
      machine: has('machine') ? group.machine : null,
      mold: has('mold') ? group.mold : null,
      model: has('model') && name !== null ? { name, version: version ?? '' } : null,
      shiftFromWallMs: has('shift') ? shiftFrom : null,
    };
    const key = JSON.stringify(place);
    const row = this.#rows.get(key) ?? { place, counts: noCounts() };
    this.#rows.set(key, row);
    return row.counts;
  }

  rows(): QualityRow[] {
    const sorted = [...this.#rows].sort(([a], [b]) => (a < b ? -1 : 1));
    return sorted.map(([, { place, counts }]) => ({ ...place, ...figuresOf(counts) }));
  }
}

function addCycles(counts: QualityCounts, { outcome, shots }: CycleGroup): void {
  counts.shots += shots;
  if (outcome !== 'unscored') counts[outcome] += shots;
}

/** Ids between which all shots of a period are. */
function idsOf(db: Database.Database, from: number, to: number): { low: number; high: number } {
  const found = db
    .prepare<[object], { low: number | null; high: number | null }>(idsBetween)
    .get({ from, to });
  return { low: found?.low ?? 0, high: found?.high ?? -1 };
}

/** A shot is a defect when one of its parts is, and good when all of them are. */
function addLabelled(
  counts: QualityCounts,
  cycle: LabelledCycle,
  partCount: number,
  calibration: CalibrationTally,
): void {
  const isDefect = cycle.defects > 0;
  const isWhole = isDefect || cycle.parts >= partCount;
  if (cycle.outcome === 'unscored') counts.unjudgedLabelled += 1;
  else if (!isWhole) counts.partly += 1;
  else if (cycle.outcome === 'defect') counts[isDefect ? 'truePositives' : 'falsePositives'] += 1;
  else counts[isDefect ? 'falseNegatives' : 'trueNegatives'] += 1;
  if (cycle.outcome !== 'unscored' && isWhole) calibration.add(cycle, cycle.outcome, isDefect);
}

/** Verdicts against labels. Only shots with a verdict count, and only in the figures they belong to. */
export function queryQuality(db: Database.Database, request: QualityRequest): QualityReport {
  const { fromWallMs: from, toWallMs: to, machine, mold } = request;
  const by = request.by ?? qualityDimensions;
  const whole: Period = { shiftFrom: from, from, to };
  const periods = by.includes('shift')
    ? shiftsWithin(from, to, request.shifts ?? usualShifts)
    : [whole];
  const tally = new Tally(by);
  const calibration = new CalibrationTally();
  const cycles = db.prepare<[object], CycleGroup>(cyclesSql(request));
  for (const period of periods) {
    const found = cycles.all({ machine, mold, from: period.from, to: period.to });
    for (const group of found) {
      addCycles(tally.of(group, period.shiftFrom), group);
      if (group.outcome !== 'unscored') calibration.addShots(group, group.outcome, group.shots);
    }
  }
  const labelled = db.prepare<[object], LabelledCycle>(labelledSql(request));
  for (const cycle of labelled.iterate({ machine, mold, from, to, ...idsOf(db, from, to) })) {
    const period = periods.find(({ to: end }) => cycle.wall_ms < end) ?? whole;
    const counts = tally.of(cycle, period.shiftFrom);
    addLabelled(counts, cycle, request.parts?.[cycle.machine] ?? 1, calibration);
  }
  const labelsWithoutShot = Number(db.prepare(orphansSql).pluck().get());
  const rows = { rows: tally.rows(), calibration: calibration.rows() };
  return { fromWallMs: from, toWallMs: to, by, ...rows, labelsWithoutShot };
}
