/**
 * One machine's energy: readings of its meter and its shots in, energy of each shot and of each
 * quarter hour out. Time is settled in order, some time after it passed: a cycle is known at its end,
 * a stop once it is longer than a cycle.
 */
import type {
  EnergyPart,
  EnergyPeriod,
  Instant,
  NoEnergy,
  ShotEnergy,
  Verdict,
} from '../records.ts';
import { rounded } from './period.ts';
import { Periods } from './periods.ts';
import { type MeterChange, MeterRegister, type RegisterOptions } from './register.ts';
import { longestPieceMs, type StopLimits, Stops } from './stops.ts';
import { EnergyTimeline } from './timeline.ts';
import { UsualCycle } from './usual-cycle.ts';

export interface EnergyOptions extends Omit<StopLimits, 'timeScale'> {
  readonly machine: string;
  /** The meter's, as records name it. */
  readonly signal: string;
  readonly register: RegisterOptions;
  /** Readings further apart than this, ms, are a gap. */
  readonly gapMs: number;
  /** 15 minutes of the machine's time, in ms of this process. */
  readonly periodMs: number;
  /** A machine without a shot for so many usual cycles is stopped. */
  readonly stopAfterCycles: number;
}

/** A shot as its record has it. */
export interface EnergyShot {
  readonly shot: number | null;
  readonly index: number;
  readonly mold: string | null;
  readonly observed: 'whole' | 'torn' | 'missed';
  readonly outcome: Verdict['outcome'];
  readonly suppressed: boolean;
  readonly kg: number | null;
  /** When the machine showed that it was made. */
  readonly at: Instant;
}

export interface EnergyEvents {
  shot(energy: ShotEnergy): void;
  period(period: EnergyPeriod): void;
  changed(change: MeterChange): void;
}

/** Where the meter stood when the agent before this one ended. */
export interface EnergyMark {
  readonly registerKwh: number;
  readonly wallMs: number;
  /** Highest mean power of its last periods; null: not known. */
  readonly seenKw: number | null;
}

/** Until the usual cycle is known: no cycle is longer, in the machine's time. */
const longestCycleMs = 600_000;
/** What is not settled by then, beside what a stop and a gap need, is told as it stands. */
const patienceMs = 60_000;

interface Settled {
  readonly energy: { readonly kWh: number; readonly errorKwh: number } | NoEnergy;
  readonly start: ShotEnergy['start'];
}

const none = (why: NoEnergy): Settled => ({ energy: why, start: null });

export class EnergyAccount {
  readonly #options: EnergyOptions;
  readonly #events: EnergyEvents;
  readonly #register: MeterRegister;
  readonly #timeline: EnergyTimeline;
  readonly #periods: Periods;
  readonly #stops: Stops;
  readonly #usual = new UsualCycle();
  /** Shots whose end the meter has not passed yet, in order. */
  #waiting: EnergyShot[] = [];
  /** When the last one came; null: none, or the counter jumped since. */
  #arrivedMs: number | null = null;
  #lastShotMs: number | null = null;
  /** Shots the counter jumped over since. */
  #skipped = 0;
  #begunMs: number | null = null;
  /** Up to here it is said what the time was used for. */
  #settledMs = Number.NEGATIVE_INFINITY;
  /** Up to here of that the machine stood still. */
  #stoodMs = Number.NEGATIVE_INFINITY;
  #mark: EnergyMark | null = null;
  #first: { readonly value: number; readonly at: Instant } | null = null;

  constructor(options: EnergyOptions, events: EnergyEvents) {
    this.#options = options;
    this.#events = events;
    const { gapMs, register } = options;
    const { timeScale, maxKw } = register;
    this.#register = new MeterRegister(register);
    this.#timeline = new EnergyTimeline({ gapMs, timeScale, maxKw });
    this.#stops = new Stops({ ...options, timeScale }, this.#timeline);
    const hold = options.holdBelowKw === null ? 'not-told' : 'told';
    this.#periods = new Periods({ ...options, timeScale, hold });
  }

  /** `value` of the counting signal, in its unit. */
  reading(value: number, at: Instant): void {
    this.#reach(at);
    const { points, change } = this.#register.read(value, at.monoMs);
    for (const point of points) this.#timeline.add(point);
    if (change !== null) this.#events.changed(change);
    if (this.#first === null) this.#resumeAt(value, at);
    this.#settle(at.monoMs, 'patient');
  }

  power(kW: number, monoMs: number): void {
    this.#register.sawPower(kW);
    this.#timeline.addPower(kW, monoMs);
  }

  shot(shot: EnergyShot): void {
    if (this.#begunMs === null) this.#reach(shot.at);
    if (shot.observed === 'missed') this.#arrivedMs = null;
    else {
      if (this.#arrivedMs !== null) this.#usual.add(shot.at.monoMs - this.#arrivedMs);
      this.#arrivedMs = shot.at.monoMs;
    }
    this.#waiting.push(shot);
    this.#settle(shot.at.monoMs, 'patient');
  }

  /** To be called each second or so. */
  tick(now: Instant): void {
    this.#reach(now);
    this.#settle(now.monoMs, 'patient');
  }

  /** The store tells, perhaps late, where the meter stood. */
  resume(mark: EnergyMark): void {
    this.#mark = mark;
    if (this.#first !== null) this.#bridge(this.#first.value, this.#first.at, mark);
  }

  /** Everything up to now is told, as far as it is known. */
  close(now: Instant): void {
    this.#reach(now);
    this.#periods.end(now.monoMs);
    this.#settle(now.monoMs, 'at-once');
  }

  /** Periods that are not told yet, as far as they are settled. */
  underWay(): readonly EnergyPeriod[] {
    return this.#periods.underWay();
  }

  #reach(now: Instant): void {
    this.#periods.reach(now);
    if (this.#begunMs !== null) return;
    this.#begunMs = now.monoMs;
    this.#settledMs = now.monoMs;
  }

  #resumeAt(value: number, at: Instant): void {
    this.#first = { value, at };
    if (this.#mark !== null) this.#bridge(value, at, this.#mark);
  }

  /** What was used while nobody looked: a total, where it is the same meter. */
  #bridge(value: number, at: Instant, mark: EnergyMark): void {
    const { machine, signal, register, holdBelowKw } = this.#options;
    const durationMs = at.wallMs - mark.wallMs;
    const hours = (durationMs * register.timeScale) / 3_600_000;
    const kWh = this.#register.continues(mark.registerKwh, value, hours, mark.seenKw);
    const span = { fromKwh: mark.registerKwh, toKwh: rounded(value * register.kwhPerUnit) };
    const hold = holdBelowKw === null ? null : 0;
    const parts = { production: 0, idle: 0, hold, off: 0, unallocated: rounded(kWh ?? 0) };
    this.#events.period({
      ...{ machine, kind: 'gap', at },
      durationMs: durationMs > 0 ? Math.round(durationMs) : null,
      kWh: kWh === null ? null : parts,
      ...{ ms: null, demandKw: null, shots: 0, molds: [] },
      meters: kWh === null ? [] : [{ signal, segment: 1, ...span }],
    });
  }

  #settle(nowMs: number, how: 'patient' | 'at-once'): void {
    const { gapMs, register } = this.#options;
    const pieceMs = longestPieceMs / register.timeScale;
    const patience = this.#stopAfterMs() + gapMs + pieceMs + patienceMs;
    const dueMs = how === 'at-once' ? nowMs : nowMs - patience;
    this.#settleShots(dueMs);
    this.#settleStop(nowMs, how === 'at-once');
    // What nobody can say any more is said to be so.
    while (this.#periods.nextEndMs <= dueMs && this.#settledMs < this.#periods.nextEndMs)
      this.#tellPeriods(this.#periods.nextEndMs);
    if (how === 'at-once') this.#tellPeriods(nowMs);
    this.#tellPeriods(this.#settledMs);
    const needed = Math.min(this.#settledMs, this.#lastShotMs ?? this.#settledMs);
    this.#timeline.forget(Math.max(needed, this.#stoodMs));
  }

  #tellPeriods(untilMs: number): void {
    this.#add(untilMs, 'unallocated');
    for (const period of this.#periods.take(this.#settledMs)) this.#events.period(period);
  }

  /** Those whose end the meter has passed, and those made before `dueMs` in any case. */
  #settleShots(dueMs: number): void {
    for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
      const { monoMs } = next.at;
      const isHeard = (this.#timeline.untilMs ?? Number.NEGATIVE_INFINITY) >= monoMs;
      // A first interval may be a stop: it takes some to know what is usual.
      const canTell = this.#usual.ms !== null || this.#lastShotMs === null;
      if (monoMs > dueMs && !(isHeard && canTell)) return;
      this.#waiting.shift();
      this.#settleShot(next);
    }
  }

  #settleShot(shot: EnergyShot): void {
    if (shot.observed === 'missed') {
      this.#skipped += 1;
      this.#tell(shot, none('shot-missed'));
      return;
    }
    this.#tell(shot, this.#cycleOf(shot.at.monoMs));
    this.#lastShotMs = shot.at.monoMs;
    this.#skipped = 0;
  }

  /** Settles the time up to this shot, and says what it used. */
  #cycleOf(endMs: number): Settled {
    const last = this.#lastShotMs;
    const cycles = this.#skipped + 1;
    const usual = this.#usual.ms;
    if (last === null || (usual === null && endMs - last > this.#stopAfterMs())) {
      this.#add(endMs, 'unallocated');
      return none('no-start');
    }
    const isStop = usual !== null && endMs - last > this.#stopAfterMs() * cycles;
    const startMs = isStop ? Math.max(last, this.#stoodMs, endMs - usual * cycles) : last;
    this.#addStop(startMs, true);
    const energy = this.#timeline.between(startMs, endMs);
    this.#add(endMs, 'production');
    if (cycles > 1) return none('no-start');
    if (typeof energy === 'string') return none(energy);
    const hours = ((endMs - startMs) * this.#options.register.timeScale) / 3_600_000;
    this.#stops.learn(energy.kWh / hours);
    return { energy, start: isStop ? 'usual-cycle' : 'shot-before' };
  }

  #tell(shot: EnergyShot, { energy, start }: Settled): void {
    const { mold, index, kg, outcome, suppressed, at } = shot;
    const known = typeof energy === 'string' ? null : energy;
    const kWh = known?.kWh ?? null;
    this.#periods.addShot(at.monoMs, { mold, kWh, kg, outcome, suppressed });
    this.#events.shot({
      machine: this.#options.machine,
      ...{ mold, shot: shot.shot, index },
      kWh: known === null ? null : rounded(known.kWh),
      errorKwh: known === null ? null : rounded(known.errorKwh),
      ...{ start, kg, at },
      why: typeof energy === 'string' ? energy : null,
    });
  }

  /** A stop is one as soon as no shot that comes now can have begun before. */
  #settleStop(nowMs: number, isOver: boolean): void {
    if (this.#waiting.length > 0) return;
    const since = this.#lastShotMs ?? this.#begunMs ?? nowMs;
    if (nowMs - since <= this.#stopAfterMs()) return;
    const began = nowMs - (this.#usual.ms ?? this.#stopAfterMs());
    this.#addStop(Math.min(began, this.#timeline.untilMs ?? this.#settledMs), isOver);
  }

  #stopAfterMs(): number {
    const usual = this.#usual.ms;
    if (usual !== null) return usual * this.#options.stopAfterCycles;
    return longestCycleMs / this.#options.register.timeScale;
  }

  #addStop(untilMs: number, isOver: boolean): void {
    for (;;) {
      const piece = this.#stops.next(this.#settledMs, untilMs, isOver);
      if (piece === null) return;
      this.#add(piece.untilMs, piece.state);
      this.#stoodMs = this.#settledMs;
    }
  }

  /** All that is not settled up to `untilMs`. */
  #add(untilMs: number, part: EnergyPart): void {
    if (untilMs <= this.#settledMs) return;
    this.#periods.add(this.#settledMs, untilMs, part, this.#timeline);
    this.#settledMs = untilMs;
  }
}
