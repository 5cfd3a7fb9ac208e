/**
 * What lies beneath the queue: one link at a time to one port or endpoint, one exchange at a time
 * on the link. Modbus TCP is one transport; a serial line or RTU is another.
 */
import type { PpuriError } from '../config/errors.ts';
import type { Instant, ReadRequest, WriteRequest } from './driver.ts';

/** Called exactly once, with an error or with the words read (none for a write). */
export type Settle = (error: PpuriError | null, words: readonly number[], at: Instant) => void;

export interface Link {
  readonly bytesSent: number;
  readonly bytesReceived: number;
  /** Never throws; `settle` may be called before it returns, and not at all once given up. */
  read(request: ReadRequest, settle: Settle): void;
  write(request: WriteRequest, settle: Settle): void;
  /**
   * Gives up the outstanding exchange after its time-out. `lost`: the link is closed and a fresh
   * one is needed. A promise: usable again when it resolves (a serial line's silence).
   */
  abandon(): 'lost' | Promise<void>;
  /** Closes at once; neither `settle` nor `lost` is called after it. */
  close(): void;
}

export interface Transport {
  readonly endpoint: string;
  /**
   * Opens a fresh link and settles in bounded time; rejects with PpuriError. `lost` is called at
   * most once, when the link has closed by itself, after its outstanding exchange has settled.
   */
  connect(lost: (cause: PpuriError) => void, signal: AbortSignal): Promise<Link>;
}

/** The part of the agent's log a driver uses. */
export interface DriverLog {
  info(event: string, fields?: Record<string, unknown>): void;
  warn(event: string, fields?: Record<string, unknown>): void;
}
