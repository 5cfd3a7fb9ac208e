import { type PortName, portEndpoint } from '../channel/port-name.ts';
import { serialChannel } from '../channel/serial-channel.ts';
import { tcpChannel } from '../channel/tcp-channel.ts';
import type { LineBus } from '../driver.ts';
import type { BusFactory, BusOptions } from '../factory.ts';
import { tcpEndpoint } from '../tcp-endpoint.ts';
import { createLineBus } from './line-bus.ts';

interface LineConfig {
  /** Longest wait for one reply, ms. */
  readonly timeoutMs: number;
  /** End of a message, instead of the profile's. */
  readonly delimiter?: string | undefined;
}

/** One of `path` and `serialNumber`. */
export interface SerialLineConfig extends LineConfig {
  readonly type: 'serial-line';
  readonly path?: string | undefined;
  readonly serialNumber?: string | undefined;
  readonly baudRate: number;
  readonly parity: 'none' | 'even' | 'odd';
  readonly dataBits: 7 | 8;
  readonly stopBits: 1 | 2;
}

export interface SerialLineTcpConfig extends LineConfig {
  readonly type: 'serial-line-tcp';
  readonly host: string;
  readonly port: number;
}

/** A lost SYN is sent again after a second, so an attempt lasts at least a few. */
const leastConnectMs = 3000;
/** A converter that has forgotten the connection says nothing: a fresh one tells. */
const silencesOfTcp = 3;
/** Opening a port again helps few adapters, and late. */
const silencesOfSerial = 24;

function portNameOf({ serialNumber, path }: SerialLineConfig): PortName {
  return serialNumber === undefined ? { path: path ?? '' } : { serialNumber };
}

export const serialLine: BusFactory<SerialLineConfig, LineBus> = {
  endpointOf: (config) => portEndpoint(portNameOf(config)),
  create: (name: string, config: SerialLineConfig, options: BusOptions): LineBus => {
    const { baudRate, parity, dataBits, stopBits, timeoutMs, delimiter } = config;
    const opener = serialChannel({
      endpoint: serialLine.endpointOf(config),
      port: portNameOf(config),
      baudRate,
      parity,
      dataBits,
      stopBits,
    });
    const reopenAfter = silencesOfSerial;
    return createLineBus({ ...options, name, opener, timeoutMs, delimiter, reopenAfter });
  },
};

export const serialLineTcp: BusFactory<SerialLineTcpConfig, LineBus> = {
  endpointOf: tcpEndpoint,
  create: (name: string, config: SerialLineTcpConfig, options: BusOptions): LineBus => {
    const { host, port, timeoutMs, delimiter } = config;
    const opener = tcpChannel({
      endpoint: tcpEndpoint(config),
      host,
      port,
      connectTimeoutMs: Math.max(leastConnectMs, timeoutMs),
      byteMs: null,
    });
    const reopenAfter = silencesOfTcp;
    return createLineBus({ ...options, name, opener, timeoutMs, delimiter, reopenAfter });
  },
};
