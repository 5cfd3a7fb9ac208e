/** What only shows across a whole configuration: two things that want the same thing. */
import { existsSync, realpathSync } from 'node:fs';
import { parseAddress, wordsOf } from './address.ts';
import { isLoopback } from './loopback.ts';
import { isSound, isWhole, type MachinePart, type Parts } from './parts.ts';
import type { Problem } from './problem.ts';
import type { Profile } from './profile.ts';
import type { BusConfig, DeviceConfig, MachineConfig, RejectConfig } from './schema.ts';
import { formatPath, type Path, type Source } from './source.ts';

/** A profile by the reference that a machine or device gives; null when it cannot be used. */
export type ProfileOf = (reference: string) => Profile | null;

export interface Checked {
  readonly source: Source;
  readonly parts: Parts;
  readonly profileOf: ProfileOf;
}

/** The profile a device is read with: its own, else the machine's. */
export function deviceProfile(machine: MachineConfig, device: DeviceConfig): string {
  return device.profile ?? machine.profile;
}

type SerialBus = Extract<BusConfig, { path?: string | undefined }>;

/** The exclusive resource behind a bus: two buses with the same one are a clash. */
export function endpointOf(bus: BusConfig): string {
  if (!('host' in bus)) return serialEndpoint(bus);
  const host = bus.host.trim().toLowerCase().replace(/\.$/, '');
  return `tcp://${isLoopback(host) ? 'localhost' : host}:${bus.port}`;
}

/** A by-id link and the port it leads to are one, where the adapter is plugged in. */
function serialEndpoint(bus: SerialBus): string {
  if (bus.path === undefined) return `serial number ${bus.serialNumber}`;
  return existsSync(bus.path) ? realpathSync(bus.path) : bus.path;
}

const placeOf = (bus: BusConfig): string => {
  if ('host' in bus) return 'host';
  return bus.path === undefined ? 'serialNumber' : 'path';
};

function busClashes({ source, parts }: Checked): Problem[] {
  const owners = new Map<string, string>();
  const problems: Problem[] = [];
  for (const [name, bus] of parts.buses) {
    if (bus === null) continue;
    const endpoint = endpointOf(bus);
    const owner = owners.get(endpoint);
    if (owner === undefined) owners.set(endpoint, name);
    else
      problems.push(
        source.atValue(
          ['buses', name, placeOf(bus)],
          `bus "${owner}" already uses ${endpoint}`,
          'one bus for one endpoint; give its devices different units',
        ),
      );
  }
  return problems;
}

function repeatedIds({ source, parts }: Checked): Problem[] {
  const first = new Map<string, number>();
  const problems: Problem[] = [];
  for (const part of parts.machines) {
    const { index, machine } = part;
    if (!isSound(part, 'id')) continue;
    const before = first.get(machine.id);
    if (before === undefined) {
      first.set(machine.id, index);
      continue;
    }
    const message = `machines[${before}] is already called "${machine.id}"`;
    problems.push(
      source.atValue(['machines', index, 'id'], message, 'every machine has its own id'),
    );
  }
  return problems;
}

/** Bus, unit and profile of a device are those that the file says. */
export function isPlaced(part: MachinePart, device: string): boolean {
  return isWhole(part, 'devices', device) && isSound(part, 'profile');
}

interface Use {
  readonly path: Path;
  readonly role: 'machine' | 'accessory';
  readonly reference: string;
  readonly profile: Profile | null;
}

/** Devices by `bus unit`, in file order. */
function usesByUnit({ parts, profileOf }: Checked): Map<string, Use[]> {
  const uses = new Map<string, Use[]>();
  for (const part of parts.machines)
    for (const [name, device] of Object.entries(part.machine.devices)) {
      if (!isPlaced(part, name)) continue;
      const { index, machine } = part;
      const key = `${device.bus} ${device.unit}`;
      const reference = deviceProfile(machine, device);
      const path = ['machines', index, 'devices', name];
      const role = name === 'plc' ? 'machine' : 'accessory';
      const use: Use = { path, role, reference, profile: profileOf(reference) };
      uses.set(key, [...(uses.get(key) ?? []), use]);
    }
  return uses;
}

/** `holding 12` and so on, every register and coil a profile reads. */
function registersOf(profile: Profile): Set<string> {
  const registers = Object.values(profile.signals).flatMap((signal) => {
    const at = parseAddress(signal.at);
    if (at === null) return [];
    return Array.from(
      { length: wordsOf(signal.type, signal.length) },
      (_, i) => `${at.table} ${at.address + i}`,
    );
  });
  return new Set(registers);
}

/** Why two devices cannot both be this unit, or null when they can (a meter shared by machines). */
function conflict(a: Use, b: Use): string | null {
  if (a.reference === b.reference)
    return a.role === 'machine' || b.role === 'machine' ? 'the same registers' : null;
  if (a.profile === null || b.profile === null) return null;
  const taken = registersOf(a.profile);
  return [...registersOf(b.profile)].find((register) => taken.has(register)) ?? null;
}

function unitClashes(checked: Checked): Problem[] {
  const problems: Problem[] = [];
  for (const uses of usesByUnit(checked).values())
    for (const [i, use] of uses.entries()) {
      const before = uses.slice(0, i).find((other) => conflict(other, use) !== null);
      if (before === undefined) continue;
      const other = formatPath(before.path);
      const message = `is the same unit of the same bus as ${other}, read as another device`;
      const hint = `both read ${conflict(before, use)}; give each device its own unit`;
      problems.push(checked.source.atValue([...use.path, 'unit'], message, hint));
    }
  return problems;
}

/** `coil 3` or `holding 40`; null when the reject does not say exactly one. */
export function rejectTarget(reject: RejectConfig): string | null {
  const { coil, register } = reject;
  if ((coil === undefined) === (register === undefined)) return null;
  return coil === undefined ? `holding ${register}` : `coil ${coil}`;
}

function rejectClashes({ source, parts }: Checked): Problem[] {
  const owners = new Map<string, number>();
  const problems: Problem[] = [];
  for (const part of parts.machines) {
    const { index, machine } = part;
    const { reject } = machine;
    if (!isWhole(part, 'reject') || !isPlaced(part, reject?.device ?? '')) continue;
    const device = machine.devices[reject?.device ?? ''];
    const target = reject === undefined ? null : rejectTarget(reject);
    if (device === undefined || target === null) continue;
    const key = `${device.bus} ${device.unit} ${target}`;
    const owner = owners.get(key);
    if (owner === undefined) owners.set(key, index);
    else {
      const path = ['machines', index, 'reject', target.startsWith('coil') ? 'coil' : 'register'];
      const message = `machines[${owner}] already rejects with ${target} of this unit`;
      problems.push(source.atValue(path, message, 'every machine needs its own reject signal'));
    }
  }
  return problems;
}

/** Every clash between buses, machines, units and reject signals. */
export function clashes(checked: Checked): Problem[] {
  return [
    ...busClashes(checked),
    ...repeatedIds(checked),
    ...unitClashes(checked),
    ...rejectClashes(checked),
  ];
}
