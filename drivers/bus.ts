/** A bus of devices with registers: reads and permitted writes, as exchanges of one queue. */
import { describeRead, describeWrite } from './describe.ts';
import type {
  BlockReading,
  Bus,
  BusStats,
  Instant,
  ReadRequest,
  WritableRegister,
  WriteRequest,
} from './driver.ts';
import { ExchangeQueue, type ExchangeQueueOptions } from './exchange-queue.ts';
import { checkRead, checkWrite } from './request-check.ts';
import type { RegisterLink } from './transport.ts';

export interface QueuedBusOptions extends ExchangeQueueOptions<RegisterLink> {
  /** Absent: the bus never writes. */
  readonly writable?: readonly WritableRegister[];
}

/** Pure: nothing is connected before the first request. */
export function createQueuedBus(options: QueuedBusOptions): Bus {
  return new QueuedBus(options);
}

class QueuedBus implements Bus {
  readonly kind = 'registers';
  readonly #queue: ExchangeQueue<RegisterLink>;
  readonly #writable: readonly WritableRegister[];

  constructor(options: QueuedBusOptions) {
    this.#queue = new ExchangeQueue(options);
    this.#writable = options.writable ?? [];
  }

  get name(): string {
    return this.#queue.name;
  }

  get endpoint(): string {
    return this.#queue.endpoint;
  }

  read(request: ReadRequest): Promise<BlockReading> {
    return new Promise((resolve, reject) => {
      const unfit = checkRead(request, this.name);
      if (unfit !== null) {
        reject(unfit);
        return;
      }
      const { unit, priority, timeoutMs } = request;
      this.#queue.submit<readonly number[]>({
        unit,
        priority,
        timeoutMs,
        describe: () => describeRead(request),
        begin: (link, settle) => link.read(request, settle),
        resolve: (words, at, roundTripMs) => resolve({ request, words, at, roundTripMs }),
        reject,
      });
    });
  }

  write(request: WriteRequest): Promise<Instant> {
    return new Promise((resolve, reject) => {
      const refused = checkWrite(request, this.#writable, this.name);
      if (refused !== null) {
        reject(refused);
        return;
      }
      const { unit, timeoutMs } = request;
      this.#queue.submit<readonly number[]>({
        unit,
        priority: request.priority ?? 'write',
        timeoutMs,
        describe: () => describeWrite(request),
        begin: (link, settle) => link.write(request, settle),
        resolve: (_, at) => resolve(at),
        reject,
      });
    });
  }

  stats(): BusStats {
    return this.#queue.stats();
  }

  close(): Promise<void> {
    return this.#queue.close();
  }
}
