/** Serves simulated units in RTU frames, in the time they would take on a wire if it has one. */
import type { ByteCarrier } from './byte-carrier.ts';
import type { Outcome } from './fault-frames.ts';
import type { Traffic } from './modbus-server.ts';
import { Replier, type ReplierOptions, type ReplyCounts } from './replier.ts';
import { RtuRequests } from './rtu-request.ts';
import { Timers } from './timers.ts';
import { frameSilenceMs, type LineUse, WireLine } from './wire-timing.ts';

export interface RtuServerOptions extends ReplierOptions {
  readonly carrier: ByteCarrier;
  /** Time of one character on the line; null: none, replies go out at once. See `characterMs`. */
  readonly byteMs: number | null;
  /** `each`: the adapter hears what it sends, so every request comes back first. */
  readonly echo?: 'none' | 'each';
}

export interface RtuStats extends ReplyCounts, Traffic {
  /** Bytes that belonged to no request. */
  readonly droppedBytes: number;
  /** null without a line. */
  readonly line: LineUse | null;
}

export interface RtuServer {
  readonly address: string;
  stats(): RtuStats;
  /** Bytes nobody asked for. */
  say(bytes: Buffer): void;
  /** Closes the carrier too. */
  close(): Promise<void>;
}

/** Longer than any pause within a request that a busy master makes. */
const pauseMs = 30;

export function startRtuServer(options: RtuServerOptions): RtuServer {
  return new RtuServing(options);
}

class RtuServing implements RtuServer {
  readonly #carrier: ByteCarrier;
  readonly #echo: 'none' | 'each';
  readonly #silenceMs: number;
  readonly #replier: Replier;
  readonly #requests = new RtuRequests();
  readonly #timers = new Timers();
  readonly #line: WireLine | null;
  #pause: NodeJS.Timeout | undefined;
  #bytesIn = 0;
  #bytesOut = 0;

  constructor(options: RtuServerOptions) {
    const { carrier, byteMs, echo = 'none' } = options;
    this.#carrier = carrier;
    this.#echo = echo;
    this.#silenceMs = byteMs === null ? 0 : frameSilenceMs(byteMs);
    this.#replier = new Replier('rtu', options);
    this.#line = byteMs === null ? null : new WireLine(byteMs, (bytes) => this.#write(bytes));
    carrier.listen((bytes, connection) => this.#receive(bytes, connection));
  }

  get address(): string {
    return this.#carrier.address;
  }

  stats(): RtuStats {
    return {
      ...this.#replier.counts(),
      bytesIn: this.#bytesIn,
      bytesOut: this.#bytesOut,
      droppedBytes: this.#requests.dropped,
      line: this.#line?.use() ?? null,
    };
  }

  say(bytes: Buffer): void {
    this.#send(bytes, performance.now());
  }

  async close(): Promise<void> {
    clearTimeout(this.#pause);
    this.#timers.clear();
    this.#line?.close();
    await this.#carrier.close();
  }

  #receive(bytes: Buffer, connection: number): void {
    this.#bytesIn += bytes.length;
    const atMs = performance.now();
    const throughMs = this.#line?.received(bytes.length, atMs) ?? atMs;
    // The adapter hears the line: its echo runs along with the request.
    if (this.#echo === 'each') this.#send(bytes, atMs);
    clearTimeout(this.#pause);
    for (const frame of this.#requests.take(bytes)) this.#answer(frame, connection, throughMs);
    if (!this.#requests.pending) return;
    this.#pause = setTimeout(() => {
      for (const frame of this.#requests.pause()) this.#answer(frame, connection, throughMs);
    }, pauseMs);
  }

  #answer(request: Buffer, connection: number, throughMs: number): void {
    const unit = request[0] ?? 0;
    const pdu = request.subarray(1, -2);
    const outcome = this.#replier.answer(
      { request, pdu, unit, transaction: 0, connection },
      this.#carrier,
    );
    if (outcome === null) return;
    this.#deliver(outcome, throughMs + Math.max(this.#silenceMs, this.#replier.turnaroundMs(unit)));
  }

  #deliver({ deliveries, connection }: Outcome, dueMs: number): void {
    for (const { afterMs, bytes } of deliveries) this.#send(bytes, dueMs + afterMs);
    if (connection === 'reset') this.#carrier.reset();
    else if (connection === 'half-open') this.#carrier.hang();
  }

  #send(bytes: Buffer, atMs: number): void {
    if (this.#line !== null) {
      this.#line.send(bytes, atMs);
      return;
    }
    const delayMs = atMs - performance.now();
    if (delayMs <= 0) this.#write(bytes);
    else this.#timers.after(delayMs, () => this.#write(bytes));
  }

  #write(bytes: Buffer): void {
    this.#bytesOut += bytes.length;
    this.#carrier.write(bytes);
  }
}
