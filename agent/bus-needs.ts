/** What the machines and outputs of a configuration ask of its buses. */
import type { Profile } from '../config/profile.ts';
import type { Config, MachineConfig } from '../config/schema.ts';
import type { WritableRegister } from '../drivers/driver.ts';
import { leastTriggerMs } from '../drivers/trigger-pace.ts';
import { writableRegisters } from './outputs/output-set.ts';
import { rejectRegister } from './outputs/reject-signal.ts';

/** The only registers of a bus that are ever written. */
export function writableOn(config: Config, bus: string): WritableRegister[] {
  const rejects = config.machines.flatMap(({ reject, devices }) => {
    const device = reject === undefined ? undefined : devices[reject.device];
    return reject === undefined || device?.bus !== bus ? [] : [rejectRegister(device.unit, reject)];
  });
  return [...rejects, ...writableRegisters(config, bus)];
}

/** Machines on one serial bus share its time: the least pace of a trigger, ms. */
export function leastTrigger(config: Config, machine: MachineConfig): number {
  const name = machine.devices.plc?.bus;
  const bus = config.buses[name ?? ''];
  const machines = config.machines.filter(({ devices }) => devices.plc?.bus === name);
  return bus === undefined ? 0 : leastTriggerMs(bus, machines.length);
}

/** Unit → least ms between two requests to it, by the profiles of what it is. */
export function unitGaps(
  config: Config,
  profiles: ReadonlyMap<string, Profile>,
  bus: string,
): Map<number, number> {
  const gaps = new Map<number, number>();
  for (const machine of config.machines) {
    for (const device of Object.values(machine.devices)) {
      const profile = profiles.get(device.profile ?? machine.profile);
      const gapMs = profile?.modbus.minRequestGapMs ?? 0;
      if (device.bus === bus && gapMs > 0) gaps.set(device.unit, gapMs);
    }
  }
  return gaps;
}

/** Each device of a machine may time out, behind all others of its bus, a few requests long. */
export function longestPollMs({ buses, machines }: Config, id: string): number {
  const own = Object.values(machines.find((machine) => machine.id === id)?.devices ?? {});
  const all = machines.flatMap(({ devices }) => Object.values(devices));
  return own.reduce((sum, { bus }) => {
    const sharing = all.filter((device) => device.bus === bus).length;
    return sum + 3 * sharing * (buses[bus]?.timeoutMs ?? 0);
  }, 0);
}

/** What the check of the configuration has found to be there. */
export function known<T>(map: ReadonlyMap<string, T>, name: string, what: string): T {
  const found = map.get(name);
  if (found === undefined) throw new Error(`${what} ${name} passed the check but is not there`);
  return found;
}
