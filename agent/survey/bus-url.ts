/** A bus as written on a command line, `rtu:///dev/ttyUSB0?baud=19200`, to and from its settings. */
import { PpuriError } from '../../config/errors.ts';
import { suggest } from '../../config/nearest.ts';
import { type BusConfig, busSchema } from '../../config/schema.ts';

type Type = BusConfig['type'];

interface Scheme {
  readonly type: Type;
  readonly at: 'host' | 'path';
  /** Port that may be left out. */
  readonly port?: number;
  /** Parameter → its key in the configuration. */
  readonly parameters: Readonly<Record<string, string>>;
  readonly example: string;
}

const timing = { timeout: 'timeoutMs' };
const serial = { baud: 'baudRate', parity: 'parity', stop: 'stopBits' };
const rtu = { silence: 'silenceMs', echo: 'echo' };
const line = { delimiter: 'delimiter' };

const schemes: Readonly<Record<string, Scheme>> = {
  tcp: {
    type: 'modbus-tcp',
    at: 'host',
    port: 502,
    parameters: timing,
    example: 'tcp://192.168.0.10:502',
  },
  rtu: {
    type: 'modbus-rtu',
    at: 'path',
    parameters: { ...serial, ...rtu, ...timing },
    example: 'rtu:///dev/ttyUSB0?baud=19200&parity=even&stop=1',
  },
  'rtu+tcp': {
    type: 'modbus-rtu-tcp',
    at: 'host',
    parameters: { baud: 'baudRate', ...rtu, ...timing },
    example: 'rtu+tcp://192.168.0.20:4001?baud=9600',
  },
  line: {
    type: 'serial-line',
    at: 'path',
    parameters: { ...serial, data: 'dataBits', ...line, ...timing },
    example: 'line:///dev/ttyUSB1?baud=9600',
  },
  'line+tcp': {
    type: 'serial-line-tcp',
    at: 'host',
    parameters: { ...line, ...timing },
    example: 'line+tcp://192.168.0.20:4002',
  },
};

export const busUrlExamples: readonly string[] = Object.values(schemes).map(
  ({ example }) => example,
);

export const isBusUrl = (text: string): boolean => text.includes('://');

function usage(message: string, url: string, hint: string): PpuriError {
  return new PpuriError('usage', message, { operation: 'read a bus address', subject: url, hint });
}

/** Throws `usage` for another scheme, a parameter there is not, or a value that does not do. */
export function parseBusUrl(url: string): BusConfig {
  const [, name = '', place = '', query = ''] = /^([^:]*):\/\/([^?]*)(?:\?(.*))?$/.exec(url) ?? [];
  const scheme = Object.hasOwn(schemes, name) ? schemes[name] : undefined;
  if (scheme === undefined) {
    const hint = `there are ${Object.keys(schemes).join(', ')}: ${busUrlExamples[0]}`;
    throw usage(`there is no bus address "${name}://"`, url, hint);
  }
  const where = scheme.at === 'path' ? pathOf(place, url, scheme) : hostOf(place, url, scheme);
  const settings = settingsOf(query, url, scheme);
  const parsed = busSchema.safeParse({ type: scheme.type, ...where, ...settings });
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const key = String(issue?.path[0] ?? '');
  const parameter = Object.entries(scheme.parameters).find(([, own]) => own === key)?.[0] ?? key;
  throw usage(`${parameter}: ${issue?.message}`, url, `e.g. ${scheme.example}`);
}

/** Parameters that `url` gives itself, e.g. `baud`; none for a name. */
export function givenParameters(url: string): Set<string> {
  return new Set(new URLSearchParams(/\?(.*)$/.exec(url)?.[1] ?? '').keys());
}

function pathOf(place: string, url: string, { example }: Scheme): { path: string } {
  if (place.startsWith('/')) return { path: decodeURIComponent(place) };
  throw usage(`"${place}" is no path of a port`, url, `three slashes: ${example}`);
}

function hostOf(place: string, url: string, scheme: Scheme): { host: string; port: number } {
  const match = /^(\[[^\]]+\]|[^:/]+)(?::(\d+))?\/?$/.exec(place);
  const [, host = '', given] = match ?? [];
  const port = given === undefined ? scheme.port : Number(given);
  if (match === null || port === undefined) {
    const why = match === null ? `"${place}" is no host and port` : 'the port is missing';
    throw usage(why, url, `e.g. ${scheme.example}`);
  }
  return { host: host.replace(/^\[(.*)\]$/, '$1'), port };
}

function settingsOf(query: string, url: string, scheme: Scheme): Record<string, unknown> {
  const settings: Record<string, unknown> = {};
  for (const [name, value] of new URLSearchParams(query)) {
    const key = Object.hasOwn(scheme.parameters, name) ? scheme.parameters[name] : undefined;
    if (key === undefined) {
      const hint = suggest(name, Object.keys(scheme.parameters), 'there are');
      throw usage(`there is no parameter "${name}" here`, url, hint);
    }
    settings[key] = settingOf(key, value);
  }
  return settings;
}

const parities: Readonly<Record<string, string>> = { n: 'none', e: 'even', o: 'odd' };
const escapes: Readonly<Record<string, string>> = { '\\r': '\r', '\\n': '\n', '\\t': '\t' };

function settingOf(key: string, value: string): unknown {
  if (key === 'parity') return parities[value.toLowerCase()] ?? value;
  if (key === 'delimiter') return value.replaceAll(/\\[rnt]/g, (code) => escapes[code] ?? code);
  return /^\d+(\.\d+)?$/.test(value) ? Number(value) : value;
}

/** Short enough to print, complete enough to type. */
export function busUrl(bus: BusConfig): string {
  const scheme = Object.entries(schemes).find(([, { type }]) => type === bus.type)?.[0] ?? bus.type;
  if ('host' in bus) {
    const host = bus.host.includes(':') ? `[${bus.host}]` : bus.host;
    return `${scheme}://${host}:${bus.port}`;
  }
  const { baudRate, parity, stopBits } = bus;
  const where = bus.path ?? `/serial-number/${bus.serialNumber}`;
  const bits = stopBits === 1 ? '' : '&stop=2';
  return `${scheme}://${where}?baud=${baudRate}&parity=${parity}${bits}`;
}
