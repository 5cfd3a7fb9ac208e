/** What RTU frames travel on: the end of a pseudo terminal, or a converter's TCP port. */
import type { Socket } from 'node:net';
import { type ListenOptions, listenOn } from './socket-listener.ts';

export interface ByteCarrier {
  /** `tcp://…` or a device file. */
  readonly address: string;
  /** Who hears what is received from now on; once. */
  listen(receive: (bytes: Buffer, connection: number) => void): void;
  /** To whoever is there now; lost when nobody is. */
  write(bytes: Uint8Array): void;
  /** Ends the connection in use by a reset; a line has none. */
  reset(): void;
  /** The connection in use stays open and is neither heard nor answered any more. */
  hang(): void;
  close(): Promise<void>;
}

/** Beyond this a reader that does not read loses bytes, as on a line. */
export const longestBacklogBytes = 1 << 20;

/** The network side of a converter, where each connection takes the place of the one before. */
export interface ConverterPort extends ByteCarrier {
  readonly host: string;
  readonly port: number;
  connections(): number;
  refused(): number;
}

export interface ConverterOptions extends ListenOptions {
  /** Of the address told; absent: `rtu+tcp`. */
  readonly scheme?: string;
}

/**
 * A converter knows no requests: what the line says goes to the connection that was heard last, and
 * when that is gone to the newest there is.
 */
export async function openConverterPort(options: ConverterOptions): Promise<ConverterPort> {
  const open = new Set<Socket>();
  let inUse: Socket | null = null;
  let receive: (bytes: Buffer, connection: number) => void = () => undefined;
  const listening = await listenOn(options, (socket, connection) => {
    open.add(socket);
    socket.on('close', () => open.delete(socket));
    socket.on('data', (bytes: Buffer) => {
      if (!open.has(socket)) return;
      inUse = socket;
      receive(bytes, connection);
    });
  });
  const current = (): Socket | null =>
    inUse !== null && open.has(inUse) ? inUse : ([...open].at(-1) ?? null);
  return {
    address: `${options.scheme ?? 'rtu+tcp'}://${listening.host}:${listening.port}`,
    host: listening.host,
    port: listening.port,
    connections: listening.connections,
    refused: listening.refused,
    listen: (to) => {
      receive = to;
    },
    write: (bytes) => {
      const socket = current();
      if (socket !== null && socket.writableLength < longestBacklogBytes) socket.write(bytes);
    },
    reset: () => current()?.resetAndDestroy(),
    hang: () => {
      const socket = current();
      if (socket !== null) open.delete(socket);
    },
    close: listening.close,
  };
}
