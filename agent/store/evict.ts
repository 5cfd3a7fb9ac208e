/**
 * Making room: the oldest raw readings go first, then features, events, deeds, energy of single shots,
 * shots with their verdicts, stops, quarter hours of energy, alerts, heats, fuel, reasons of stops, and
 * labels last of all; gap records stay. Whatever goes is counted in the same transaction.
 */
import type Database from 'better-sqlite3';
import { oldestUndelivered } from './deliveries.ts';

/** What can go, first to last. */
export const parts = [
  ...(['readings', 'features', 'event', 'deed', 'shot-energy'] as const),
  ...(['cycle', 'stop', 'energy', 'alert', 'heat', 'fuel', 'stop-reason', 'label'] as const),
] as const;
export type Part = (typeof parts)[number];

export interface Evicted {
  readonly count: number;
  /** Of them, not yet with every target. */
  readonly undelivered: number;
}

interface Candidate {
  readonly id: number;
  readonly readings: number;
  readonly features: number;
}

/** One transaction's worth: bounds how long alerts wait behind it. */
const stepRows = 256;
const seqBits = 40n;
const seqMask = (1n << seqBits) - 1n;

const has = (name: string): string => `(${name} IS NOT NULL OR packed_${name} IS NOT NULL)`;
const none = '0 AS readings, 0 AS features';

/** Whole records of a kind of which there are few. */
const rare = (kind: string): string =>
  `SELECT id, ${none} FROM records
    WHERE kind = '${kind}' AND kind <> 'cycle' AND id > @after AND id <= @upTo ORDER BY id LIMIT ${stepRows}`;

/** Candidates above @after and up to @upTo, oldest first. */
const findSql: Readonly<Record<Part, string>> = {
  readings: `SELECT id, 1 AS readings, 0 AS features FROM cycle_data
    WHERE id > @after AND id <= @upTo AND ${has('readings')} ORDER BY id LIMIT ${stepRows}`,
  features: `SELECT id, ${has('readings')} AS readings, ${has('features')} AS features FROM cycle_data
    WHERE id > @after AND id <= @upTo ORDER BY id LIMIT ${stepRows}`,
  event: rare('event'),
  deed: rare('deed'),
  cycle: `SELECT c.id, COALESCE(${has('d.readings').replaceAll('packed_d.', 'd.packed_')}, 0) AS readings,
      COALESCE(${has('d.features').replaceAll('packed_d.', 'd.packed_')}, 0) AS features
    FROM cycles c LEFT JOIN cycle_data d ON d.id = c.id
    WHERE c.id > @after AND c.id <= @upTo ORDER BY c.id LIMIT ${stepRows}`,
  stop: rare('stop'),
  // One that still stands, or is the last word on one that does, is not among them.
  alert: `SELECT r.id, ${none} FROM records r
    WHERE r.kind = 'alert' AND r.kind <> 'cycle' AND r.id > @after AND r.id <= @upTo
      AND NOT EXISTS (SELECT 1 FROM alerts a WHERE a.last_id = r.id AND a.state <> 'cleared'
        AND a.boot = (SELECT MAX(ordinal) FROM boots))
    ORDER BY r.id LIMIT ${stepRows}`,
  heat: rare('heat'),
  fuel: rare('fuel'),
  'stop-reason': rare('stop-reason'),
  label: rare('label'),
  'shot-energy': rare('shot-energy'),
  energy: rare('energy'),
};

const count = `
  INSERT INTO evictions (boot, what, delivered, first_seq, last_seq, count)
  VALUES (@boot, @what, @delivered, @seq, @seq, 1)
  ON CONFLICT (boot, what, delivered) DO UPDATE SET first_seq = MIN(first_seq, excluded.first_seq),
    last_seq = MAX(last_seq, excluded.last_seq), count = count + 1`;

const readingsGone = `SELECT MAX((boot << 40) | last_seq) FROM evictions WHERE what = 'readings'`;

export class Evictor {
  readonly #db: Database.Database;
  readonly #find: Readonly<Record<Part, Database.Statement<[object], Candidate>>>;
  readonly #count: Database.Statement<[object]>;
  readonly #remove: Readonly<Record<Part, (id: number) => void>>;
  /** Highest id whose readings went: those below it, if any came late, go with their features. */
  #readingsAfter: number;

  constructor(db: Database.Database) {
    this.#db = db;
    this.#readingsAfter = Number(db.prepare(readingsGone).pluck().get() ?? 0);
    const find = (part: Part) => db.prepare<[object], Candidate>(findSql[part]);
    this.#find = {
      readings: find('readings'),
      features: find('features'),
      event: find('event'),
      deed: find('deed'),
      cycle: find('cycle'),
      stop: find('stop'),
      alert: find('alert'),
      heat: find('heat'),
      fuel: find('fuel'),
      'stop-reason': find('stop-reason'),
      label: find('label'),
      'shot-energy': find('shot-energy'),
      energy: find('energy'),
    };
    this.#count = db.prepare(count);
    this.#remove = removers(db);
  }

  /** One step of the first part that has anything left; `count` 0: there is nothing that may go. */
  step(): Evicted {
    for (const part of parts) {
      const done = this.stepOf(part, Number.MAX_SAFE_INTEGER);
      if (done.count > 0) return done;
    }
    return { count: 0, undelivered: 0 };
  }

  /** Up to 256 rows of one part with ids up to `upTo`, in one transaction. */
  stepOf(part: Part, upTo: number): Evicted {
    const after = part === 'readings' ? this.#readingsAfter : 0;
    const found = this.#find[part].all({ after, upTo });
    if (found.length === 0) return { count: 0, undelivered: 0 };
    const undelivered = this.#db.transaction(() => this.#take(part, found)).immediate();
    if (part === 'readings') this.#readingsAfter = found.at(-1)?.id ?? after;
    return { count: found.length, undelivered };
  }

  #take(part: Part, found: readonly Candidate[]): number {
    const oldest = oldestUndelivered(this.#db);
    let undelivered = 0;
    for (const { id, readings, features } of found) {
      const delivered = oldest !== null && id < oldest;
      if (oldest !== null && !delivered) undelivered += 1;
      this.#remove[part](id);
      if (readings === 1) this.#add('readings', id, delivered);
      if (features === 1) this.#add('features', id, delivered);
      if (part !== 'readings' && part !== 'features') this.#add(part, id, delivered);
    }
    return undelivered;
  }

  #add(what: Part, id: number, delivered: boolean): void {
    const boot = Number(BigInt(id) >> seqBits);
    const seq = Number(BigInt(id) & seqMask);
    this.#count.run({ boot, what, delivered: delivered ? 1 : 0, seq });
  }
}

function removers(db: Database.Database): Record<Part, (id: number) => void> {
  const readings = db.prepare(
    'UPDATE cycle_data SET readings = NULL, packed_readings = NULL WHERE id = ?',
  );
  const features = db.prepare('DELETE FROM cycle_data WHERE id = ?');
  // What hangs on the record goes with it.
  const record = db.prepare('DELETE FROM records WHERE id = ?');
  const alert = db.prepare('DELETE FROM alerts WHERE last_id = ?');
  return {
    readings: (id) => void readings.run(id),
    features: (id) => void features.run(id),
    event: (id) => void record.run(id),
    deed: (id) => void record.run(id),
    cycle: (id) => void record.run(id),
    stop: (id) => void record.run(id),
    'stop-reason': (id) => void record.run(id),
    label: (id) => void record.run(id),
    'shot-energy': (id) => void record.run(id),
    energy: (id) => void record.run(id),
    heat: (id) => void record.run(id),
    fuel: (id) => void record.run(id),
    alert: (id) => {
      alert.run(id);
      record.run(id);
    },
  };
}
