/**
 * A melting and holding furnace: what is charged onto the heel melts, is held until the line wants it,
 * and is poured. A heat is worked out as a whole when it begins; in between its trace is shown.
 */
import { Episodes } from './episodes.ts';
import { FurnaceHeat, kWhOf } from './furnace-heat.ts';
import {
  type Hazards,
  type MachineModel,
  type ModelShot,
  rollDefect,
  roomClimate,
} from './model.ts';
import { Random, steep } from './random.ts';
import type { Scenario } from './scenario.ts';

const stepS = 10;
const build = { maxKW: 240, wallKWPerK: 0.021, openM2: 0.32, setC: 720 } as const;
/** What a heat needs to be degassed and to settle. */
export const neededHoldS = 900;
const heelKg = 450;
/** Molten and as good as ready: from here on it counts as held. */
const readyBandC = 10;
const kinds = ['lid-left-open', 'late-pour', 'split-charge', 'wet-charge'] as const;
const alloys = [12, 14] as const;

export type FurnacePhase = 'charge' | 'melt' | 'hold' | 'pour';

/** One moment of a heat, at the end of its step. */
export interface FurnaceMoment {
  readonly atS: number;
  readonly phase: FurnacePhase;
  readonly bathC: number;
  readonly bathKg: number;
  readonly kW: number;
  readonly lid: 'open' | 'closed';
  readonly chargedKg: number;
  readonly pouredKg: number;
  readonly kWh: number;
  readonly chargeC: number;
}

interface HeatPlan {
  readonly chargeKg: number;
  readonly pieces: number;
  readonly chargeC: number;
  readonly waitS: number;
  readonly lidOpenHoldS: number;
}

export class FurnaceModel implements MachineModel {
  readonly cycleS = 8400;
  readonly #random: Random;
  readonly #episodes: Episodes;
  readonly #heat: FurnaceHeat;
  readonly #trace: FurnaceMoment[] = [];
  #now: FurnaceMoment;
  #count = 0;

  constructor(seed: number, scenario: Scenario) {
    this.#random = new Random(seed, 'furnace noise');
    this.#episodes = new Episodes(kinds, kinds, scenario, new Random(seed, 'furnace episodes'));
    this.#heat = new FurnaceHeat(build, heelKg);
    this.#now = {
      ...{ atS: 0, phase: 'hold', bathC: build.setC, bathKg: heelKg, kW: 15, lid: 'closed' },
      ...{ chargedKg: 40_000, pouredKg: 39_000, kWh: 21_000, chargeC: 25 },
    };
    this.#trace.push(this.#now);
  }

  next(): ModelShot {
    this.#count += 1;
    const trouble = this.#episodes.at(this.#count);
    const level = (kind: string): number => (trouble?.kind === kind ? trouble.level : 0);
    const before = this.#now;
    // Of heats that are over only the last is still shown.
    const shown = this.#trace.findIndex(({ atS }) => atS >= before.atS - this.cycleS);
    this.#trace.splice(0, Math.max(0, shown));
    const plan = this.#plan(level);
    this.#melt(plan);
    const values = this.#values(before, plan, level('wet-charge'));
    const cause = rollDefect(hazards(values), this.#random);
    const afterS = this.#now.atS - before.atS;
    return { afterS, values, defect: cause !== null, cause, trouble: trouble?.kind ?? null };
  }

  slow(simulatedS: number): Record<string, number> {
    const at = this.momentAt(simulatedS);
    return {
      bathTemperature: at.bathC,
      bathWeight: at.bathKg,
      heaterPower: at.kW,
      gasFlow: 0,
      lidOpen: at.lid === 'open' ? 1 : 0,
      ambientTemperature: roomClimate(simulatedS).celsius,
      chargeTotal: Math.round(at.chargedKg),
      pourTotal: Math.round(at.pouredKg),
      energyTotal: at.kWh,
      gasTotal: 0,
      chargeTemperature: at.chargeC,
    };
  }

  /** The truth of that moment. */
  momentAt(simulatedS: number): FurnaceMoment {
    return this.#trace.find(({ atS }) => atS >= simulatedS) ?? this.#now;
  }

  #plan(level: (kind: string) => number): HeatPlan {
    const random = this.#random;
    const split = level('split-charge') > 0.3;
    return {
      chargeKg: random.between(850, 1050),
      pieces: split ? random.whole(5, 6) : 2,
      chargeC: level('wet-charge') > 0.3 ? 15 : random.between(90, 130),
      waitS: random.between(0, 300) + 3600 * level('late-pour'),
      lidOpenHoldS: 1500 * level('lid-left-open'),
    };
  }

  #melt(plan: HeatPlan): void {
    const { pieces, chargeKg, chargeC } = plan;
    // The heel waits while the next charge is brought.
    this.#pass(300, 'hold', 'closed');
    for (let piece = 0; piece < pieces; piece++) {
      const kg = chargeKg / pieces;
      this.#heat.charge(kg, chargeC);
      this.#pass(360, 'charge', 'open', { chargedKg: kg, chargeC });
      // The next piece goes in when half of the last is under, not when all is liquid.
      if (piece < pieces - 1) for (let s = 0; s < 420; s += stepS) this.#heatUp();
    }
    for (let s = 0; this.#heat.celsius < build.setC - 1 && s < 36_000; s += stepS) this.#heatUp();
    this.#pass(plan.lidOpenHoldS, 'hold', 'open');
    this.#pass(neededHoldS + plan.waitS - plan.lidOpenHoldS, 'hold', 'closed');
    const poured = this.#heat.kg - heelKg;
    for (let s = 0; s < 600; s += stepS) {
      this.#heat.pour((poured * stepS) / 600);
      this.#pass(stepS, 'pour', 'open', { pouredKg: (poured * stepS) / 600 });
    }
  }

  /** Molten before the next piece is in: then it is held. */
  #heatUp(): void {
    this.#pass(stepS, this.#heat.celsius < build.setC - readyBandC ? 'melt' : 'hold', 'closed');
  }

  /** `added` is there from the first step on. */
  #pass(
    seconds: number,
    phase: FurnacePhase,
    lid: 'open' | 'closed',
    added: { chargedKg?: number; pouredKg?: number; chargeC?: number } = {},
  ): void {
    const was = this.#now;
    const total = {
      chargedKg: was.chargedKg + (added.chargedKg ?? 0),
      pouredKg: was.pouredKg + (added.pouredKg ?? 0),
      chargeC: added.chargeC ?? was.chargeC,
    };
    for (let s = 0; s < seconds; s += stepS) {
      const atS = this.#now.atS + stepS;
      const kW = this.#heat.step(stepS, lid, roomClimate(atS).celsius);
      const kWh = this.#now.kWh + kWhOf(kW, stepS);
      const { celsius, kg } = this.#heat;
      this.#now = { ...total, atS, phase, bathC: celsius, bathKg: kg, kW, lid, kWh };
      this.#trace.push(this.#now);
    }
  }

  #values(before: FurnaceMoment, plan: HeatPlan, wet: number): Record<string, number> {
    const random = this.#random;
    const own = this.#trace.filter(({ atS }) => atS > before.atS);
    const minutes = (fits: (at: FurnaceMoment) => boolean): number =>
      (own.filter(fits).length * stepS) / 60;
    const holdMinutes = minutes(({ phase }) => phase === 'hold');
    const lidMinutes = minutes(({ lid }) => lid === 'open');
    return {
      alloyCode: alloys[Math.floor(this.#count / 20) % alloys.length] ?? alloys[0],
      lineState: 1,
      chargedWeight: plan.chargeKg,
      returnWeight: plan.chargeKg * random.between(0.32, 0.42),
      pouredWeight: this.#now.pouredKg - before.pouredKg,
      drossWeight: random.normal(12 + 0.15 * lidMinutes + 0.04 * holdMinutes, 0.8),
      tapTemperature: random.normal(build.setC, 1.5),
      meltMinutes: minutes(({ phase }) => phase === 'charge' || phase === 'melt'),
      holdMinutes,
      lidMinutes,
      densityIndex: Math.max(0.3, random.normal(2 + 0.02 * holdMinutes + 5 * wet, 0.3)),
      heatEnergy: this.#now.kWh - before.kWh,
    };
  }
}

function hazards(values: Readonly<Record<string, number>>): Hazards {
  const { densityIndex = 0, drossWeight = 0 } = values;
  const base = 0.002;
  return {
    'gas-pickup': base + (1 - base) * steep(densityIndex, 6, 0.4),
    'oxide-inclusions': base + (1 - base) * steep(drossWeight, 24, 1),
  };
}
