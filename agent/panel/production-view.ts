/** Stops of machines as the pages show them, kept in memory out of what the loop says. */
import type { GivenReason, Stop, StopReason, StopRow, Text } from '../records.ts';
import type { StopView } from './contract.ts';
import type { ReasonPlan } from './plan.ts';

interface Seen {
  readonly stop: Omit<StopRow, 'reason' | 'boot'>;
  /** The agent that told it still runs, and so does the stop. */
  readonly open: boolean;
  /** When it was heard of, by this process's monotonic clock. */
  readonly heardMonoMs: number;
}

/** Of one machine, the last ones; older stops are explained by `ppuri stops`. */
const remembered = 50;

export class StopBook {
  readonly #reasons: readonly ReasonPlan[];
  readonly #stops = new Map<string, Map<string, Seen>>();
  readonly #given = new Map<string, GivenReason>();

  constructor(reasons: readonly ReasonPlan[]) {
    this.#reasons = reasons;
  }

  /** What the store has, oldest first; what the loop told meanwhile is newer. */
  recall(rows: readonly StopRow[], boot: string): void {
    for (const { reason, boot: of, ...stop } of rows) {
      if (reason !== null && !reason.inherited && !this.#given.has(stop.id))
        this.#given.set(stop.id, reason);
      if (this.#ofMachine(stop.machine).has(stop.id)) continue;
      this.#put(stop, stop.state === 'open' && of === boot);
    }
  }

  takeStop({ id, machine, mold, kind, state, begin, end, usualMs, continues, at }: Stop): void {
    const until = end ?? at;
    const durationMs = until.monoMs - begin.monoMs;
    if (end !== null && durationMs <= 0) {
      this.#ofMachine(machine).delete(id);
      return;
    }
    const endWallMs = until.wallMs;
    const beginWallMs = endWallMs - durationMs;
    const times = { beginWallMs, endWallMs, durationMs, usualMs, clockSynced: true };
    this.#put({ id, machine, mold, kind, state, continues, ...times }, state === 'open');
  }

  takeReason({ stop, code, note, who, at }: StopReason): void {
    this.#given.set(stop, { code, note, who, wallMs: at.wallMs, inherited: false });
  }

  /** That lasts now; micro-stops too. */
  current(machine: string): StopView | null {
    return this.#views(machine).find(({ open }) => open) ?? null;
  }

  /** Newest first, those with a reason too; without micro-stops, and without unknown times that are over. */
  recent(machine: string): StopView[] {
    return this.#views(machine).filter(
      ({ kind, open }) => kind === 'stop' || (kind === 'unknown' && open),
    );
  }

  #views(machine: string): StopView[] {
    return [...this.#ofMachine(machine).values()].map((seen) => this.#view(seen)).toReversed();
  }

  #view({ stop, open, heardMonoMs }: Seen): StopView {
    const { id, kind, beginWallMs, durationMs } = stop;
    const lastedMs = durationMs + (open ? performance.now() - heardMonoMs : 0);
    const reason = this.#reasonOf(stop);
    const title = reason === null ? null : this.#titleOf(reason.code);
    return {
      ...{ id, kind, open, fromWallMs: beginWallMs, lastedMs },
      reason:
        reason === null || title === null ? null : { code: reason.code, title, who: reason.who },
    };
  }

  #reasonOf(stop: Seen['stop']): GivenReason | null {
    const seen = new Set<string>();
    for (let id: string | null = stop.id; id !== null && !seen.has(id); ) {
      const given = this.#given.get(id);
      if (given !== undefined) return given;
      seen.add(id);
      id = this.#ofMachine(stop.machine).get(id)?.stop.continues ?? null;
    }
    return null;
  }

  /** A reason that the configuration no longer has is told by its code. */
  #titleOf(code: string): Text {
    return this.#reasons.find((one) => one.code === code)?.title ?? { ko: code, en: code };
  }

  #put(stop: Seen['stop'], open: boolean): void {
    const stops = this.#ofMachine(stop.machine);
    stops.set(stop.id, { stop, open, heardMonoMs: performance.now() });
    for (const id of stops.keys()) {
      if (stops.size <= remembered) break;
      stops.delete(id);
      this.#given.delete(id);
    }
  }

  #ofMachine(machine: string): Map<string, Seen> {
    const known = this.#stops.get(machine);
    if (known !== undefined) return known;
    const made = new Map<string, Seen>();
    this.#stops.set(machine, made);
    return made;
  }
}
