/**
 * What lies beneath the queue: one link at a time to one port or endpoint, one exchange at a time
 * on the link. Modbus TCP, RTU and lines of text each bring a transport.
 */
import type { PpuriError } from '../config/errors.ts';
import type { Instant, ReadRequest, WriteRequest } from './driver.ts';

/** Called exactly once, with an error or with the reply. */
export type Settle<Reply> = (error: PpuriError | null, reply: Reply, at: Instant) => void;

/** What the queue knows of every link; how an exchange begins is its bus's business. */
export interface Link {
  readonly bytesSent: number;
  readonly bytesReceived: number;
  /** Received while nothing was asked. */
  readonly strayBytes: number;
  /**
   * Monotonic ms until which nothing may be sent: a line's mandatory silence. It moves on while
   * bytes come that nobody asked for. 0: at any time.
   */
  readonly quietUntilMs: number;
  /** The same for one unit: a frame that may have been a repeated one is waited out. */
  unitQuietUntilMs(unit: number): number;
  /**
   * Gives up the outstanding exchange after its time-out. `lost`: a fresh link is needed.
   * `silence`: usable again once `quietUntilMs` has passed.
   */
  abandon(): Abandoned;
  /**
   * At once: neither a settle nor `lost` is called after it. Settles when the port is free again,
   * within a second. May be called more than once.
   */
  close(): Promise<void>;
}

/** What an exchange that was given up on leaves behind. */
export type Abandoned =
  | { readonly link: 'lost' }
  | {
      readonly link: 'silence';
      /** What had come instead of a reply, or null when nothing had. */
      readonly instead: string | null;
      /** `pending`: the reply may still come, and nothing in it will tell it from another. */
      readonly reply: 'pending' | 'damaged';
      /** What a damaged reply is told as, where it is not `modbus-malformed`. */
      readonly malformed?: 'line-malformed';
    };

/** A link to devices with registers. A write settles with no words. */
export interface RegisterLink extends Link {
  /** Neither throws; `settle` may be called before they return, and not at all once given up. */
  read(request: ReadRequest, settle: Settle<readonly number[]>): void;
  write(request: WriteRequest, settle: Settle<readonly number[]>): void;
}

export interface Transport<L extends Link = RegisterLink> {
  readonly endpoint: string;
  /**
   * How long the unit of an exchange that timed out is left alone, because its reply carries
   * nothing to tell it from the next one; 0 where replies do.
   */
  readonly quarantineMs: number;
  /** So many unanswered exchanges in a row, of whatever unit, and the link is opened afresh. */
  readonly reopenAfter: number;
  /**
   * Opens a fresh link and settles in bounded time; rejects with PpuriError. `lost` is called at
   * most once, when the link has closed by itself, after its outstanding exchange has settled.
   */
  connect(lost: (cause: PpuriError) => void, signal: AbortSignal): Promise<L>;
}

/** The part of the agent's log a driver uses. */
export interface DriverLog {
  info(event: string, fields?: Record<string, unknown>): void;
  warn(event: string, fields?: Record<string, unknown>): void;
}
