/**
 * All alerts of the gateway as one operator meets them. The machines' engines say what is the matter;
 * here it is decided what is told of it and when, what may call for attention, and what people made
 * of it. One alert per cause: what comes back while its alert stands makes no new one.
 */
import type { Alert, Attention, Deed, Handling, Instant, Mark, Severity } from '../records.ts';
import { CallBudget } from './call-budget.ts';
import { DeskEntry, type StoodBefore } from './desk-entry.ts';
import { floodAlert } from './flood.ts';
import { noSuchAlert, shelfTimeWrong } from './refusals.ts';
import { longestShelfMs, Shelves } from './shelves.ts';
import {
  callAgainMs,
  callsNobody,
  clearedForMs,
  resumeMs,
  staleAfterMs,
  timingOf,
} from './timing.ts';

export interface DeskOptions {
  /** Calls for attention within an hour before cautions are told together. */
  readonly callsPerHour: number;
  /** Whether there is a buzzer to sound and to silence. */
  readonly buzzer: 'there' | 'none';
  readonly now: () => Instant;
  /** What operators call a machine. */
  readonly nameOf: (machine: string) => string;
  /** An alert changed outside of `take`: to be kept and shown. */
  readonly tell: (alert: Alert) => void;
  /** A person did something. */
  readonly deed: (deed: Deed) => void;
}

/** Who does something, and from where. */
export interface Actor {
  readonly who: string;
  readonly from: Deed['from'];
}

/** What outputs and overviews show of it. */
export interface DeskState {
  /** Of alerts that stand and are not put off. */
  readonly worst: Severity | null;
  /** The worst of those that call and are not acknowledged. */
  readonly calling: Severity | null;
  readonly buzzer: 'off' | 'sounding' | 'silenced';
}

/** For status and metrics. */
export interface DeskCounts {
  readonly callsLastHour: number;
  /** Since the start. */
  readonly floods: number;
  readonly flood: boolean;
}

const ranks: readonly (Severity | null)[] = [null, 'info', 'caution', 'warning', 'stop'];
export const rankOf = (severity: Severity | null): number => ranks.indexOf(severity);

const floodKey = '*\nflood';

/**
 * One cause has one place on the desk: what stands has it before what is over, and of that the last.
 * `before` is in the order in which the alerts were told.
 */
function newsFirst(before: readonly StoodBefore[]): StoodBefore[] {
  const isOver = ({ alert }: StoodBefore): number => Number(alert.state === 'cleared');
  return before.toReversed().sort((a, b) => isOver(a) - isOver(b));
}

export class AlertDesk {
  readonly #options: DeskOptions;
  readonly #entries = new Map<string, DeskEntry>();
  readonly #shelves = new Shelves();
  readonly #budget: CallBudget;
  #silencedMonoMs = Number.NEGATIVE_INFINITY;

  constructor(options: DeskOptions) {
    this.#options = options;
    this.#budget = new CallBudget(options.callsPerHour);
  }

  /** What the engines say now; gives what is to be told of it, in order. */
  take(alerts: readonly Alert[]): readonly Alert[] {
    const told: Alert[] = [];
    for (const alert of alerts) {
      const key = keyOf(alert);
      const entry = this.#entries.get(key);
      if (alert.state === 'cleared') this.#gone(entry, alert, told);
      else this.#present(key, entry, alert, told);
    }
    this.#followFlood(told);
    return told;
  }

  /** To be called each second or so: what is due by the clock. */
  tick(): void {
    const told: Alert[] = [];
    const { monoMs } = this.#options.now();
    for (const [key, entry] of this.#entries) {
      if (entry.phase === 'standing') this.#age(entry, monoMs, told);
      else if (entry.dueMonoMs <= monoMs) this.#due(key, entry, told);
    }
    for (const key of this.#shelves.expired(monoMs)) this.#unshelved(key, told);
    this.#budget.forget(monoMs);
    this.#followFlood(told);
    for (const alert of told) this.#options.tell(alert);
  }

  /**
   * What stood when an earlier agent ended, as it was handled. It has a minute to show itself again;
   * `adopted`: keys that the engines have taken over, which clear by their own rules.
   */
  restore(before: readonly StoodBefore[], adopted: ReadonlySet<string>): void {
    const at = this.#options.now();
    for (const stood of newsFirst(before)) {
      const key = keyOf(stood.alert);
      const { shelf } = stood;
      if (shelf !== null) this.#shelves.put(key, shelf, at.monoMs + shelf.leftMs);
      if (stood.alert.state === 'cleared') {
        this.#restoreCleared(key, stood, at);
        continue;
      }
      const known = this.#entries.get(key);
      if (known !== undefined) {
        // The store was slow, and it has shown itself again: it goes on as it was handled.
        if (!known.isTold) continue;
        known.goOn(stood);
        this.#options.tell(known.told('updated', at));
        continue;
      }
      const entry = DeskEntry.restored(stood, at);
      if (!adopted.has(key)) entry.awaitSign(at.monoMs + resumeMs);
      this.#entries.set(key, entry);
      this.#options.tell(entry.told('updated', at));
    }
  }

  /** Its parts are still to be sorted: nobody has acknowledged it. */
  #restoreCleared(key: string, stood: StoodBefore, at: Instant): void {
    const { acknowledged, attention } = stood.alert.handling ?? {};
    const asked = attention === 'call' || attention === 'grouped';
    if (acknowledged !== null || !asked || this.#entries.has(key)) return;
    const entry = DeskEntry.restored(stood, at);
    this.#entries.set(key, entry);
    this.#options.tell(entry.clear(at, at.monoMs + clearedForMs));
  }

  /** Throws `alert-unknown`. Of one that is acknowledged already nothing is told. */
  acknowledge(id: string, actor: Actor): void {
    const entry = this.#find(id);
    if (entry.handling.acknowledged !== null) return;
    this.#handle(entry, { acknowledged: this.#mark(actor) });
    this.#did('alert-acknowledged', entry, actor, null);
  }

  /** Puts the cause off, whatever comes of it meanwhile. Throws `alert-unknown`, `usage`. */
  shelve(id: string, minutes: number, reason: string, actor: Actor): void {
    const entry = this.#find(id);
    const ms = minutes * 60_000;
    if (!(ms > 0 && ms <= longestShelfMs) || reason.trim() === '') throw shelfTimeWrong(id);
    const { monoMs } = this.#options.now();
    const key = keyOf(entry.alert);
    this.#shelves.put(key, { ...this.#mark(actor), reason }, monoMs + ms);
    this.#handle(entry, { attention: 'shelved', shelved: this.#shelves.at(key, monoMs) });
    this.#did('alert-shelved', entry, actor, `${minutes} min: ${reason}`);
  }

  /** Throws `alert-unknown`. */
  unshelve(id: string, actor: Actor): void {
    const entry = this.#find(id);
    if (!this.#shelves.remove(keyOf(entry.alert))) return;
    this.#callAgain(entry);
    this.#did('alert-unshelved', entry, actor, null);
  }

  /** Somebody looked and there was nothing: acknowledged, and counted. Throws `alert-unknown`. */
  markFalse(id: string, actor: Actor): void {
    const entry = this.#find(id);
    if (entry.handling.falseAlarm !== null) return;
    const mark = this.#mark(actor);
    this.#handle(entry, {
      falseAlarm: mark,
      acknowledged: entry.handling.acknowledged ?? mark,
    });
    this.#did('alert-false', entry, actor, null);
  }

  /** Until the next call. */
  silence(actor: Actor): void {
    this.#silencedMonoMs = this.#options.now().monoMs;
    const { who, from } = actor;
    const at = this.#options.now();
    this.#options.deed({ what: 'buzzer-silenced', subject: 'buzzer', who, from, detail: null, at });
  }

  /** Alerts that stand, of one machine or of all; `*` is the gateway as a whole. */
  standing(machine?: string): readonly Alert[] {
    return [...this.#entries.values()]
      .filter((entry) => entry.isTold && (machine === undefined || entry.alert.machine === machine))
      .map(({ alert }) => alert);
  }

  /** Cleared ones that nobody has acknowledged. */
  unseen(): readonly Alert[] {
    return [...this.#entries.values()]
      .filter(({ phase, handling }) => phase === 'left' && handling.acknowledged === null)
      .filter(({ handling: { attention } }) => attention === 'call' || attention === 'grouped')
      .map(({ alert }) => alert);
  }

  state(): DeskState {
    const shown = [...this.#entries.values()].filter(
      ({ isTold, handling }) => isTold && handling.attention !== 'shelved',
    );
    const calls = shown.filter(
      ({ handling }) => handling.attention === 'call' && handling.acknowledged === null,
    );
    const loud = calls.filter(({ alert }) => rankOf(alert.severity) >= rankOf('warning'));
    const sounding = loud.some(({ calledMonoMs }) => calledMonoMs > this.#silencedMonoMs);
    return {
      worst: worstOf(shown),
      calling: worstOf(calls),
      buzzer:
        this.#options.buzzer === 'none'
          ? 'off'
          : sounding
            ? 'sounding'
            : loud.length > 0
              ? 'silenced'
              : 'off',
    };
  }

  counts(): DeskCounts {
    const { calls, floods, flood } = this.#budget;
    return { callsLastHour: calls, floods, flood };
  }

  #present(key: string, entry: DeskEntry | undefined, alert: Alert, told: Alert[]): void {
    const at = this.#options.now();
    if (entry === undefined || entry.phase === 'left') {
      const fresh = new DeskEntry(alert, at.monoMs + timingOf(alert.cause).onDelayMs);
      fresh.returnTimes = entry?.returnTimes ?? [];
      this.#entries.set(key, fresh);
      if (fresh.dueMonoMs <= at.monoMs) this.#announce(fresh, told);
      return;
    }
    if (entry.phase === 'waiting') {
      entry.take(alert);
      return;
    }
    const worse = rankOf(alert.severity) > rankOf(entry.alert.severity);
    const otherLead = leadOf(alert) !== leadOf(entry.alert);
    const isBack = entry.phase === 'leaving' && entry.comeBack(at.monoMs);
    const rested = at.monoMs - entry.calledMonoMs >= callAgainMs;
    entry.take(alert);
    // Who acknowledged the last episode has not seen this one.
    if (worse || (isBack && (rested || otherLead))) this.#reconsider(entry);
    told.push(entry.told('updated', at));
  }

  #gone(entry: DeskEntry | undefined, alert: Alert, told: Alert[]): void {
    if (entry === undefined || entry.phase === 'left') return;
    const at = this.#options.now();
    if (entry.phase === 'waiting') {
      this.#entries.delete(keyOf(alert));
      return;
    }
    const delayMs = entry.quietNeededMs(at.monoMs) ?? timingOf(alert.cause).offDelayMs;
    entry.leave(at.monoMs + delayMs, alert);
    if (delayMs === 0) told.push(entry.clear(at, at.monoMs + clearedForMs));
  }

  #due(key: string, entry: DeskEntry, told: Alert[]): void {
    const at = this.#options.now();
    if (entry.phase === 'waiting') this.#announce(entry, told);
    else if (entry.phase === 'leaving') told.push(entry.clear(at, at.monoMs + clearedForMs));
    else this.#entries.delete(key);
  }

  /** Tells a cause for the first time. */
  #announce(entry: DeskEntry, told: Alert[]): void {
    const at = this.#options.now();
    entry.stand(at);
    this.#reconsider(entry);
    told.push(entry.told('raised', at));
  }

  /** What it may ask for now, as if it were new. */
  #reconsider(entry: DeskEntry): void {
    const { monoMs } = this.#options.now();
    const { alert } = entry;
    const shelved = this.#shelves.at(keyOf(alert), monoMs);
    const attention = shelved === null ? this.#admit(entry, monoMs) : 'shelved';
    entry.set({ attention, shelved, acknowledged: null });
    if (attention === 'call') entry.calledMonoMs = monoMs;
  }

  #admit(entry: DeskEntry, monoMs: number): Exclude<Attention, 'shelved'> {
    const { severity, cause, machine } = entry.alert;
    if (callsNobody.has(cause)) return 'quiet';
    // One cold melt shows on each mold of its machine.
    const sameCause = [...this.#entries.values()].some(
      (other) =>
        other !== entry &&
        other.isTold &&
        other.alert.machine === machine &&
        other.alert.cause === cause &&
        other.handling.attention === 'call',
    );
    if (sameCause && rankOf(severity) < rankOf('stop')) return 'grouped';
    return this.#budget.admit(severity, cause, monoMs);
  }

  #age(entry: DeskEntry, monoMs: number, told: Alert[]): void {
    if (entry.handling.stale || monoMs - entry.raisedMonoMs < staleAfterMs) return;
    entry.set({ stale: true });
    told.push(entry.told('updated', this.#options.now()));
  }

  #unshelved(key: string, told: Alert[]): void {
    const entry = this.#entries.get(key);
    if (entry === undefined || !entry.isTold) return;
    this.#reconsider(entry);
    told.push(entry.told('updated', this.#options.now()));
  }

  #callAgain(entry: DeskEntry): void {
    if (entry.isTold) this.#reconsider(entry);
    this.#options.tell(entry.told(entry.alert.state, this.#options.now()));
  }

  #followFlood(told: Alert[]): void {
    const at = this.#options.now();
    const entry = this.#entries.get(floodKey);
    const stands = entry?.isTold === true;
    if (this.#budget.flood && !stands) {
      const fresh = new DeskEntry(floodAlert(this.standing(), this.#options.nameOf, at), at.monoMs);
      fresh.stand(at);
      fresh.set({ attention: 'call' });
      fresh.calledMonoMs = at.monoMs;
      this.#budget.countCall(at.monoMs);
      this.#entries.set(floodKey, fresh);
      told.push(fresh.told('raised', at));
    } else if (!this.#budget.flood && stands && entry !== undefined) {
      entry.leave(at.monoMs, entry.alert);
      told.push(entry.clear(at, at.monoMs + clearedForMs));
    }
  }

  #handle(entry: DeskEntry, change: Partial<Handling>): void {
    entry.set(change);
    this.#options.tell(entry.told(entry.alert.state, this.#options.now()));
  }

  #find(id: string): DeskEntry {
    for (const entry of this.#entries.values())
      if (entry.alert.id === id && entry.phase !== 'waiting') return entry;
    throw noSuchAlert(id);
  }

  #mark({ who }: Actor): Mark {
    return { who, wallMs: this.#options.now().wallMs };
  }

  #did(what: string, { alert }: DeskEntry, { who, from }: Actor, detail: string | null): void {
    const at = this.#options.now();
    this.#options.deed({ what, subject: alert.id, who, from, detail, at });
  }
}

/** The value that stands farthest from normal. */
const leadOf = ({ deviations }: Alert): string | null => deviations[0]?.feature ?? null;

function worstOf(entries: readonly DeskEntry[]): Severity | null {
  const rank = entries.reduce((most, { alert }) => Math.max(most, rankOf(alert.severity)), 0);
  return ranks[rank] ?? null;
}

export function keyOf({ machine, key, mold, cause }: Alert): string {
  return `${machine}\n${key ?? `${mold ?? ''}:${cause}`}`;
}
