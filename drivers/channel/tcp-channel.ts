/** Raw bytes over TCP: a serial converter in "TCP server" or "raw" mode. */
import { connect, type Socket } from 'node:net';
import { PpuriError } from '../../config/errors.ts';
import type { Channel, ChannelHandlers, ChannelOpener } from './channel.ts';

const keepAliveMs = 10_000;
const bufferBytes = 4096;

export interface TcpChannelOptions {
  readonly endpoint: string;
  readonly host: string;
  readonly port: number;
  readonly connectTimeoutMs: number;
  /** See ChannelOpener. */
  readonly byteMs: number | null;
}

export function tcpChannel(options: TcpChannelOptions): ChannelOpener {
  const { endpoint, byteMs } = options;
  return {
    endpoint,
    byteMs,
    open: (handlers, signal) => new TcpChannel(options, handlers).open(signal),
  };
}

class TcpChannel implements Channel {
  bytesSent = 0;
  bytesReceived = 0;
  readonly #options: TcpChannelOptions;
  readonly #handlers: ChannelHandlers;
  readonly #socket: Socket;
  #state: 'opening' | 'open' | 'over' = 'opening';

  constructor(options: TcpChannelOptions, handlers: ChannelHandlers) {
    this.#options = options;
    this.#handlers = handlers;
    const { host, port } = options;
    this.#socket = connect({
      host,
      port,
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: keepAliveMs,
      onread: {
        buffer: Buffer.allocUnsafe(bufferBytes),
        callback: (size, bytes) => this.#receive(bytes.subarray(0, size)),
      },
    });
  }

  open(signal: AbortSignal): Promise<Channel> {
    const { connectTimeoutMs } = this.#options;
    return new Promise((resolve, reject) => {
      const give = (cause: PpuriError): void => {
        clearTimeout(timer);
        this.#end();
        reject(cause);
      };
      const late = `no answer within ${connectTimeoutMs} ms`;
      const timer = setTimeout(() => give(this.#unavailable(late)), connectTimeoutMs);
      const aborted = (): void => give(this.#unavailable('the bus was closed'));
      signal.addEventListener('abort', aborted, { once: true });
      const failed = (why: string, cause?: unknown): void => {
        if (this.#state === 'opening') give(this.#unavailable(why, cause));
        else this.#lost(this.#unavailable(why, cause));
      };
      const socket = this.#socket;
      socket.once('connect', () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', aborted);
        this.#state = 'open';
        resolve(this);
      });
      socket.once('end', () => failed('the converter closed the connection'));
      socket.on('error', (cause: NodeJS.ErrnoException) => {
        // A name with several addresses fails with one error for all, whose message is empty.
        failed(cause.message || (cause.code ?? cause.name), cause);
      });
      socket.once('close', () => failed('the connection closed'));
    });
  }

  write(bytes: Uint8Array): void {
    if (this.#state !== 'open') return;
    this.bytesSent += bytes.length;
    this.#socket.write(bytes);
  }

  async close(): Promise<void> {
    this.#end();
  }

  #receive(bytes: Uint8Array): boolean {
    if (this.#state !== 'open') return false;
    this.bytesReceived += bytes.length;
    this.#handlers.receive(bytes);
    return true;
  }

  #lost(cause: PpuriError): void {
    if (this.#state === 'over') return;
    this.#end();
    this.#handlers.lost(cause);
  }

  #end(): void {
    this.#state = 'over';
    this.#socket.destroy();
  }

  #unavailable(why: string, cause?: unknown): PpuriError {
    return new PpuriError('bus-unavailable', `not connected: ${why}`, {
      operation: 'connect',
      subject: this.#options.endpoint,
      hint: 'check address, port, cable and power; many converters allow only one connection',
      cause,
    });
  }
}
