/** One cause on one machine, from its first sign until nobody needs to know of it any more. */
import type { Alert, Handling, Instant, Shelf } from '../records.ts';
import { chatter } from './timing.ts';

/** An alert as it stood when an earlier agent ended. */
export interface StoodBefore {
  readonly alert: Alert;
  /** Running time since it was raised, ms. */
  readonly ageMs: number;
  /** What is left of it now; null: it was not put off, or the time is over. */
  readonly shelf: Shelf | null;
}

/**
 * `waiting`: not told, it may go again. `standing`: told. `leaving`: the cause is gone, perhaps for
 * a moment; told as standing. `left`: told as cleared.
 */
export type Phase = 'waiting' | 'standing' | 'leaving' | 'left';

const untouched: Handling = {
  attention: 'quiet',
  acknowledged: null,
  shelved: null,
  falseAlarm: null,
  stale: false,
  returns: 0,
};

export class DeskEntry {
  #alert: Alert;
  #handling: Handling = untouched;
  #phase: Phase = 'waiting';
  #dueMonoMs: number;
  #raisedMonoMs = 0;
  #sinceWallMs = 0;
  /** Told as standing before the agent ended, and not seen since. */
  #fromBefore = false;
  /** When it last called for attention. */
  calledMonoMs = Number.NEGATIVE_INFINITY;
  /** When its cause came back, lately. */
  returnTimes: readonly number[] = [];

  constructor(alert: Alert, dueMonoMs: number) {
    this.#alert = alert;
    this.#dueMonoMs = dueMonoMs;
  }

  static restored({ alert, ageMs, shelf }: StoodBefore, at: Instant): DeskEntry {
    const entry = new DeskEntry(alert, at.monoMs);
    entry.stand(at);
    entry.#raisedMonoMs = at.monoMs - ageMs;
    entry.#sinceWallMs = alert.sinceWallMs ?? alert.at.wallMs;
    entry.#handling = { ...untouched, ...alert.handling, shelved: shelf };
    const { attention, acknowledged } = entry.#handling;
    // Nobody has answered the call yet.
    if (attention === 'call' && acknowledged === null) entry.calledMonoMs = at.monoMs;
    return entry;
  }

  /** It was told anew, and is found to be one that stood before. */
  goOn({ alert, shelf }: StoodBefore): void {
    this.#sinceWallMs = alert.sinceWallMs ?? alert.at.wallMs;
    const { acknowledged, falseAlarm, attention } = alert.handling ?? this.#handling;
    this.set({ acknowledged, falseAlarm, shelved: shelf });
    this.set({ attention: shelf === null ? attention : 'shelved' });
  }

  get phase(): Phase {
    return this.#phase;
  }

  /** People are told that it stands. */
  get isTold(): boolean {
    return this.#phase === 'standing' || this.#phase === 'leaving';
  }

  /** As it was told last, with what was set since. */
  get alert(): Alert {
    return { ...this.#alert, sinceWallMs: this.#sinceWallMs, handling: this.#handling };
  }

  get handling(): Handling {
    return this.#handling;
  }

  get dueMonoMs(): number {
    return this.#dueMonoMs;
  }

  get raisedMonoMs(): number {
    return this.#raisedMonoMs;
  }

  /** What the engine says of it now; the alert keeps its id. */
  take(alert: Alert): void {
    const { id, drivers } = this.#alert;
    this.#alert = { ...(drivers === undefined ? {} : { drivers }), ...alert, id };
  }

  set(change: Partial<Handling>): void {
    this.#handling = { ...this.#handling, ...change };
  }

  stand(at: Instant): void {
    this.#phase = 'standing';
    this.#raisedMonoMs = at.monoMs;
    this.#sinceWallMs = at.wallMs;
  }

  /** The cause is gone; its alert clears at `dueMonoMs` unless it comes back. */
  leave(dueMonoMs: number, last: Alert): void {
    this.#phase = 'leaving';
    this.#dueMonoMs = dueMonoMs;
    this.take({ ...last, state: this.#alert.state });
  }

  /** As it was told before this agent began; it has until `dueMonoMs` to show itself again. */
  awaitSign(dueMonoMs: number): void {
    this.leave(dueMonoMs, this.#alert);
    this.#fromBefore = true;
  }

  /** False: it had not gone, only this agent is new. */
  comeBack(monoMs: number): boolean {
    this.#phase = 'standing';
    const hadGone = !this.#fromBefore;
    if (hadGone) this.#returned(monoMs);
    this.#fromBefore = false;
    return hadGone;
  }

  #returned(monoMs: number): void {
    this.returnTimes = [...this.#lately(monoMs), monoMs];
    this.set({ returns: this.#handling.returns + 1 });
  }

  /** Quiet that is asked of a chattering cause before its alert clears; null: it does not chatter. */
  quietNeededMs(monoMs: number): number | null {
    const chatters = this.#lately(monoMs).length + 1 >= chatter.times;
    return chatters ? chatter.quietMs : null;
  }

  clear(at: Instant, forgetMonoMs: number): Alert {
    this.#phase = 'left';
    this.#dueMonoMs = forgetMonoMs;
    this.returnTimes = [...this.#lately(at.monoMs), at.monoMs];
    return this.told('cleared', at);
  }

  /** The alert as it is to be kept and shown. */
  told(state: Alert['state'], at: Instant): Alert {
    this.#alert = { ...this.#alert, state, at };
    return this.alert;
  }

  #lately(monoMs: number): readonly number[] {
    return this.returnTimes.filter((time) => monoMs - time < chatter.withinMs);
  }
}
