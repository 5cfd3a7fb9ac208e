/** What a plant's units are read over: Modbus TCP, RTU on a pseudo terminal or through a converter. */
import { hearOnly } from './baud-gate.ts';
import { openConverterPort } from './byte-carrier.ts';
import { startModbusServer, type Traffic } from './modbus-server.ts';
import { PtyLine } from './pty-line.ts';
import type { ReplierOptions, ReplyCounts } from './replier.ts';
import { startRtuServer } from './rtu-server.ts';
import type { ConnectionLimit } from './socket-listener.ts';
import type { LineUse } from './wire-timing.ts';

export interface PlantCarrier extends Omit<ReplierOptions, 'unit' | 'onReply' | 'onRequest'> {
  readonly kind: 'modbus-tcp' | 'rtu-tcp' | 'rtu-pty';
  /** Device file of the pty; absent: one in a directory of its own. */
  readonly path?: string;
  /** Time of one character on the line behind; null or absent: none. */
  readonly byteMs?: number | null;
  readonly echo?: 'none' | 'each';
  /** Deaf to a reader that set its pty to another rate; absent: it hears every one. */
  readonly onlyBaudRate?: number;
  /** Of TCP; absent: no limit. */
  readonly connections?: ConnectionLimit;
}

export interface PlantService {
  /** `tcp://…`, `rtu+tcp://…`, or a device file. */
  readonly address: string;
  /** Empty and 0 on a pty. */
  readonly host: string;
  readonly port: number;
  traffic(): Traffic;
  counts(): ReplyCounts & { readonly line: LineUse | null };
  close(): Promise<void>;
}

export type ServiceOptions = Omit<PlantCarrier, keyof ReplierOptions> &
  ReplierOptions & { readonly host: string; readonly port: number };

/** Settles once it can be read. Throws `bus-unavailable`. */
export async function openService(options: ServiceOptions): Promise<PlantService> {
  if (options.kind === 'modbus-tcp') {
    const server = await startModbusServer(options);
    const { host, port } = server;
    return {
      address: `tcp://${host}:${port}`,
      host,
      port,
      traffic: () => server.traffic(),
      counts: () => ({ ...server.counts(), line: null }),
      close: () => server.close(),
    };
  }
  const { carrier, host, port } = await openCarrier(options);
  const server = startRtuServer({ ...options, carrier, byteMs: options.byteMs ?? null });
  return {
    address: server.address,
    host,
    port,
    traffic: () => server.stats(),
    counts: () => server.stats(),
    close: () => server.close(),
  };
}

async function openCarrier({ kind, path, onlyBaudRate, ...where }: ServiceOptions) {
  if (kind === 'rtu-pty') {
    const line = await PtyLine.open(path);
    const carrier = onlyBaudRate === undefined ? line : hearOnly(line, onlyBaudRate);
    return { carrier, host: '', port: 0 };
  }
  const carrier = await openConverterPort(where);
  return { carrier, host: carrier.host, port: carrier.port };
}
