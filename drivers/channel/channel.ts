/** A stream of bytes to one port: a serial line, or the TCP end of a serial converter. */
import type { PpuriError } from '../../config/errors.ts';

export interface ChannelHandlers {
  /** `bytes` are valid until this returns. */
  receive(bytes: Uint8Array): void;
  /** At most once, when the port has gone by itself; nothing is received after it. */
  lost(cause: PpuriError): void;
}

/** One opening of a port. What is written once it is lost or closed goes nowhere. */
export interface Channel {
  readonly bytesSent: number;
  readonly bytesReceived: number;
  write(bytes: Uint8Array): void;
  /** At once: no handler is called after it. Settles when the port is free, within a second. */
  close(): Promise<void>;
}

export interface ChannelOpener {
  readonly endpoint: string;
  /** Time of one byte on the line, start, parity and stop bits included; null: not known. */
  readonly byteMs: number | null;
  /** Settles in bounded time; rejects with PpuriError. */
  open(handlers: ChannelHandlers, signal: AbortSignal): Promise<Channel>;
}
