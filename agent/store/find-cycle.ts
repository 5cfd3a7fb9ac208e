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

/** The first and last record of a period, by the index of times alone. */
export const idsBetween = `
  SELECT MIN(id) AS low, MAX(id) AS high FROM cycles INDEXED BY cycles_by_time
  WHERE wall_ms >= @from AND wall_ms < @to`;

/** One pass for all counter values of one machine in a period. */
const byShotsAndTime = `
  SELECT c.id, c.shot, c.wall_ms AS wallMs FROM cycles c INDEXED BY cycles_by_machine
  WHERE c.machine = @machine AND c.id BETWEEN @low AND @high
    AND c.wall_ms >= @from AND c.wall_ms < @to
    AND c.shot IN (SELECT value FROM json_each(@shots))
  ORDER BY c.id DESC`;

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

interface Span {
  readonly from: number;
  readonly to: number;
}

const isShot = (place: CyclePlace): place is ShotPlace => 'shot' in place;
const isTimed = ({ fromWallMs, toWallMs }: ShotPlace): boolean =>
  fromWallMs !== undefined || toWallMs !== undefined;
const spanOf = ({ fromWallMs, toWallMs }: ShotPlace): Span => ({
  from: fromWallMs ?? Number.MIN_SAFE_INTEGER,
  to: toWallMs ?? Number.MAX_SAFE_INTEGER,
});

/** The newest of those that fit, which come newest first. */
const hitOf = (ids: readonly number[]): Hit | null =>
  ids[0] === undefined ? null : { id: ids[0], ambiguous: ids.length > 1 };

const shotsOf = (places: readonly ShotPlace[]): string =>
  JSON.stringify([...new Set(places.map(({ shot }) => shot))]);

/** Of the places that say no time. */
function findAlone(
  db: Database.Database,
  machine: string,
  places: readonly ShotPlace[],
): Map<ShotPlace, Hit | null> {
  const rows = db
    .prepare<[object], { id: number; shot: number }>(byShots)
    .all({ machine, shots: shotsOf(places) });
  const ids = Map.groupBy(rows, ({ shot }) => shot);
  return new Map(
    places.map((place) => [place, hitOf((ids.get(place.shot) ?? []).map(({ id }) => id))]),
  );
}

/** Places whose periods overlap: rows of one sheet are mostly of the same days. */
function overlapping(places: readonly ShotPlace[]): { span: Span; places: ShotPlace[] }[] {
  const sorted = places.toSorted((a, b) => spanOf(a).from - spanOf(b).from);
  const groups: { span: Span; places: ShotPlace[] }[] = [];
  for (const place of sorted) {
    const span = spanOf(place);
    const last = groups.at(-1);
    if (last === undefined || span.from >= last.span.to) groups.push({ span, places: [place] });
    else {
      last.span = { from: last.span.from, to: Math.max(last.span.to, span.to) };
      last.places.push(place);
    }
  }
  return groups;
}

function findTimed(
  db: Database.Database,
  machine: string,
  places: readonly ShotPlace[],
): Map<ShotPlace, Hit | null> {
  const ends = db.prepare<[object], { low: number | null; high: number | null }>(idsBetween);
  const query = db.prepare<[object], { id: number; shot: number; wallMs: number }>(byShotsAndTime);
  const hits = new Map<ShotPlace, Hit | null>();
  for (const group of overlapping(places)) {
    const { low = null, high = null } = ends.get(group.span) ?? {};
    const shots = shotsOf(group.places);
    const rows = low === null ? [] : query.all({ machine, ...group.span, low, high, shots });
    const byShot = Map.groupBy(rows, ({ shot }) => shot);
    for (const place of group.places) {
      const { from, to } = spanOf(place);
      const mine = byShot.get(place.shot) ?? [];
      const fitting = mine.filter(({ wallMs }) => wallMs >= from && wallMs < to);
      hits.set(place, hitOf(fitting.map(({ id }) => id)));
    }
  }
  return hits;
}

/** Of all places that give a counter value, machine by machine. */
function hitsOfShots(
  db: Database.Database,
  places: readonly CyclePlace[],
): Map<CyclePlace, Hit | null> {
  const hits = new Map<CyclePlace, Hit | null>();
  for (const [machine, mine] of Map.groupBy(places.filter(isShot), (place) => place.machine)) {
    const [timed, alone] = [mine.filter(isTimed), mine.filter((place) => !isTimed(place))];
    if (alone.length > 0)
      for (const [place, hit] of findAlone(db, machine, alone)) hits.set(place, hit);
    for (const [place, hit] of findTimed(db, machine, timed)) hits.set(place, hit);
  }
  return hits;
}

function findOne(db: Database.Database, place: CycleKey | TimePlace): Hit | null {
  if ('seq' in place) {
    const id = db.prepare(byKey).pluck().get(place);
    return id === undefined ? null : { id: Number(id), ambiguous: false };
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
    const hit = isShot(place) ? (ofShots.get(place) ?? null) : findOne(db, place);
    const found = hit === null ? undefined : detail.get(hit.id);
    if (hit === null || found === undefined) return null;
    return { ...found, ambiguous: hit.ambiguous, labels: labels.all(hit.id) };
  });
}
