/** A listening port for a simulated device, with the habits of small devices and converters. */
import { createServer, type Socket } from 'node:net';
import { PpuriError } from '../../config/errors.ts';

export interface ConnectionLimit {
  readonly limit: number;
  /** What becomes of one connection more: it is refused, or the oldest is dropped for it. */
  readonly whenFull: 'refuse' | 'drop-oldest';
}

export interface Listening {
  readonly host: string;
  readonly port: number;
  /** Accepted since the start. */
  connections(): number;
  refused(): number;
  close(): Promise<void>;
}

export interface ListenOptions {
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  readonly connections?: ConnectionLimit;
}

/** Settles once the port is open. Throws `bus-unavailable` when it cannot be. */
export async function listenOn(
  options: ListenOptions,
  accept: (socket: Socket, connection: number) => void,
): Promise<Listening> {
  const { host, connections } = options;
  const sockets = new Set<Socket>();
  let accepted = 0;
  let refused = 0;
  const server = createServer({ noDelay: true }, (socket) => {
    // A reader that goes away is its own affair.
    socket.on('error', () => socket.destroy());
    if (connections !== undefined && sockets.size >= connections.limit) {
      if (connections.whenFull === 'refuse') {
        refused += 1;
        socket.destroy();
        return;
      }
      for (const oldest of [...sockets].slice(0, sockets.size - connections.limit + 1)) {
        sockets.delete(oldest);
        oldest.destroy();
      }
    }
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    accepted += 1;
    accept(socket, accepted);
  });
  const port = await opened(server, host, options.port);
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      for (const socket of sockets) socket.destroy();
    });
  return { host, port, connections: () => accepted, refused: () => refused, close };
}

function opened(
  server: ReturnType<typeof createServer>,
  host: string,
  wanted: number,
): Promise<number> {
  return new Promise((resolve, reject) => {
    const fail = (cause: Error): void =>
      reject(
        new PpuriError('bus-unavailable', `cannot serve on ${host}:${wanted}: ${cause.message}`, {
          operation: 'open a port for a simulated machine',
          subject: `tcp://${host}:${wanted}`,
          hint: 'take another port, or 0 for any free one',
          cause,
        }),
      );
    server.once('error', fail);
    server.listen({ host, port: wanted }, () => {
      server.off('error', fail);
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : wanted);
    });
  });
}
