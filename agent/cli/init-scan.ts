/** Looks on a bus for the units of a machine that `ppuri init` is to write down. It only reads. */
import { PpuriError } from '../../config/errors.ts';
import type { BusConfig } from '../../config/schema.ts';
import { busUrl } from '../survey/bus-url.ts';
import { withSettings } from '../survey/yaml-lines.ts';
import { withBuses } from './bus-argument.ts';
import type { FlagBus } from './init-flags.ts';
import type { Progress } from './progress.ts';
import { scanLines } from './scan-lines.ts';
import { type ScannedUnit, scan } from './scan-run.ts';
import type { Language } from './words.ts';

export interface LookOptions {
  readonly bus: FlagBus;
  readonly lang: Language;
  readonly progress: Progress;
  readonly stop: AbortSignal;
}

export interface Look {
  /** With the serial settings that were found. */
  readonly bus: BusConfig;
  readonly units: readonly ScannedUnit[];
  readonly lines: readonly string[];
}

/** Wizards look at the units that are wired in practice; `ppuri scan` asks every one. */
export const lookedAt = Array.from({ length: 32 }, (_, i) => i + 1);

/** Rejects as `ppuri scan`: `bus-unavailable`, `bus-in-use`. */
export async function lookAround({ bus, lang, progress, stop }: LookOptions): Promise<Look> {
  const { config, given } = bus;
  const choice = { name: null, config, url: busUrl(config), given, lang };
  const flags = { guess: true, units: lookedAt };
  try {
    const report = await withBuses([config], false, () => scan({ choice, flags, progress, stop }));
    const lines = scanLines({ ...report, yaml: [] }, lang);
    return { bus: withSettings(config, report.settings), units: report.units, lines };
  } finally {
    progress.clear();
  }
}

export interface Wanted {
  readonly id: string;
  readonly profile: string | null;
  readonly unit: number | null;
}

/** The likeliest profile of a unit that is a machine's; null: none is. */
export function machineGuess(unit: ScannedUnit, machines: readonly string[]): string | null {
  return unit.maybe.find(({ profile }) => machines.includes(profile))?.profile ?? null;
}

function undecided(wanted: Wanted, { bus, units }: Look, machines: readonly string[]): PpuriError {
  const seen = units.map((unit) => `unit ${unit.unit} ${machineGuess(unit, machines) ?? '?'}`);
  const found = seen.length === 0 ? 'no unit answered' : seen.join(', ');
  return new PpuriError('usage', 'the scan does not tell which unit the machine is', {
    operation: 'find a machine on its bus',
    subject: `${wanted.id} on ${busUrl(bus)}: ${found}`,
    hint: 'give --unit and --profile; `ppuri scan` shows more',
  });
}

/** Unit and profile of one machine, where one unit alone can be it. Throws `usage` otherwise. */
export function pickUnit(
  wanted: Wanted,
  look: Look,
  machines: readonly string[],
  taken: ReadonlySet<number>,
): { readonly unit: number; readonly profile: string } {
  const fitting = look.units.flatMap((unit) => {
    if (wanted.unit === null ? taken.has(unit.unit) : unit.unit !== wanted.unit) return [];
    const names = unit.maybe.map(({ profile }) => profile);
    const given = wanted.profile;
    // A profile of the site's own is not among the guesses.
    const known = given === null || machines.includes(given);
    const profile = known && given !== null && !names.includes(given) ? null : given;
    const guess = given === null ? machineGuess(unit, machines) : profile;
    return guess === null ? [] : [{ unit: unit.unit, profile: guess }];
  });
  const [only] = fitting;
  if (only === undefined || fitting.length > 1) throw undecided(wanted, look, machines);
  return only;
}
