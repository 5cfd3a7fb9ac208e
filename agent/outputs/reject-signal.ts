/**
 * The signal that diverts a part: a coil or register on the machine's PLC, set on a `defect` verdict
 * and cleared after the pulse. Overlapping pulses extend each other; a failed write is told, never
 * dropped in silence.
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

const CLEAR_TRIES = 5;
const CLEAR_RETRY_MS = 200;

export class RejectSignal {
  readonly #target: RejectTarget;
  readonly #onFailure: (error: PpuriError, what: 'set' | 'clear') => void;
  readonly #register: WritableRegister;
  #clearTimer: NodeJS.Timeout | null = null;
  #clearing: Promise<void> = Promise.resolve();
  #isSet = false;
  #pulses = 0;
  #failed = 0;

  constructor(target: RejectTarget, onFailure: (error: PpuriError, what: 'set' | 'clear') => void) {
    this.#target = target;
    this.#onFailure = onFailure;
    this.#register = rejectRegister(target.unit, target.config);
  }

  /** Sets the signal; gives the time of the machine's confirmation, or null when it failed. */
  async pulse(): Promise<Instant | null> {
    const { config } = this.#target;
    if (this.#clearTimer !== null) clearTimeout(this.#clearTimer);
    this.#clearTimer = null;
    this.#pulses += 1;
    this.#isSet = true;
    const at = await this.#write(config.coil === undefined ? config.value : 1, 'set');
    if (config.pulseMs > 0) {
      if (this.#clearTimer !== null) clearTimeout(this.#clearTimer);
      this.#clearTimer = setTimeout(() => {
        this.#clearing = this.#clear(CLEAR_TRIES);
      }, config.pulseMs);
    }
    return at;
  }

  stats(): { readonly pulses: number; readonly failed: number } {
    return { pulses: this.#pulses, failed: this.#failed };
  }

  /** Ends a pulse under way: a stopping agent leaves no part diverted. */
  async close(): Promise<void> {
    if (this.#clearTimer !== null) clearTimeout(this.#clearTimer);
    this.#clearTimer = null;
    await this.#clearing;
    if (this.#isSet && this.#target.config.pulseMs > 0) await this.#clear(1);
  }

  async #clear(triesLeft: number): Promise<void> {
    const done = await this.#write(0, 'clear');
    if (done !== null) {
      this.#isSet = false;
    } else if (triesLeft > 1) {
      await new Promise((resolve) => setTimeout(resolve, CLEAR_RETRY_MS));
      if (this.#clearTimer === null) await this.#clear(triesLeft - 1);
    }
  }

  async #write(value: number, what: 'set' | 'clear'): Promise<Instant | null> {
    const { unit, table, address } = this.#register;
    const request: WriteRequest = { unit, table, address, values: [value] };
    try {
      return await this.#target.bus.write(request);
    } catch (error) {
      if (!(error instanceof PpuriError)) throw error;
      this.#failed += 1;
      this.#onFailure(error, what);
      return null;
    }
  }
}
