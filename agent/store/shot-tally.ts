/** Shots of a time, one by one: counted by machine, mold and shift, with molds and paces in passing. */
import type { CyclePace, ProductionFacts, ShotCount, Verdict } from '../records.ts';
import type { Period } from './shifts.ts';

export interface SeenCycle {
  /** Start of the agent that saw it. */
  readonly ordinal: number;
  readonly machine: string;
  readonly mold: string | null;
  readonly shot: number | null;
  readonly observed: string;
  readonly suppressed: string | null;
  readonly outcome: Verdict['outcome'];
  readonly wallMs: number;
  /** Null: not, or not all of its parts. */
  readonly inspected: 'ok' | 'defect' | null;
}

/** Cycles from which a pace is taken: the last ones. */
const remembered = 2000;

type Counts = { -readonly [K in keyof ShotCount]: ShotCount[K] } & {
  inspected: { ok: number; defect: number };
  judged: { ok: number; defect: number };
};

interface MachineRun {
  mold: string | null;
  known: boolean;
  last: Omit<SeenCycle, 'inspected'> | null;
  /** Counter values: the last of the start before, and the first of this one. */
  lastBefore: number | null;
  first: number | null;
  counts: Counts | null;
  readonly molds: { machine: string; mold: string | null; fromWallMs: number }[];
  readonly cycles: Map<string | null, number[]>;
}

const unseen = (cycle: Pick<SeenCycle, 'observed'>): boolean => cycle.observed !== 'whole';

export class ShotTally {
  readonly #shifts: readonly Period[];
  readonly #runs = new Map<string, MachineRun>();
  readonly #counts = new Map<string, Counts>();
  #shift = 0;

  constructor(shifts: readonly Period[]) {
    this.#shifts = shifts;
  }

  knows(machine: string): boolean {
    return this.#runs.has(machine);
  }

  machines(): readonly string[] {
    return [...this.#runs.keys()].sort();
  }

  /** Its last shots before the time, oldest first; call once, before its first `add`. */
  runUp(machine: string, cycles: readonly Omit<SeenCycle, 'inspected'>[]): void {
    const run: MachineRun = {
      ...{ mold: null, known: false, last: null, lastBefore: null, first: null },
      counts: null,
      ...{ molds: [], cycles: new Map() },
    };
    this.#runs.set(machine, run);
    for (const cycle of cycles) this.#follow(run, cycle);
    const [last] = run.molds.splice(0).slice(-1);
    if (last !== undefined) run.molds.push(last);
  }

  /** In order of time. */
  add(cycle: SeenCycle): void {
    const run = this.#runs.get(cycle.machine);
    if (run === undefined) return;
    const isUnwatched = cycle.observed === 'missed' && madeBetweenStarts(run, cycle);
    if (!isUnwatched) this.#follow(run, cycle);
    const counts = this.#countsOf(run, cycle.machine, cycle.wallMs);
    if (isUnwatched) counts.unwatched += 1;
    else count(counts, cycle);
  }

  molds(): ProductionFacts['molds'] {
    return [...this.#runs.values()].flatMap(({ molds }) => molds);
  }

  counts(): ShotCount[] {
    return [...this.#counts.values()];
  }

  paces(): CyclePace[] {
    return [...this.#runs].flatMap(([machine, { cycles }]) =>
      [...cycles].map(([mold, times]) => {
        const sorted = times.toSorted((a, b) => a - b);
        const bestMs = sorted[Math.floor(sorted.length / 10)] ?? 0;
        return { machine, mold, cycles: times.length, bestMs };
      }),
    );
  }

  /** Time between two shots belongs to the later one's mold: a mold change is its setup. */
  #follow(run: MachineRun, cycle: Omit<SeenCycle, 'inspected'>): void {
    const { last } = run;
    const { machine, mold, wallMs } = cycle;
    if (!unseen(cycle) && (!run.known || mold !== run.mold)) {
      run.molds.push({ machine, mold, fromWallMs: last?.wallMs ?? wallMs });
      run.mold = mold;
      run.known = true;
    } else if (!unseen(cycle) && last !== null && !unseen(last) && follows(last, cycle)) {
      const times = run.cycles.get(mold) ?? [];
      times.push(wallMs - last.wallMs);
      if (times.length > remembered) times.shift();
      run.cycles.set(mold, times);
    }
    if (last === null || last.ordinal !== cycle.ordinal) {
      run.lastBefore = last?.shot ?? null;
      run.first = cycle.shot;
    }
    run.last = cycle;
  }

  #countsOf(run: MachineRun, machine: string, wallMs: number): Counts {
    const { mold } = run;
    while (wallMs >= (this.#shifts[this.#shift]?.to ?? Number.POSITIVE_INFINITY)) this.#shift += 1;
    const shiftFromWallMs = this.#shifts[this.#shift]?.shiftFrom ?? 0;
    // Nearly always those of the shot before: a year has millions.
    const { counts: last } = run;
    if (last?.mold === mold && last.shiftFromWallMs === shiftFromWallMs) return last;
    const key = JSON.stringify([machine, mold, shiftFromWallMs]);
    const known = this.#counts.get(key);
    if (known !== undefined) {
      run.counts = known;
      return known;
    }
    const counts: Counts = {
      ...{ machine, mold, shiftFromWallMs, shots: 0, unwatched: 0, neither: 0, suppressed: 0 },
      ...{ inspected: { ok: 0, defect: 0 }, judged: { ok: 0, defect: 0 } },
    };
    this.#counts.set(key, counts);
    run.counts = counts;
    return counts;
  }
}

/**
 * The counter tells of shots between two starts when it is read again: nobody saw when they were made.
 * A start that is slow to learn where the one before it ended tells of them after its own first ones.
 */
function madeBetweenStarts(
  { last, lastBefore, first }: MachineRun,
  { ordinal, shot }: SeenCycle,
): boolean {
  if (last !== null && last.ordinal !== ordinal) return true;
  if (shot === null || lastBefore === null || first === null) return false;
  return shot > lastBefore && shot < first;
}

/** A clock that was set back, and a counter that jumped, give no cycle. */
const follows = (
  last: Omit<SeenCycle, 'inspected'>,
  { ordinal, shot, wallMs }: Omit<SeenCycle, 'inspected'>,
): boolean =>
  ordinal === last.ordinal &&
  wallMs > last.wallMs &&
  (shot === null || last.shot === null || shot === last.shot + 1);

function count(counts: Counts, { inspected, outcome, suppressed }: SeenCycle): void {
  counts.shots += 1;
  if (inspected !== null) counts.inspected[inspected] += 1;
  else if (outcome !== 'unscored') counts.judged[outcome] += 1;
  else {
    counts.neither += 1;
    if (suppressed !== null) counts.suppressed += 1;
  }
}
