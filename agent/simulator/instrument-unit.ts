/**
 * Any profile as something to practise on, without a model of the thing itself: each signal stands
 * at a plausible value of its unit, and the measured ones sway a little.
 */
import { performance } from 'node:perf_hooks';
import type { Profile, SignalSpec } from '../../config/profile.ts';
import type { RegisterTable } from '../../drivers/driver.ts';
import { Codec, type CodedSignal, placeOf } from './codec.ts';
import type { ServedUnit } from './modbus-server.ts';
import type { MachineModel, ModelShot } from './model.ts';
import { Random } from './random.ts';
import { UnitRegisters } from './registers.ts';

const refreshMs = 100;
const cycleS = 30;
const swayS = 120;

/** What is usual in each unit, and how far it sways. */
const usual: Readonly<Record<string, readonly [value: number, sway: number]>> = {
  '°C': [180, 3],
  '%': [45, 5],
  V: [380, 2],
  A: [32, 4],
  kW: [18, 3],
  kVA: [21, 3],
  kVAr: [9, 1],
  Hz: [60, 0.02],
  kWh: [48_250, 0],
  bar: [90, 4],
  MPa: [60, 2],
  mm: [25, 1],
  s: [30, 1],
  ms: [40, 3],
  kg: [12, 0.2],
};

function within(value: number, { range }: SignalSpec): number {
  return range === undefined ? value : Math.min(range[1], Math.max(range[0], value));
}

/** What the signal that vouches for this one says while all is well. */
function keeping({ requires }: SignalSpec): readonly (readonly [string, number])[] {
  if (requires === undefined || 'group' in requires) return [];
  const { signal, equals, notEquals } = requires;
  return [[signal, equals ?? (notEquals === 0 ? 1 : 0)]];
}

/** The values of a profile's numbers at a simulated time. */
export class InstrumentValues {
  readonly #signals: readonly CodedSignal[];
  readonly #points: ReadonlySet<string>;
  /** What keeps the conditions of other signals. */
  readonly #kept: ReadonlyMap<string, number>;
  readonly #phases: ReadonlyMap<string, number>;

  constructor(codec: Codec, seed: number) {
    this.#signals = [...codec.signals.values()];
    this.#points = new Set(this.#signals.flatMap(({ spec }) => spec.decimalPoint ?? []));
    this.#kept = new Map(this.#signals.flatMap(({ spec }) => keeping(spec)));
    const random = new Random(seed, 'instrument');
    this.#phases = new Map(
      this.#signals.map(({ name }) => [name, random.between(0, 2 * Math.PI)] as const),
    );
  }

  at(simulatedS: number): Record<string, number> {
    const values: Record<string, number> = {};
    for (const { name, spec } of this.#signals)
      values[name] = this.#points.has(name)
        ? 1
        : (this.#kept.get(name) ?? this.#valueOf(name, spec, simulatedS));
    return values;
  }

  #valueOf(name: string, spec: SignalSpec, simulatedS: number): number {
    if (spec.coding === 'quadrant-power-factor') return 0.86;
    if (spec.type === 'bit' || spec.type === 'text') return 0;
    const [value, sway] = usual[spec.unit] ?? [1, 0];
    const phase = this.#phases.get(name) ?? 0;
    return within(value + sway * Math.sin((2 * Math.PI * simulatedS) / swayS + phase), spec);
  }
}

/** One served device. `over`: values of a closer model, by signal, instead of the usual ones. */
export class InstrumentUnit implements ServedUnit {
  readonly #codec: Codec;
  readonly #values: InstrumentValues;
  readonly #registers: UnitRegisters;
  readonly #speed: number;
  readonly #over: (simulatedS: number) => Readonly<Record<string, number>>;
  readonly #startMs = performance.now();
  #readMs = Number.NEGATIVE_INFINITY;

  constructor(
    profile: Profile,
    { seed, speed }: { readonly seed: number; readonly speed: number },
    over: (simulatedS: number) => Readonly<Record<string, number>> = () => ({}),
  ) {
    this.#codec = new Codec(profile);
    this.#values = new InstrumentValues(this.#codec, seed);
    this.#registers = new UnitRegisters(this.#codec.signals.values(), 'none');
    this.#speed = speed;
    this.#over = over;
  }

  read(table: RegisterTable, address: number, count: number): Uint16Array | null {
    const monoMs = performance.now();
    if (monoMs - this.#readMs >= refreshMs) this.#refresh(monoMs);
    return this.#registers.read(table, address, count);
  }

  /** An instrument takes no outputs. */
  write(): boolean {
    return false;
  }

  #refresh(monoMs: number): void {
    this.#readMs = monoMs;
    const simulatedS = ((monoMs - this.#startMs) * this.#speed) / 1000;
    const values = { ...this.#values.at(simulatedS), ...this.#over(simulatedS) };
    for (const signal of this.#codec.signals.values()) this.#registers.put(placeOf(signal, values));
  }
}

/** A machine of a kind no model is known of: good shots at a steady pace. */
export class PlainMachine implements MachineModel {
  readonly cycleS = cycleS;
  readonly #values: InstrumentValues;
  #simulatedS = 0;

  constructor(profile: Profile, seed: number) {
    this.#values = new InstrumentValues(new Codec(profile), seed);
  }

  next(): ModelShot {
    this.#simulatedS += cycleS;
    const values = this.#values.at(this.#simulatedS);
    return { afterS: cycleS, values, defect: false, cause: null, trouble: null };
  }

  slow(simulatedS: number): Readonly<Record<string, number>> {
    return this.#values.at(simulatedS);
  }
}
