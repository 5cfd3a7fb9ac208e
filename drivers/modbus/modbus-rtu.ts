import { createQueuedBus } from '../bus.ts';
import { type PortName, portEndpoint } from '../channel/port-name.ts';
import { serialChannel } from '../channel/serial-channel.ts';
import { tcpChannel } from '../channel/tcp-channel.ts';
import type { Bus } from '../driver.ts';
import type { BusFactory, BusOptions } from '../factory.ts';
import { tcpEndpoint } from '../tcp-endpoint.ts';
import { RtuTransport } from './rtu-transport.ts';

interface RtuConfig {
  /** Longest wait for one reply, ms. */
  readonly timeoutMs: number;
  readonly silenceMs?: number | undefined;
  /** `cancel`: the adapter hears its own requests. */
  readonly echo: 'none' | 'cancel';
}

/** One of `path` and `serialNumber`. */
export interface ModbusRtuConfig extends RtuConfig {
  readonly type: 'modbus-rtu';
  readonly path?: string | undefined;
  readonly serialNumber?: string | undefined;
  readonly baudRate: number;
  readonly parity: 'none' | 'even' | 'odd';
  readonly stopBits: 1 | 2;
}

export interface ModbusRtuTcpConfig extends RtuConfig {
  readonly type: 'modbus-rtu-tcp';
  readonly host: string;
  readonly port: number;
  /** Of the line behind the converter; absent: not known. */
  readonly baudRate?: number | undefined;
}

/** A lost SYN is sent again after a second, so an attempt lasts at least a few. */
const leastConnectMs = 3000;
/** A converter that has forgotten the connection says nothing: a fresh one tells. */
const silencesOfTcp = 3;
/** Opening a port again helps few adapters, and late. */
const silencesOfSerial = 24;
const bitsPerCharacter = 10;

export function portNameOf(config: {
  readonly path?: string | undefined;
  readonly serialNumber?: string | undefined;
}): PortName {
  return config.serialNumber === undefined
    ? { path: config.path ?? '' }
    : { serialNumber: config.serialNumber };
}

export const modbusRtu: BusFactory<ModbusRtuConfig> = {
  endpointOf: (config) => portEndpoint(portNameOf(config)),
  create: (name: string, config: ModbusRtuConfig, options: BusOptions): Bus => {
    const { baudRate, parity, stopBits } = config;
    const opener = serialChannel({
      endpoint: modbusRtu.endpointOf(config),
      port: portNameOf(config),
      baudRate,
      parity,
      stopBits,
      dataBits: 8,
    });
    const transport = new RtuTransport(opener, { ...config, reopenAfter: silencesOfSerial });
    return createQueuedBus({ ...options, name, transport, timeoutMs: config.timeoutMs });
  },
};

export const modbusRtuTcp: BusFactory<ModbusRtuTcpConfig> = {
  endpointOf: tcpEndpoint,
  create: (name: string, config: ModbusRtuTcpConfig, options: BusOptions): Bus => {
    const { host, port, timeoutMs, baudRate } = config;
    const opener = tcpChannel({
      endpoint: tcpEndpoint(config),
      host,
      port,
      connectTimeoutMs: Math.max(leastConnectMs, timeoutMs),
      byteMs: baudRate === undefined ? null : (1000 * bitsPerCharacter) / baudRate,
    });
    const transport = new RtuTransport(opener, { ...config, reopenAfter: silencesOfTcp });
    return createQueuedBus({ ...options, name, transport, timeoutMs });
  },
};
