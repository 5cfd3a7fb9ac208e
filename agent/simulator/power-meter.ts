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

/** What the machine is at, in simulated seconds. */
export interface MachineTime {
  readonly nowS: number;
  readonly sinceShotS: number;
  /** From the last shot to the next; null: there is none. */
  readonly afterS: number | null;
}

/** What happens to a meter in its life; shots are indexes of its machine. */
export interface MeterFaults {
  /** kWh it begins with; absent: by the seed. */
  readonly startKwh?: number;
  /** It starts at 0 again here. */
  readonly rollsOverAtKwh?: number;
  /** After so many shots another meter is there, which shows this. */
  readonly swap?: { readonly afterShot: number; readonly toKwh: number };
  /** After shot `from` it does not answer, until after shot `to`. */
  readonly silent?: { readonly from: number; readonly to: number };
}

export const loads: Readonly<Record<string, Load>> = {
  'die-casting-cold-chamber': { idle: 14, running: 46, peak: 85 },
  'injection-molding': { idle: 5, running: 18, peak: 24 },
};

/** A machine of another kind. */
export const anyLoad: Load = { idle: 6, running: 22, peak: 20 };

const phases = ['L1', 'L2', 'L3'] as const;
const injectionShare = 0.08;
/** A cycle that takes longer began late: the line stood before. */
const longestCycles = 1.5;

export class PowerMeter {
  readonly #load: Load;
  readonly #cycleS: number;
  readonly #random: Random;
  readonly #split: readonly number[];
  readonly #faults: MeterFaults;
  /** As shown: over roll-overs and swaps. */
  #shownKwh: number;
  #lastS = 0;
  #cycleKwh = 0;
  #shots = 0;

  constructor(load: Load, cycleS: number, seed: number, faults: MeterFaults = {}) {
    this.#load = load;
    this.#cycleS = cycleS;
    this.#faults = faults;
    this.#random = new Random(seed, 'power meter');
    this.#split = [0.335, 0.33, 0.335].map((share) => share + this.#random.normal(0, 0.004));
    const start = this.#random.between(20_000, 90_000);
    this.#shownKwh = faults.startKwh ?? start;
  }

  /** Whether it answers now. */
  get answers(): boolean {
    const { silent } = this.#faults;
    return silent === undefined || this.#shots < silent.from || this.#shots >= silent.to;
  }

  /** All signals of the eastron-sdm630 profile. */
  read(time: MachineTime): Record<string, number> {
    this.#count(time);
    const running = this.#placeOf(time.sinceShotS, time) >= 0;
    const mean = this.#meanKw(this.#placeOf(time.sinceShotS, time));
    const kW = this.#random.normal(mean, running ? 0.5 : 0.02 * mean);
    const powerFactor = running ? 0.86 : 0.72;
    const kVA = kW / powerFactor;
    return {
      ...this.#perPhase(kW, powerFactor),
      activePower: kW,
      apparentPower: kVA,
      reactivePower: Math.sqrt(kVA ** 2 - kW ** 2),
      powerFactor,
      frequency: this.#random.normal(60, 0.01),
      importEnergy: this.#shownKwh,
      exportEnergy: 0,
      totalEnergy: this.#shownKwh,
    };
  }

  /** A shot is made: the kWh its cycle took, without the stop before it. */
  shot(time: MachineTime): number {
    this.#count(time);
    const kWh = this.#cycleKwh;
    this.#cycleKwh = 0;
    this.#shots += 1;
    const { swap } = this.#faults;
    if (swap?.afterShot === this.#shots) this.#shownKwh = swap.toKwh;
    return kWh;
  }

  /** Seconds since the cycle under way began; below 0: the line stands. */
  #placeOf(sinceShotS: number, { afterS }: MachineTime): number {
    const isStop = afterS === null || afterS > longestCycles * this.#cycleS;
    if (!isStop) return sinceShotS;
    return afterS === null ? -1 : sinceShotS - (afterS - this.#cycleS);
  }

  #meanKw(placeS: number): number {
    const { idle, running, peak } = this.#load;
    if (placeS < 0) return idle;
    return running + (placeS < injectionShare * this.#cycleS ? peak : 0);
  }

  /** A meter integrates whether or not it is read. */
  #count(time: MachineTime): void {
    const { nowS, sinceShotS } = time;
    // A late timer of this computer can put the machine's clock back a little.
    const fromS = Math.max(this.#lastS, nowS - sinceShotS);
    if (nowS <= this.#lastS) return;
    const end = this.#placeOf(sinceShotS, time);
    const begin = end - (nowS - Math.min(fromS, nowS));
    const [running, injecting, standing] = [
      spent(begin, end, 0, Number.POSITIVE_INFINITY),
      spent(begin, end, 0, injectionShare * this.#cycleS),
      spent(begin, end, Number.NEGATIVE_INFINITY, 0),
    ];
    const { idle, peak } = this.#load;
    // Nobody told of the shots in between, where there are none: a meter by itself.
    const untoldS = Math.max(0, nowS - sinceShotS - this.#lastS);
    this.#shownKwh += (untoldS * (this.#load.running + injectionShare * peak)) / 3600;
    const cycleKwh = (running * this.#load.running + injecting * peak) / 3600;
    this.#cycleKwh += cycleKwh;
    this.#shownKwh += cycleKwh + (standing * idle) / 3600;
    const { rollsOverAtKwh = Number.POSITIVE_INFINITY } = this.#faults;
    if (this.#shownKwh >= rollsOverAtKwh) this.#shownKwh -= rollsOverAtKwh;
    this.#lastS = nowS;
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

/** How much of [from, to] lies in [low, high]. */
function spent(from: number, to: number, low: number, high: number): number {
  return Math.max(0, Math.min(to, high) - Math.max(from, low));
}
