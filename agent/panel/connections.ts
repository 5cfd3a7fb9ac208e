/** Connections within a bound: when one more comes, an idle one goes, never one at work. */
import type { Socket } from 'node:net';

export interface ConnectionLimits {
  readonly most: number;
}

interface Entry {
  readonly socket: Socket;
  readonly address: string;
  /** Requests and streams under way. */
  busy: number;
}

const nameOf = ({ remoteAddress, remotePort }: Socket): string => `${remoteAddress} ${remotePort}`;

export class Connections {
  readonly #most: number;
  /** By address and port, that of TLS and the one below it alike; the one idle longest first. */
  readonly #open = new Map<string, Entry>();

  constructor(most: number) {
    this.#most = most;
  }

  get size(): number {
    return this.#open.size;
  }

  add(socket: Socket): void {
    if (this.#open.size >= this.#most && !this.#dropIdle()) {
      socket.destroy();
      return;
    }
    const name = nameOf(socket);
    const entry = { socket, address: socket.remoteAddress ?? '', busy: 0 };
    this.#open.set(name, entry);
    socket.once('close', () => {
      if (this.#open.get(name) === entry) this.#open.delete(name);
    });
  }

  /** Something is under way on this connection until the returned function is called. */
  work(socket: Socket): () => void {
    const name = nameOf(socket);
    const entry = this.#open.get(name);
    if (entry === undefined) return () => undefined;
    entry.busy += 1;
    return () => {
      entry.busy -= 1;
      if (this.#open.get(name) !== entry) return;
      this.#open.delete(name);
      this.#open.set(name, entry);
    };
  }

  /** Of the address that has most of them, so that one cannot push out the others. */
  #dropIdle(): boolean {
    const idle = [...this.#open.values()].filter(({ busy }) => busy === 0);
    const byAddress = Map.groupBy(idle, ({ address }) => address);
    const [victim] = [...byAddress.values()].reduce(
      (most, each) => (each.length > most.length ? each : most),
      [],
    );
    if (victim === undefined) return false;
    this.#open.delete(nameOf(victim.socket));
    victim.socket.destroy();
    return true;
  }
}
