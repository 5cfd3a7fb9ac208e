/** What `energy` of a machine must keep: its signals are there, and count or measure what they should. */
import { type Checked, deviceProfile } from './clashes.ts';
import type { EnergyConfig } from './energy-schema.ts';
import { suggest } from './nearest.ts';
import { hasAllDevices, isSound, isWhole, type MachinePart } from './parts.ts';
import type { Problem } from './problem.ts';
import type { SignalSpec } from './profile.ts';
import { unitOf } from './units.ts';

type SignalKey = 'signal' | 'powerSignal' | 'weightSignal';

const wanted: Readonly<Record<SignalKey, { readonly dimension: string; readonly eg: string }>> = {
  signal: { dimension: 'energy', eg: 'kWh' },
  powerSignal: { dimension: 'power', eg: 'kW' },
  weightSignal: { dimension: 'mass', eg: 'kg' },
};

/** A signal as a machine calls it: `meter.importEnergy`, or `shotCount` of the machine itself. */
function parted(reference: string): { readonly device: string; readonly signal: string } {
  const at = reference.indexOf('.');
  return at < 0
    ? { device: 'plc', signal: reference }
    : { device: reference.slice(0, at), signal: reference.slice(at + 1) };
}

class EnergyRules {
  readonly problems: Problem[] = [];
  readonly #checked: Checked;
  readonly #part: MachinePart;
  readonly #energy: EnergyConfig;

  constructor(checked: Checked, part: MachinePart, energy: EnergyConfig) {
    this.#checked = checked;
    this.#part = part;
    this.#energy = energy;
  }

  #say(key: SignalKey, message: string, hint: string): void {
    const path = ['machines', this.#part.index, 'energy', key];
    this.problems.push(this.#checked.source.atValue(path, message, hint));
  }

  all(): void {
    for (const key of ['signal', 'powerSignal', 'weightSignal'] as const) this.#signal(key);
  }

  #signal(key: SignalKey): void {
    const reference = this.#energy[key];
    if (reference === undefined) return;
    const { machine } = this.#part;
    const { device, signal } = parted(reference);
    const found = machine.devices[device];
    if (found === undefined) {
      if (!hasAllDevices(this.#part)) return;
      const names = Object.keys(machine.devices);
      this.#say(key, `there is no device "${device}"`, suggest(device, names, 'the devices are'));
      return;
    }
    if (!isSound(this.#part, 'devices', device, 'profile')) return;
    const specs = this.#checked.profileOf(deviceProfile(machine, found))?.signals;
    if (specs === undefined) return;
    const spec = specs[signal];
    if (spec === undefined)
      this.#say(
        key,
        `device "${device}" has no signal "${signal}"`,
        suggest(signal, Object.keys(specs), 'its signals are', 'all under signals in its profile'),
      );
    else this.#measures(key, reference, spec);
  }

  #measures(key: SignalKey, reference: string, spec: SignalSpec): void {
    if (key === 'signal' && this.#energy.kwhPerPulse !== undefined) {
      if (spec.type === 'text') this.#say(key, `${reference} is a text`, 'name a pulse counter');
      return;
    }
    const { dimension, eg } = wanted[key];
    if (unitOf(spec.unit)?.dimension === dimension) return;
    const pulses = key === 'signal' ? '; or say kwhPerPulse, where it counts pulses' : '';
    const unit = spec.unit === '' ? 'has no unit' : `is in ${spec.unit}`;
    this.#say(key, `${reference} ${unit}`, `name a signal in ${eg} or the like${pulses}`);
  }
}

export function energyProblems(checked: Checked, part: MachinePart): Problem[] {
  const { energy } = part.machine;
  if (energy === undefined || !isWhole(part, 'energy')) return [];
  const rules = new EnergyRules(checked, part, energy);
  rules.all();
  return rules.problems;
}
