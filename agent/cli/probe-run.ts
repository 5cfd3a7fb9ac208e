/** Every device of a configuration read once, bus by bus, and what is wrong with it. */
import { deviceProfile } from '../../config/clashes.ts';
import { PpuriError } from '../../config/errors.ts';
import type { Profile } from '../../config/profile.ts';
import type { BusConfig, Config } from '../../config/schema.ts';
import type { Bus, LineBus } from '../../drivers/driver.ts';
import { createBus } from '../../drivers/registry.ts';
import type { Diagnosis } from '../survey/causes.ts';
import { diagnose } from '../survey/diagnose.ts';
import type { BusEvidence, DeviceEvidence, SignalEvidence } from '../survey/evidence.ts';
import { koreanNote } from '../survey/notes.ts';
import { tryOpening, tryText } from '../survey/text-trials.ts';
import type { Progress } from './progress.ts';
import { readDevice } from './read-signals.ts';
import { readTextDevice, requestOf, type TextSignal, unreadSignals } from './read-text-signals.ts';
import type { Language } from './words.ts';

export interface ProbeOptions {
  readonly config: Config;
  readonly profiles: ReadonlyMap<string, Profile>;
  /** Of these machines only; null: all. */
  readonly machine: string | null;
  readonly trySettings: boolean;
  readonly progress: Progress;
  /** Of the progress; absent: English. */
  readonly lang?: Language;
  readonly stop: AbortSignal;
}

export interface ProbedBus extends BusEvidence {
  readonly causes: readonly Diagnosis[];
  /** Instruments that speak text, which have no registers. */
  readonly textDevices: readonly TextDevice[];
}

export interface TextDevice {
  readonly machine: string;
  readonly device: string;
  readonly unit: number;
  readonly profile: string;
  readonly signals: readonly TextSignal[];
}

interface Place {
  readonly machine: string;
  readonly device: string;
  readonly unit: number;
  readonly profile: Profile;
}

/** The buses that the wanted machines are on, by name. */
export function busesOf({
  config,
  machine,
}: Pick<ProbeOptions, 'config' | 'machine'>): Map<string, BusConfig> {
  const machines = config.machines.filter(({ id }) => machine === null || id === machine);
  const names = new Set(
    machines.flatMap(({ devices }) => Object.values(devices).map(({ bus }) => bus)),
  );
  return new Map(Object.entries(config.buses).filter(([name]) => names.has(name)));
}

/** One bus after the other; an interrupted probe gives what it has. */
export async function probe(options: ProbeOptions): Promise<ProbedBus[]> {
  const probed: ProbedBus[] = [];
  for (const [name, config] of busesOf(options)) {
    if (options.stop.aborted) break;
    probed.push(await probeBus(name, config, options));
  }
  return probed;
}

async function probeBus(
  name: string,
  config: BusConfig,
  options: ProbeOptions,
): Promise<ProbedBus> {
  const places = placesOn(name, options);
  const bus = createBus(name, config);
  if (bus.kind !== 'registers') return probeText(name, config, bus, places, options);
  const evidence = await readBus(name, config, bus, places, options);
  options.progress.tell(
    `${name}: ${options.lang === 'ko' ? '원인 찾는 중' : 'looking for causes'}`,
  );
  const causes = options.stop.aborted ? [] : await causesOf(evidence, options);
  return { ...evidence, causes, textDevices: [] };
}

async function probeText(
  name: string,
  config: BusConfig,
  bus: LineBus,
  places: readonly Place[],
  { progress, stop, trySettings }: ProbeOptions,
): Promise<ProbedBus> {
  const nothing = { name, config, stats: null, devices: [] };
  const failure = await openingFailure(config);
  if (failure !== null) {
    const textDevices = places.map(({ profile, ...place }) => {
      return { ...place, profile: profile.id, signals: unreadSignals(profile, failure) };
    });
    const evidence = { ...nothing, failure };
    const causes = await diagnose(evidence, { trySettings, stop });
    return { ...evidence, textDevices, causes };
  }
  const textDevices: TextDevice[] = [];
  try {
    for (const { profile, ...place } of places) {
      progress.tell(`${name}: ${place.machine}.${place.device}`);
      const signals = await readTextDevice({ bus, unit: place.unit, profile, stop });
      textDevices.push({ ...place, profile: profile.id, signals });
    }
  } finally {
    await bus.close();
  }
  const causes: Diagnosis[] = [];
  for (const [i, one] of textDevices.entries()) {
    const profile = places[i]?.profile;
    if (stop.aborted || profile === undefined) break;
    causes.push(...(await textCauses(name, config, one, requestOf(profile, one.unit))));
  }
  return { ...nothing, failure: null, stats: bus.stats(), causes, textDevices };
}

async function openingFailure(config: BusConfig): Promise<PpuriError | null> {
  try {
    await tryOpening(config);
    return null;
  } catch (error) {
    if (error instanceof PpuriError) return error;
    throw error;
  }
}

/** A value that is refused came in a message that was understood. */
async function textCauses(
  bus: string,
  config: BusConfig,
  { machine, device, unit, signals }: TextDevice,
  request: string,
): Promise<Diagnosis[]> {
  const bad = signals.filter(({ required, reading }) => required && reading.quality !== 'good');
  if (bad.length === 0) return [];
  const place = { bus, machine, device, unit, remedy: null };
  const refused = bad.every(
    ({ reading: { quality, note = '' } }) =>
      quality === 'invalid' && !note.startsWith('a message of another kind'),
  );
  if (refused) {
    const text = bad.map(({ name, reading }) => `${name} ${reading.note ?? ''}`).join('; ');
    const names = bad.map(({ name }) => name);
    return [
      {
        ...place,
        cause: 'odd-value',
        signals: names,
        evidence: { ko: koreanNote(text), en: text },
      },
    ];
  }
  try {
    return [{ ...place, signals: [], ...(await tryText(config, request)) }];
  } catch (error) {
    if (!(error instanceof PpuriError)) throw error;
    return await diagnose(
      { name: bus, config, failure: error, stats: null, devices: [] },
      { trySettings: false, stop: new AbortController().signal },
    );
  }
}

async function readBus(
  name: string,
  config: BusConfig,
  bus: Bus,
  places: readonly Place[],
  { progress, stop }: ProbeOptions,
): Promise<BusEvidence> {
  const devices: DeviceEvidence[] = [];
  try {
    for (const { profile, ...place } of places) {
      if (stop.aborted) break;
      progress.tell(`${name}: ${place.machine}.${place.device}`);
      const { unit } = place;
      const signals = await readDevice({ bus, unit, profile, exceptions: 'split', stop });
      devices.push({ ...place, profile: profile.id, signals });
    }
    const stats = bus.stats();
    const failure = stats.connects === 0 ? firstError(devices) : null;
    return { name, config, failure, stats, devices };
  } finally {
    await bus.close();
  }
}

function firstError(devices: readonly DeviceEvidence[]): PpuriError | null {
  const signals: SignalEvidence[] = devices.flatMap((device) => device.signals);
  return signals.find(({ error }) => error !== null)?.error ?? null;
}

/** Trials may fail as the bus did; then what was read stands by itself. */
async function causesOf(evidence: BusEvidence, options: ProbeOptions): Promise<Diagnosis[]> {
  try {
    return await diagnose(evidence, options);
  } catch (error) {
    if (!(error instanceof PpuriError)) throw error;
    return await diagnose({ ...evidence, failure: error }, options);
  }
}

function placesOn(name: string, { config, profiles, machine }: ProbeOptions): Place[] {
  const places: Place[] = [];
  for (const one of config.machines) {
    if (machine !== null && one.id !== machine) continue;
    for (const [device, settings] of Object.entries(one.devices)) {
      const profile = profiles.get(deviceProfile(one, settings));
      if (settings.bus !== name || profile === undefined) continue;
      places.push({ machine: one.id, device, unit: settings.unit, profile });
    }
  }
  return places;
}
