/** All signals of one machine: its own device, its accessories, slow values and their histories. */

import { PpuriError } from '../../config/errors.ts';
import type { FeatureSpec, Profile, SignalSpec } from '../../config/profile.ts';
import type { AnyBus } from '../../drivers/driver.ts';
import type { Reading } from '../records.ts';
import {
  DeviceReader,
  type ReadGroup,
  type Readings,
  type TriggerReading,
} from './device-reader.ts';
import { FrozenSensors } from './frozen.ts';
import { LineReader } from './line-reader.ts';
import { agedReading, missingReading } from './reading.ts';
import { type Sample, SampleHistory } from './samples.ts';
import { SlowPoller, type SlowPollerStats } from './slow-poller.ts';

export interface DeviceSource {
  /** `plc` is the machine itself; other names prefix their signals: `meter.activePower`. */
  readonly name: string;
  readonly bus: AnyBus;
  readonly unit: number;
  readonly profile: Profile;
}

const MAIN_DEVICE = 'plc';
/** A cycle longer than this is averaged over its last hour only. */
const LONGEST_CYCLE_MS = 3_600_000;

function lookBacks(features: Readonly<Record<string, FeatureSpec>>): Map<string, number> {
  const keepMs = new Map<string, number>();
  for (const { from, take, over } of Object.values(features)) {
    if (take === 'last' || (typeof over === 'object' && 'cycles' in over)) continue;
    const needed = typeof over === 'object' ? over.seconds * 1000 : LONGEST_CYCLE_MS;
    keepMs.set(from, Math.max(needed, keepMs.get(from) ?? 0));
  }
  return keepMs;
}

function prefixOf(device: DeviceSource): string {
  return device.name === MAIN_DEVICE ? '' : `${device.name}.`;
}

/** Registers or messages, by what the bus carries. */
function readerOf(device: DeviceSource): DeviceReader | LineReader {
  const prefix = prefixOf(device);
  const { bus } = device;
  return bus.kind === 'lines'
    ? new LineReader({ ...device, bus, prefix })
    : new DeviceReader({ ...device, bus, prefix });
}

/** The machine itself, whose trigger is a register. Throws `config-invalid`. */
function mainReader(device: DeviceSource): DeviceReader {
  const reader = readerOf(device);
  if (reader instanceof DeviceReader) return reader;
  throw new PpuriError('config-invalid', 'an instrument on a line cannot be the machine itself', {
    operation: 'read a machine',
    subject: device.bus.name,
    hint: 'give the device plc a modbus bus',
  });
}

/** A meter or scale that does not answer must not cost the shot. */
async function readOrMissing(shot: ReadGroup): Promise<Readings> {
  try {
    return await shot.read('shot');
  } catch (error) {
    if (!(error instanceof PpuriError)) throw error;
    const at = { monoMs: performance.now(), wallMs: Date.now() };
    return Object.fromEntries(
      shot.signals.map((name) => [name, missingReading(at, error.message)]),
    );
  }
}

function namedSpecs(devices: readonly DeviceSource[]): Map<string, SignalSpec> {
  return new Map(
    devices.flatMap((device) =>
      Object.entries(device.profile.signals).map(
        ([name, spec]) => [prefixOf(device) + name, spec] as const,
      ),
    ),
  );
}

export class MachineSignals {
  readonly #specs: ReadonlyMap<string, SignalSpec>;
  readonly #frozen: FrozenSensors;
  readonly #history: SampleHistory;
  readonly #latest = new Map<string, Reading>();
  readonly #pollers: readonly SlowPoller[];
  readonly #slow: ReadonlyMap<string, number>;
  readonly #main: DeviceReader;
  readonly #accessories: readonly (DeviceReader | LineReader)[];
  readonly #readTrigger: (() => Promise<TriggerReading>) | null;
  readonly #listeners = new Map<string, (reading: Reading) => void>();

  /** `main` is the device whose profile has the cycle. Constructs only; `start` polls. */
  constructor(main: DeviceSource, accessories: readonly DeviceSource[]) {
    const devices = [main, ...accessories];
    this.#specs = namedSpecs(devices);
    this.#frozen = new FrozenSensors(Object.fromEntries(this.#specs));
    this.#history = new SampleHistory(lookBacks(main.profile.features));
    this.#main = mainReader(main);
    this.#accessories = accessories.map(readerOf);
    const groups = [this.#main, ...this.#accessories].flatMap((reader) => reader.slow);
    this.#slow = new Map(
      groups.flatMap((group) => group.signals.map((name) => [name, group.everyMs])),
    );
    this.#pollers = groups.map(
      (group) => new SlowPoller(group, (readings) => this.#learn(readings)),
    );
    const trigger = main.profile.cycle?.trigger;
    this.#readTrigger =
      trigger === undefined || trigger.on === 'interval'
        ? null
        : this.#main.triggerOf(trigger.signal);
  }

  start(): void {
    for (const reader of this.#accessories) if (reader instanceof LineReader) reader.start();
    for (const poller of this.#pollers) poller.start();
  }

  async stop(): Promise<void> {
    for (const reader of this.#accessories) if (reader instanceof LineReader) reader.stop();
    await Promise.all(this.#pollers.map((poller) => poller.stop()));
  }

  /** Tells each reading of this signal as it comes. */
  listen(signal: string, listener: (reading: Reading) => void): void {
    this.#listeners.set(signal, listener);
  }

  /**
   * Reads this signal of a device once more, beside its own pace; nothing where it cannot be. For what
   * is wanted at a moment, and no verdict waits for. Never rejects.
   */
  readerOf(signal: string): () => Promise<void> {
    const group = [this.#main, ...this.#accessories]
      .map((reader) => (reader instanceof DeviceReader ? reader.only(signal) : null))
      .find((found) => found !== null);
    if (group === undefined) return async () => undefined;
    return async () => {
      try {
        this.#learn(await group.read('slow'));
      } catch (error) {
        // As with its own pace: the bus counts and reports it.
        if (!(error instanceof PpuriError)) throw error;
      }
    };
  }

  /** Null: no device has it. */
  specOf(signal: string): SignalSpec | null {
    return this.#specs.get(signal) ?? null;
  }

  stats(): readonly SlowPollerStats[] {
    return this.#pollers.map((poller) => poller.stats());
  }

  async readTrigger(): Promise<TriggerReading> {
    if (this.#readTrigger === null)
      return { raw: null, at: { monoMs: performance.now(), wallMs: Date.now() } };
    return this.#readTrigger();
  }

  async readSnapshot(): Promise<Readings> {
    return this.#main.shot === null ? {} : this.#main.shot.read('shot');
  }

  /** Adds the accessories' snapshot and the latest slow values, as old as they are. */
  async completeReadings(snapshot: Readings, atMonoMs: number): Promise<Readings> {
    const all: Readings = { ...snapshot };
    for (const { shot } of this.#accessories) {
      if (shot !== null) Object.assign(all, await readOrMissing(shot));
    }
    this.#tell(all);
    this.#addSlow(all, atMonoMs);
    for (const [name, reading] of Object.entries(all))
      all[name] = this.#frozen.check(name, reading);
    for (const name of Object.keys(snapshot)) this.#history.add(name, snapshot[name] as Reading);
    return all;
  }

  /** Without the accessories, which are asked only for a shot that is one. */
  foreseeReadings(snapshot: Readings, atMonoMs: number): Readings {
    const all: Readings = { ...snapshot };
    this.#addSlow(all, atMonoMs);
    return all;
  }

  #addSlow(all: Readings, atMonoMs: number): void {
    for (const [name, everyMs] of this.#slow)
      all[name] = this.#slowReading(name, everyMs, atMonoMs);
  }

  /** A slow signal as it is now, as old as it is; missing: it is none. */
  slowNow(signal: string): Reading {
    return this.#slowReading(signal, this.#slow.get(signal) ?? 0, performance.now());
  }

  samplesBetween(signal: string, fromMonoMs: number, toMonoMs: number): readonly Sample[] {
    return this.#history.between(signal, fromMonoMs, toMonoMs);
  }

  #slowReading(name: string, everyMs: number, atMonoMs: number): Reading {
    const latest = this.#latest.get(name);
    if (latest === undefined) {
      return missingReading({ monoMs: atMonoMs, wallMs: Date.now() }, 'not read yet');
    }
    return agedReading(latest, atMonoMs, this.#specs.get(name)?.staleAfterMs ?? 3 * everyMs);
  }

  #tell(readings: Readings): void {
    for (const [name, listener] of this.#listeners) {
      const reading = readings[name];
      if (reading !== undefined) listener(reading);
    }
  }

  #learn(readings: Readings): void {
    this.#tell(readings);
    for (const [name, reading] of Object.entries(readings)) {
      this.#latest.set(name, reading);
      this.#history.add(name, reading);
    }
  }
}
