/** A bus of instruments that speak text: asked as exchanges of one queue, or listened to. */
import { PpuriError } from '../../config/errors.ts';
import type { ChannelOpener } from '../channel/channel.ts';
import type {
  BusStats,
  LineBus,
  LineFraming,
  LineReading,
  LineRequest,
  UnitStats,
} from '../driver.ts';
import { ExchangeQueue } from '../exchange-queue.ts';
import type { DriverLog, Transport } from '../transport.ts';
import { LineLink, type PreparedRequest } from './line-link.ts';
import { type Hear, LineListener } from './line-listener.ts';
import { printable } from './printable.ts';

const longestRequest = 256;

export interface LineBusOptions {
  readonly name: string;
  readonly opener: ChannelOpener;
  /** Longest wait for one reply, unless the request says otherwise. */
  readonly timeoutMs: number;
  /** So many unanswered requests in a row, and the port is opened afresh. */
  readonly reopenAfter: number;
  /** Ends every message, instead of what a request or listener says. */
  readonly delimiter?: string | undefined;
  readonly unitGapMs?: ReadonlyMap<number, number>;
  readonly log?: DriverLog;
}

/** Pure: nothing is connected before the first request or listener. */
export function createLineBus(options: LineBusOptions): LineBus {
  return new QueuedLineBus(options);
}

class QueuedLineBus implements LineBus {
  readonly kind = 'lines';
  readonly #queue: ExchangeQueue<LineLink>;
  readonly #listeners = new Set<LineListener>();
  readonly #delimiter: string | undefined;
  #closed = false;

  constructor(options: LineBusOptions) {
    this.#delimiter = options.delimiter;
    const transport = this.#transport(options);
    this.#queue = new ExchangeQueue({ ...options, transport }, () => this.#listeners.size > 0);
  }

  get name(): string {
    return this.#queue.name;
  }

  get endpoint(): string {
    return this.#queue.endpoint;
  }

  ask(request: LineRequest): Promise<LineReading> {
    return new Promise((resolve, reject) => {
      const prepared = this.#prepare(request);
      if (prepared instanceof PpuriError) {
        reject(prepared);
        return;
      }
      const { unit, priority, timeoutMs } = request;
      this.#queue.submit<string>({
        unit,
        priority,
        timeoutMs,
        describe: () => operationOf(request),
        begin: (link, settle) => link.ask(prepared, settle),
        resolve: (text, at, roundTripMs) => resolve({ text, at, roundTripMs }),
        reject,
      });
    });
  }

  listen(unit: number, framing: LineFraming, hear: Hear): () => void {
    const listener = new LineListener(unit, this.#framed(framing), this.endpoint, hear);
    if (this.#closed) return () => undefined;
    this.#listeners.add(listener);
    if (this.#queue.stats().state === 'open') listener.opened();
    this.#queue.demand();
    return () => void this.#listeners.delete(listener);
  }

  stats(): BusStats {
    const stats = this.#queue.stats();
    const asked = stats.units.map(({ unit }) => unit);
    const heard = [...this.#listeners].filter(({ unit }) => !asked.includes(unit));
    return { ...stats, units: [...stats.units, ...heard.map(heardStats)] };
  }

  close(): Promise<void> {
    this.#closed = true;
    this.#listeners.clear();
    return this.#queue.close();
  }

  #transport({ opener, timeoutMs, reopenAfter }: LineBusOptions): Transport<LineLink> {
    const { endpoint, byteMs } = opener;
    const connect: Transport<LineLink>['connect'] = async (lost, signal) => {
      let link: LineLink | null = null;
      const channel = await opener.open(
        {
          receive: (bytes) => link?.receive(bytes),
          lost: (cause) => (link === null ? lost(cause) : link.failed(cause)),
        },
        signal,
      );
      const heard = (): void => this.#queue.proven();
      link = new LineLink(channel, { endpoint, byteMs, listeners: this.#listeners, lost, heard });
      return link;
    };
    return { endpoint, quarantineMs: 2 * timeoutMs, reopenAfter, connect };
  }

  #framed(framing: LineFraming): LineFraming {
    const delimiter = this.#delimiter;
    return delimiter === undefined ? framing : { ...framing, end: { delimiter } };
  }

  #prepare(request: LineRequest): PreparedRequest | PpuriError {
    const { unit, send, accept, framing } = request;
    const refuse = (why: string): PpuriError =>
      new PpuriError('out-of-range', why, {
        operation: operationOf(request),
        subject: `${this.name} unit ${unit}`,
        hint: 'see the section `line` of the profile',
      });
    if (!Number.isInteger(unit) || unit < 0 || unit > 255)
      return refuse(`there is no unit ${unit}`);
    if (send === '' || send.length > longestRequest)
      return refuse(`a request has 1 to ${longestRequest} characters`);
    try {
      return { ...request, framing: this.#framed(framing), accepted: new RegExp(accept, 's') };
    } catch {
      return refuse(`${accept} is no regular expression`);
    }
  }
}

function operationOf({ send }: LineRequest): string {
  return `ask ${printable(send)}`;
}

/** Of an instrument that speaks by itself. */
function heardStats(listener: LineListener): UnitStats {
  const { unit, malformed, checksumErrors, lastGoodWallMs } = listener;
  return {
    unit,
    requests: 0,
    timeouts: 0,
    exceptions: 0,
    malformed,
    checksumErrors,
    lastGoodWallMs,
    lastGoodAgeMs: lastGoodWallMs === null ? null : performance.now() - listener.lastGoodMonoMs,
    roundTripMs: null,
    timeoutMs: 0,
    state: lastGoodWallMs === null ? 'unknown' : 'answering',
  };
}
