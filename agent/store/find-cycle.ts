/**
 * Which shot a label is about. Whoever inspects parts knows the machine's own counter, or the time,
 * and both may fit more than one shot: then it is said.
 */
import type Database from 'better-sqlite3';
import type { Label, Verdict } from '../records.ts';
import { type CycleKey, readCycleKey } from './label-queries.ts';
import { asFields, badParameter, optionalNumber, requiredText } from './params.ts';

/** The newest shot with this counter value, made in [fromWallMs, toWallMs) where they are given. */
export interface ShotPlace {
  readonly machine: string;
  readonly shot: number;
  readonly fromWallMs?: number | undefined;
  readonly toWallMs?: number | undefined;
}

/** The shot nearest to this time. */
export interface TimePlace {
  readonly machine: string;
  readonly wallMs: number;
  readonly toleranceMs: number;
}

export type CyclePlace = CycleKey | ShotPlace | TimePlace;

export interface CycleForRequest {
  /** 1 … 1000. */
  readonly places: readonly CyclePlace[];
}

export interface FoundCycle {
  readonly boot: string;
  readonly seq: number;
  readonly machine: string;
  readonly profile: string;
  readonly mold: string | null;
  readonly shot: number | null;
  readonly wallMs: number;
  readonly outcome: Verdict['outcome'];
  /** Another shot fits as well, or nearly: its counter began anew, or it was made about then. */
  readonly ambiguous: boolean;
  /** All its labels, the last said last. */
  readonly labels: readonly Pick<Label, 'part' | 'result' | 'type' | 'from'>[];
}

/** Null: there is none. In the order of the places. */
export type CycleForResult = readonly (FoundCycle | null)[];

const mostPlaces = 1000;
/** A counter value alone is looked for in so many shots: it has no index, which every shot would pay for. */
export const lookBackCycles = 50_000;

function readPlace(value: unknown): CyclePlace {
  const method = 'cycle-for';
  const names = [
    'boot',
    'seq',
    'machine',
    'shot',
    'fromWallMs',
    'toWallMs',
    'wallMs',
    'toleranceMs',
  ];
  const fields = asFields(method, value, names);
  if (fields.boot !== undefined) return readCycleKey(method, value);
  const machine = requiredText(method, fields, 'machine');
  const number = (name: string): number | undefined => optionalNumber(method, fields, name);
  const [shot, wallMs, toleranceMs] = [number('shot'), number('wallMs'), number('toleranceMs')];
  if (shot !== undefined)
    return { machine, shot, fromWallMs: number('fromWallMs'), toWallMs: number('toWallMs') };
  if (wallMs !== undefined && toleranceMs !== undefined && toleranceMs >= 0)
    return { machine, wallMs, toleranceMs };
  throw badParameter(
    method,
    'a shot is named by boot and seq, by shot, or by wallMs and toleranceMs',
  );
}

/** Checks what came over a wire. Throws `usage`. */
export function readCycleForRequest(params: unknown): CycleForRequest {
  const { places } = asFields('cycle-for', params, ['places']);
  if (!Array.isArray(places) || places.length === 0 || places.length > mostPlaces)
    throw badParameter('cycle-for', `places is a list of 1 to ${mostPlaces}`);
  return { places: places.map(readPlace) };
}

interface Hit {
  readonly id: number;
  readonly ambiguous: boolean;
}

const byKey = `
  SELECT c.id FROM cycles c
  WHERE c.id = ((SELECT ordinal FROM boots WHERE boot = @boot) << 40) | @seq`;

/** By the index of times: a period has few shots, a machine many. */
const byShotAndTime = `
  SELECT c.id FROM cycles c INDEXED BY cycles_by_time
  WHERE c.wall_ms >= @from AND c.wall_ms < @to AND c.machine = @machine AND c.shot = @shot
  ORDER BY c.id DESC LIMIT 2`;

const byTime = `
  SELECT c.id, ABS(c.wall_ms - @wallMs) AS off FROM cycles c INDEXED BY cycles_by_time
  WHERE c.wall_ms BETWEEN @wallMs - @toleranceMs AND @wallMs + @toleranceMs
    AND c.machine = @machine
  ORDER BY off, c.id LIMIT 2`;

/** One pass for all counter values of one machine, the newest first. */
const byShots = `
  SELECT id, shot FROM (
    SELECT c.id, c.shot FROM cycles c INDEXED BY cycles_by_machine
    WHERE c.machine = @machine ORDER BY c.id DESC LIMIT ${lookBackCycles})
  WHERE shot IN (SELECT value FROM json_each(@shots))`;

const details = `
  SELECT b.boot, c.id & 1099511627775 AS seq, c.machine, c.profile, c.mold, c.shot,
    c.wall_ms AS wallMs, c.outcome
  FROM cycles c CROSS JOIN boots b ON b.ordinal = c.id >> 40 WHERE c.id = ?`;

const labelsOf = `
  SELECT part, result, type, source AS "from" FROM labels WHERE cycle = ? ORDER BY id`;

const isShotAlone = (place: CyclePlace): place is ShotPlace =>
  'shot' in place && place.fromWallMs === undefined && place.toWallMs === undefined;

/** Machine and counter value → the newest such shot, for the places that say no time. */
function hitsOfShots(db: Database.Database, places: readonly CyclePlace[]): Map<string, Hit> {
  const hits = new Map<string, Hit>();
  const query = db.prepare<[object], { id: number; shot: number }>(byShots);
  const alone = places.filter(isShotAlone);
  for (const [machine, mine] of Map.groupBy(alone, (place) => place.machine)) {
    const shots = JSON.stringify([...new Set(mine.map(({ shot }) => shot))]);
    for (const { id, shot } of query.iterate({ machine, shots })) {
      const key = `${shot} ${machine}`;
      const newer = hits.get(key);
      hits.set(key, newer === undefined ? { id, ambiguous: false } : { ...newer, ambiguous: true });
    }
  }
  return hits;
}

function findOne(db: Database.Database, place: CyclePlace): Hit | null {
  if ('seq' in place) {
    const id = db.prepare(byKey).pluck().get(place);
    return id === undefined ? null : { id: Number(id), ambiguous: false };
  }
  if ('shot' in place) {
    const { machine, shot, fromWallMs: from, toWallMs: to } = place;
    const period = { from: from ?? Number.MIN_SAFE_INTEGER, to: to ?? Number.MAX_SAFE_INTEGER };
    const ids = db
      .prepare(byShotAndTime)
      .pluck()
      .all({ machine, shot, ...period });
    return ids.length === 0 ? null : { id: Number(ids[0]), ambiguous: ids.length > 1 };
  }
  const [first, second] = db
    .prepare<[object], { id: number; off: number }>(byTime)
    .all({ ...place });
  if (first === undefined) return null;
  // Clearly the nearest: the next is at least twice as far.
  return { id: first.id, ambiguous: second !== undefined && second.off < 2 * first.off };
}

/** The shots at these places, each with the labels it has. */
export function findCycles(db: Database.Database, { places }: CycleForRequest): CycleForResult {
  const ofShots = hitsOfShots(db, places);
  const detail = db.prepare<[number], Omit<FoundCycle, 'ambiguous' | 'labels'>>(details);
  const labels = db.prepare<[number], FoundCycle['labels'][number]>(labelsOf);
  return places.map((place) => {
    const hit = isShotAlone(place)
      ? (ofShots.get(`${place.shot} ${place.machine}`) ?? null)
      : findOne(db, place);
    const found = hit === null ? undefined : detail.get(hit.id);
    if (hit === null || found === undefined) return null;
    return { ...found, ambiguous: hit.ambiguous, labels: labels.all(hit.id) };
  });
}
