/**
 * A minimal driver to copy: a gauge that speaks lines of text over TCP. It is compiled and run
 * through the contract suite like every driver, but no configuration can name it.
 *
 *   R 1 holding 12 3   →  = 510 511 512      read
 *   W 1 coil 4 1 0     →  ok                 write
 *                      →  ! 2                refused, with a number
 */
import { connect, type Socket } from 'node:net';
import { PpuriError } from '../../config/errors.ts';
import { createQueuedBus } from '../bus.ts';
import { now } from '../clock.ts';
import { describeRead, describeWrite, modbusException } from '../describe.ts';
import type { ReadRequest, WriteRequest } from '../driver.ts';
import type { BusFactory } from '../factory.ts';
import type { Abandoned, RegisterLink, Settle, Transport } from '../transport.ts';

export interface GaugeConfig {
  readonly type: 'gauge';
  readonly host: string;
  readonly port: number;
  readonly timeoutMs: number;
}

// 1. The factory: pure. The queue, deadlines, priorities, reconnects and statistics are the core's.
export const gaugeBus: BusFactory<GaugeConfig> = {
  endpointOf: ({ host, port }) => `tcp://${host}:${port}`,
  create: (name, config, options) => {
    const transport = new GaugeTransport(gaugeBus.endpointOf(config), config);
    return createQueuedBus({ ...options, name, transport, timeoutMs: config.timeoutMs });
  },
};

// 2. The transport: opens one link at a time, in bounded time, and says once when it is lost.
class GaugeTransport implements Transport {
  readonly endpoint: string;
  readonly quarantineMs = 0;
  readonly reopenAfter = 1;
  readonly #config: GaugeConfig;

  constructor(endpoint: string, config: GaugeConfig) {
    this.endpoint = endpoint;
    this.#config = config;
  }

  connect(lost: (cause: PpuriError) => void, signal: AbortSignal): Promise<RegisterLink> {
    return new Promise((resolve, reject) => {
      const { host, port } = this.#config;
      const socket = connect({ host, port, noDelay: true });
      socket.setTimeout(this.#config.timeoutMs, () => socket.destroy());
      signal.addEventListener('abort', () => socket.destroy(), { once: true });
      let link: GaugeLink | null = null;
      let why: Error | null = null;
      socket.once('connect', () => {
        socket.setTimeout(0);
        link = new GaugeLink(socket, this.endpoint);
        resolve(link);
      });
      socket.once('error', (error) => {
        why = error;
      });
      socket.once('close', () => {
        const cause = this.#unavailable(why);
        if (link === null) reject(cause);
        else if (link.gone(cause)) lost(cause);
      });
    });
  }

  #unavailable(cause: Error | null): PpuriError {
    return new PpuriError('bus-unavailable', `not connected: ${cause?.message ?? 'closed'}`, {
      operation: 'connect',
      subject: this.endpoint,
      hint: 'check address, port, cable and power',
      cause,
    });
  }
}

// 3. The link: one exchange at a time. A reply settles it only if everything in it fits the
//    request; anything else is an error and the end of the link.
class GaugeLink implements RegisterLink {
  readonly strayBytes = 0;
  readonly quietUntilMs = 0;
  bytesSent = 0;
  bytesReceived = 0;
  readonly #socket: Socket;
  readonly #endpoint: string;
  #text = '';
  #waiting: {
    settle: Settle<readonly number[]>;
    operation: string;
    subject: string;
    words: number;
  } | null = null;
  #closed = false;

  constructor(socket: Socket, endpoint: string) {
    this.#socket = socket;
    this.#endpoint = endpoint;
    socket.setEncoding('latin1');
    socket.on('data', (text) => this.#receive(String(text)));
  }

  unitQuietUntilMs(): number {
    return 0;
  }

  read(request: ReadRequest, settle: Settle<readonly number[]>): void {
    const { unit, table, address, count } = request;
    const line = `R ${unit} ${table} ${address} ${count}\n`;
    this.#send(line, settle, describeRead(request), unit, count);
  }

  write(request: WriteRequest, settle: Settle<readonly number[]>): void {
    const { unit, table, address, values } = request;
    const line = `W ${unit} ${table} ${address} ${values.join(' ')}\n`;
    this.#send(line, settle, describeWrite(request), unit, 0);
  }

  // 4. After a time-out a late reply could be taken for the next one: this protocol carries no
  //    transaction id, so only a fresh connection is safe. A serial line asks for silence and a
  //    quarantine instead.
  abandon(): Abandoned {
    this.#waiting = null;
    return { link: 'lost' };
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#waiting = null;
    this.#socket.destroy();
  }

  /** The socket has closed: settles what waits. False when we closed it ourselves. */
  gone(cause: PpuriError): boolean {
    if (this.#closed) return false;
    this.#closed = true;
    this.#settle(cause, []);
    return true;
  }

  #send(
    line: string,
    settle: Settle<readonly number[]>,
    operation: string,
    unit: number,
    words: number,
  ): void {
    this.#waiting = { settle, operation, subject: `${this.#endpoint} unit ${unit}`, words };
    this.bytesSent += line.length;
    this.#socket.write(line);
  }

  #receive(text: string): void {
    this.bytesReceived += text.length;
    this.#text += text;
    const end = this.#text.indexOf('\n');
    if (end < 0 && this.#text.length < 16_384) return;
    const line = this.#text.slice(0, end);
    const surplus = end < 0 || end + 1 < this.#text.length;
    this.#text = '';
    if (this.#waiting === null || surplus) this.#malformed(`"${line.slice(0, 40)}" and more`);
    else this.#answer(line, this.#waiting);
  }

  #answer(line: string, waiting: { operation: string; subject: string; words: number }): void {
    const refused = /^! (\d{1,3})$/.exec(line);
    if (refused !== null) {
      this.#settle(modbusException(Number(refused[1]), waiting.operation, waiting.subject), []);
      return;
    }
    const values = /^=( \d{1,5})+$/.test(line) ? line.slice(2).split(' ').map(Number) : [];
    const fits = waiting.words === 0 ? line === 'ok' : values.length === waiting.words;
    if (fits && values.every((value) => value <= 0xffff)) this.#settle(null, values);
    else this.#malformed(`"${line.slice(0, 40)}"`);
  }

  #malformed(what: string): void {
    const details = this.#waiting ?? { operation: 'receive', subject: this.#endpoint };
    const { operation, subject } = details;
    const hint = 'the connection is opened afresh; if it recurs, check what else uses the gauge';
    const error = new PpuriError('modbus-malformed', `the reply does not fit: ${what}`, {
      operation,
      subject,
      hint,
    });
    this.#settle(error, []);
    this.#socket.destroy();
  }

  #settle(error: PpuriError | null, words: readonly number[]): void {
    const waiting = this.#waiting;
    this.#waiting = null;
    waiting?.settle(error, words, now());
  }
}
