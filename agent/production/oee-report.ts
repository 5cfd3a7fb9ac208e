/** OEE by shift, mold and machine, out of what the store knows of a time. */
import type { ProductionConfig } from '../../config/production-schema.ts';
import type { ProductionFacts, StopRow } from '../records.ts';
import { unplanned } from './calendar.ts';
import {
  noElements,
  type OeeElements,
  type OeeRatios,
  type PaceBasis,
  ratiosOf,
  type StopElements,
  type TimeElements,
} from './oee.ts';
import { lengthOf, type Span, total, united, within, without } from './spans.ts';

export const oeeDimensions = ['machine', 'mold', 'shift'] as const;
export type OeeDimension = (typeof oeeDimensions)[number];

export interface OeePlan {
  readonly production: ProductionConfig;
  /** Planned ms of one cycle; null: not configured. */
  readonly idealCycleMs: (machine: string, mold: string | null) => number | null;
}

/** A dimension not grouped by is null. */
export interface OeeRow extends OeeRatios, OeeElements {
  readonly machine: string | null;
  readonly mold: string | null;
  readonly shiftFromWallMs: number | null;
}

export interface OeeReport {
  readonly fromWallMs: number;
  readonly toWallMs: number;
  readonly by: readonly OeeDimension[];
  readonly rows: readonly OeeRow[];
}

/** So many cycles before a pace is said to be learned. */
const fewestCycles = 30;

/** `loss` may be off: the part of it in which nothing was planned. */
interface StopSpan extends Span {
  readonly row: StopRow;
  readonly state: 'loss' | 'planned' | 'unknown';
}

interface Place {
  readonly machine: string;
  readonly mold: string | null;
  readonly shiftFrom: number;
}

/** Stops of one machine in order; where a clock was set back the later one begins after the other. */
function stopSpans(rows: readonly StopRow[], plan: OeePlan): StopSpan[] {
  const planned = new Set(
    plan.production.reasons.filter(({ time }) => time === 'planned').map(({ code }) => code),
  );
  const spans: StopSpan[] = [];
  let last = Number.NEGATIVE_INFINITY;
  for (const row of rows.toSorted((a, b) => a.beginWallMs - b.beginWallMs)) {
    const span = { from: Math.max(last, row.beginWallMs), to: row.endWallMs };
    if (span.to <= span.from) continue;
    last = span.to;
    const code = row.reason?.code ?? null;
    const named = code !== null && planned.has(code) ? 'planned' : 'loss';
    const state = row.kind === 'unknown' && code === null ? 'unknown' : named;
    spans.push({ ...span, row, state });
  }
  return spans;
}

interface MachineTimes {
  readonly watched: readonly Span[];
  readonly stops: readonly StopSpan[];
  /** When nothing is planned. */
  readonly off: readonly Span[];
}

/** Time elements of one piece of a machine's time, which has one shift and one mold. */
function addTimes(time: TimeElements, piece: Span, { watched, stops, off }: MachineTimes): void {
  const seen = within(watched, piece);
  const found = within(stops, piece);
  const unseen = without(piece, united(seen));
  const plannedMs = (spans: readonly Span[]): number =>
    spans.reduce((sum, span) => sum + lengthOf(span) - total(within(off, span)), 0);
  time.unknownMs += plannedMs(unseen);
  let knownMs = total(seen);
  let plannedStopMs = 0;
  for (const stop of found) {
    const ms = lengthOf(stop);
    const offMs = total(within(off, stop));
    if (stop.state === 'unknown') {
      knownMs -= ms;
      time.unknownMs += ms - offMs;
    } else if (stop.state === 'planned') plannedStopMs += ms;
    else {
      plannedStopMs += offMs;
      if (stop.row.kind === 'micro') time.microStopMs += ms - offMs;
      else time.stopMs += ms - offMs;
    }
  }
  const busyMs = knownMs - plannedStopMs;
  const lostMs = found
    .filter(({ state }) => state === 'loss')
    .reduce((sum, stop) => sum + lengthOf(stop) - total(within(off, stop)), 0);
  time.plannedStopMs += plannedStopMs;
  time.busyMs += busyMs;
  time.productionMs += busyMs - lostMs;
}

/** A stop is counted where it begins; its time where it passes. */
function addStops(found: StopElements, piece: Span, { stops, off }: MachineTimes): void {
  for (const stop of within(stops, piece)) {
    const { row, state } = stop;
    if (state === 'unknown') continue;
    const begins = row.beginWallMs >= piece.from ? 1 : 0;
    const offMs = total(within(off, stop));
    const ms = lengthOf(stop);
    if (row.reason !== null) {
      const sum = found.byReason[row.reason.code] ?? { count: 0, ms: 0 };
      found.byReason[row.reason.code] = { count: sum.count + begins, ms: sum.ms + ms };
    }
    if (ms <= offMs) continue;
    if (row.kind === 'micro' && row.reason === null) found.microStops += begins;
    else if (state === 'loss') found.stops += begins;
    if (row.kind !== 'stop' || row.reason !== null) continue;
    found.unexplained += begins;
    found.unexplainedMs += ms - offMs;
  }
}

class Tally {
  readonly #by: ReadonlySet<OeeDimension>;
  readonly #rows = new Map<
    string,
    { place: Omit<OeeRow, keyof OeeRatios | keyof OeeElements>; elements: OeeElements }
  >();

  constructor(by: readonly OeeDimension[]) {
    this.#by = new Set(by);
  }

  of({ machine, mold, shiftFrom }: Place): OeeElements {
    const place = {
      machine: this.#by.has('machine') ? machine : null,
      mold: this.#by.has('mold') ? mold : null,
      shiftFromWallMs: this.#by.has('shift') ? shiftFrom : null,
    };
    const key = JSON.stringify([place.shiftFromWallMs, place.machine, place.mold]);
    const row = this.#rows.get(key) ?? { place, elements: noElements() };
    this.#rows.set(key, row);
    return row.elements;
  }

  rows(): OeeRow[] {
    const sorted = [...this.#rows.values()].sort(
      ({ place: a }, { place: b }) =>
        (a.shiftFromWallMs ?? 0) - (b.shiftFromWallMs ?? 0) ||
        (a.machine ?? '').localeCompare(b.machine ?? '') ||
        (a.mold ?? '').localeCompare(b.mold ?? ''),
    );
    return sorted.map(({ place, elements }) => ({ ...place, ...elements, ...ratiosOf(elements) }));
  }
}

/** Pieces of a machine's time in which neither its mold nor the shift changes. */
function piecesOf(facts: ProductionFacts, machine: string): (Place & Span)[] {
  const molds = facts.molds.filter((one) => one.machine === machine);
  const begins = molds.map(({ fromWallMs }, i) =>
    i === 0 ? Number.NEGATIVE_INFINITY : fromWallMs,
  );
  const runs = molds.map(({ mold }, i) => ({
    ...{ mold, from: begins[i] ?? 0, to: begins[i + 1] ?? Number.POSITIVE_INFINITY },
  }));
  const all =
    runs.length > 0
      ? runs
      : [{ mold: null, from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY }];
  return facts.shifts.flatMap(({ shiftFrom, from, to }) =>
    within(all, { from, to }).map((run) => ({
      machine,
      mold: run.mold,
      shiftFrom,
      from: run.from,
      to: run.to,
    })),
  );
}

const joined = (a: PaceBasis | null, b: PaceBasis): PaceBasis =>
  a === null || a === b ? b : 'mixed';

function addShots(tally: Tally, facts: ProductionFacts, plan: OeePlan): void {
  const paces = new Map(
    facts.paces.map((pace) => [JSON.stringify([pace.machine, pace.mold]), pace] as const),
  );
  for (const count of facts.counts) {
    const { machine, mold, shiftFromWallMs: shiftFrom } = count;
    const row = tally.of({ machine, mold, shiftFrom });
    const { shots } = row;
    shots.produced += count.shots;
    shots.good += count.inspected.ok + count.judged.ok;
    shots.defect += count.inspected.defect + count.judged.defect;
    shots.unknown += count.neither;
    shots.suppressed += count.suppressed;
    shots.inspected += count.inspected.ok + count.inspected.defect;
    shots.unwatched += count.unwatched;
    if (count.shots === 0) continue;
    const configured = plan.idealCycleMs(machine, mold);
    const pace = paces.get(JSON.stringify([machine, mold]));
    const learned = pace !== undefined && pace.cycles >= fewestCycles ? pace.bestMs : null;
    const idealMs = configured ?? learned;
    row.plannedRunMs =
      idealMs === null || row.plannedRunMs === null
        ? null
        : row.plannedRunMs + idealMs * count.shots;
    if (idealMs !== null)
      row.paceBasis = joined(row.paceBasis, configured === null ? 'learned' : 'configured');
  }
}

export function oeeReport(
  facts: ProductionFacts,
  plan: OeePlan,
  by: readonly OeeDimension[],
): OeeReport {
  const { fromWallMs, toWallMs } = facts;
  const tally = new Tally(by);
  const off = unplanned({ from: fromWallMs, to: toWallMs }, plan.production);
  const watched = Map.groupBy(facts.watched, ({ machine }) => machine);
  const stops = Map.groupBy(facts.stops, ({ machine }) => machine);
  const machines = new Set([...watched.keys(), ...stops.keys()]);
  for (const machine of [...machines].sort()) {
    const times: MachineTimes = {
      watched: united(
        (watched.get(machine) ?? []).map((one) => ({ from: one.fromWallMs, to: one.toWallMs })),
      ),
      stops: stopSpans(stops.get(machine) ?? [], plan),
      off,
    };
    for (const piece of piecesOf(facts, machine)) {
      const row = tally.of(piece);
      addTimes(row.time, piece, times);
      addStops(row.stops, piece, times);
    }
  }
  addShots(tally, facts, plan);
  return { fromWallMs, toWallMs, by, rows: tally.rows() };
}
