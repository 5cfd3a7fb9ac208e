import { createQueuedBus } from '../bus.ts';
import type { Bus } from '../driver.ts';
import type { BusFactory, BusOptions } from '../factory.ts';
import { tcpEndpoint } from '../tcp-endpoint.ts';
import { ModbusTcpTransport } from './tcp-transport.ts';

export interface ModbusTcpConfig {
  readonly type: 'modbus-tcp';
  readonly host: string;
  readonly port: number;
  /** Longest wait for one reply, ms. */
  readonly timeoutMs: number;
}

/** A lost SYN is sent again after a second, so an attempt lasts at least a few. */
const leastConnectMs = 3000;

export const modbusTcp: BusFactory<ModbusTcpConfig> = {
  endpointOf: tcpEndpoint,
  create: (name: string, config: ModbusTcpConfig, options: BusOptions): Bus => {
    const { host, port, timeoutMs } = config;
    const endpoint = modbusTcp.endpointOf(config);
    const connectTimeoutMs = Math.max(leastConnectMs, timeoutMs);
    const transport = new ModbusTcpTransport(endpoint, { host, port }, connectTimeoutMs);
    return createQueuedBus({ ...options, name, transport, timeoutMs });
  },
};
