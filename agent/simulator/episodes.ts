/** When causes of defects come and go, and when the machine stops. Counted in shots, by seed. */
import type { Random } from './random.ts';
import type { Scenario } from './scenario.ts';

/** A cause at work: `level` 0–1, rising as it gets worse, gone once someone has seen to it. */
export interface Trouble {
  readonly kind: string;
  readonly level: number;
  /** First shot of the episode. */
  readonly begins: boolean;
}

const repairShots = 2;

export class Episodes {
  readonly #kinds: readonly [string, ...string[]];
  readonly #scenario: Scenario;
  readonly #random: Random;
  #kind: string;
  #start: number;
  #ramp = 4;
  #hold = 8;

  /** `openers`: the kinds that may come first. */
  constructor(
    kinds: readonly [string, ...string[]],
    openers: readonly [string, ...string[]],
    scenario: Scenario,
    random: Random,
  ) {
    this.#kinds = kinds;
    this.#scenario = scenario;
    this.#random = random;
    this.#kind = random.pick(openers);
    const first = scenario.firstEpisodeShots;
    this.#start = first === null ? Number.POSITIVE_INFINITY : random.whole(...first);
  }

  /** Call once per shot, in order. */
  at(shot: number): Trouble | null {
    const since = shot - this.#start;
    if (since < 0) return null;
    const level = this.#level(since);
    const trouble = { kind: this.#kind, level, begins: since === 0 };
    if (level === 0 && since > 0) this.#planNext(shot);
    return level === 0 && since > 0 ? null : trouble;
  }

  #level(since: number): number {
    if (since < this.#ramp) return (since + 1) / (this.#ramp + 1);
    if (since < this.#ramp + this.#hold) return 1;
    return Math.max(0, 1 - (since - this.#ramp - this.#hold + 1) / (repairShots + 1));
  }

  #planNext(shot: number): void {
    this.#kind = this.#random.pick(this.#kinds);
    this.#start = shot + this.#random.whole(...this.#scenario.episodeGapShots);
    this.#ramp = this.#random.whole(3, 6);
    this.#hold = this.#random.whole(6, 10);
  }
}

export interface Stop {
  readonly seconds: number;
  /** Heating shots marked as try shots once it runs again. */
  readonly tryShots: number;
  readonly moldChange: boolean;
}

export class Stops {
  readonly #scenario: Scenario;
  readonly #random: Random;
  #nextStop: number;
  #nextChange: number;

  constructor(scenario: Scenario, random: Random) {
    this.#scenario = scenario;
    this.#random = random;
    this.#nextStop = this.#after(0, scenario.stopGapShots);
    this.#nextChange = this.#after(0, scenario.moldChangeGapShots);
  }

  /** The stop before this shot, or null. Call once per shot, in order. */
  before(shot: number): Stop | null {
    if (shot >= this.#nextChange) {
      this.#nextChange = this.#after(shot, this.#scenario.moldChangeGapShots);
      this.#nextStop = this.#after(shot, this.#scenario.stopGapShots);
      return { seconds: this.#random.between(1200, 1800), tryShots: 8, moldChange: true };
    }
    if (shot < this.#nextStop) return null;
    this.#nextStop = this.#after(shot, this.#scenario.stopGapShots);
    return { seconds: this.#random.between(200, 420), tryShots: 2, moldChange: false };
  }

  /** Another stop, e.g. of an episode, puts the next one off. */
  postpone(shot: number): void {
    this.#nextStop = this.#after(shot, this.#scenario.stopGapShots);
  }

  #after(shot: number, gap: readonly [number, number] | null): number {
    return gap === null ? Number.POSITIVE_INFINITY : shot + this.#random.whole(...gap);
  }
}
