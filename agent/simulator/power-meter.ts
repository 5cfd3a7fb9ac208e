/** What an energy meter on the machine's feed shows: the load follows the machine's state. */
import { Random } from './random.ts';

export interface Load {
  /** kW with the line stopped: heaters, controls, one pump idling. */
  readonly idle: number;
  /** kW in production between the peaks. */
  readonly running: number;
  /** kW on top while metal or plastic is injected. */
  readonly peak: number;
}

export const loads: Readonly<Record<string, Load>> = {
  'die-casting-cold-chamber': { idle: 14, running: 46, peak: 85 },
  'injection-molding': { idle: 5, running: 18, peak: 24 },
};

/** A machine of another kind. */
export const anyLoad: Load = { idle: 6, running: 22, peak: 20 };

const phases = ['L1', 'L2', 'L3'] as const;
const injectionShare = 0.08;

export class PowerMeter {
  readonly #load: Load;
  readonly #cycleS: number;
  readonly #random: Random;
  readonly #split: readonly number[];
  #kWh: number;
  #lastS = 0;

  constructor(load: Load, cycleS: number, seed: number) {
    this.#load = load;
    this.#cycleS = cycleS;
    this.#random = new Random(seed, 'power meter');
    this.#split = [0.335, 0.33, 0.335].map((share) => share + this.#random.normal(0, 0.004));
    this.#kWh = this.#random.between(20_000, 90_000);
  }

  /** All signals of the eastron-sdm630 profile. `sinceShotS`: simulated seconds since the last shot. */
  read(simulatedS: number, sinceShotS: number): Record<string, number> {
    const running = sinceShotS < 1.5 * this.#cycleS;
    const kW = this.#kW(running, sinceShotS);
    this.#count(simulatedS, running);
    const powerFactor = running ? 0.86 : 0.72;
    const kVA = kW / powerFactor;
    return {
      ...this.#perPhase(kW, powerFactor),
      activePower: kW,
      apparentPower: kVA,
      reactivePower: Math.sqrt(kVA ** 2 - kW ** 2),
      powerFactor,
      frequency: this.#random.normal(60, 0.01),
      importEnergy: this.#kWh,
      exportEnergy: 0,
      totalEnergy: this.#kWh,
    };
  }

  #kW(running: boolean, sinceShotS: number): number {
    const { idle, peak } = this.#load;
    if (!running) return this.#random.normal(idle, 0.02 * idle);
    const injecting = sinceShotS % this.#cycleS < injectionShare * this.#cycleS;
    return this.#random.normal(this.#load.running + (injecting ? peak : 0), 0.5);
  }

  /** Mean power since the last look: a meter integrates whether or not it is read. */
  #count(simulatedS: number, running: boolean): void {
    const { idle, peak } = this.#load;
    const mean = running ? this.#load.running + injectionShare * peak : idle;
    this.#kWh += (mean * Math.max(0, simulatedS - this.#lastS)) / 3600;
    this.#lastS = Math.max(this.#lastS, simulatedS);
  }

  #perPhase(kW: number, powerFactor: number): Record<string, number> {
    const values: Record<string, number> = {};
    phases.forEach((phase, i) => {
      const share = kW * (this.#split[i] ?? 1 / 3);
      const volts = this.#random.normal(220.5, 0.4);
      values[`voltage${phase}`] = volts;
      values[`power${phase}`] = share;
      values[`current${phase}`] = (share * 1000) / (volts * powerFactor);
    });
    return values;
  }
}
