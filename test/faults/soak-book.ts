/** What was made, judged and delivered in a soak, and whether it adds up at the end. */
import type Database from 'better-sqlite3';
import type { Cycle, Verdict } from '../../agent/records.ts';
import { queryLedger } from '../../agent/store/account-queries.ts';
import { openReadOnly } from '../../agent/store/database.ts';
import { storePaths } from '../../agent/store/paths.ts';
import { quantile } from '../../bench/quantiles.ts';
import type { MqttReceiver, ReceivedRecord } from '../fixtures/mqtt-receiver.ts';
import { type Group, groupOf, groups } from './soak-shop.ts';

/** What a shot met: nothing, or a fault by name. */
type When = string;

interface ShotCounts {
  made: number;
  /** Shots whose record came, first time. */
  judged: number;
  ok: number;
  defect: number;
  unscored: Record<string, number>;
  missedDeadlines: Record<When, number>;
}

interface Spread {
  readonly count: number;
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
}

export interface ShotFigures {
  readonly groups: Readonly<Record<Group, ShotCounts>>;
  /** Of sound machines: made, and no record of them came. */
  readonly soundWithoutRecord: number;
  /** Of sound machines, by what was the matter when the shot was made. */
  readonly soundMade: Readonly<Record<When, number>>;
  /** Snapshot's last byte → reject write at sound machines; `quiet`: no fault was about. */
  readonly snapshotToRejectMs: { readonly quiet: Spread | null; readonly faults: Spread | null };
}

export class SoakBook {
  readonly #at: (monoMs: number) => string | null;
  readonly #made = new Map<string, When>();
  readonly #soundMade: Record<When, number> = {};
  readonly #counts = Object.fromEntries(groups.map((group) => [group, emptyCounts()])) as Record<
    Group,
    ShotCounts
  >;
  readonly #rejects: Record<'quiet' | 'faults', number[]> = { quiet: [], faults: [] };

  /** `at`: the fault that was at work then. */
  constructor(at: (monoMs: number) => string | null) {
    this.#at = at;
  }

  get made(): number {
    return groups.reduce((sum, group) => sum + this.#counts[group].made, 0);
  }

  get judged(): number {
    return groups.reduce((sum, group) => sum + this.#counts[group].judged, 0);
  }

  shot(machine: string, shot: number, group: Group): void {
    this.#counts[group].made += 1;
    if (group !== 'sound') return;
    const when = this.#now();
    this.#made.set(`${machine} ${shot}`, when);
    this.#soundMade[when] = (this.#soundMade[when] ?? 0) + 1;
  }

  reject(machine: string, afterMs: number): void {
    if (groupOf(machine) !== 'sound') return;
    this.#rejects[this.#now() === 'quiet' ? 'quiet' : 'faults'].push(afterMs);
  }

  received({ body }: ReceivedRecord): void {
    const { cycle, verdict } = body as { cycle?: Cycle; verdict?: Verdict };
    if (cycle === undefined || verdict === undefined) return;
    const counts = this.#counts[groupOf(cycle.machine)];
    counts.judged += 1;
    const key = `${cycle.machine} ${cycle.shot}`;
    const when = this.#made.get(key) ?? 'unknown';
    this.#made.delete(key);
    if (verdict.outcome !== 'unscored') counts[verdict.outcome] += 1;
    else counts.unscored[verdict.reason] = (counts.unscored[verdict.reason] ?? 0) + 1;
    if (verdict.reason === 'deadline-missed')
      counts.missedDeadlines[when] = (counts.missedDeadlines[when] ?? 0) + 1;
  }

  figures(): ShotFigures {
    return {
      groups: this.#counts,
      soundWithoutRecord: this.#made.size,
      soundMade: this.#soundMade,
      snapshotToRejectMs: {
        quiet: spreadOf(this.#rejects.quiet),
        faults: spreadOf(this.#rejects.faults),
      },
    };
  }

  #now(): When {
    return this.#at(performance.now()) ?? 'quiet';
  }
}

function emptyCounts(): ShotCounts {
  return { made: 0, judged: 0, ok: 0, defect: 0, unscored: {}, missedDeadlines: {} };
}

function spreadOf(ms: readonly number[]): Spread | null {
  if (ms.length === 0) return null;
  const at = (share: number): number => Math.round(quantile(ms, share) * 1000) / 1000;
  return { count: ms.length, p50: at(0.5), p99: at(0.99), p999: at(0.999), max: at(1) };
}

export interface Account {
  readonly kept: number;
  /** By part and reason. */
  readonly gaps: Readonly<Record<string, number>>;
  /** Seqs with neither a record nor a gap. */
  readonly unexplained: number;
  readonly received: number;
  /** Sent again, and dropped by their key. */
  readonly repeats: number;
  /** In the store, not received, and not known to be pending. */
  readonly undelivered: number;
  readonly outOfOrder: number;
  readonly sound: boolean;
  /** Unexplained and undelivered. */
  readonly lost: number;
}

const keys = `
  SELECT b.boot AS boot, r.id & 1099511627775 AS seq FROM records r JOIN boots b ON b.ordinal = r.id >> 40`;

/** Of a store whose agent has ended. */
export function accountOf(store: string, receiver: MqttReceiver): Account {
  const db = openReadOnly(storePaths(store).database);
  try {
    const ledger = queryLedger(db);
    const gaps: Record<string, number> = {};
    for (const { part, reason, count } of ledger.gaps)
      gaps[`${part} ${reason}`] = (gaps[`${part} ${reason}`] ?? 0) + count;
    const rows = db.prepare<[], { boot: string; seq: number }>(keys).all();
    const absent = rows.filter(({ boot, seq }) => !receiver.has(boot, seq)).length;
    const pending = Object.values(ledger.pending).reduce((sum, count) => sum + count, 0);
    const undelivered = Math.max(0, absent - pending);
    const { kept, unexplained } = ledger;
    return {
      ...{ kept, gaps, unexplained, undelivered, sound: isSound(db) },
      received: receiver.size,
      repeats: receiver.repeats,
      outOfOrder: receiver.outOfOrder().length,
      lost: unexplained + undelivered,
    };
  } finally {
    db.close();
  }
}

function isSound(db: Database.Database): boolean {
  return db.pragma('integrity_check(1)', { simple: true }) === 'ok';
}
