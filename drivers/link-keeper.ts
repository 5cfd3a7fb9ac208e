import { PpuriError } from '../config/errors.ts';
import { Backoff } from './backoff.ts';
import type { BusStats } from './driver.ts';
import type { DriverLog, Link, Transport } from './transport.ts';

export interface LinkEvents {
  /** A fresh link is open. */
  up(): void;
  /** The link is gone and requests that wait for one fail with this. */
  down(cause: PpuriError): void;
  /** Whether a request waits. */
  wanted(): boolean;
}

/**
 * Keeps one link open: opened on demand, reopened at once after a loss that followed a good reply,
 * with growing waits while no reply comes. A link that never answered counts as a failure, so a
 * device that accepts and says nothing, or closes again, is not hammered.
 */
export class LinkKeeper<L extends Link> {
  readonly #transport: Transport<L>;
  readonly #events: LinkEvents;
  readonly #waitMs: number;
  readonly #log: DriverLog | null;
  readonly #backoff = new Backoff();
  #state: BusStats['state'] = 'idle';
  #link: L | null = null;
  #proven = false;
  #refusal: PpuriError | null = null;
  #timer: NodeJS.Timeout | undefined;
  #attempt: AbortController | null = null;
  #connects = 0;
  #bytesSent = 0;
  #bytesReceived = 0;
  #strayBytes = 0;
  /** A port cannot be opened while it is still being closed. */
  #closing: Promise<void> = Promise.resolve();

  /** `waitMs`: how long requests may wait for a connection before they fail. */
  constructor(transport: Transport<L>, events: LinkEvents, waitMs: number, log: DriverLog | null) {
    this.#transport = transport;
    this.#events = events;
    this.#waitMs = waitMs;
    this.#log = log;
  }

  get link(): L | null {
    return this.#link;
  }

  /** While down: why requests fail at once. */
  get refusal(): PpuriError | null {
    return this.#refusal;
  }

  stats(): Pick<BusStats, 'state' | 'connects' | 'bytesSent' | 'bytesReceived' | 'strayBytes'> {
    return {
      state: this.#state,
      connects: this.#connects,
      bytesSent: this.#bytesSent + (this.#link?.bytesSent ?? 0),
      bytesReceived: this.#bytesReceived + (this.#link?.bytesReceived ?? 0),
      strayBytes: this.#strayBytes + (this.#link?.strayBytes ?? 0),
    };
  }

  /** A request waits: opens a link unless one is open, on its way, or not to be tried yet. */
  demand(): void {
    if (this.#state === 'idle') this.#open();
  }

  /** The link has carried a matching reply. */
  proven(): void {
    this.#proven = true;
  }

  /** The core gave up on the link after a time-out. */
  abandoned(cause: PpuriError): void {
    this.#lost(this.#link, cause);
  }

  /** Settles when the port is free, within a second. */
  close(): Promise<void> {
    this.#state = 'closed';
    clearTimeout(this.#timer);
    this.#attempt?.abort();
    this.#dropLink();
    return this.#closing;
  }

  #open(): void {
    this.#state = 'connecting';
    if (this.#refusal === null) this.#timer = setTimeout(() => this.#waitedTooLong(), this.#waitMs);
    const attempt = new AbortController();
    this.#attempt = attempt;
    let link: L | null = null;
    let early: PpuriError | null = null;
    const lost = (cause: PpuriError): void => {
      if (link === null) early = cause;
      else this.#lost(link, cause);
    };
    const connecting = this.#closing.then(() => this.#transport.connect(lost, attempt.signal));
    connecting.then(
      (opened) => {
        link = opened;
        if (early === null) this.#opened(opened);
        else this.#refused(early);
      },
      (cause: unknown) => this.#refused(cause),
    );
  }

  #opened(link: L): void {
    clearTimeout(this.#timer);
    if (this.#state === 'closed') {
      this.#closing = link.close();
      return;
    }
    this.#state = 'open';
    this.#link = link;
    this.#proven = false;
    this.#connects += 1;
    if (this.#connects === 1 || this.#refusal !== null) {
      this.#log?.info('bus-connected', { endpoint: this.#transport.endpoint });
    }
    this.#refusal = null;
    this.#events.up();
  }

  #refused(cause: unknown): void {
    clearTimeout(this.#timer);
    if (this.#state !== 'closed') this.#waitAndRetry(asPpuriError(cause, this.#transport.endpoint));
  }

  #lost(link: L | null, cause: PpuriError): void {
    if (this.#state === 'closed' || link === null || link !== this.#link) return;
    this.#dropLink();
    if (this.#proven) {
      this.#backoff.reset();
      this.#state = 'idle';
      if (this.#events.wanted()) this.#open();
    } else this.#waitAndRetry(cause);
  }

  #dropLink(): void {
    this.#bytesSent += this.#link?.bytesSent ?? 0;
    this.#bytesReceived += this.#link?.bytesReceived ?? 0;
    this.#strayBytes += this.#link?.strayBytes ?? 0;
    if (this.#link !== null) this.#closing = this.#link.close();
    this.#link = null;
  }

  #waitAndRetry(cause: PpuriError): void {
    const waitMs = this.#backoff.fail();
    this.#state = 'backoff';
    this.#timer = setTimeout(() => this.#open(), waitMs);
    this.#goDown(cause);
  }

  #waitedTooLong(): void {
    this.#goDown(
      new PpuriError('bus-unavailable', `not connected within ${this.#waitMs} ms`, {
        operation: 'connect',
        subject: this.#transport.endpoint,
        hint: 'check address, cable and power, and that no firewall drops the port',
      }),
    );
  }

  #goDown(cause: PpuriError): void {
    if (this.#refusal === null) {
      this.#log?.warn('bus-lost', { endpoint: this.#transport.endpoint, cause: cause.message });
    }
    this.#refusal = cause;
    this.#events.down(cause);
  }
}

function asPpuriError(cause: unknown, endpoint: string): PpuriError {
  if (cause instanceof PpuriError) return cause;
  return new PpuriError('bus-unavailable', 'not connected', {
    operation: 'connect',
    subject: endpoint,
    cause,
  });
}
