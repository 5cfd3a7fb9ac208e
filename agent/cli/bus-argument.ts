/** The BUS of a technician's command, and leave to use it: a running agent has its buses for itself. */
import { PpuriError } from '../../config/errors.ts';
import { parseConfig } from '../../config/load.ts';
import { suggest } from '../../config/nearest.ts';
import type { BusConfig } from '../../config/schema.ts';
import { endpointOf } from '../../drivers/registry.ts';
import { claimEndpoints } from '../health/claim.ts';
import { busUrl, givenParameters, isBusUrl, parseBusUrl } from '../survey/bus-url.ts';
import type { Language } from './words.ts';

export interface BusChoice {
  /** Of the configuration; null for an address. */
  readonly name: string | null;
  readonly config: BusConfig;
  /** To print and to type again. */
  readonly url: string;
  /** Serial settings that were not left to their defaults. */
  readonly given: ReadonlySet<string>;
  readonly lang: Language;
}

export interface BusFlags {
  readonly config?: string;
  readonly lang?: Language;
  readonly share?: boolean;
  readonly json?: boolean;
}

export const busHelp = `
BUS is a name of the configuration (with -c FILE) or an address:
  tcp://192.168.0.10:502                 rtu+tcp://192.168.0.20:4001?baud=9600
  rtu:///dev/ttyUSB0?baud=19200&parity=even&stop=1
  line:///dev/ttyUSB1?baud=9600          line+tcp://192.168.0.20:4002
Nothing is ever written to a device.`;

function usage(message: string, subject: string, hint: string): PpuriError {
  return new PpuriError('usage', message, { operation: 'find the bus', subject, hint });
}

/** Throws `usage` for what is no bus, `config-unreadable` for a file that cannot be read. */
export function chooseBus(text: string, flags: BusFlags): BusChoice {
  const parsed = flags.config === undefined ? null : parseConfig(flags.config);
  const lang = flags.lang ?? parsed?.config?.gateway.locale ?? 'ko';
  if (isBusUrl(text)) {
    const config = parseBusUrl(text);
    return { name: null, config, url: busUrl(config), given: givenParameters(text), lang };
  }
  if (parsed === null) throw usage(`"${text}" is no bus address`, text, meantUrl(text));
  const { buses } = parsed.parts;
  const config = buses.get(text);
  if (config === undefined)
    throw usage(`there is no bus "${text}"`, text, suggest(text, buses.keys(), 'there are'));
  if (config === null)
    throw usage(`the settings of bus "${text}" are wrong`, text, 'see `ppuri check`');
  return { name: text, config, url: busUrl(config), given: new Set(['baud']), lang };
}

/** For errors: as asked for, else as the configuration says where it can be read. */
export function languageOf({ lang, config }: BusFlags): Language {
  if (lang !== undefined || config === undefined) return lang ?? 'ko';
  try {
    return parseConfig(config).config?.gateway.locale ?? 'ko';
  } catch (error) {
    if (error instanceof PpuriError) return 'ko';
    throw error;
  }
}

function meantUrl(text: string): string {
  if (text.startsWith('/')) return `write rtu://${text}?baud=9600, or line://${text}?baud=9600`;
  if (/^[\w.-]+:\d+$/.test(text) || /^\d+(\.\d+){3}$/.test(text)) return `write tcp://${text}`;
  return 'give an address such as tcp://192.168.0.10, or a name with -c FILE';
}

/**
 * Claims the buses while `use` runs. Throws `bus-in-use` when an agent of this gateway has one of
 * them, unless it is Modbus TCP and `share` is given.
 */
export async function withBuses<T>(
  buses: readonly BusConfig[],
  share: boolean,
  use: () => Promise<T>,
): Promise<T> {
  const own = share ? [] : buses;
  const line = share ? buses.find(({ type }) => type !== 'modbus-tcp') : undefined;
  if (line !== undefined)
    throw usage('only Modbus TCP can be shared', busUrl(line), 'stop the agent instead');
  const claim = await claimEndpoints(own.map((bus) => endpointOf(bus))).catch((cause: unknown) => {
    throw inUse(cause, buses);
  });
  try {
    return await use();
  } finally {
    await claim.release();
  }
}

function inUse(cause: unknown, buses: readonly BusConfig[]): unknown {
  if (!(cause instanceof PpuriError) || cause.code !== 'bus-in-use') return cause;
  const tcp = buses.every(({ type }) => type === 'modbus-tcp');
  const stop = 'end it first (systemctl stop ppuri) and start it again afterwards';
  const hint = tcp ? `${stop}, or add --share to open a connection beside its own` : stop;
  return new PpuriError('bus-in-use', 'a running ppuri works on this bus', {
    operation: 'use a bus',
    subject: cause.subject,
    hint,
    cause,
  });
}
