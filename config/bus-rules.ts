/** What buses and the devices on them must keep: ports, units, and profiles that speak what the bus carries. */
import { parseAddress, wordsOf } from './address.ts';
import { type Checked, deviceProfile, isPlaced } from './clashes.ts';
import { namesUnit } from './line-dialect.ts';
import type { Problem } from './problem.ts';
import type { Profile } from './profile.ts';
import type { BusConfig } from './schema.ts';
import { formatPath, type Path, type Source } from './source.ts';

interface Placed {
  readonly path: Path;
  readonly bus: string;
  readonly unit: number;
  readonly reference: string;
  readonly profile: Profile | null;
}

export const isLine = (bus: BusConfig): boolean =>
  bus.type === 'serial-line' || bus.type === 'serial-line-tcp';
const isRtu = (bus: BusConfig): boolean =>
  bus.type === 'modbus-rtu' || bus.type === 'modbus-rtu-tcp';

/** A serial port is named in one way. */
function portProblems({ source, parts }: Checked): Problem[] {
  return [...parts.buses].flatMap(([name, bus]) => {
    if (bus === null || 'host' in bus) return [];
    const both = bus.path !== undefined && bus.serialNumber !== undefined;
    if (both) {
      const hint = 'keep serialNumber where the port’s name changes, else path';
      return [source.atKey(['buses', name, 'serialNumber'], 'stands beside a path', hint)];
    }
    if (bus.path !== undefined) return pathProblem(source, name, bus.path);
    if (bus.serialNumber !== undefined) return [];
    const hint = 'add path: /dev/serial/by-id/…; `ls /dev/serial/by-id` shows the ports there are';
    return [source.atKey(['buses', name], 'has neither path nor serialNumber', hint)];
  });
}

/** A service has no directory of its own from which a relative path could be meant. */
function pathProblem(source: Source, bus: string, path: string): Problem[] {
  if (path.startsWith('/')) return [];
  const rest = path.replace(/^(\.?\/)+/, '').replace(/^dev\//, '');
  const hint = /^COM\d+$/i.test(path)
    ? 'ports are called /dev/ttyUSB0 and the like; `ls /dev/serial/by-id` shows them'
    : `write path: /dev/${rest}`;
  return [source.atValue(['buses', bus, 'path'], `"${path}" does not begin with /`, hint)];
}

/** What serial ports and converters can be set to. */
const usualRates = [
  300, 600, 1200, 2400, 4800, 9600, 14_400, 19_200, 28_800, 38_400, 57_600, 76_800, 115_200,
  230_400, 460_800, 921_600,
];
/** Of some adapters besides. */
const otherRates = [
  900, 1800, 7200, 31_250, 56_000, 128_000, 187_500, 250_000, 256_000, 375_000, 500_000, 576_000,
  1_000_000, 1_152_000, 1_500_000, 2_000_000, 2_500_000, 3_000_000, 3_500_000, 4_000_000,
];
const rates = [...usualRates, ...otherRates];

/** A rate that no port has is a slip of the finger: everything on the line would be garbage. */
function rateProblems({ source, parts }: Checked): Problem[] {
  return [...parts.buses].flatMap(([name, bus]) => {
    if (bus === null || !('baudRate' in bus) || bus.baudRate === undefined) return [];
    const { baudRate } = bus;
    if (rates.includes(baudRate)) return [];
    const far = (rate: number): number => Math.abs(Math.log(rate / baudRate));
    const near = usualRates.reduce((best, rate) => (far(rate) < far(best) ? rate : best));
    const hint = `did you mean ${near}? usual are ${usualRates.join(', ')}`;
    const message = `no serial port has ${baudRate} baud`;
    return [source.atValue(['buses', name, 'baudRate'], message, hint)];
  });
}

function placedDevices({ parts, profileOf }: Checked): Placed[] {
  return parts.machines.flatMap((part) =>
    Object.entries(part.machine.devices).flatMap(([name, device]) => {
      if (!isPlaced(part, name)) return [];
      const reference = deviceProfile(part.machine, device);
      const path = ['machines', part.index, 'devices', name];
      const { bus, unit } = device;
      return [{ path, bus, unit, reference, profile: profileOf(reference) }];
    }),
  );
}

export function unitProblem(
  { source }: Checked,
  { path, unit }: Pick<Placed, 'path' | 'unit'>,
  bus: BusConfig,
): Problem[] {
  if (!isRtu(bus) || (unit >= 1 && unit <= 247)) return [];
  const why = unit === 0 ? '0 calls every device and none answers' : `no device has unit ${unit}`;
  return [source.atValue([...path, 'unit'], why, 'units on a serial line are 1 to 247')];
}

/** Unit, function, count and CRC around the words; and the request before it. */
const replyBytes = 5;
const requestBytes = 8;

/** A reply that takes longer on the line than it is waited for would never be heard. */
function timeoutProblem({ source }: Checked, placed: Placed, bus: BusConfig): Problem[] {
  if (!isRtu(bus) || !('baudRate' in bus) || bus.baudRate === undefined) return [];
  const words = longestRead(placed.profile);
  const bytes = requestBytes + replyBytes + 2 * words;
  const neededMs = Math.ceil((bytes * 11_000) / bus.baudRate);
  if (neededMs <= bus.timeoutMs) return [];
  const { bus: name, path } = placed;
  const message = `${bus.timeoutMs} ms are too short for ${formatPath(path)}: a reply of ${words} registers takes ${neededMs} ms at ${bus.baudRate} baud`;
  const hint = `timeoutMs: ${Math.ceil((2 * neededMs) / 100) * 100}, or a smaller modbus.maxReadWords in the profile`;
  const at = ['buses', name, 'timeoutMs'];
  return [source.atValue(at, message, hint)];
}

/** Registers of the longest read that the profile's signals can ask for. */
function longestRead(profile: Profile | null): number {
  if (profile === null) return 0;
  const ends = Object.values(profile.signals).flatMap((signal) => {
    const at = parseAddress(signal.at);
    return at === null || at.table === 'coil' || at.table === 'discrete'
      ? []
      : [
          {
            table: at.table,
            first: at.address,
            end: at.address + wordsOf(signal.type, signal.length),
          },
        ];
  });
  const span = (table: string): number => {
    const own = ends.filter((one) => one.table === table);
    if (own.length === 0) return 0;
    return Math.max(...own.map(({ end }) => end)) - Math.min(...own.map(({ first }) => first));
  };
  return Math.min(profile.modbus.maxReadWords, Math.max(span('holding'), span('input')));
}

function kindProblem({ source }: Checked, placed: Placed, bus: BusConfig): Problem[] {
  const { path, profile } = placed;
  if (profile === null || isLine(bus) === (profile.line !== undefined)) return [];
  const at = [...path, 'bus'];
  return isLine(bus)
    ? [
        source.atValue(
          at,
          `"${placed.bus}" carries text, and "${profile.id}" is a profile of registers`,
          'give it a modbus-tcp, modbus-rtu or modbus-rtu-tcp bus, or a profile with a section line',
        ),
      ]
    : [
        source.atValue(
          at,
          `"${placed.bus}" carries registers, and "${profile.id}" is a profile of text`,
          'give it a bus of type serial-line or serial-line-tcp',
        ),
      ];
}

function requestProblem({ source }: Checked, { path, unit, profile }: Placed): Problem[] {
  const digits = /\{unit:0(\d)\}/.exec(profile?.line?.request ?? '')?.[1];
  if (digits === undefined || String(unit).length <= Number(digits)) return [];
  const message = `unit ${unit} does not fit the ${digits} digits of the request`;
  return [source.atValue([...path, 'unit'], message, `at most ${'9'.repeat(Number(digits))}`)];
}

/** A byte cut to seven bits is another byte, and the message that has it is none. */
function dataBitsProblem({ source }: Checked, placed: Placed, bus: BusConfig): Problem[] {
  const needed = placed.profile?.line?.dataBits;
  if (!('dataBits' in bus) || needed === undefined || bus.dataBits === needed) return [];
  const message = `${bus.dataBits} data bits, and "${placed.profile?.id}" of ${formatPath(placed.path)} needs ${needed}`;
  const hint = `dataBits: ${needed}, here and on the instrument`;
  return [source.atValue(['buses', placed.bus, 'dataBits'], message, hint)];
}

/** Several instruments on one line must be told apart by what they say. */
function sharingProblems({ source, parts }: Checked, devices: readonly Placed[]): Problem[] {
  const first = new Map<string, Placed>();
  const problems: Problem[] = [];
  for (const placed of devices) {
    const bus = parts.buses.get(placed.bus);
    if (bus === undefined || bus === null || !isLine(bus)) continue;
    const other = first.get(placed.bus);
    if (other === undefined) first.set(placed.bus, placed);
    else {
      const why = whyNotBoth(other, placed);
      if (why === null) continue;
      const message = `shares the line with ${formatPath(other.path)}, but ${why}`;
      problems.push(source.atValue([...placed.path, 'bus'], message, 'give each its own bus'));
    }
  }
  return problems;
}

function whyNotBoth(a: Placed, b: Placed): string | null {
  const same = a.unit === b.unit;
  if (same && a.reference === b.reference) return null;
  if (same) return `both are unit ${a.unit}`;
  for (const { profile } of [a, b]) {
    if (profile?.line === undefined) continue;
    const { mode, request = '', message } = profile.line;
    if (mode === 'streaming') return `"${profile.id}" speaks by itself`;
    if (!namesUnit(request) || !namesUnit(message))
      return `the messages of "${profile.id}" do not name the unit`;
  }
  return null;
}

function rejectProblems({ source, parts }: Checked): Problem[] {
  return parts.machines.flatMap(({ index, machine }) => {
    const { reject } = machine;
    const bus = parts.buses.get(machine.devices[reject?.device ?? '']?.bus ?? '');
    if (reject === undefined || bus === undefined || bus === null || !isLine(bus)) return [];
    const path = ['machines', index, 'reject', 'device'];
    const hint = 'reject with a coil or register of the machine';
    return [source.atValue(path, `"${reject.device}" speaks text and cannot be written`, hint)];
  });
}

/** Every problem of ports, of devices with their bus, and of devices that share a line of text. */
export function busProblems(checked: Checked): Problem[] {
  const devices = placedDevices(checked);
  const perDevice = devices.flatMap((placed) => {
    const bus = checked.parts.buses.get(placed.bus);
    if (bus === undefined || bus === null) return [];
    return [
      ...unitProblem(checked, placed, bus),
      ...kindProblem(checked, placed, bus),
      ...timeoutProblem(checked, placed, bus),
      ...requestProblem(checked, placed),
      ...dataBitsProblem(checked, placed, bus),
    ];
  });
  return [
    ...portProblems(checked),
    ...rateProblems(checked),
    ...perDevice,
    ...sharingProblems(checked, devices),
    ...rejectProblems(checked),
  ];
}
