/**
 * A cold-chamber die-casting machine: two molds on one line, cast in turn. Dies warm with every
 * shot and cool in stops; the ladle's dose sets the biscuit, the accumulator speed and pressure.
 */
import { type DieCastingMold, dieCastingMolds, ThermalDie } from './die-casting-mold.ts';
import { Episodes, type Stop, Stops, type Trouble } from './episodes.ts';
import {
  type Hazards,
  type MachineModel,
  type ModelShot,
  rollDefect,
  roomClimate,
} from './model.ts';
import { Drift, Random, steep } from './random.ts';
import type { Scenario } from './scenario.ts';

const cycleS = 40;
const meltSetC = 665;
const clampSetTf = 640;
const accumulatorSetBar = 150;
const kinds = [
  'ladle-underfill',
  'accumulator-low',
  'vacuum-clogged',
  'melt-cold',
  'spray-nozzle',
  'clamp-loss',
  'cold-die',
] as const;
const openers = ['ladle-underfill', 'vacuum-clogged', 'accumulator-low', 'melt-cold'] as const;

/** What one shot physically was, before it is measured. */
interface Physics {
  readonly melt: number;
  readonly accumulator: number;
  readonly highSpeed: number;
  readonly pressure: number;
  readonly biscuit: number;
  readonly vacuum: number;
  readonly spray: number;
  readonly clamp: number;
  readonly dieDeficit: number;
}

export class DieCastingModel implements MachineModel {
  readonly cycleS = cycleS;
  readonly #random: Random;
  readonly #episodes: Episodes;
  readonly #stops: Stops;
  readonly #melt: Drift;
  readonly #accumulator: Drift;
  readonly #clamp: Drift;
  readonly #sleeve: Drift;
  readonly #coolant: Drift;
  readonly #oil: Drift;
  readonly #molds: DieCastingMold[];
  readonly #dies = new Map<number, ThermalDie>();
  #active: [number, number] = [0, 1];
  #shot = 0;
  #tryShotsLeft = 0;
  #furnaceKg: number;
  #tipWear: number;
  #filterClog: number;
  #sleeveChill = 0;

  constructor(seed: number, scenario: Scenario) {
    const stream = (name: string): Random => new Random(seed, `die-casting ${name}`);
    this.#random = stream('noise');
    this.#episodes = new Episodes(kinds, openers, scenario, stream('episodes'));
    this.#stops = new Stops(scenario, stream('stops'));
    const drift = stream('drift');
    this.#melt = new Drift(drift, 2.2, 40);
    this.#accumulator = new Drift(drift, 1.1, 60);
    this.#clamp = new Drift(drift, 1.8, 50);
    this.#sleeve = new Drift(drift, 5, 40);
    this.#coolant = new Drift(drift, 1.2, 120);
    this.#oil = new Drift(drift, 1.5, 80);
    this.#molds = dieCastingMolds(stream('molds'));
    this.#furnaceKg = drift.between(300, 420);
    this.#tipWear = drift.between(0, 0.5);
    this.#filterClog = drift.between(0, 0.5);
  }

  next(): ModelShot {
    this.#shot += 1;
    const trouble = this.#episodes.at(this.#shot);
    const stop = this.#stopBefore(trouble);
    if (stop?.moldChange === true) this.#changeMolds();
    if (stop !== null) this.#tryShotsLeft = stop.tryShots;
    const stopS = stop?.seconds ?? 0;
    const runS = this.#random.normal(cycleS, 0.35);
    const mold = this.#moldAt(this.#shot);
    this.#passTime(stopS, runS);
    this.#wear();
    const level = (kind: string): number => (trouble?.kind === kind ? trouble.level : 0);
    const physics = this.#cast(mold, level);
    const values = this.#measure(mold, physics, stopS, runS, level);
    const tryShot = this.#tryShotsLeft > 0;
    this.#tryShotsLeft = Math.max(0, this.#tryShotsLeft - 1);
    this.#dieOf(mold).heat(1 + 0.12 * level('spray-nozzle'));
    const cause = rollDefect(hazardsOf(mold, physics), this.#random);
    return {
      afterS: stopS + runS,
      // The first shot on a new mold is tried with the line still switched to stop.
      values: { ...values, tryShot: tryShot ? 1 : 0, lineState: stop?.moldChange === true ? 0 : 1 },
      defect: cause !== null || tryShot,
      cause,
      trouble: trouble?.kind ?? null,
    };
  }

  slow(simulatedS: number): Record<string, number> {
    const { celsius, humidity } = roomClimate(simulatedS);
    return {
      furnaceTemperature: meltSetC + 8 + this.#melt.value + 0.8 * Math.sin(simulatedS / 95),
      ambientTemperature: celsius,
      ambientHumidity: humidity,
    };
  }

  #stopBefore(trouble: Trouble | null): Stop | null {
    const planned = this.#stops.before(this.#shot);
    if (trouble === null || !trouble.begins || trouble.kind !== 'cold-die') return planned;
    this.#stops.postpone(this.#shot);
    // A long stop, and production taken up again after too few heating shots.
    return { seconds: this.#random.between(1800, 2700), tryShots: 2, moldChange: false };
  }

  #changeMolds(): void {
    const [stays, leaves] = this.#active;
    const comes = [0, 1, 2].find((index) => index !== stays && index !== leaves) ?? leaves;
    this.#active = [comes, stays];
    this.#dies.delete(this.#moldNumbered(comes).code);
  }

  #moldNumbered(index: number): DieCastingMold {
    const mold = this.#molds[index];
    if (mold === undefined) throw new RangeError(`no mold ${index}`);
    return mold;
  }

  #moldAt(shot: number): DieCastingMold {
    return this.#moldNumbered(this.#active[shot % 2 === 0 ? 0 : 1]);
  }

  #dieOf(mold: DieCastingMold): ThermalDie {
    const untilShotS = mold === this.#moldAt(this.#shot) ? cycleS : 2 * cycleS;
    const die = this.#dies.get(mold.code) ?? new ThermalDie(mold, meltSetC, 2 * cycleS, untilShotS);
    this.#dies.set(mold.code, die);
    return die;
  }

  #passTime(stopS: number, runS: number): void {
    for (const index of this.#active) this.#dieOf(this.#moldNumbered(index)).pass(stopS, runS);
    const cooled = 90 * (1 - Math.exp(-stopS / 1500));
    this.#sleeveChill = (this.#sleeveChill + cooled) * Math.exp(-1 / 5);
    for (const drift of [this.#melt, this.#accumulator, this.#clamp, this.#sleeve]) drift.step();
    this.#coolant.step();
    this.#oil.step();
  }

  /** Tip, filter and furnace: worn by every shot, seen to now and then. */
  #wear(): void {
    this.#tipWear = this.#tipWear >= 1 ? 0 : this.#tipWear + 1 / 2500;
    this.#filterClog = this.#filterClog >= 1 ? 0 : this.#filterClog + 1 / 220;
  }

  #cast(mold: DieCastingMold, level: (kind: string) => number): Physics {
    const random = this.#random;
    const dose = mold.doseKg * (1 + random.normal(0, 0.0035) - 0.04 * level('ladle-underfill'));
    this.#furnaceKg -= dose;
    const refilled = this.#furnaceKg < 240;
    if (refilled) this.#furnaceKg += 200;
    const biscuit = Math.max(1, mold.biscuitMm + ((dose - mold.doseKg) * 1000) / mold.gramsPerMm);
    const accumulator =
      (accumulatorSetBar + this.#accumulator.value) * (1 - 0.28 * level('accumulator-low'));
    const ratio = accumulator / accumulatorSetBar;
    const transmitted = Math.min(1, 0.55 + biscuit / (2.2 * mold.biscuitMm));
    return {
      melt: meltSetC + this.#melt.value - (refilled ? 6 : 0) - 52 * level('melt-cold'),
      accumulator,
      highSpeed: mold.highSpeed * Math.sqrt(ratio) * (1 - 0.04 * this.#tipWear),
      pressure: mold.pressureBar * ratio * transmitted,
      biscuit,
      vacuum: mold.vacuumMbar + 16 * this.#filterClog + 115 * level('vacuum-clogged'),
      spray: mold.sprayS * (1 - 0.45 * level('spray-nozzle')) * random.normal(1, 0.008),
      clamp: clampSetTf + this.#clamp.value - 62 * level('clamp-loss'),
      dieDeficit: mold.dieC - this.#dieOf(mold).celsius,
    };
  }

  #measure(
    mold: DieCastingMold,
    was: Physics,
    stopS: number,
    runS: number,
    level: (kind: string) => number,
  ): Record<string, number> {
    const noisy = (value: number, deviation: number): number =>
      Math.max(0, this.#random.normal(value, deviation));
    const ratio = was.accumulator / accumulatorSetBar;
    mold.totalShots += 1;
    return {
      moldCode: mold.code,
      stopSeconds: stopS > 0 ? Math.round(stopS) : 0,
      meltTemperature: noisy(was.melt, 0.6),
      meltVolume: Math.round(noisy(this.#furnaceKg, 1)),
      lowSpeed: noisy(mold.lowSpeed, 0.25),
      highSpeed: noisy(was.highSpeed, 1.6),
      castPressure: noisy(was.pressure, 3.5),
      biscuitThickness: noisy(was.biscuit, 0.15),
      clampForce: noisy(was.clamp, 0.7),
      sleeveTemperature: noisy(mold.sleeveC + this.#sleeve.value - this.#sleeveChill, 1.5),
      ...this.#dieOf(mold).sensors(this.#random),
      coolantTemperature: noisy(29 + this.#coolant.value, 0.4),
      emsTime: noisy(mold.emsS, 0.05),
      facilityCycleTime: noisy(2 * runS - 1.6, 0.2),
      productionCycleTime: noisy(2 * runS + Math.min(stopS, 5000), 0.2),
      vacuum: noisy(was.vacuum, 1.8),
      accumulatorPressure: noisy(was.accumulator, 0.35),
      intensificationTime: noisy(45 / ratio ** 2, 0.9),
      fillTime: noisy((mold.fillMs * mold.highSpeed) / was.highSpeed + 0.06 * was.dieDeficit, 0.5),
      sprayTime: was.spray,
      switchPosition: noisy(mold.switchMm, 0.3),
      oilTemperature: this.#random.normal(45 + this.#oil.value, 0.2),
      tieBarImbalance: this.#random.normal(0.4 + 7 * level('clamp-loss'), 0.4),
      totalShots: mold.totalShots,
    };
  }
}

/** Steep in the physical values, so that a shot inside the window is all but never bad. */
function hazardsOf(mold: DieCastingMold, was: Physics): Hazards {
  const base = 0.0007;
  const or = (a: number, b: number): number => 1 - (1 - a) * (1 - b);
  const shrinkage = or(
    steep(mold.biscuitMm - was.biscuit, 9.5, 0.9),
    steep(1 - was.pressure / mold.pressureBar, 0.2, 0.014),
  );
  return {
    shrinkage: or(base, shrinkage),
    'gas-porosity': or(base, steep(was.vacuum - mold.vacuumMbar, 75, 6)),
    misrun: or(base, steep(meltSetC - was.melt, 36, 2.6)),
    'cold-shut': or(base, steep(was.dieDeficit, 30, 2.5)),
    soldering: steep(1 - was.spray / mold.sprayS, 0.3, 0.02),
    flash: steep(clampSetTf - was.clamp, 38, 3),
  };
}
