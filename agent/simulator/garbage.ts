/** What broken sensors give: open thermocouples, dead channels, values that stand still. */
import type { CodedSignal } from './codec.ts';
import type { Random } from './random.ts';
import type { Scenario } from './scenario.ts';

export interface Garbage {
  readonly signal: string;
  readonly kind: 'sensor-open' | 'no-value' | 'frozen';
  /** Raw number put in the register. */
  readonly raw: number;
}

interface Burst {
  readonly kind: Garbage['kind'];
  readonly raw: number;
  shotsLeft: number;
}

export class GarbageMaker {
  readonly #scenario: Scenario;
  readonly #random: Random;
  readonly #breakable: readonly CodedSignal[];
  readonly #freezable: readonly CodedSignal[];
  readonly #bursts = new Map<string, Burst>();

  /** `spared`: signals that say which shot it is (mold, try shot …); they never break here. */
  constructor(
    signals: readonly CodedSignal[],
    spared: ReadonlySet<string>,
    scenario: Scenario,
    random: Random,
  ) {
    this.#scenario = scenario;
    this.#random = random;
    const sensors = signals.filter(({ name }) => !spared.has(name));
    this.#breakable = sensors.filter(({ spec }) => spec.missing.length + spec.invalid.length > 0);
    this.#freezable = sensors.filter(({ spec }) => spec.frozenAfterCycles !== undefined);
  }

  /** What replaces the true raw values of this shot. Call once per shot. */
  next(raws: ReadonlyMap<string, number>): Garbage[] {
    if (this.#random.chance(this.#scenario.garbageRate)) this.#breakOne();
    if (this.#random.chance(this.#scenario.freezeRate)) this.#freezeOne(raws);
    const made: Garbage[] = [];
    for (const [signal, burst] of this.#bursts) {
      made.push({ signal, kind: burst.kind, raw: burst.raw });
      burst.shotsLeft -= 1;
      if (burst.shotsLeft === 0) this.#bursts.delete(signal);
    }
    return made;
  }

  #breakOne(): void {
    const victim = this.#oneOf(this.#breakable);
    if (victim === null) return;
    const { missing, invalid } = victim.spec;
    const open = invalid.length > 0 && this.#random.chance(0.6);
    const raw = this.#oneOf(open || missing.length === 0 ? invalid : missing) ?? 0;
    const shotsLeft = this.#random.chance(0.8) ? 1 : this.#random.whole(3, 8);
    this.#bursts.set(victim.name, { kind: open ? 'sensor-open' : 'no-value', raw, shotsLeft });
  }

  #freezeOne(raws: ReadonlyMap<string, number>): void {
    const victim = this.#oneOf(this.#freezable);
    const raw = victim === null ? undefined : raws.get(victim.name);
    if (victim === null || raw === undefined) return;
    const shotsLeft = (victim.spec.frozenAfterCycles ?? 20) + this.#random.whole(4, 15);
    this.#bursts.set(victim.name, { kind: 'frozen', raw, shotsLeft });
  }

  #oneOf<T>(items: readonly T[]): T | null {
    return items[Math.floor(items.length * this.#random.next())] ?? null;
  }
}
