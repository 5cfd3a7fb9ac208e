/** The account of one heat: energy and time by state, metal, lid, and holding beyond what is needed. */
import type { FurnaceState, HeatRecord, Instant } from '../records.ts';
import { type FurnaceSample, longestLookMs, riseOf } from './sample.ts';

interface Sum {
  minutes: number;
  kWh: number;
}

/** What the cycle's own block says of a heat, which goes before what was watched. */
export interface HeatBlock {
  readonly machine: string;
  readonly heat: number | null;
  readonly alloy: string | null;
  readonly chargedKg: number | null;
  readonly returnKg: number | null;
  readonly pouredKg: number | null;
  /** See HeatRecord; the block is of the last of them alone. */
  readonly heats: number;
}

/** From one look to the next: energy, and whether it was read on the way. */
export interface Stretch {
  readonly minutes: number;
  /** Null: not known. */
  readonly kWh: number | null;
  readonly isGap: boolean;
}

/** By the counter where there is one, else by what heats it; a gap is bridged by a counter alone. */
export function stretchOf(before: FurnaceSample, now: FurnaceSample): Stretch {
  const minutes = Math.max(0, now.atMs - before.atMs) / 60_000;
  const isGap = now.atMs - before.atMs > longestLookMs;
  const counted = riseOf(before.energyKWh, now.energyKWh);
  if (counted !== null) return { minutes, kWh: counted, isGap };
  if (isGap || before.kW === null || now.kW === null) return { minutes, kWh: null, isGap };
  return { minutes, kWh: (((before.kW + now.kW) / 2) * minutes) / 60, isGap };
}

const newSum = (): Sum => ({ minutes: 0, kWh: 0 });

export class HeatAccount {
  readonly #neededHold: number | null;
  readonly #states: Record<FurnaceState, Sum> = {
    ...{ charge: newSum(), melt: newSum(), hold: newSum() },
    ...{ pour: newSum(), off: newSum(), unknown: newSum() },
  };
  #charges = 0;
  readonly #chargeC: number[] = [];
  #chargedKg: number | null = null;
  #pouredKg: number | null = null;
  readonly #lid = { working: 0, idle: 0 };
  #lidSeen = false;
  readonly #excess: Sum = newSum();
  /** Minutes of holding since the first charge: a heel that waits for one is no heat that is held. */
  #heldMinutes = 0;
  #gapMinutes = 0;
  #energyKnown = false;
  #state: FurnaceState = 'unknown';

  constructor(neededHoldMinutes: number | null) {
    this.#neededHold = neededHoldMinutes;
  }

  get excess(): Readonly<Sum> {
    return this.#excess;
  }

  add(state: FurnaceState, before: FurnaceSample, now: FurnaceSample, stretch: Stretch): void {
    const { minutes, kWh, isGap } = stretch;
    if (state === 'charge' && this.#state !== 'charge') this.#begunCharge(now);
    this.#state = state;
    this.#chargedKg = sum(this.#chargedKg, riseOf(before.chargedKg, now.chargedKg));
    this.#pouredKg = sum(this.#pouredKg, riseOf(before.pouredKg, now.pouredKg));
    if (kWh !== null) this.#energyKnown = true;
    if (kWh === null || isGap) this.#gapMinutes += minutes;
    // What the furnace did in a gap nobody saw: its energy is the heat's, and no state's.
    const under = isGap ? 'unknown' : state;
    this.#states[under].minutes += minutes;
    this.#states[under].kWh += kWh ?? 0;
    if (isGap) return;
    this.#addLid(state, now, minutes);
    if (state === 'hold') this.#addExcess(minutes, kWh ?? 0);
  }

  /** `lidKW`: what an open lid costs here; null: not measured yet. */
  close(block: HeatBlock, lidKW: number | null, at: Instant): HeatRecord {
    const states = Object.values(this.#states);
    const kWh = states.reduce((all, one) => all + one.kWh, 0);
    const own = block.heats === 1;
    const chargedKg = (own ? block.chargedKg : null) ?? this.#chargedKg;
    const known = this.#energyKnown ? kWh : null;
    return {
      ...block,
      minutes: states.reduce((all, one) => all + one.minutes, 0),
      chargedKg,
      returnKg: own ? block.returnKg : null,
      pouredKg: (own ? block.pouredKg : null) ?? this.#pouredKg,
      charges: this.#charges,
      chargeC: mean(this.#chargeC),
      kWh: known,
      kWhPerT:
        known === null || chargedKg === null || chargedKg <= 0 ? null : (known * 1000) / chargedKg,
      states: structuredClone(this.#states),
      lidOpenMinutes: this.#lidSeen ? { ...this.#lid } : null,
      excessHold: this.#neededHold === null ? null : { ...this.#excess },
      lidLossKWh: this.#lidSeen && lidKW !== null ? (this.#lid.idle / 60) * lidKW : null,
      gapMinutes: this.#gapMinutes,
      at,
    };
  }

  #begunCharge({ chargeC }: FurnaceSample): void {
    this.#charges += 1;
    if (chargeC !== null) this.#chargeC.push(chargeC);
  }

  #addLid(state: FurnaceState, { lid }: FurnaceSample, minutes: number): void {
    if (lid === null) return;
    this.#lidSeen = true;
    if (lid === 'closed') return;
    if (state === 'charge' || state === 'pour') this.#lid.working += minutes;
    else this.#lid.idle += minutes;
  }

  #addExcess(minutes: number, kWh: number): void {
    if (this.#neededHold === null || this.#charges === 0 || minutes <= 0) return;
    this.#heldMinutes += minutes;
    const over = Math.min(minutes, this.#heldMinutes - this.#neededHold);
    if (over <= 0) return;
    this.#excess.minutes += over;
    this.#excess.kWh += (kWh * over) / minutes;
  }
}

const sum = (all: number | null, more: number | null): number | null =>
  more === null ? all : (all ?? 0) + more;

const mean = (values: readonly number[]): number | null =>
  values.length === 0 ? null : values.reduce((all, one) => all + one, 0) / values.length;
