/** Server-sent events: one text for all who listen; who does not keep up is cut off. */
import type { ServerResponse } from 'node:http';
import { PanelRefusal } from './refusal.ts';

export interface EventStream {
  /** `data` is one line, e.g. JSON. Never waits. */
  push(event: string, data: string): void;
  readonly clients: number;
}

export interface StreamLimits {
  readonly most: number;
  readonly mostOfAddress: number;
  /** What may wait for a client that reads slowly, bytes. */
  readonly buffer: number;
  readonly heartbeatMs: number;
  /** After which a page that lost the stream asks again, ms. */
  readonly retryMs: number;
}

export const streamLimits: StreamLimits = {
  most: 48,
  mostOfAddress: 24,
  buffer: 512 * 1024,
  heartbeatMs: 5000,
  retryMs: 1000,
};

export interface Listener {
  readonly response: ServerResponse;
  readonly address: string;
  /** Of its session or kiosk; null: this computer itself. */
  readonly key: string | null;
}

export class Stream implements EventStream {
  readonly #limits: StreamLimits;
  readonly #goesOn: (key: string | null) => boolean;
  readonly #listeners = new Set<Listener>();
  readonly #heart: NodeJS.Timeout;

  /** `goesOn`: whether the session of a listener still holds; asked with each heartbeat. */
  constructor(goesOn: (key: string | null) => boolean, limits: StreamLimits = streamLimits) {
    this.#goesOn = goesOn;
    this.#limits = limits;
    this.#heart = setInterval(() => this.#beat(), limits.heartbeatMs).unref();
  }

  get clients(): number {
    return this.#listeners.size;
  }

  /** Throws the refusal `busy` when too many listen. `welcome`: events for this one alone. */
  add(listener: Listener, welcome: string, headers: Readonly<Record<string, string>>): void {
    const { most, mostOfAddress, retryMs } = this.#limits;
    const { response, address } = listener;
    const same = [...this.#listeners].filter((other) => other.address === address);
    if (this.#listeners.size >= most || same.length >= mostOfAddress)
      throw new PanelRefusal('busy', 10);
    response.writeHead(200, {
      ...headers,
      'Content-Type': 'text/event-stream',
      'X-Accel-Buffering': 'no',
    });
    response.socket?.setTimeout(0).setNoDelay(true).setKeepAlive(true, 10_000);
    this.#listeners.add(listener);
    response.once('close', () => this.#listeners.delete(listener));
    response.write(`retry: ${retryMs}\n\n${welcome}`);
  }

  push(event: string, data: string): void {
    this.#write(Buffer.from(eventText(event, data)));
  }

  /** Ends the streams of sessions that ended. */
  end(keys: readonly string[]): void {
    for (const listener of this.#listeners)
      if (listener.key !== null && keys.includes(listener.key)) this.#drop(listener);
  }

  close(): void {
    clearInterval(this.#heart);
    for (const listener of this.#listeners) this.#drop(listener);
  }

  #beat(): void {
    for (const listener of this.#listeners) if (!this.#goesOn(listener.key)) this.#drop(listener);
    this.#write(Buffer.from(':\n\n'));
  }

  #write(bytes: Buffer): void {
    for (const listener of this.#listeners) {
      const { response } = listener;
      if (response.writableLength > this.#limits.buffer) this.#drop(listener);
      else response.write(bytes);
    }
  }

  #drop(listener: Listener): void {
    this.#listeners.delete(listener);
    listener.response.destroy();
  }
}

/** As it goes over the wire; a line end inside would begin another field. */
export const eventText = (event: string, data: string): string =>
  `event: ${event}\n${data
    .split(/\r\n|\r|\n/)
    .map((line) => `data: ${line}\n`)
    .join('')}\n`;
