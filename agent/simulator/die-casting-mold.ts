/** A die-casting mold: its settings, and its heat from shot to shot. */
import type { Random } from './random.ts';

export interface DieCastingMold {
  readonly code: number;
  readonly doseKg: number;
  readonly biscuitMm: number;
  /** Metal per mm of biscuit. */
  readonly gramsPerMm: number;
  readonly lowSpeed: number;
  readonly highSpeed: number;
  readonly pressureBar: number;
  readonly vacuumMbar: number;
  readonly sprayS: number;
  readonly switchMm: number;
  readonly fillMs: number;
  readonly emsS: number;
  readonly sleeveC: number;
  /** Mean die temperature before a shot in steady production. */
  readonly dieC: number;
  /** Upper 1–3 and lower 1–3 against the mean. */
  readonly sensorOffsets: readonly number[];
  totalShots: number;
}

const standard = [
  { code: 2101, doseKg: 4.2, biscuitMm: 25, highSpeed: 300, pressureBar: 700, dieC: 212, emsS: 23 },
  { code: 2102, doseKg: 5.1, biscuitMm: 31, highSpeed: 330, pressureBar: 760, dieC: 226, emsS: 6 },
  { code: 2105, doseKg: 3.6, biscuitMm: 27, highSpeed: 280, pressureBar: 660, dieC: 204, emsS: 14 },
] as const;

/** Three molds with this machine's own small offsets. */
export function dieCastingMolds(random: Random): DieCastingMold[] {
  return standard.map((mold) => ({
    ...mold,
    biscuitMm: mold.biscuitMm + random.normal(0, 0.5),
    gramsPerMm: mold.doseKg * 2.9,
    lowSpeed: 25 + random.normal(0, 0.8),
    highSpeed: mold.highSpeed + random.normal(0, 4),
    pressureBar: mold.pressureBar + random.normal(0, 8),
    vacuumMbar: 45 + random.between(0, 12),
    sprayS: 1.5 + random.between(-0.1, 0.3),
    switchMm: 380 + random.between(-15, 15),
    fillMs: 46 + random.between(-4, 4),
    sleeveC: 205 + random.normal(0, 6),
    dieC: mold.dieC + random.normal(0, 3),
    sensorOffsets: [14, -8, -22, 6, 20, -14].map((offset) => offset + random.normal(0, 3)),
    totalShots: random.whole(4_000, 60_000),
  }));
}

const coolantC = 40;
const runningMemoryS = 500;
/** Cooling water is shut in a stop. */
const stoppedMemoryS = 2400;

const sensorNames = [
  'upperDieTemperature1',
  'upperDieTemperature2',
  'upperDieTemperature3',
  'lowerDieTemperature1',
  'lowerDieTemperature2',
  'lowerDieTemperature3',
] as const;

/** Takes up a share of the metal's heat with each shot and gives it to the coolant in between. */
export class ThermalDie {
  readonly #mold: DieCastingMold;
  readonly #meltC: number;
  readonly #share: number;
  #celsius: number;

  /**
   * The share of heat is what keeps the die at its `dieC` when shot every `periodS`. It starts
   * warm, its next shot due in `untilShotS`.
   */
  constructor(mold: DieCastingMold, meltC: number, periodS: number, untilShotS: number) {
    this.#mold = mold;
    this.#meltC = meltC;
    const afterShot = coolantC + (mold.dieC - coolantC) * Math.exp(periodS / runningMemoryS);
    this.#share = (afterShot - mold.dieC) / (meltC - mold.dieC);
    this.#celsius = coolantC + (mold.dieC - coolantC) * Math.exp(untilShotS / runningMemoryS);
  }

  /** Before the next shot, mean of the die. */
  get celsius(): number {
    return this.#celsius;
  }

  pass(stopS: number, runS: number): void {
    const keep = Math.exp(-stopS / stoppedMemoryS - runS / runningMemoryS);
    this.#celsius = coolantC + (this.#celsius - coolantC) * keep;
  }

  heat(factor: number): void {
    this.#celsius += this.#share * factor * (this.#meltC - this.#celsius);
  }

  sensors(random: Random): Record<string, number> {
    const warmth = (this.#celsius - coolantC) / (this.#mold.dieC - coolantC);
    return Object.fromEntries(
      sensorNames.map((name, i) => {
        const offset = this.#mold.sensorOffsets[i] ?? 0;
        return [name, random.normal(this.#celsius + offset * warmth, 1.2)];
      }),
    );
  }
}
