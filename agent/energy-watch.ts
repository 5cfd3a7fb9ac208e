/** A machine's energy account, fed by its signals and shots; see agent/energy. */
import type { EnergyConfig } from '../config/energy-schema.ts';
import type { SignalSpec } from '../config/profile.ts';
import type { MachineConfig } from '../config/schema.ts';
import { convert, unitOf } from '../config/units.ts';
import { counterModulus } from '../drivers/decode.ts';
import { withCo2e } from './carbon/co2e.ts';
import type { FactorTable } from './carbon/factors.ts';
import { EnergyAccount, type EnergyMark, type EnergyOptions } from './energy/account.ts';
import type { MeterChange, RegisterOptions } from './energy/register.ts';
import type { AgentEvent, Cycle, EnergyPeriod, Instant, RecordBody, Verdict } from './records.ts';
import type { MachineSignals } from './signals/machine-signals.ts';

interface Around {
  readonly keep: (body: RecordBody, at: Instant) => void;
  readonly onEvent: (event: AgentEvent) => void;
  readonly timeScale: number;
  /** Without a shot for so many usual cycles the machine stands. */
  readonly stopAfterCycles: number;
  readonly factors: FactorTable;
}

const quarterHourMs = 900_000;
/** Of a register that comes with the shot's own block. */
const longestCycleMs = 3_600_000;
/** Register types whose largest number says where they start again. */
const rolling = new Set<SignalSpec['type']>(['uint16', 'uint32', 'bcd16', 'bcd32']);

const now = (): Instant => ({ monoMs: performance.now(), wallMs: Date.now() });

/** Value in `to` of one of `unit`; 1 for a unit that is not known. */
function factor(unit: string, to: string): number {
  const [from, into] = [unitOf(unit), unitOf(to)];
  return from === null || into === null ? 1 : convert(1, from, into);
}

/** The smallest difference that a register of this type shows, in the signal's unit. */
function stepAt({ type, scale }: SignalSpec, value: number): number {
  const step = Math.abs(scale);
  if (type === 'float64') return Math.abs(value) * 2 ** -52;
  if (type !== 'float32') return step;
  const raw = Math.abs(value) / step;
  return raw === 0 ? 0 : step * 2 ** (Math.floor(Math.log2(raw)) - 23);
}

/** How the register of `spec` counts, as far as configuration, profile and type say. */
export function registerOf(
  config: EnergyConfig,
  spec: SignalSpec,
  timeScale: number,
): RegisterOptions {
  const kwhPerUnit = config.kwhPerPulse ?? factor(spec.unit, 'kWh');
  const byType = rolling.has(spec.type) ? counterModulus(spec.type) * Math.abs(spec.scale) : null;
  const least = (config.resolutionKwh ?? 0) / kwhPerUnit;
  return {
    kwhPerUnit,
    rollsOverAt: config.rollsOverAt ?? spec.rollsOverAt ?? byType,
    stepAt: (value) => Math.max(least, stepAt(spec, value)),
    maxKw: config.maxKw ?? null,
    timeScale,
  };
}

function optionsOf(machine: string, config: EnergyConfig, spec: SignalSpec, around: Around) {
  const { timeScale, stopAfterCycles } = around;
  const { signal, holdBelowKw = null, offBelowKw = null } = config;
  const paced = spec.staleAfterMs ?? 3 * spec.everyMs;
  const options: EnergyOptions = {
    ...{ machine, signal, stopAfterCycles, holdBelowKw, offBelowKw },
    register: registerOf(config, spec, timeScale),
    gapMs: spec.poll === 'slow' ? paced : longestCycleMs,
    periodMs: quarterHourMs / timeScale,
  };
  return options;
}

export class EnergyWatch {
  readonly #machine: string;
  readonly #config: EnergyConfig;
  readonly #signals: MachineSignals;
  readonly #around: Around;
  readonly #account: EnergyAccount;
  readonly #readMeter: () => Promise<void>;
  #reading: Promise<void> | null = null;
  /** Shots that are judged, until those who wait for them were told. */
  #judged: { readonly cycle: Cycle; readonly verdict: Verdict }[] = [];

  constructor(
    machine: string,
    config: EnergyConfig,
    spec: SignalSpec,
    signals: MachineSignals,
    around: Around,
  ) {
    this.#machine = machine;
    this.#config = config;
    this.#signals = signals;
    this.#around = around;
    const { keep, factors } = around;
    this.#account = new EnergyAccount(optionsOf(machine, config, spec, around), {
      shot: (energy) => keep({ kind: 'shot-energy', energy }, energy.at),
      period: (period) => keep({ kind: 'energy', period: withCo2e(period, factors) }, period.at),
      changed: (change) => this.#onChange(change),
    });
    this.#readMeter =
      spec.poll === 'slow' ? signals.readerOf(config.signal) : async () => undefined;
    signals.listen(config.signal, ({ value, at }) => {
      if (value !== null) this.#account.reading(value, at);
    });
    const { powerSignal } = config;
    if (powerSignal === undefined) return;
    const kwPerUnit = factor(signals.specOf(powerSignal)?.unit ?? '', 'kW');
    signals.listen(powerSignal, ({ value, at }) => {
      if (value !== null) this.#account.power(value * kwPerUnit, at.monoMs);
    });
  }

  /** After its verdict; nothing is done before what hangs on that was told. */
  onShot(cycle: Cycle, verdict: Verdict): void {
    if (this.#judged.push({ cycle, verdict }) === 1) setImmediate(() => this.#takeShots());
  }

  #takeShots(): void {
    for (const { cycle, verdict } of this.#judged.splice(0)) this.#takeShot(cycle, verdict);
  }

  /** The meter is read at once: between two of its own readings lies half a shot. */
  #takeShot(cycle: Cycle, { outcome }: Verdict): void {
    const { shot, index, mold, observed, suppressed, times } = cycle;
    const wallMs = cycle.at.wallMs + times.trigger - cycle.at.monoMs;
    this.#account.shot({
      ...{ shot, index, mold, observed, outcome, suppressed: suppressed !== null },
      kg: this.#weightOf(cycle),
      at: { monoMs: times.trigger, wallMs },
    });
    if (observed === 'missed') return;
    this.#reading ??= this.#readMeter().finally(() => {
      this.#reading = null;
    });
  }

  tick(): void {
    this.#account.tick(now());
  }

  resume(mark: EnergyMark): void {
    this.#account.resume(mark);
  }

  /** Once its last shot was judged, while its bus is still there: the meter is read once more. */
  async close(): Promise<void> {
    this.#takeShots();
    await this.#reading;
    await this.#readMeter();
    this.#account.close(now());
  }

  /** What is not kept yet. */
  underWay(): readonly EnergyPeriod[] {
    return this.#account.underWay();
  }

  #weightOf({ mold, readings }: Cycle): number | null {
    const { weightSignal, kgPerShot } = this.#config;
    if (weightSignal !== undefined) {
      const value = readings[weightSignal]?.value ?? null;
      const unit = this.#signals.specOf(weightSignal)?.unit ?? 'kg';
      return value === null || value <= 0 ? null : value * factor(unit, 'kg');
    }
    if (typeof kgPerShot !== 'object') return kgPerShot ?? null;
    return mold === null ? null : (kgPerShot[mold] ?? null);
  }

  #onChange({ kind, fromKwh, toKwh }: MeterChange): void {
    const [from, to] = [fromKwh.toFixed(2), toKwh.toFixed(2)];
    const meaning = {
      wrapped: 'it rolled over',
      reset: 'it began anew; what was used in between is not known',
      swapped: 'another meter is there; what was used in between is not known',
      jumped: 'no machine uses so much; what was used in between is not known',
    }[kind];
    this.#around.onEvent({
      kind: `meter-${kind}`,
      level: kind === 'wrapped' ? 'info' : 'warn',
      subject: this.#machine,
      text: `${this.#config.signal} went from ${from} to ${to} kWh: ${meaning}`,
      at: now(),
    });
  }
}

/** Null: nothing measures this machine's energy. */
export function energyWatchOf(
  { id, energy }: MachineConfig,
  signals: MachineSignals,
  around: Around,
): EnergyWatch | null {
  if (energy === undefined) return null;
  const spec = signals.specOf(energy.signal);
  if (spec === null) throw new Error(`signal ${energy.signal} passed the check but is not there`);
  return new EnergyWatch(id, energy, spec, signals, around);
}
