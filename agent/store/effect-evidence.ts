/**
 * What inspection and models said of each working day, as counts by machine and mold: what the effect
 * report rests on. Day by day, so that a year is never sorted as a whole.
 */
import type Database from 'better-sqlite3';
import type { Label, Verdict } from '../records.ts';
import { idsBetween } from './find-cycle.ts';

/** One working day, epoch ms, its end not included. */
export interface DaySpan {
  readonly day: string;
  readonly fromWallMs: number;
  readonly toWallMs: number;
}

export interface EvidenceRequest {
  readonly days: readonly DaySpan[];
  readonly machine?: string | undefined;
  readonly mold?: string | undefined;
  /** Machine → how many parts its shots have; absent: 1. */
  readonly parts: Readonly<Record<string, number>>;
}

/** Shots of one day, machine and mold. All but `missed` and `suppressed` count as produced. */
export interface ShotDay {
  readonly day: string;
  readonly machine: string;
  readonly mold: string | null;
  readonly shots: number;
  /** The counter jumped over them: nothing of them was read, not even the mold. */
  readonly missed: number;
  /** By reason (`try-shot`, `warm-up` …). */
  readonly suppressed: Readonly<Record<string, number>>;
  readonly verdicts: Readonly<Record<Verdict['outcome'], number>>;
  /** Inspected as a whole: a part is a defect, or all parts are ok. The results in force. */
  readonly labelled: Readonly<Record<Label['result'], number>>;
  /** The same shots by what the verdict had been. */
  readonly labelledOf: Readonly<Record<Verdict['outcome'], number>>;
  readonly labelledFrom: Readonly<Record<Label['from'], number>>;
  /** Only some of their parts were inspected, all ok: not inspected. */
  readonly partly: number;
  /** Labelled ok, of which a part had been called a defect before. */
  readonly reworked: number;
}

/** What judged shots of one machine on one day. */
export interface ModelDay {
  readonly day: string;
  readonly machine: string;
  /** All but `shots` null: rule limits alone. */
  readonly name: string | null;
  readonly version: string | null;
  readonly hash: string | null;
  readonly threshold: number | null;
  readonly shots: number;
}

export interface ShotEvidence {
  readonly shots: readonly ShotDay[];
  readonly models: readonly ModelDay[];
}

interface Where {
  readonly machine: string;
  readonly mold: string | null;
}

interface ShotGroup extends Where {
  readonly suppressed: string | null;
  readonly hash: string | null;
  readonly threshold: number | null;
  readonly shots: number;
  readonly missed: number;
  readonly ok: number;
  readonly defect: number;
}

interface LabelRow extends Where {
  readonly cycle: number;
  readonly part: string;
  readonly result: Label['result'];
  readonly source: Label['from'];
  readonly outcome: Verdict['outcome'];
}

interface OnceGroup extends Where {
  readonly outcome: Verdict['outcome'];
  readonly result: Label['result'];
  readonly source: Label['from'];
  readonly shots: number;
}

const within = ({ machine, mold }: EvidenceRequest): string =>
  `+c.wall_ms >= @from AND +c.wall_ms < @to${machine === undefined ? '' : ' AND +c.machine = @machine'}${mold === undefined ? '' : ' AND c.mold = @mold'}`;

/** Few columns: every shot of a year is sorted with all that is named here. */
const shotsSql = (request: EvidenceRequest): string => `
  SELECT c.machine, c.mold, c.suppressed, c.model_hash AS hash, c.threshold, COUNT(*) AS shots,
    SUM(c.observed = 'missed') AS missed, SUM(c.outcome = 'ok') AS ok,
    SUM(c.outcome = 'defect') AS defect
  FROM cycles c WHERE c.id BETWEEN @low AND @high AND ${within(request)}
  GROUP BY 1, 2, 3, 4, 5`;

const labelledFrom = `
  FROM labels l INDEXED BY labels_by_cycle CROSS JOIN cycles c ON c.id = l.cycle
  WHERE l.cycle BETWEEN @low AND @high AND c.suppressed IS NULL AND c.observed <> 'missed'`;

/** Shots with one label, which nearly all are: counted where they lie. */
const onceSql = (request: EvidenceRequest): string => `
  SELECT machine, mold, outcome, result, source, COUNT(*) AS shots FROM (
    SELECT c.machine, c.mold, c.outcome, l.result, l.source, COUNT(*) AS labels
    ${labelledFrom} AND ${within(request)} GROUP BY l.cycle)
  WHERE labels = 1 GROUP BY 1, 2, 3, 4, 5`;

/** Of the others each label; the last result of a part comes last. */
const severalSql = (request: EvidenceRequest): string => `
  SELECT l.cycle, l.part, l.result, l.source, c.machine, c.mold, c.outcome
  ${labelledFrom} AND ${within(request)} AND EXISTS (
    SELECT 1 FROM labels o WHERE o.cycle = l.cycle AND (o.part, o.id) <> (l.part, l.id))
  ORDER BY l.cycle, l.part, l.id`;

const nameSql = `
  SELECT model_name AS name, model_version AS version FROM cycles
  WHERE id BETWEEN @low AND @high AND model_hash = @hash LIMIT 1`;

type Changing<T> = { -readonly [K in keyof T]: T[K] };
type DayCounts = Changing<{
  [K in keyof ShotDay]: ShotDay[K] extends Readonly<Record<string, number>>
    ? Changing<ShotDay[K]>
    : ShotDay[K];
}>;

class DayTally {
  readonly #day: string;
  readonly #shots = new Map<string, DayCounts>();
  readonly #models = new Map<string, Changing<ModelDay>>();

  constructor(day: string) {
    this.#day = day;
  }

  addShots(group: ShotGroup, nameOf: NameOf): void {
    const counts = this.#countsOf(group);
    const { suppressed, missed, ok, defect } = group;
    if (suppressed !== null) {
      counts.suppressed[suppressed] = (counts.suppressed[suppressed] ?? 0) + group.shots;
      return;
    }
    const shots = group.shots - missed;
    counts.missed += missed;
    counts.shots += shots;
    counts.verdicts.ok += ok;
    counts.verdicts.defect += defect;
    counts.verdicts.unscored += shots - ok - defect;
    if (ok + defect > 0) this.#addModel(group, ok + defect, nameOf);
  }

  /** Shots with one label each. */
  addOnce({ outcome, result, source, shots, ...where }: OnceGroup, partCount: number): void {
    const counts = this.#countsOf(where);
    if (result === 'ok' && partCount > 1) {
      counts.partly += shots;
      return;
    }
    counts.labelled[result] += shots;
    counts.labelledOf[outcome] += shots;
    counts.labelledFrom[source] += shots;
  }

  /** All labels of one shot, those of one part after each other. */
  addLabels(labels: readonly LabelRow[], partCount: number): void {
    const [first] = labels;
    if (first === undefined) return;
    const inForce = new Map(labels.map((label) => [label.part, label]));
    const results = [...inForce.values()];
    const isDefect = results.some(({ result }) => result === 'defect');
    const counts = this.#countsOf(first);
    if (!isDefect && inForce.size < partCount) {
      counts.partly += 1;
      return;
    }
    counts.labelled[isDefect ? 'defect' : 'ok'] += 1;
    counts.labelledOf[first.outcome] += 1;
    counts.labelledFrom[labels.at(-1)?.source ?? first.source] += 1;
    if (!isDefect && labels.some(({ result }) => result === 'defect')) counts.reworked += 1;
  }

  shots(): ShotDay[] {
    return [...this.#shots.values()];
  }

  models(): ModelDay[] {
    return [...this.#models.values()];
  }

  #countsOf({ machine, mold }: Where): DayCounts {
    const key = JSON.stringify([machine, mold]);
    const known = this.#shots.get(key);
    if (known !== undefined) return known;
    const counts: DayCounts = {
      ...{ day: this.#day, machine, mold, shots: 0, missed: 0, suppressed: {} },
      verdicts: { ok: 0, defect: 0, unscored: 0 },
      labelled: { ok: 0, defect: 0 },
      labelledOf: { ok: 0, defect: 0, unscored: 0 },
      labelledFrom: { panel: 0, cli: 0, import: 0 },
      ...{ partly: 0, reworked: 0 },
    };
    this.#shots.set(key, counts);
    return counts;
  }

  #addModel({ machine, hash, threshold }: ShotGroup, shots: number, nameOf: NameOf): void {
    const key = JSON.stringify([machine, hash, threshold]);
    const row = this.#models.get(key) ?? {
      ...{ day: this.#day, machine, hash, threshold, shots: 0 },
      ...(hash === null ? { name: null, version: null } : nameOf(hash)),
    };
    row.shots += shots;
    this.#models.set(key, row);
  }
}

type NameOf = (hash: string) => Pick<ModelDay, 'name' | 'version'>;

/** The labels of each shot, which come together. */
function* byShot(labels: Iterable<LabelRow>): Generator<LabelRow[]> {
  let own: LabelRow[] = [];
  for (const label of labels) {
    if (own[0] !== undefined && own[0].cycle !== label.cycle) {
      yield own;
      own = [];
    }
    own.push(label);
  }
  if (own.length > 0) yield own;
}

/** One pass over the shots and labels of these days, in their order. */
export function queryShotEvidence(db: Database.Database, request: EvidenceRequest): ShotEvidence {
  const { machine, mold, parts } = request;
  const ends = db.prepare<[object], { low: number | null; high: number | null }>(idsBetween);
  const shotsOf = db.prepare<[object], ShotGroup>(shotsSql(request));
  const onceOf = db.prepare<[object], OnceGroup>(onceSql(request));
  const severalOf = db.prepare<[object], LabelRow>(severalSql(request));
  const nameFrom = db.prepare<[object], Pick<ModelDay, 'name' | 'version'>>(nameSql);
  const names = new Map<string, Pick<ModelDay, 'name' | 'version'>>();
  const shots: ShotDay[] = [];
  const models: ModelDay[] = [];
  for (const { day, fromWallMs: from, toWallMs: to } of request.days) {
    const { low = null, high = null } = ends.get({ from, to }) ?? {};
    if (low === null || high === null) continue;
    const tally = new DayTally(day);
    const range = { from, to, low, high, machine, mold };
    const nameOf: NameOf = (hash) => {
      const known = names.get(hash) ?? nameFrom.get({ low, high, hash });
      if (known === undefined) return { name: null, version: null };
      names.set(hash, known);
      return known;
    };
    // Read whole before names are looked up: groups are few.
    for (const group of shotsOf.all(range)) tally.addShots(group, nameOf);
    const partsOf = (of: string): number => parts[of] ?? 1;
    for (const group of onceOf.iterate(range)) tally.addOnce(group, partsOf(group.machine));
    for (const labels of byShot(severalOf.iterate(range)))
      tally.addLabels(labels, partsOf(labels[0]?.machine ?? ''));
    shots.push(...tally.shots());
    models.push(...tally.models());
  }
  return { shots, models };
}

/** Times of the first and the last shot kept, epoch ms; null: none. */
export function querySpan(db: Database.Database): { first: number; last: number } | null {
  const ends = ['MIN', 'MAX'].map((end) =>
    db.prepare<[], number | null>(`SELECT ${end}(wall_ms) FROM cycles`).pluck().get(),
  );
  const [first, last] = ends;
  return first == null || last == null ? null : { first, last };
}
