/** The options of `ppuri simulate`, checked and turned into a plant. */
import type { Profile } from '../../config/profile.ts';
import { loadProfile } from '../../config/profile-load.ts';
import type { PlantMachine, PlantMeter, PlantOptions, PlantReplay } from '../simulator/plant.ts';
import { isScenarioName, type ScenarioName, scenarioNames } from '../simulator/scenario.ts';
import { type CarrierFlags, plantCarrierOf, refuseStrangers } from './simulate-carrier.ts';
import { usage } from './simulate-usage.ts';

/** As commander gives them. */
export interface SimulateOptions extends CarrierFlags {
  readonly unit: number;
  readonly speed: number | 'max';
  readonly machines: number;
  readonly scenario: string;
  readonly meter?: number;
  readonly replay?: string;
  readonly column?: Readonly<Record<string, string>>;
  readonly time?: string;
  readonly hold: boolean;
  /** ms */
  readonly for?: number;
  readonly dataset?: string;
  readonly shots: number;
  readonly json?: boolean;
}

export function within(value: number, option: string, low: number, high: number): number {
  if (value >= low && value <= high) return value;
  throw usage(`${option} ${value} is out of range`, option, `give a number from ${low} to ${high}`);
}

export function scenarioOption(name: string): ScenarioName {
  if (isScenarioName(name)) return name;
  throw usage(
    `there is no scenario "${name}"`,
    '--scenario',
    `one of: ${scenarioNames.join(', ')}`,
  );
}

function replayOption(options: SimulateOptions): PlantReplay | null {
  if (options.replay === undefined) {
    if (options.column !== undefined || options.time !== undefined)
      throw usage('--column and --time are for a replay', '--replay', 'add --replay FILE');
    return null;
  }
  const time = options.time === undefined ? {} : { timeColumns: options.time.split(',') };
  return { path: options.replay, columns: options.column ?? {}, ...time };
}

/** A log of consumption, which one counting signal of a meter follows. */
function meterLogOption(profile: Profile, options: SimulateOptions): Pick<PlantMeter, 'log'> {
  const replay = replayOption(options);
  if (replay === null) return {};
  const [[signal, column] = ['', ''], ...more] = Object.entries(replay.columns ?? {});
  const [timeColumn = '', ...others] = replay.timeColumns ?? [];
  const says = 'e.g. --column importEnergy=Usage_kWh --time date';
  if (profile.signals[signal] === undefined || more.length > 0)
    throw usage('a meter replays one counting signal of its own', '--column', says);
  if (timeColumn === '' || others.length > 0)
    throw usage('the log of a meter needs one column of times', '--time', says);
  return { log: { signal, column, timeColumn, path: replay.path } };
}

/** Machines on units from --unit on, their meters on units from --meter on. Throws PpuriError. */
export function plantOptionsOf(profile: Profile, options: SimulateOptions): PlantOptions {
  const unit = within(options.unit, '--unit', 0, 255);
  const count = within(options.machines, '--machines', 1, 256 - unit);
  const meter =
    options.meter === undefined ? null : within(options.meter, '--meter', 0, 256 - count);
  const carrier = plantCarrierOf(options);
  const where = { host: options.host, port: within(options.port, '--port', 0, 65_535), carrier };
  const { speed, seed } = options;
  const indexes = Array.from({ length: count }, (_, i) => i);
  const first = profile.cycle === undefined || meter === null ? [unit] : [unit, meter];
  refuseStrangers(
    options.dead ?? [],
    first.flatMap((from) => indexes.map((i) => from + i)),
  );
  if (profile.cycle === undefined) {
    if (speed === 'max') throw usage('a meter cannot run at --speed max', '--speed', 'a number');
    const log = meterLogOption(profile, options);
    const meters = indexes.map((i) => ({ unit: unit + i, seed: seed + i, speed, ...log }));
    return { ...where, machines: [], meters, meterProfile: profile };
  }
  const machines = indexes.map((i) => machineOf(profile, options, meter, i));
  const metered = meter === null ? {} : { meterProfile: loadProfile('eastron-sdm630') };
  return { ...where, machines, ...metered };
}

function machineOf(
  profile: Profile,
  options: SimulateOptions,
  meter: number | null,
  i: number,
): PlantMachine {
  const replay = replayOption(options);
  const freely = replay !== null && !options.hold;
  const paced = replay === null && options.speed !== 'max';
  return {
    id: `m${i + 1}`,
    profile,
    unit: options.unit + i,
    seed: options.seed + i,
    speed: options.speed,
    scenario: scenarioOption(options.scenario),
    ...(meter === null ? {} : { meterUnit: meter + i }),
    ...(replay === null ? {} : { replay }),
    ...(freely ? { hold: 'no' as const } : {}),
    ...(freely || paced ? { begin: 'at-once' as const } : {}),
  };
}
