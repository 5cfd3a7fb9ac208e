/** A configuration as a shop floor of simulated machines, and the same configuration to read it with. */
import { join } from 'node:path';
import { stringify } from 'yaml';
import { PpuriError } from '../../config/errors.ts';
import type { Profile } from '../../config/profile.ts';
import type { BusConfig, Config, MachineConfig } from '../../config/schema.ts';
import { parseAddress } from '../../drivers/decode.ts';
import { talkingProfiles } from '../simulator/line-talkers.ts';
import type { RemoteLine, RemoteMachine, RemotePlant } from '../simulator/protocol.ts';
import type { Floor, FloorPorts } from './floor-run.ts';
import type { Load } from './load.ts';
import { byteMsOf, cycleSecondsOf } from './pace.ts';
import { troubled } from './scenario.ts';

export interface FloorPlan extends Pick<Load, 'config' | 'profiles'> {
  /** Where pseudo terminals are made; null: there are none, lines are served over TCP. */
  readonly ptyDir: string | null;
  /** Loopback port of the panel, where the configuration has one. */
  readonly panelPort: number;
}

const seed = 20_261_127;
const host = '127.0.0.1';
/** The reject signal is over before the next shot. */
const longestPulseMs = 50;
/** The simulated units leave so many coils beyond their profile's own free. */
const freeCoils = 64;

const isText = (bus: BusConfig): boolean =>
  bus.type === 'serial-line' || bus.type === 'serial-line-tcp';
const isSerial = (bus: BusConfig): boolean =>
  bus.type === 'serial-line' || bus.type === 'modbus-rtu';

/** Whether machines of this profile can be simulated: those whose shots are counted. */
export function hasCounter({ cycle }: Profile): boolean {
  return cycle?.trigger.on === 'change';
}

/** Throws `profile-invalid` for a machine that cannot be simulated. */
export function floorOf(plan: FloorPlan): Floor {
  const { config } = plan;
  const names = Object.keys(config.buses);
  const text = names.filter((name) => isText(busOf(config, name)));
  const registers = names.filter((name) => !text.includes(name));
  const rejects = new Map(config.machines.map((one) => [one.id, rejectCoil(plan, one)]));
  return {
    machines: config.machines.map(({ id }) => id),
    plants: registers.map((name) => plantOf(plan, name)),
    lines: text.map((name) => lineOf(plan, name)),
    config: (ports, store) => configOf(plan, { registers, text, ports, store, rejects }),
    isReject: ({ machine, table, address, values }) =>
      table === 'coil' && address === rejects.get(machine) && values[0] === 1,
  };
}

function busOf(config: Config, name: string): BusConfig {
  const bus = config.buses[name];
  if (bus === undefined) throw new Error(`bus ${name} passed the check but is not there`);
  return bus;
}

function profileOf({ profiles }: FloorPlan, reference: string): Profile {
  const profile = profiles.get(reference);
  if (profile === undefined) throw new Error(`profile ${reference} is not there`);
  return profile;
}

/** The last coil that the simulated machine leaves free. */
function rejectCoil(plan: FloorPlan, { profile: reference, devices }: MachineConfig): number {
  const profile = profileOf(plan, reference);
  const ends = Object.values(profile.signals).flatMap(({ at }) => {
    const { table, address } = at === undefined ? { table: '', address: 0 } : parseAddress(at);
    return table === 'coil' ? [address + 1] : [];
  });
  const taken = Object.values(plan.config.outputs).flatMap((output) => {
    if (!('bus' in output) || output.bus !== devices.plc?.bus) return [];
    return 'coil' in output ? [output.coil] : Object.values(output.coils);
  });
  let coil = Math.max(0, ...ends) + freeCoils - 1;
  while (taken.includes(coil)) coil -= 1;
  return coil;
}

function plantOf(plan: FloorPlan, name: string): RemotePlant {
  const { config } = plan;
  const machines = config.machines.filter(({ devices }) => devices.plc?.bus === name);
  const served = new Set(machines.map(({ devices }) => devices.plc?.unit));
  const meters = config.machines
    .flatMap(({ devices }) => Object.entries(devices))
    .flatMap(([device, { bus, unit, profile }]) => {
      if (device === 'plc' || bus !== name || profile === undefined || served.has(unit)) return [];
      served.add(unit);
      return [{ unit, seed: seed + unit, speed: 1, profile }];
    });
  const outputUnits = Object.values(config.outputs).flatMap((output) => {
    if (!('bus' in output) || output.bus !== name || served.has(output.unit)) return [];
    served.add(output.unit);
    return [output.unit];
  });
  return {
    carrier: carrierOf(plan, name),
    machines: machines.map((machine) => machineOf(plan, name, machine, machines.length)),
    meters,
    outputUnits,
  };
}

function machineOf(
  plan: FloorPlan,
  busName: string,
  machine: MachineConfig,
  sharing: number,
): RemoteMachine {
  const profile = profileOf(plan, machine.profile);
  if (!hasCounter(profile))
    throw new PpuriError('profile-invalid', 'its machines count no shots: not simulated', {
      operation: 'benchmark this configuration',
      subject: profile.id,
      hint: 'leave such machines out of the configuration that is measured',
    });
  const all = plan.config.machines.length;
  return {
    id: machine.id,
    profile: machine.profile,
    unit: machine.devices.plc?.unit ?? 1,
    seed: seed + plan.config.machines.indexOf(machine),
    speed: 1,
    cycleSeconds: cycleSecondsOf(machine, profile, busOf(plan.config, busName), { sharing, all }),
    scenario: troubled,
  };
}

function carrierOf(
  { config, ptyDir }: FloorPlan,
  name: string,
): NonNullable<RemotePlant['carrier']> {
  const bus = busOf(config, name);
  if (bus.type === 'modbus-tcp') return { kind: 'modbus-tcp' };
  const echo = 'echo' in bus && bus.echo === 'cancel' ? { echo: 'each' as const } : {};
  const line = { byteMs: byteMsOf(bus), ...echo };
  if (bus.type === 'modbus-rtu' && ptyDir !== null)
    return { kind: 'rtu-pty', path: join(ptyDir, name), ...line };
  return { kind: 'rtu-tcp', ...line };
}

/** The instruments of the first profile on it that can be simulated. */
function lineOf({ config, profiles, ptyDir }: FloorPlan, name: string): RemoteLine {
  const bus = busOf(config, name);
  const devices = config.machines
    .flatMap(({ devices }) => Object.values(devices))
    .filter((device) => device.bus === name && device.profile !== undefined);
  const talks = devices.filter(({ profile = '' }) =>
    talkingProfiles.includes(profiles.get(profile)?.id ?? ''),
  );
  const profile = talks[0]?.profile ?? devices[0]?.profile ?? '';
  const units = new Set(talks.filter((one) => one.profile === profile).map(({ unit }) => unit));
  const onPty = isSerial(bus) && ptyDir !== null ? { path: join(ptyDir, name) } : {};
  return { ...onPty, byteMs: byteMsOf(bus), profile, units: [...units], seed };
}

interface Placed {
  readonly registers: readonly string[];
  readonly text: readonly string[];
  readonly ports: FloorPorts;
  readonly store: string;
  readonly rejects: ReadonlyMap<string, number>;
}

function configOf(plan: FloorPlan, { registers, text, ports, store, rejects }: Placed): string {
  const { config, panelPort } = plan;
  const portOf = (name: string): number =>
    (text.includes(name)
      ? ports.lines[text.indexOf(name)]
      : ports.plants[registers.indexOf(name)]) ?? 0;
  const buses = Object.entries(config.buses).map(([name, bus]) => [
    name,
    loopbackBus(plan, name, bus, portOf(name)),
  ]);
  return stringify({
    ...config,
    gateway: { ...config.gateway, id: 'bench', site: 'bench' },
    buses: Object.fromEntries(buses),
    machines: config.machines.map((machine) => ({
      ...machine,
      reject: {
        device: 'plc',
        coil: rejects.get(machine.id),
        pulseMs: Math.min(longestPulseMs, machine.reject?.pulseMs ?? longestPulseMs),
      },
    })),
    panel: config.panel === undefined ? undefined : { listen: `${host}:${panelPort}` },
    store: { ...config.store, path: store },
  });
}

/** The same bus where its simulated devices are. */
function loopbackBus({ ptyDir }: FloorPlan, name: string, bus: BusConfig, port: number): object {
  if (bus.type === 'modbus-tcp' || bus.type === 'modbus-rtu-tcp' || bus.type === 'serial-line-tcp')
    return { ...bus, host, port };
  if (ptyDir !== null) return { ...bus, serialNumber: undefined, path: join(ptyDir, name) };
  const { timeoutMs } = bus;
  if (bus.type === 'serial-line')
    return { type: 'serial-line-tcp', host, port, delimiter: bus.delimiter, timeoutMs };
  const { baudRate, silenceMs, echo } = bus;
  return { type: 'modbus-rtu-tcp', host, port, baudRate, silenceMs, echo, timeoutMs };
}
