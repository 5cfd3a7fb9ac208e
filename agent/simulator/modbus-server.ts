/**
 * Serves simulated units over Modbus TCP. Own framing: modbus-serial's ServerTCP answers after a
 * 1 ms timer and turns every frame into JSON twice, which would hide the latencies measured here.
 */
import type { Socket } from 'node:net';
import type { Delivery } from './fault-frames.ts';
import { Replier, type ReplierOptions, type ReplyCounts } from './replier.ts';
import { type Listening, type ListenOptions, listenOn } from './socket-listener.ts';
import { Timers } from './timers.ts';

export type { ServedUnit } from './modbus-pdu.ts';

/** Frame bytes, both ways, since the port was opened. */
export interface Traffic {
  readonly requests: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
}

export interface ModbusServer {
  readonly host: string;
  readonly port: number;
  traffic(): Traffic;
  counts(): ReplyCounts & { readonly connections: number; readonly refused: number };
  close(): Promise<void>;
}

export interface ModbusServerOptions extends ListenOptions, ReplierOptions {}

const lengthBytes = 6;
const headerBytes = 7;
const longestFrame = 260;

/** Settles once the port is open. Throws `bus-unavailable` when it cannot be. */
export async function startModbusServer(options: ModbusServerOptions): Promise<ModbusServer> {
  const served = new TcpServing(new Replier('modbus-tcp', options));
  const listening: Listening = await listenOn(options, (socket, connection) =>
    served.serve(socket, connection),
  );
  return {
    host: listening.host,
    port: listening.port,
    traffic: () => served.traffic(),
    counts: () => ({
      ...served.replier.counts(),
      connections: listening.connections(),
      refused: listening.refused(),
    }),
    close: () => {
      served.timers.clear();
      return listening.close();
    },
  };
}

class TcpServing {
  readonly replier: Replier;
  readonly timers = new Timers();
  #bytesIn = 0;
  #bytesOut = 0;

  constructor(replier: Replier) {
    this.replier = replier;
  }

  traffic(): Traffic {
    const { requests } = this.replier.counts();
    return { requests, bytesIn: this.#bytesIn, bytesOut: this.#bytesOut };
  }

  serve(socket: Socket, connection: number): void {
    let waiting: Buffer = Buffer.alloc(0);
    let over = false;
    socket.on('data', (data: Buffer) => {
      waiting = waiting.length === 0 ? data : Buffer.concat([waiting, data]);
      while (!over && waiting.length >= lengthBytes) {
        const length = waiting.readUInt16BE(4);
        if (waiting.readUInt16BE(2) !== 0 || length < 2 || length > longestFrame - lengthBytes) {
          socket.destroy();
          return;
        }
        if (waiting.length < lengthBytes + length) return;
        const frame = waiting.subarray(0, lengthBytes + length);
        waiting = waiting.subarray(lengthBytes + length);
        over = this.#answer(frame, socket, connection) !== 'stays';
      }
      // Half-open: what comes is taken, and forgotten.
      if (over) waiting = Buffer.alloc(0);
    });
  }

  #answer(frame: Buffer, socket: Socket, connection: number): 'stays' | 'reset' | 'half-open' {
    this.#bytesIn += frame.length;
    const unit = frame[6] ?? 0;
    const transaction = frame.readUInt16BE(0);
    const pdu = frame.subarray(headerBytes);
    const outcome = this.replier.answer(
      { request: frame, pdu, unit, transaction, connection },
      socket,
    );
    if (outcome === null) return 'stays';
    const turnaroundMs = this.replier.turnaroundMs(unit);
    for (const delivery of outcome.deliveries) this.#deliver(delivery, turnaroundMs, socket);
    if (outcome.connection === 'reset') socket.resetAndDestroy();
    return outcome.connection;
  }

  #deliver({ afterMs, bytes }: Delivery, turnaroundMs: number, socket: Socket): void {
    const send = (): void => {
      if (socket.destroyed) return;
      this.#bytesOut += bytes.length;
      socket.write(bytes);
    };
    const delayMs = afterMs + turnaroundMs;
    if (delayMs === 0) send();
    else this.timers.after(delayMs, send);
  }
}
