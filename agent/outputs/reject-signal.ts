/**
 * The signal that diverts a part: a coil or register on the machine's PLC, set on a `defect` verdict
 * and cleared after the pulse. Overlapping pulses extend each other; a failed write is told, never
 * dropped in silence. One that an agent killed in mid-pulse left set is put to rest; without a pulse
 * length the PLC clears it, and nothing but a defect is ever written.
 */
import { PpuriError } from '../../config/errors.ts';
import type { RejectConfig } from '../../config/schema.ts';
import type { Bus, WritableRegister, WriteRequest } from '../../drivers/driver.ts';
import type { Instant } from '../records.ts';

export interface RejectTarget {
  readonly bus: Bus;
  readonly unit: number;
  readonly config: RejectConfig;
}

/** The only register a reject signal may write. */
export function rejectRegister(unit: number, config: RejectConfig): WritableRegister {
  return config.coil === undefined
    ? { unit, table: 'holding', address: config.register ?? 0, count: 1 }
    : { unit, table: 'coil', address: config.coil, count: 1 };
}

export interface RejectEvents {
  readonly failed: (error: PpuriError, what: 'set' | 'clear' | 'rest') => void;
  /** What an earlier run may have left set is known to be off; `where` says which output. */
  readonly rested: (where: string) => void;
}

const CLEAR_TRIES = 5;
const CLEAR_RETRY_MS = 200;
const REST_RETRY_MS = 5000;

export class RejectSignal {
  readonly #target: RejectTarget;
  readonly #events: RejectEvents;
  readonly #register: WritableRegister;
  #clearTimer: NodeJS.Timeout | null = null;
  #clearing: Promise<void> = Promise.resolve();
  #isSet = false;
  /** No pulse of ours is under way, and still it may be on. */
  #mayBeLeft = true;
  #resting: Promise<void> | null = null;
  #wakeRest: (() => void) | null = null;
  #closed = false;
  #pulses = 0;
  #failed = 0;

  constructor(target: RejectTarget, events: RejectEvents) {
    this.#target = target;
    this.#events = events;
    this.#register = rejectRegister(target.unit, target.config);
  }

  /** Sets the signal; gives the time of the machine's confirmation, or null when it failed. */
  async pulse(): Promise<Instant | null> {
    const { config } = this.#target;
    if (this.#clearTimer !== null) clearTimeout(this.#clearTimer);
    this.#clearTimer = null;
    this.#pulses += 1;
    this.#isSet = true;
    this.#mayBeLeft = false;
    const at = await this.#write(config.coil === undefined ? config.value : 1, 'set');
    if (config.pulseMs > 0) {
      if (this.#clearTimer !== null) clearTimeout(this.#clearTimer);
      this.#clearTimer = setTimeout(() => {
        this.#clearing = this.#clear(CLEAR_TRIES);
      }, config.pulseMs);
    }
    return at;
  }

  /** To be called whenever the machine is heard, for the first time or again; asks nothing of it. */
  rest(): void {
    if (this.#target.config.pulseMs === 0 || this.#closed || !this.#mayBeLeft) return;
    this.#resting ??= this.#rest();
  }

  stats(): { readonly pulses: number; readonly failed: number } {
    return { pulses: this.#pulses, failed: this.#failed };
  }

  /** Ends a pulse under way: a stopping agent leaves no part diverted. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#wakeRest?.();
    if (this.#clearTimer !== null) clearTimeout(this.#clearTimer);
    this.#clearTimer = null;
    await Promise.all([this.#clearing, this.#resting]);
    if (this.#isSet && this.#target.config.pulseMs > 0) await this.#clear(1);
  }

  async #clear(triesLeft: number): Promise<void> {
    const done = await this.#write(0, 'clear');
    if (done !== null) {
      this.#isSet = false;
    } else if (triesLeft > 1) {
      await new Promise((resolve) => setTimeout(resolve, CLEAR_RETRY_MS));
      if (this.#clearTimer === null) await this.#clear(triesLeft - 1);
    } else this.#mayBeLeft = true;
  }

  /** A pulse that begins meanwhile is written after this, and cleared as any other. */
  async #rest(): Promise<void> {
    for (let told = false; this.#mayBeLeft && !this.#closed; told = true) {
      if ((await this.#write(0, 'rest', told)) === null) await this.#untilRestAgain();
      else {
        this.#mayBeLeft = false;
        const { table, address, unit } = this.#register;
        this.#events.rested(`${table} ${address} of unit ${unit}`);
      }
    }
    this.#resting = null;
  }

  #untilRestAgain(): Promise<void> {
    if (this.#closed) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, REST_RETRY_MS);
      this.#wakeRest = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  async #write(
    value: number,
    what: 'set' | 'clear' | 'rest',
    quiet = false,
  ): Promise<Instant | null> {
    const { unit, table, address } = this.#register;
    const request: WriteRequest = { unit, table, address, values: [value] };
    try {
      return await this.#target.bus.write(request);
    } catch (error) {
      if (!(error instanceof PpuriError)) throw error;
      this.#failed += 1;
      if (!quiet) this.#events.failed(error, what);
      return null;
    }
  }
}
