/** Raw openings of the port or endpoint behind a bus, with the settings that are to be tried. */
import type { BusConfig } from '../../config/schema.ts';
import type { ChannelOpener } from '../../drivers/channel/channel.ts';
import { characterMs, serialChannel } from '../../drivers/channel/serial-channel.ts';
import { tcpChannel } from '../../drivers/channel/tcp-channel.ts';
import { endpointOf } from '../../drivers/registry.ts';

export interface SerialTry {
  readonly baudRate: number;
  readonly parity: 'none' | 'even' | 'odd';
  readonly stopBits: 1 | 2;
}

export type SerialBusConfig = Extract<BusConfig, { type: 'modbus-rtu' | 'serial-line' }>;
/** Opens one port with settings of choice. */
export type OpenSerial = (settings: SerialTry) => ChannelOpener;

const leastConnectMs = 3000;
const bitsPerCharacter = 10;

export const isSerial = (bus: BusConfig): bus is SerialBusConfig => !('host' in bus);

export function serialOpener(bus: SerialBusConfig): OpenSerial {
  const { path = '', serialNumber } = bus;
  const port = serialNumber === undefined ? { path } : { serialNumber };
  const endpoint = endpointOf(bus);
  return (settings) => serialChannel({ endpoint, port, dataBits: 8, ...settings });
}

export function rawOpener(bus: BusConfig): ChannelOpener {
  if (isSerial(bus)) return serialOpener(bus)(bus);
  const { host, port, timeoutMs } = bus;
  const baudRate = 'baudRate' in bus ? bus.baudRate : undefined;
  return tcpChannel({
    endpoint: endpointOf(bus),
    host,
    port,
    connectTimeoutMs: Math.max(leastConnectMs, timeoutMs),
    byteMs: baudRate === undefined ? null : (1000 * bitsPerCharacter) / baudRate,
  });
}

/** Request and a reply of some words on the line, ms. */
export function exchangeMs(settings: SerialTry, words: number): number {
  return (8 + 5 + 2 * words) * characterMs({ ...settings, dataBits: 8 });
}

/** `9600 8E1` */
export function settingText({ baudRate, parity, stopBits }: SerialTry): string {
  return `${baudRate} 8${parity[0]?.toUpperCase()}${stopBits}`;
}
