/** A machine's furnace and fuel meters: its signals in, heats, fuel and advice out. */
import type { FuelMeterConfig } from '../config/carbon-schema.ts';
import type { FurnaceConfig } from '../config/schema.ts';

import { type FactorTable, fuelBasis } from './carbon/factors.ts';
import { FuelMeter } from './carbon/fuel-meter.ts';
import type { FurnaceSample } from './furnace/sample.ts';
import { type Advice, FurnaceWatch } from './furnace/watch.ts';
import type { FurnaceStatus } from './machine-status.ts';
import type { Cycle, FuelRecord, Instant, RecordBody } from './records.ts';
import type { FurnacePast } from './store/furnace-queries.ts';

export interface FurnaceRoomOptions {
  readonly machine: string;
  /** Null: the machine is no furnace. */
  readonly furnace: FurnaceConfig | null;
  readonly fuels: readonly FuelMeterConfig[];
  /** The value that a slow signal has now; null: none. */
  readonly read: (signal: string) => number | null;
  readonly keep: (body: RecordBody, at: Instant) => void;
  readonly advise: (advice: Advice) => void;
  readonly shiftOf: (wallMs: number) => number;
  readonly factors: FactorTable;
  /** Simulated seconds per real second. */
  readonly timeScale: number;
  readonly now: () => Instant;
}

interface Heating {
  readonly counter: string;
  readonly flow: string;
  readonly kWhPerUnit: number;
}

function heatingOf({ heatedBy, energySignal }: FurnaceConfig): Heating {
  if (heatedBy === 'electricity')
    return { counter: energySignal ?? 'energyTotal', flow: 'heaterPower', kWhPerUnit: 1 };
  const kWhPerUnit = fuelBasis[heatedBy].netMJ / 3.6;
  return { counter: energySignal ?? 'gasTotal', flow: 'gasFlow', kWhPerUnit };
}

const scaled = (value: number | null, factor: number): number | null =>
  value === null ? null : value * factor;

export class FurnaceRoom {
  readonly #options: FurnaceRoomOptions;
  readonly #watch: FurnaceWatch | null;
  readonly #heating: Heating | null;
  /** Ended since the last one that was seen to. */
  #heats = 0;
  readonly #meters: readonly { readonly signal: string; readonly meter: FuelMeter }[];

  constructor(options: FurnaceRoomOptions) {
    const { machine, furnace, fuels, factors, shiftOf } = options;
    this.#options = options;
    this.#heating = furnace === null ? null : heatingOf(furnace);
    this.#watch =
      furnace === null
        ? null
        : new FurnaceWatch(
            { ...furnace, neededHoldMinutes: furnace.neededHoldMinutes ?? null },
            shiftOf,
          );
    this.#meters = fuels.map(({ fuel, signal, unitsPerCount, rollover = null }) => ({
      signal,
      meter: new FuelMeter({ machine, fuel, signal, unitsPerCount, rollover, factors }),
    }));
  }

  /** Of earlier starts. */
  recall({ heats, told }: FurnacePast): void {
    this.#watch?.recall(heats, told);
  }

  /** Call each second or so. */
  look(): void {
    const at = this.#options.now();
    for (const { signal, meter } of this.#meters)
      this.#keepFuel(meter.look(this.#options.read(signal), at));
    if (this.#watch === null || this.#heating === null) return;
    for (const advice of this.#watch.look(this.#sample(this.#heating, at)))
      this.#options.advise(advice);
  }

  status(): FurnaceStatus | null {
    if (this.#watch === null) return null;
    return { state: this.#watch.state, lidExtraKW: this.#watch.lidExtraKW };
  }

  /** One cycle of a furnace is one heat. */
  cycleEnded({ shot, mold, readings, observed }: Cycle): void {
    if (this.#watch === null) return;
    // Nobody saw it end: what was used belongs to it and to the next together.
    this.#heats += 1;
    if (observed === 'missed') return;
    const { machine, now, keep, advise } = this.#options;
    const at = now();
    const of = (signal: string): number | null => readings[signal]?.value ?? null;
    const whole = observed === 'whole';
    const block = {
      ...{ machine, heat: shot, alloy: mold, heats: this.#heats },
      chargedKg: whole ? of('chargedWeight') : null,
      returnKg: whole ? of('returnWeight') : null,
      pouredKg: whole ? of('pouredWeight') : null,
    };
    this.#heats = 0;
    const { heat, advice } = this.#watch.heatEnded(block, at);
    if (heat !== null) keep({ kind: 'heat', heat }, at);
    for (const one of advice) advise(one);
  }

  /** What is under way is kept as far as it came. */
  end(): void {
    for (const { meter } of this.#meters) this.#keepFuel(meter.end(this.#options.now()));
  }

  #keepFuel(fuel: FuelRecord | null): void {
    if (fuel !== null) this.#options.keep({ kind: 'fuel', fuel }, fuel.at);
  }

  #sample({ counter, flow, kWhPerUnit }: Heating, at: Instant): FurnaceSample {
    const { read, timeScale } = this.#options;
    const lid = read('lidOpen');
    return {
      atMs: at.monoMs * timeScale,
      wallMs: at.wallMs,
      bathC: read('bathTemperature'),
      bathKg: read('bathWeight'),
      lid: lid === null ? null : lid === 1 ? 'open' : 'closed',
      kW: scaled(read(flow), kWhPerUnit),
      energyKWh: scaled(read(counter), kWhPerUnit),
      chargedKg: read('chargeTotal'),
      pouredKg: read('pourTotal'),
      chargeC: read('chargeTemperature'),
    };
  }
}
