import { createQueuedBus } from '../bus.ts';
import type { Bus } from '../driver.ts';
import type { BusFactory, BusOptions } from '../factory.ts';
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
  endpointOf: ({ host, port }) => `tcp://${canonicalHost(host)}:${port}`,
  create: (name: string, config: ModbusTcpConfig, options: BusOptions): Bus => {
    const { host, port, timeoutMs } = config;
    const endpoint = modbusTcp.endpointOf(config);
    const connectTimeoutMs = Math.max(leastConnectMs, timeoutMs);
    const transport = new ModbusTcpTransport(endpoint, { host, port }, connectTimeoutMs);
    return createQueuedBus({ ...options, name, transport, timeoutMs });
  },
};

/** One name for one machine, so that two buses on one endpoint are seen as such. */
function canonicalHost(host: string): string {
  const plain = host
    .trim()
    .toLowerCase()
    .replace(/^\[(.*)\]$/, '$1')
    .replace(/\.$/, '');
  if (plain === 'localhost' || plain === '::1') return '127.0.0.1';
  return plain.includes(':') ? `[${plain}]` : plain;
}
