/**
 * An injection molding machine: one product at a time. The check ring decides how much melt stays
 * before the screw (cushion, pressure), the dryer how wet it is, heaters and water the rest.
 */
import { Episodes, type Stop, Stops } from './episodes.ts';
import {
  type Hazards,
  type MachineModel,
  type ModelShot,
  rollDefect,
  roomClimate,
} from './model.ts';
import { Drift, Random, steep } from './random.ts';
import type { Scenario } from './scenario.ts';

const cycleS = 24;
const kinds = [
  'check-ring',
  'hold-valve',
  'wet-resin',
  'heater-band',
  'late-switch',
  'coolant-loss',
] as const;
const openers = ['check-ring', 'hold-valve', 'wet-resin', 'late-switch'] as const;

interface Product {
  readonly code: number;
  readonly melt: number;
  readonly mold: number;
  readonly pressure: number;
  readonly injection: number;
  readonly plasticizing: number;
  readonly cushion: number;
  readonly switchMm: number;
  readonly hold: number;
  readonly dryer: number;
  totalShots: number;
}

/** What one shot physically was, before it is measured. */
interface Physics {
  readonly melt: number;
  readonly mold: number;
  readonly viscosity: number;
  readonly cushion: number;
  readonly pressure: number;
  readonly hold: number;
  readonly switchMm: number;
  readonly dewPoint: number;
  readonly clamp: number;
}

const standard = [
  { code: 3101, melt: 215, mold: 40, pressure: 95, injection: 1.8, plasticizing: 8.5, dryer: 80 },
  { code: 3102, melt: 240, mold: 62, pressure: 118, injection: 2.4, plasticizing: 10.2, dryer: 85 },
] as const;

function products(random: Random): readonly Product[] {
  return standard.map((product) => ({
    ...product,
    melt: product.melt + random.normal(0, 1.5),
    mold: product.mold + random.normal(0, 1),
    pressure: product.pressure + random.normal(0, 1.5),
    cushion: random.between(4.6, 6),
    switchMm: random.between(11.5, 13),
    hold: product.pressure * 0.47,
    totalShots: random.whole(20_000, 400_000),
  }));
}

export class InjectionModel implements MachineModel {
  readonly cycleS = cycleS;
  readonly #random: Random;
  readonly #episodes: Episodes;
  readonly #stops: Stops;
  readonly #products: readonly Product[];
  readonly #melt: Drift;
  readonly #mold: Drift;
  readonly #lot: Drift;
  readonly #dew: Drift;
  readonly #clamp: Drift;
  readonly #oil: Drift;
  #shot = 0;
  #running = 0;
  #tryShotsLeft = 0;
  /** 0 in steady production, towards 1 the longer it stood. */
  #chill = 0;

  constructor(seed: number, scenario: Scenario) {
    const stream = (name: string): Random => new Random(seed, `injection ${name}`);
    this.#random = stream('noise');
    this.#episodes = new Episodes(kinds, openers, scenario, stream('episodes'));
    this.#stops = new Stops(scenario, stream('stops'));
    this.#products = products(stream('products'));
    const drift = stream('drift');
    this.#melt = new Drift(drift, 0.9, 40);
    this.#mold = new Drift(drift, 0.8, 60);
    this.#lot = new Drift(drift, 0.008, 150);
    this.#dew = new Drift(drift, 1.2, 60);
    this.#clamp = new Drift(drift, 0.5, 60);
    this.#oil = new Drift(drift, 1, 80);
  }

  next(): ModelShot {
    this.#shot += 1;
    const trouble = this.#episodes.at(this.#shot);
    const stop = this.#stops.before(this.#shot);
    this.#passStop(stop);
    const product = this.#product();
    const level = (kind: string): number => (trouble?.kind === kind ? trouble.level : 0);
    const physics = this.#inject(product, level);
    const runS = this.#random.normal(cycleS, 0.06);
    const tryShot = this.#tryShotsLeft > 0;
    this.#tryShotsLeft = Math.max(0, this.#tryShotsLeft - 1);
    const values = this.#measure(product, physics, runS, level);
    const cause = rollDefect(this.#hazards(product, physics), this.#random);
    return {
      afterS: (stop?.seconds ?? 0) + runS,
      values: { ...values, tryShot: tryShot ? 1 : 0, lineState: 1 },
      defect: cause !== null || tryShot,
      cause,
      trouble: trouble?.kind ?? null,
    };
  }

  slow(simulatedS: number): Record<string, number> {
    const { celsius, humidity } = roomClimate(simulatedS);
    return {
      hopperTemperature: 48 + this.#melt.value + 0.4 * Math.sin(simulatedS / 70),
      ambientTemperature: celsius,
      ambientHumidity: humidity,
    };
  }

  #passStop(stop: Stop | null): void {
    this.#chill *= 0.6;
    if (stop === null) return;
    this.#chill += (1 - this.#chill) * (1 - Math.exp(-stop.seconds / 900));
    if (!stop.moldChange) return;
    this.#running = (this.#running + 1) % this.#products.length;
    this.#tryShotsLeft = stop.tryShots;
  }

  #product(): Product {
    const product = this.#products[this.#running];
    if (product === undefined) throw new RangeError(`no product ${this.#running}`);
    return product;
  }

  #inject(product: Product, level: (kind: string) => number): Physics {
    const random = this.#random;
    const melt = product.melt + this.#melt.step() - 7 * this.#chill - 24 * level('heater-band');
    const viscosity = 1 + this.#lot.step() + 0.006 * (product.melt - melt);
    const ring = level('check-ring');
    const cushion = product.cushion - 2.9 * ring + random.normal(0, 0.05 + 0.4 * ring);
    const late = level('late-switch');
    return {
      melt,
      mold: product.mold + this.#mold.step() - 9 * this.#chill + 21 * level('coolant-loss'),
      viscosity,
      cushion: Math.max(0, cushion - 1.2 * late),
      pressure: product.pressure * viscosity * (1 - 0.12 * ring + 0.14 * late),
      hold: product.hold * (1 - 0.3 * level('hold-valve')),
      switchMm: product.switchMm - 2.4 * late,
      dewPoint: -40 + this.#dew.step() + 27 * level('wet-resin'),
      clamp: 180 + this.#clamp.step() - 3 * late,
    };
  }

  #measure(
    product: Product,
    was: Physics,
    runS: number,
    level: (kind: string) => number,
  ): Record<string, number> {
    const noisy = (value: number, deviation: number): number =>
      this.#random.normal(value, deviation);
    const band = 24 * level('heater-band');
    product.totalShots += 1;
    return {
      productCode: product.code,
      injectionTime: noisy(product.injection * was.viscosity, 0.006),
      plasticizingTime: noisy(product.plasticizing * (0.7 + 0.3 * was.viscosity), 0.06),
      cycleTime: runS,
      coolingTime: noisy(12, 0.03),
      holdTime: noisy(6, 0.02),
      maxInjectionPressure: noisy(was.pressure, 0.4),
      switchPressure: noisy(was.pressure * 0.84, 0.6),
      switchPosition: noisy(was.switchMm, 0.02),
      holdPressure: noisy(was.hold, 0.3),
      backPressure: noisy(8, 0.12),
      cushion: Math.max(0, noisy(was.cushion, 0.01)),
      screwSpeed: noisy(120, 0.4),
      clampForce: noisy(was.clamp, 0.3),
      nozzleTemperature: noisy(was.melt + 2 + 0.5 * band, 0.4),
      barrelTemperature1: noisy(product.melt - 22 + this.#melt.value, 0.4),
      barrelTemperature2: noisy(product.melt - 9 + this.#melt.value, 0.4),
      barrelTemperature3: noisy(was.melt, 0.4),
      moldTemperature1: noisy(was.mold, 0.3),
      moldTemperature2: noisy(was.mold + 1.5, 0.3),
      dewPoint: noisy(was.dewPoint, 0.3),
      dryerTemperature: noisy(product.dryer - 6 * level('wet-resin'), 0.4),
      oilTemperature: noisy(44 + this.#oil.step(), 0.2),
      totalShots: product.totalShots,
    };
  }

  /** Steep in the physical values, so that a shot inside the window is all but never bad. */
  #hazards(product: Product, was: Physics): Hazards {
    const base = 0.0006;
    const or = (a: number, b: number): number => 1 - (1 - a) * (1 - b);
    const short = or(
      steep(product.cushion - was.cushion, 2, 0.13),
      0.35 * steep(this.#chill, 0.12, 0.02),
    );
    return {
      'short-shot': or(base, short),
      'sink-mark': or(base, steep(1 - was.hold / product.hold, 0.19, 0.014)),
      'silver-streak': or(base, steep(was.dewPoint, -22, 1.4)),
      'weld-line': or(base, steep(product.melt - was.melt, 15, 1.1)),
      flash: or(base, steep(product.switchMm - was.switchMm, 1.6, 0.1)),
      warpage: steep(was.mold - product.mold, 14, 0.9),
    };
  }
}
